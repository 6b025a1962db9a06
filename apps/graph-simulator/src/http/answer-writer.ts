import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Answer, Call } from './call.js';
import { realDelay } from './strike.js';

const jsonType = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
const diagnostic = JSON.stringify({ ServerInfo: { DataCenter: 'Simulated', Slice: 'E', Ring: '5', ScaleUnit: '001', RoleInstance: 'SIM0000000' } });
const dripMs = 50;
/** Bytes of a stream that may wait for the client. */
const aheadBytesMax = 512 * 1024;

let dateSecond = -1;
let dateText = '';

/** The simulated time as an HTTP date, formatted once per second. */
function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(nowMs).toUTCString();
  }
  return dateText;
}

/** Writes an answer with the headers every answer has. Resolves with the body bytes sent, once the client has them or is gone. */
export async function writeAnswer(res: ServerResponse, call: Call, answer: Answer, nowMs: number): Promise<number> {
  const { reply, effects } = answer;
  if (reply.status === 0) {
    res.socket?.destroy();
    return 0;
  }
  if (res.destroyed) return 0;
  res.sendDate = false;
  res.statusCode = reply.status;
  res.setHeader('Date', httpDate(nowMs));
  res.setHeader('request-id', call.requestId);
  res.setHeader('client-request-id', call.clientRequestId);
  res.setHeader('x-ms-ags-diagnostic', diagnostic);
  res.setHeader('Strict-Transport-Security', 'max-age=31536000');
  res.setHeader('Cache-Control', 'private');
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
  for (const [name, value] of Object.entries(reply.headers ?? {})) res.setHeader(name, value);

  if (reply.stream !== undefined) {
    if (!res.hasHeader('Content-Type')) res.setHeader('Content-Type', reply.contentType ?? 'application/octet-stream');
    return writeStream(res, effects.bytesPerSecond !== undefined || effects.truncateAt !== undefined ? altered(reply.stream, effects) : reply.stream, effects.truncateAt !== undefined);
  }
  // A string leaves in one write together with the head; a buffer takes a second one.
  let body: string;
  if (reply.json !== undefined) {
    if (!res.hasHeader('Content-Type')) res.setHeader('Content-Type', reply.contentType ?? jsonType);
    body = JSON.stringify(reply.json);
  } else if (reply.text !== undefined) {
    if (!res.hasHeader('Content-Type')) res.setHeader('Content-Type', reply.contentType ?? 'text/plain');
    body = reply.text;
  } else {
    body = '';
  }
  const bodiless = reply.status === 204 || reply.status === 304;
  const size = bodiless ? 0 : Buffer.byteLength(body);
  if (!bodiless) res.setHeader('Content-Length', size);
  if (size > 0 && (effects.bytesPerSecond !== undefined || effects.truncateAt !== undefined)) {
    return writeStream(res, altered([Buffer.from(body)], effects), effects.truncateAt !== undefined);
  }
  await new Promise<void>((resolve) => {
    res.once('close', resolve);
    if (size === 0) res.end(resolve);
    else res.end(body, resolve);
  });
  return size;
}

/** Writes chunk by chunk, as fast as the client takes them. `cut` drops the connection after the last. */
async function writeStream(res: ServerResponse, chunks: AsyncIterable<Uint8Array | string>, cut: boolean): Promise<number> {
  let sent = 0;
  const gone = new AbortController();
  res.once('close', () => { gone.abort(); });
  try {
    for await (const chunk of chunks) {
      if (gone.signal.aborted) return sent;
      sent += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
      if (!res.write(chunk) && res.writableLength > aheadBytesMax) await once(res, 'drain', { signal: gone.signal });
    }
  } catch {
    // Half an answer is out: all that is left is to let the client see that the rest is missing.
    res.socket?.destroy();
    return sent;
  }
  if (cut) {
    await new Promise<void>((resolve) => { res.write('', () => { resolve(); }); });
    res.socket?.destroy();
    return sent;
  }
  await new Promise<void>((resolve) => {
    res.once('close', resolve);
    res.end(resolve);
  });
  return sent;
}

async function* altered(source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>, effects: Answer['effects']): AsyncGenerator<Uint8Array> {
  let left = effects.truncateAt ?? Infinity;
  const step = effects.bytesPerSecond === undefined ? Infinity : Math.max(1, Math.floor((effects.bytesPerSecond * dripMs) / 1000));
  for await (const chunk of source) {
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    while (bytes.byteLength > 0 && left > 0) {
      const part = bytes.subarray(0, Math.min(step, left));
      if (effects.bytesPerSecond !== undefined) await realDelay(dripMs);
      yield part;
      left -= part.byteLength;
      bytes = bytes.subarray(part.byteLength);
    }
    if (left <= 0) return;
  }
}
