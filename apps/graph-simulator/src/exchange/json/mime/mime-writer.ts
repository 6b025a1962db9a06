/** What goes into a generated RFC 5322 message. Content is pulled while writing, never held whole. */
export interface MimeSource {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: { readonly contentType: 'text' | 'html'; readonly content: string };
  readonly attachments: readonly MimePart[];
  /** Any token that does not occur in the content; the same item must give the same one. */
  readonly boundary: string;
}

export interface MimePart {
  readonly name: string;
  readonly contentType: string;
  readonly isInline: boolean;
  readonly contentId: string | null;
  /** The part's own bytes. `message/rfc822` parts are written as they are, all others as base64. */
  content(): AsyncIterable<Uint8Array>;
}

/** A header value as ASCII: words outside ASCII become RFC 2047 encoded words of at most 75 characters. */
export function headerValue(value: string): string {
  const clean = value.replace(/[\r\n]+/g, ' ');
  if (/^[\x20-\x7e]*$/.test(clean)) return clean;
  const words: string[] = [];
  let chunk = '';
  for (const char of clean) {
    if (Buffer.byteLength(chunk + char) > 42) {
      words.push(chunk);
      chunk = '';
    }
    chunk += char;
  }
  words.push(chunk);
  return words.map((w) => `=?utf-8?B?${Buffer.from(w).toString('base64')}?=`).join('\r\n ');
}

/** `"Name" <address>` for an address header. */
export function mailbox(name: string | null, address: string | null): string {
  if (name === null || name === '' || name === address) return address === null ? '' : `<${address}>`;
  const shown = /^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/(["\\])/g, '\\$1')}"` : headerValue(name);
  return address === null || address === '' ? shown : `${shown} <${address}>`;
}

/** Bytes as base64 lines of 76 characters, without ever holding more than a piece. */
async function* base64Lines(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of content) {
    const all = rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % 57);
    if (whole > 0) yield all.subarray(0, whole).toString('base64').replace(/.{76}/g, '$&\r\n');
    rest = Buffer.from(all.subarray(whole));
  }
  if (rest.length > 0) yield `${rest.toString('base64')}\r\n`;
}

async function* textPart(body: MimeSource['body']): AsyncGenerator<string> {
  yield `Content-Type: text/${body.contentType === 'html' ? 'html' : 'plain'}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  yield* base64Lines((async function* () { await Promise.resolve(); yield Buffer.from(body.content); })());
}

async function* attachmentPart(part: MimePart): AsyncGenerator<Uint8Array | string> {
  const name = headerValue(part.name).replace(/"/g, "'");
  const asIs = part.contentType === 'message/rfc822';
  yield `Content-Type: ${part.contentType}; name="${name}"\r\nContent-Disposition: ${part.isInline ? 'inline' : 'attachment'}; filename="${name}"\r\n`;
  if (part.contentId !== null) yield `Content-ID: <${part.contentId}>\r\n`;
  yield `Content-Transfer-Encoding: ${asIs ? '8bit' : 'base64'}\r\n\r\n`;
  if (asIs) yield* part.content();
  else yield* base64Lines(part.content());
}

/** The message as a stream. The same source gives the same bytes. */
export async function* writeMime(source: MimeSource): AsyncGenerator<Uint8Array | string> {
  for (const [name, value] of source.headers) yield `${name}: ${value}\r\n`;
  yield 'MIME-Version: 1.0\r\n';
  if (source.attachments.length === 0) {
    yield* textPart(source.body);
    return;
  }
  const related = source.attachments.every((a) => a.isInline);
  yield `Content-Type: multipart/${related ? 'related' : 'mixed'}; boundary="${source.boundary}"\r\n\r\n--${source.boundary}\r\n`;
  yield* textPart(source.body);
  for (const part of source.attachments) {
    yield `\r\n--${source.boundary}\r\n`;
    yield* attachmentPart(part);
  }
  yield `\r\n--${source.boundary}--\r\n`;
}
