/** Reading a request's body: size, type and depth are checked before anything is built of it. */
import { AppError } from '@migrator/contracts/errors';
import express, { type Request, type Response } from 'express';

export interface BodyRule {
  bytesMax: number;
  /** Text of this type instead of JSON. */
  textType?: string | undefined;
}

/** Deeper JSON is refused: nothing of ours nests like that, and walking it would end in the stack. */
const depthMax = 64;
/** body-parser keeps the `type` of what `verify` throws. */
const tooDeep = 'nested.too.deep';

type Parser = (request: Request, response: Response, next: (error?: unknown) => void) => void;
const parsers = new Map<string, Parser>();

/** True when JSON is nested deeper than is taken anywhere. Looks at the bytes alone, so that nothing has to be built of them first. */
export function isTooDeep(json: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** The answer to it. */
export const nestedTooDeep = (cause?: unknown): AppError =>
  new AppError('VALIDATION_ERROR', { publicMessage: `The body is nested deeper than ${depthMax} levels.`, errors: [{ path: '', message: `must not be nested deeper than ${depthMax} levels` }], cause });

function refuseDeep(_request: unknown, _response: unknown, bytes: Buffer): void {
  if (isTooDeep(bytes)) throw Object.assign(new Error('nested too deep'), { type: tooDeep });
}

function parserFor({ bytesMax, textType }: BodyRule): Parser {
  const name = `${bytesMax} ${textType ?? 'json'}`;
  let parser = parsers.get(name);
  if (parser === undefined) {
    parser = textType === undefined ? express.json({ limit: bytesMax, strict: false, type: () => true, verify: refuseDeep }) : express.text({ limit: bytesMax, type: () => true, defaultCharset: 'utf-8' });
    parsers.set(name, parser);
  }
  return parser;
}

/** The parsed body, `undefined` when there is none. INVALID_JSON, PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE or VALIDATION_ERROR. */
export async function readBody(request: Request, response: Response, rule: BodyRule): Promise<unknown> {
  if (request.method === 'GET') return undefined;
  const empty = request.headers['transfer-encoding'] === undefined && (request.headers['content-length'] ?? '0') === '0';
  if (empty) return undefined;
  const type = rule.textType ?? 'application/json';
  // false: another type; null: none was named at all, which Express treats like a body that is not there.
  if (request.is(type) !== type) throw new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: rule.textType === undefined ? 'Send JSON with Content-Type: application/json.' : `Send Content-Type: ${type}.` });
  await new Promise<void>((resolve, reject) => {
    parserFor(rule)(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(bodyError(error, rule));
    });
  });
  return request.body as unknown;
}

function bodyError(error: unknown, { bytesMax }: BodyRule): AppError {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  if (type === tooDeep) return nestedTooDeep(error);
  if (type === 'entity.too.large') return new AppError('PAYLOAD_TOO_LARGE', { publicMessage: `The body is larger than ${bytesMax} bytes.`, cause: error });
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') return new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: 'Send the body in UTF-8, uncompressed or with gzip, deflate or br.', cause: error });
  return new AppError('INVALID_JSON', { publicMessage: 'The body is not valid JSON.', cause: error });
}
