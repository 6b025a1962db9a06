import { z } from 'zod';
import { GraphFault } from '../../../http/route.js';
import { heldContent } from '../../store/content.js';
import { blankContent, type Attachment, type ItemContent } from '../../store/item.js';
import { invalidProperty, type Call } from '../core/call.js';
import { asObject, readValue } from '../input/read-input.js';
import { contactFrom, readContact } from '../contacts/contact-write.js';
import { eventFrom, readEvent } from '../calendar/event-write.js';
import { messageFrom, readMessage } from '../messages/message-write.js';

const text = z.string().nullable().optional();
const fileShape = z.object({ name: text, contentType: text, contentBytes: z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'is not base64'), isInline: z.boolean().nullable().optional(), contentId: text, contentLocation: text });
const itemShape = z.object({ name: text, isInline: z.boolean().nullable().optional(), item: z.record(z.string(), z.unknown()) });
const referenceShape = z.object({ name: text, isInline: z.boolean().nullable().optional(), sourceUrl: z.string() });

/** Read-only properties that an embedded item must not carry (graph/exchange.md 3.4). */
const READ_ONLY = ['hasAttachments', 'parentFolderId', 'internetMessageHeaders', 'isDraft', 'isOrganizer'];

function embeddedItem(call: Call, raw: Record<string, unknown>): ItemContent {
  const refused = READ_ONLY.find((name) => name in raw);
  if (refused !== undefined) throw invalidProperty(`The property '${refused}' of an attached item is read-only.`, refused);
  const { mailbox } = call;
  const parts = { now: mailbox.now(), domain: mailbox.address.split('@')[1] ?? 'localhost', randomHex: (bytes: number) => mailbox.randomHex(bytes) };
  // Attachments of an attached item are lost on this way.
  const { '@odata.type': type, attachments: _lost, ...body } = raw;
  switch (typeof type === 'string' ? type.replace(/^#?microsoft\.graph\./i, '').toLowerCase() : 'message') {
    case 'message': case 'eventmessage': case 'eventmessagerequest': case 'eventmessageresponse': return sent(messageFrom(readMessage(body), parts), body);
    case 'event': return eventFrom(readEvent(body), { ...parts, owner: { name: mailbox.displayName, address: mailbox.address }, zone: mailbox.settings.timeZone });
    case 'contact': return contactFrom(readContact(body), parts);
    default: return { ...blankContent('IPM.Note'), subject: typeof body['subject'] === 'string' ? body['subject'] : '' };
  }
}

/** An attached message keeps its own dates: nobody delivers it. */
function sent(content: ItemContent, raw: Record<string, unknown>): ItemContent {
  const at = (name: string): string | null => (typeof raw[name] === 'string' && !Number.isNaN(Date.parse(raw[name])) ? raw[name] : null);
  return { ...content, flags: content.flags & ~8, sentAt: at('sentDateTime') ?? content.sentAt, receivedAt: at('receivedDateTime') ?? content.receivedAt };
}

/** An attachment from a request. Throws 400 for a type or property that is wrong or missing. */
export function attachmentFrom(call: Call, raw: unknown): Attachment {
  const body = asObject(raw);
  const type = body['@odata.type'];
  if (typeof type !== 'string') throw new GraphFault(400, 'ErrorInvalidProperty', "The property '@odata.type' is required.", { target: '@odata.type' });
  const common = { key: call.mailbox.nextPartKey(), modifiedAt: call.mailbox.now() };
  switch (type.replace(/^#?microsoft\.graph\./i, '').toLowerCase()) {
    case 'fileattachment': {
      const file = readValue(fileShape, body);
      return { kind: 'file', ...common, name: file.name ?? '', contentType: file.contentType ?? 'application/octet-stream', isInline: file.isInline ?? false, contentId: file.contentId ?? null, content: heldContent(Buffer.from(file.contentBytes, 'base64')) };
    }
    case 'itemattachment': {
      if (body['item'] == null) throw invalidProperty("The property 'Item' is required.", 'Item');
      const { name, isInline, item } = readValue(itemShape, body);
      return { kind: 'item', ...common, name: name ?? '', isInline: isInline ?? false, item: embeddedItem(call, item) };
    }
    case 'referenceattachment': {
      const { name, isInline, sourceUrl } = readValue(referenceShape, body);
      return { kind: 'reference', ...common, name: name ?? '', isInline: isInline ?? false, sourceUrl };
    }
    default:
      throw invalidProperty(`'${type}' is not a type of attachment.`, '@odata.type');
  }
}

/** Attachments that come inside a new item. */
export const attachmentsFrom = (call: Call, raw: readonly unknown[] | undefined): Attachment[] => (raw ?? []).map((each) => attachmentFrom(call, each));
