/** Reading a request's body in the gateway: only for calls that it answers itself, and for those it must know before it passes them on. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import { faultOfJson } from '@migrator/service-kit/json-shape';
import { faultyJson } from '@migrator/service-kit/request-body';

export const tooLarge = (bytesMax: number): AppError => new AppError('PAYLOAD_TOO_LARGE', { publicMessage: `The body is larger than ${bytesMax} bytes.` });

/** True when the request says that a body follows. */
export const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The whole body; PAYLOAD_TOO_LARGE before more than `bytesMax` is held. By events: an iterator would cost a small body more than all the rest. */
export function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) fail(tooLarge(bytesMax));
      else chunks.push(chunk);
    };
    const end = (): void => {
      leave();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    };
    const fail = (error: Error): void => {
      leave();
      reject(error);
    };
    const gone = (): void => {
      fail(new Error('the client went away in the middle of its request'));
    };
    const leave = (): void => {
      request.off('data', take).off('end', end).off('error', fail).off('close', gone);
    };
    request.on('data', take).on('end', end).on('error', fail).on('close', gone);
  });
}

/** The body as it passes by, cut with PAYLOAD_TOO_LARGE when it grows over `bytesMax`. */
export async function* limitedBody(request: IncomingMessage, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    yield chunk;
  }
}

const jsonType = /^application\/json(?:\s*;\s*charset\s*=\s*"?utf-8"?)?\s*$/i;

/** JSON out of a body; undefined when there is none. UNSUPPORTED_MEDIA_TYPE, INVALID_JSON, or VALIDATION_ERROR when nested too deep (see json-shape). */
export function parseJson(request: IncomingMessage, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!jsonType.test(request.headers['content-type'] ?? '') || request.headers['content-encoding'] !== undefined) throw new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: 'Send JSON with Content-Type: application/json, in UTF-8 and not compressed.' });
  const fault = faultOfJson(bytes);
  if (fault !== null) throw faultyJson(fault);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new AppError('INVALID_JSON', { publicMessage: 'The body is not valid JSON.', cause });
  }
}
