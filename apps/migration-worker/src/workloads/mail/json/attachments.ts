/**
 * Copies the attachments of one item through JSON: small ones in one request, large ones in slices that flow from the source to an
 * upload session without being held. https://learn.microsoft.com/graph/outlook-large-attachments
 */
import { GraphRequestError } from '@migrator/graph-client';
import { saysMailboxMissing } from '../errors.js';
import type { Mailbox } from '../mailbox.js';
import { isObject, segment, text } from '../mapi.js';
import { embeddedItemBody, fileAttachmentBody, placeholderBody, smallAttachmentBytesMax } from './attachment-body.js';
import type { Phase } from './phase.js';
import { uploadAttachment } from './upload-attachment.js';

/** One end of the copy: a mailbox and the path of the item in it. */
export interface ItemPlace {
  readonly mailbox: Mailbox;
  readonly path: string;
}

interface Listed {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly contentType: string | null;
  readonly size: number;
  readonly isInline: boolean;
}

/**
 * Copies all attachments; returns the bytes sent. One that the source cannot give (a link, a broken object) is replaced by a small
 * text that names it, so that nobody takes the copy for complete. Throws GraphRequestError.
 */
export async function copyAttachments(from: ItemPlace, to: ItemPlace, phase: Phase, signal: AbortSignal): Promise<number> {
  let sent = 0;
  for (const attachment of await phase.read(() => list(from, signal))) sent += await copyOne(from, to, attachment, phase, signal);
  return sent;
}

/** Metadata only: listing with content fails on items with very many attachments. */
async function list({ mailbox, path }: ItemPlace, signal: AbortSignal): Promise<Listed[]> {
  const listed: Listed[] = [];
  const query = { $select: 'id,name,contentType,size,isInline' };
  for await (const page of mailbox.port.pages<Record<string, unknown>>(mailbox.user(`${path}/attachments`), mailbox.options(signal, { query }))) {
    for (const raw of page.value) {
      listed.push({
        id: text(raw['id']) ?? '',
        type: (text(raw['@odata.type']) ?? '').replace('#microsoft.graph.', ''),
        name: text(raw['name']) ?? '',
        contentType: text(raw['contentType']),
        size: typeof raw['size'] === 'number' ? raw['size'] : 0,
        isInline: raw['isInline'] === true,
      });
    }
  }
  return listed;
}

async function copyOne(from: ItemPlace, to: ItemPlace, attachment: Listed, phase: Phase, signal: AbortSignal): Promise<number> {
  const path = `${from.path}/attachments/${segment(attachment.id)}`;
  if (attachment.type === 'referenceAttachment') return await add(to, placeholderBody(attachment.name, 'a link to a file in the cloud, which Graph does not show'), signal);
  try {
    if (attachment.type !== 'itemAttachment' && attachment.size >= smallAttachmentBytesMax) return await copyLarge(from, to, attachment, path, phase, signal);
    const query: Record<string, string> = attachment.type === 'itemAttachment' ? { $expand: 'microsoft.graph.itemattachment/item' } : {};
    const raw = await phase.read(() => from.mailbox.port.get<Record<string, unknown>>(from.mailbox.user(path), from.mailbox.options(signal, { query })));
    return await add(to, bodyOf(attachment, raw), signal);
  } catch (error) {
    if (phase.doing !== 'read' || !cannotBeRead(error)) throw error;
    phase.doing = 'write';
    return await add(to, placeholderBody(attachment.name, 'damaged at the source'), signal);
  }
}

function bodyOf(attachment: Listed, raw: Record<string, unknown>): Record<string, unknown> {
  if (attachment.type !== 'itemAttachment') return fileAttachmentBody(raw);
  return isObject(raw['item']) ? embeddedItemBody(attachment.name, raw['item']) : placeholderBody(attachment.name, 'an embedded item that Graph does not show');
}

async function copyLarge(from: ItemPlace, to: ItemPlace, attachment: Listed, path: string, phase: Phase, signal: AbortSignal): Promise<number> {
  const { mailbox } = from;
  // Only a picture inside the text needs its content id; other large files do without the extra request.
  const contentId = attachment.isInline ? await phase.read(() => contentIdOf(mailbox, path, signal)) : null;
  const content = await phase.read(() => mailbox.port.raw('GET', mailbox.user(`${path}/$value`), mailbox.options(signal)));
  try {
    return await uploadAttachment(to, { ...attachment, contentId, size: Number(content.headers.get('content-length') ?? attachment.size) }, phase.reading(content.body), signal);
  } finally {
    await content.discard();
  }
}

async function contentIdOf(mailbox: Mailbox, path: string, signal: AbortSignal): Promise<string | null> {
  const raw = await mailbox.port.get<Record<string, unknown>>(mailbox.user(path), mailbox.options(signal, { query: { $select: 'id,microsoft.graph.fileAttachment/contentId' } }));
  return text(raw['contentId']);
}

async function add(to: ItemPlace, body: Record<string, unknown>, signal: AbortSignal): Promise<number> {
  const { mailbox } = to;
  const path = mailbox.user(`${to.path}/attachments`);
  try {
    await mailbox.port.post(path, body, mailbox.options(signal));
  } catch (error) {
    if (!(error instanceof GraphRequestError) || error.kind !== 'not_found' || saysMailboxMissing(error)) throw error;
    // Exchange answers 404 for a while after a create; once it shows the item again, the attachment is taken.
    await mailbox.port.get(mailbox.user(to.path), mailbox.options(signal, { query: { $select: 'id' } }));
    await mailbox.port.post(path, body, mailbox.options(signal));
  }
  return typeof body['contentBytes'] === 'string' ? body['contentBytes'].length : 0;
}

/** Permanent and about this attachment alone: Exchange says so by a code of its own, or cannot read the stored bytes. */
function cannotBeRead(error: unknown): boolean {
  return error instanceof GraphRequestError && (error.kind === 'corrupt' || ['errorcannotopenfileattachment', 'erroritemcorrupt', 'errorcorruptdata'].includes((error.graphCode ?? '').toLowerCase()));
}
