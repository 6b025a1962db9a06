import { parseExpand, parseSelect } from '../../../http/odata.js';
import { GraphFault } from '../../../http/route.js';
import { sizeOf, type Attachment, type Item, type ItemContent } from '../../store/item.js';
import { bodyJson } from '../body/item-body.js';
import type { Call } from '../core/call.js';
import { attachmentId } from '../core/item-ids.js';
import { recipientJson, recipientsJson, flagJson } from '../core/people.js';
import { Base64Content } from '../core/stream-json.js';
import type { Row } from '../core/view.js';

const COMMON = ['id', 'lastModifiedDateTime', 'name', 'contentType', 'size', 'isInline'];
const KNOWN = new Set([...COMMON, 'contentId', 'contentLocation', 'contentBytes', 'item'].map((name) => name.toLowerCase()));

const derived: Readonly<Record<string, string>> = { 'microsoft.graph.fileattachment': 'file', 'microsoft.graph.itemattachment': 'item', 'microsoft.graph.referenceattachment': 'reference' };

/** `size` as the listing says it: of a file the bytes, of an item what it weighs in the store. */
export const attachmentSize = (attachment: Attachment): number => (attachment.kind === 'file' ? attachment.content.size : attachment.kind === 'item' ? sizeOf(attachment.item) : 0);

/** The embedded item of an item attachment. It has no id that could be addressed. */
function embedded(content: ItemContent, call: Call): Row {
  const common: Row = { '@odata.type': '#microsoft.graph.message', id: '', categories: content.categories, subject: content.subject, body: bodyJson(content.body, call) };
  if (content.contact !== null) {
    return { '@odata.type': '#microsoft.graph.contact', id: '', categories: content.categories, displayName: content.contact.fields.displayName ?? content.subject, emailAddresses: content.contact.emails, personalNotes: content.body.content };
  }
  if (content.event !== null) {
    const { event } = content;
    return {
      ...common, '@odata.type': '#microsoft.graph.event', start: event.start, end: event.end, isAllDay: event.isAllDay, showAs: event.showAs, importance: content.importance, sensitivity: content.sensitivity,
      location: { displayName: event.location, locationType: 'default' }, hasAttachments: content.attachments.length > 0, isOrganizer: true,
    };
  }
  return {
    ...common, importance: content.importance, receivedDateTime: content.receivedAt, sentDateTime: content.sentAt, internetMessageId: content.internetMessageId, hasAttachments: content.attachments.some((each) => !each.isInline),
    isRead: (content.flags & 1) !== 0, isDraft: (content.flags & 8) !== 0, isReadReceiptRequested: content.readReceiptRequested, isDeliveryReceiptRequested: content.deliveryReceiptRequested,
    ...(content.sender === null ? {} : { sender: recipientJson(content.sender) }), ...(content.from === null ? {} : { from: recipientJson(content.from) }),
    toRecipients: recipientsJson(content.to), ccRecipients: recipientsJson(content.cc), bccRecipients: recipientsJson(content.bcc), replyTo: recipientsJson(content.replyTo), flag: flagJson(content.followUp, call),
  };
}

/** One attachment. File bytes come with it unless `$select` leaves them out; an embedded item only when it is expanded. */
export function attachmentJson(call: Call, item: Item, attachment: Attachment, options: URLSearchParams): Row {
  const select = parseSelect(options);
  const names = new Set((select ?? []).map((name) => (name.split('/').at(-1) ?? name).toLowerCase()));
  for (const name of names) if (!KNOWN.has(name)) throw new GraphFault(400, 'BadRequest', `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.attachment'.`);
  const withItem = parseExpand(options).some(({ name }) => {
    const [type = '', navigation = ''] = name.toLowerCase().split('/');
    if (derived[type] === 'item' && navigation === 'item') return true;
    throw new GraphFault(400, 'BadRequest', `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.attachment'.`);
  });
  const row: Row = {
    id: attachmentId(call, item, attachment), lastModifiedDateTime: attachment.modifiedAt, name: attachment.name,
    contentType: attachment.kind === 'file' ? attachment.contentType : null, size: attachmentSize(attachment), isInline: attachment.isInline,
  };
  if (attachment.kind === 'file') Object.assign(row, { contentId: attachment.contentId, contentLocation: null, contentBytes: new Base64Content(attachment.content) });
  const shown = select === null ? row : Object.fromEntries(Object.entries(row).filter(([name]) => name === 'id' || names.has(name.toLowerCase())));
  const annotations: Row = { '@odata.type': `#microsoft.graph.${attachment.kind}Attachment`, ...(attachment.kind === 'file' ? { '@odata.mediaContentType': attachment.contentType } : {}) };
  return { ...annotations, ...shown, ...(withItem && attachment.kind === 'item' ? { item: embedded(attachment.item, call) } : {}) };
}

export const attachmentsJson = (call: Call, item: Item, attachments: readonly Attachment[], options: URLSearchParams): Row[] => attachments.map((each) => attachmentJson(call, item, each, options));
