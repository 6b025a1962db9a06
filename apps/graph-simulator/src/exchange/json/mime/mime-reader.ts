/** One address of an address header. */
export interface MimeAddress { name: string; address: string }

export interface MimeAttachment { name: string; contentType: string; isInline: boolean; contentId: string | null; bytes: Buffer }

/** What Exchange takes over from a posted MIME message. */
export interface MimeMessage {
  headers: { name: string; value: string }[];
  body: { contentType: 'text' | 'html'; content: string };
  attachments: MimeAttachment[];
}

interface Part { headers: { name: string; value: string }[]; content: Buffer }

/** Headers unfolded, and the bytes after the blank line. Null when there is no header line at all. */
function splitPart(raw: Buffer): Part | null {
  const crlf = raw.indexOf('\r\n\r\n');
  const lf = raw.indexOf('\n\n');
  const useLf = lf >= 0 && (crlf < 0 || lf < crlf);
  const end = useLf ? lf : crlf;
  const head = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8').replace(/\r?\n[ \t]+/g, ' ');
  const headers: Part['headers'] = [];
  for (const line of head.split(/\r?\n/)) {
    const match = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) headers.push({ name: match[1], value: match[2] ?? '' });
  }
  if (headers.length === 0) return null;
  return { headers, content: end < 0 ? Buffer.alloc(0) : raw.subarray(end + (useLf ? 2 : 4)) };
}

const headerOf = (part: Part, name: string): string => part.headers.find((h) => h.name.toLowerCase() === name)?.value ?? '';

/** A parameter of a structured header: `boundary`, `charset`, `name`, `filename`. */
function parameter(header: string, name: string): string | null {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(header);
  return match === null ? null : match[1] ?? match[2] ?? null;
}

/** RFC 2047 encoded words as text. */
export function decodeWords(value: string): string {
  return value.replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1').replace(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (_all, charset: string, kind: string, text: string) =>
    decodeText(kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text.replace(/_/g, ' ')), charset));
}

function quotedPrintable(text: string): Buffer {
  return Buffer.from(text.replace(/=\r?\n/g, '').replace(/=([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
}

function decodeText(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset === '' ? 'utf-8' : charset).decode(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bytes.toString('latin1'); // a charset nobody knows: Exchange keeps the bytes readable as Latin-1
  }
}

function decoded(part: Part): Buffer {
  const encoding = headerOf(part, 'content-transfer-encoding').trim().toLowerCase();
  if (encoding === 'base64') return Buffer.from(part.content.toString('latin1'), 'base64');
  if (encoding === 'quoted-printable') return quotedPrintable(part.content.toString('latin1'));
  return part.content;
}

function subParts(part: Part, boundary: string): Part[] {
  const text = part.content.toString('latin1');
  const pieces = `\r\n${text}`.split(new RegExp(`\\r?\\n--${boundary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
  const out: Part[] = [];
  for (const piece of pieces.slice(1)) {
    if (piece.startsWith('--')) break;
    // A part without headers starts with the blank line itself.
    const raw = Buffer.from(piece.replace(/^[ \t]*\r?\n/, ''), 'latin1');
    out.push(splitPart(raw) ?? { headers: [], content: raw });
  }
  return out;
}

function collect(part: Part, message: MimeMessage, seen: { html: boolean; text: boolean }): void {
  const contentType = headerOf(part, 'content-type') || 'text/plain';
  const media = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  const boundary = media.startsWith('multipart/') ? parameter(contentType, 'boundary') : null;
  if (boundary !== null) {
    for (const child of subParts(part, boundary)) collect(child, message, seen);
    return;
  }
  const disposition = headerOf(part, 'content-disposition');
  const name = parameter(disposition, 'filename') ?? parameter(contentType, 'name');
  const attached = /^\s*attachment/i.test(disposition) || name !== null;
  if (!attached && (media === 'text/html' || media === 'text/plain')) {
    const html = media === 'text/html';
    // HTML wins over its plain alternative, whichever comes first.
    if (html ? !seen.html : !seen.html && !seen.text) {
      message.body = { contentType: html ? 'html' : 'text', content: decodeText(decoded(part), parameter(contentType, 'charset') ?? 'utf-8') };
      seen[html ? 'html' : 'text'] = true;
      return;
    }
    if (!html) return;
  }
  const contentId = headerOf(part, 'content-id').replace(/^<|>$/g, '');
  message.attachments.push({
    name: decodeWords(name ?? (media === 'message/rfc822' ? 'message.eml' : 'attachment')), contentType: media,
    isInline: /^\s*inline/i.test(disposition) || (contentId !== '' && !/^\s*attachment/i.test(disposition)),
    contentId: contentId === '' ? null : contentId, bytes: Buffer.from(decoded(part)),
  });
}

/** Reads an RFC 5322 message; null when the bytes are none (no header line). */
export function readMime(raw: Buffer): MimeMessage | null {
  const root = splitPart(raw);
  if (root === null) return null;
  const message: MimeMessage = { headers: root.headers.map((h) => ({ name: h.name, value: decodeWords(h.value) })), body: { contentType: 'text', content: '' }, attachments: [] };
  collect(root, message, { html: false, text: false });
  return message;
}

/** `"A, B" <a@x>, c@y` as addresses. */
export function readAddresses(header: string): MimeAddress[] {
  return (header.match(/(?:"(?:\\.|[^"\\])*"|[^,"])+/g) ?? []).flatMap((entry) => {
    const angle = /^(.*)<([^>]*)>\s*$/s.exec(entry.trim());
    const address = (angle === null ? entry : angle[2] ?? '').trim();
    if (address === '') return [];
    const name = angle === null ? '' : (angle[1] ?? '').trim().replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1');
    return [{ name: name === '' ? address : name, address }];
  });
}
