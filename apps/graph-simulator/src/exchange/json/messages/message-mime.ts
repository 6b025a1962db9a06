import { createHash } from 'node:crypto';
import { GraphFault } from '../../../http/route.js';
import { heldContent } from '../../store/content.js';
import { blankContent, flagRead, flagUnsent, type Address, type ItemContent } from '../../store/item.js';
import { readAddresses, readMime } from '../mime/mime-reader.js';
import { writeMime, type MimePart } from '../mime/mime-writer.js';
import { headerLines } from './transport-headers.js';

/** The message as RFC 5322, generated from what is stored; attachments flow from their source. */
export function mimeOf(content: ItemContent): AsyncGenerator<Uint8Array | string> {
  const attachments: MimePart[] = content.attachments.flatMap((each): MimePart[] => {
    if (each.kind === 'reference') return [];
    if (each.kind === 'file') return [{ name: each.name, contentType: each.contentType, isInline: each.isInline, contentId: each.contentId, content: async function* () { yield* each.content.stream(); await Promise.resolve(); } }];
    return [{ name: `${each.name}.eml`, contentType: 'message/rfc822', isInline: false, contentId: null, content: async function* () { for await (const piece of mimeOf(each.item)) yield Buffer.from(piece as string); } }];
  });
  const boundary = `_000_${createHash('sha256').update(`${content.searchKey ?? ''}${content.internetMessageId ?? ''}${content.subject}`).digest('hex').slice(0, 32)}_`;
  return writeMime({ headers: headerLines(content), body: content.body, attachments, boundary });
}

const notMime = (): GraphFault => new GraphFault(400, 'ErrorMimeContentInvalidBase64String', 'Invalid base64 string for MIME content.');

/** A message from a MIME body (base64 of the whole): a draft received now, sent when its header says (graph/exchange.md 4.2). */
export function messageFromMime(body: Buffer, parts: { now: string; nextPartKey: () => number; randomHex: (bytes: number) => string }): ItemContent {
  const text = body.toString('latin1').replace(/\s+/g, '');
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) throw notMime();
  const mime = readMime(Buffer.from(text, 'base64'));
  if (mime === null) throw new GraphFault(400, 'ErrorMimeContentInvalid', 'The MIME content is not valid.');
  const header = (name: string): string | null => mime.headers.find((each) => each.name.toLowerCase() === name)?.value ?? null;
  const list = (name: string): Address[] => readAddresses(header(name) ?? '');
  const sentMs = Date.parse(header('date') ?? '');
  const [from = null] = list('from');
  const importance = header('importance')?.toLowerCase();
  return {
    ...blankContent('IPM.Note'), subject: header('subject') ?? '', body: mime.body, from, sender: list('sender')[0] ?? from, to: list('to'), cc: list('cc'), bcc: list('bcc'), replyTo: list('reply-to'),
    flags: flagRead | flagUnsent, sentAt: Number.isNaN(sentMs) ? parts.now : new Date(sentMs).toISOString().replace(/\.\d+Z$/, 'Z'), receivedAt: parts.now,
    importance: importance === 'high' || importance === 'low' ? importance : 'normal', internetMessageId: header('message-id'), inReplyTo: header('in-reply-to'), references: header('references'),
    conversationIndex: header('thread-index'), conversationTopic: header('thread-topic'), searchKey: parts.randomHex(16),
    attachments: mime.attachments.map((each) => ({ kind: 'file', key: parts.nextPartKey(), name: each.name, contentType: each.contentType, isInline: each.isInline, contentId: each.contentId, modifiedAt: parts.now, content: heldContent(each.bytes) })),
  };
}
