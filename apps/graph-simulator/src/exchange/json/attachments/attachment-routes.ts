import { z } from 'zod';
import { contextUrl, entityReply, pageReply, parseCount, parseSkip, parseTop } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Attachment } from '../../store/item.js';
import { contextOf, invalidProperty, notFound, param, type Call, type OutlookRoute } from '../core/call.js';
import { attachmentKey } from '../core/item-ids.js';
import { checkSize } from '../core/planted-refusals.js';
import { streamed } from '../core/stream-json.js';
import { asObject, readValue } from '../input/read-input.js';
import { mimeOf } from '../messages/message-mime.js';
import { icsOf, vcardOf } from './attached-text.js';
import type { AttachmentOwner, AttachmentPlace } from './attachment-place.js';
import { attachmentFrom } from './attachment-write.js';
import { attachmentJson } from './attachment-view.js';
import { uploadSessions } from './upload-sessions.js';

const uploadShape = z.object({
  attachmentType: z.preprocess((v) => (typeof v === 'string' ? v.toLowerCase() : v), z.enum(['file', 'item', 'reference'])), name: z.string(), size: z.number().int().positive(),
  contentType: z.string().nullable().optional(), isInline: z.boolean().nullable().optional(), contentId: z.string().nullable().optional(),
});
const attachmentBytesMax = 150 * 1024 * 1024;

async function* bytesOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    yield piece;
    await Promise.resolve();
  }
}

/** A file's own bytes; of an attached item MIME, iCalendar or vCard; a reference has no content (graph/exchange.md 3.4). */
function raw(attachment: Attachment): GraphReply {
  if (attachment.kind === 'reference') throw new GraphFault(405, 'ErrorInvalidRequest', 'The content of a reference attachment cannot be read.');
  if (attachment.kind === 'file') return { status: 200, contentType: attachment.contentType, stream: bytesOf(attachment.content.stream()) };
  const { item } = attachment;
  if (item.event !== null) return { status: 200, contentType: 'text/calendar', text: icsOf(item, item.event) };
  if (item.contact !== null) return { status: 200, contentType: 'text/vcard', text: vcardOf(item.contact) };
  return { status: 200, contentType: 'text/plain', stream: mimeOf(item) };
}

export interface AttachmentHolder {
  readonly collection: 'Messages' | 'Events';
  /** Name of the path's parameter that holds the id. */
  readonly parameter: string;
  readonly roles: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** The owner named by the path. Throws 404, or the 500 of a damaged item. */
  place(call: Call): AttachmentPlace;
}

/** The attachments of one kind of item; paths begin after the item's id. */
export function attachmentRoutes(holder: AttachmentHolder): OutlookRoute[] {
  const { read, write } = holder.roles;
  const owner = (call: Call): AttachmentOwner => {
    const found = holder.place(call).find();
    if (found === null) throw notFound();
    return found;
  };
  const context = (call: Call): string => contextOf(call, `${holder.collection.toLowerCase()}('${param(call, holder.parameter)}')/attachments`);
  const one = (call: Call): { from: AttachmentOwner; attachment: Attachment } => {
    const from = owner(call);
    const key = attachmentKey(call, from.item, param(call, 'attachment'));
    const attachment = from.attachments.find((each) => each.key === key);
    if (attachment === undefined) throw notFound();
    return { from, attachment };
  };
  const change = (call: Call, from: AttachmentOwner, attachments: Attachment[]): void => {
    const content = from.withAttachments(attachments);
    checkSize(call.mailbox, content);
    call.mailbox.updateItem(from.item.key, content);
  };
  const list = (call: Call): GraphReply => {
    const from = owner(call);
    const skip = parseSkip(call.req.query);
    const top = parseTop(call.req.query, 1000) ?? 1000;
    const value = from.attachments.slice(skip, skip + top).map((each) => attachmentJson(call, from.item, each, call.req.query));
    const next = skip + top < from.attachments.length ? { $skip: String(skip + top) } : null;
    return streamed(pageReply(call.req, { context: context(call), value, next, ...(parseCount(call.req.query) ? { count: from.attachments.length } : {}) }));
  };
  const get = (call: Call): GraphReply => {
    const { from, attachment } = one(call);
    return streamed(entityReply(call.req, context(call), attachmentJson(call, from.item, attachment, call.req.query)));
  };
  const add = async (call: Call): Promise<GraphReply> => {
    const from = owner(call);
    const attachment = attachmentFrom(call, await call.req.json());
    change(call, from, [...from.attachments, attachment]);
    return streamed(entityReply(call.req, context(call), attachmentJson(call, from.item, attachment, new URLSearchParams()), 201));
  };
  const remove = (call: Call): GraphReply => {
    const { from, attachment } = one(call);
    change(call, from, from.attachments.filter((each) => each !== attachment));
    return { status: 204 };
  };
  const openSession = async (call: Call): Promise<GraphReply> => {
    const place = holder.place(call);
    const found = place.find();
    if (found === null) throw notFound();
    const body = asObject(await call.req.json());
    const input = body['AttachmentItem'] ?? body['attachmentItem'];
    if (input === undefined) throw invalidProperty('The parameter AttachmentItem is required.', 'AttachmentItem');
    const wanted = readValue(uploadShape, input);
    if (wanted.attachmentType !== 'file') throw new GraphFault(405, 'ErrorAttachmentSessionIsSupportedOnlyForFileAttachments', 'Attachment session is supported only for file attachments.');
    if (wanted.size > Math.min(attachmentBytesMax, call.mailbox.messageBytesMax)) throw new GraphFault(413, 'ErrorMessageSizeExceeded', 'The attachment exceeds the maximum supported size.');
    const request = { name: wanted.name, size: wanted.size, contentType: wanted.contentType ?? 'application/octet-stream', isInline: wanted.isInline ?? false, contentId: wanted.contentId ?? null };
    const session = uploadSessions(call.world).open({ tenantId: call.req.tenant.id, clientId: call.req.app.clientId, mailbox: call.mailbox, itemId: param(call, holder.parameter), collection: holder.collection }, place, request);
    return { status: 201, json: { '@odata.context': contextUrl(call.req, 'microsoft.graph.uploadSession'), ...session } };
  };
  return [
    { method: 'GET', path: '/attachments', roles: read, handle: list },
    { method: 'POST', path: '/attachments', roles: write, write: true, handle: add },
    { method: 'POST', path: '/attachments/createUploadSession', roles: write, write: true, handle: openSession },
    { method: 'GET', path: '/attachments/{attachment}', roles: read, handle: get },
    { method: 'GET', path: '/attachments/{attachment}/$value', roles: read, handle: (call) => raw(one(call).attachment) },
    { method: 'DELETE', path: '/attachments/{attachment}', roles: write, write: true, handle: remove },
  ];
}
