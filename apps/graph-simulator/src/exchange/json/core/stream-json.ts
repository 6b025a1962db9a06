import type { GraphReply } from '../../../http/route.js';
import type { Content } from '../../store/content.js';

/** Bytes that appear as base64 inside JSON; they flow from their source when the answer is written. */
export class Base64Content {
  constructor(readonly content: Content) {}
}

const holds = (value: unknown): boolean => value instanceof Base64Content || (typeof value === 'object' && value !== null && Object.values(value).some(holds));

function* base64(content: Content): Generator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of content.stream()) {
    const all = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % 3);
    if (whole > 0) yield all.toString('base64', 0, whole);
    rest = Buffer.from(all.subarray(whole));
  }
  if (rest.length > 0) yield rest.toString('base64');
}

function* pieces(value: unknown): Generator<string> {
  if (value instanceof Base64Content) {
    yield '"';
    yield* base64(value.content);
    yield '"';
  } else if (!holds(value)) {
    yield JSON.stringify(value);
  } else if (Array.isArray(value)) {
    for (const [n, each] of value.entries()) {
      yield n === 0 ? '[' : ',';
      yield* pieces(each);
    }
    yield ']';
  } else {
    let before = '{';
    for (const [name, each] of Object.entries(value as Record<string, unknown>)) {
      if (each === undefined) continue;
      yield `${before}${JSON.stringify(name)}:`;
      before = ',';
      yield* pieces(each);
    }
    yield before === '{' ? '{}' : '}';
  }
}

async function* stream(value: unknown): AsyncGenerator<string> {
  for (const piece of pieces(value)) {
    yield piece;
    await Promise.resolve();
  }
}

/** The same answer, streamed when its JSON holds content; attachments never stand in memory whole. */
export function streamed(reply: GraphReply): GraphReply {
  if (!holds(reply.json)) return reply;
  const { json, ...rest } = reply;
  return { ...rest, stream: stream(json), contentType: 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8' };
}
