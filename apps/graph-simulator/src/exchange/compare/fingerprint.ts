/** What of an item must survive a copy, field by field, so that a difference can be named. */
import { createHash } from 'node:crypto';
import { normalisePropertyId, migrationMarkId } from '../store/extended-property.js';
import type { Address, Attachment, EventContent, ItemContent } from '../store/item.js';

export type Fingerprint = Record<string, string>;

export const markId = normalisePropertyId(migrationMarkId) ?? migrationMarkId;

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);
const people = (list: readonly Address[]): string[] => list.map(({ name, address }) => `${name} <${address.toLowerCase()}>`);
const addresses = (list: readonly Address[]): string[] => list.map(({ address }) => address.toLowerCase()).sort();

function attachment(each: Attachment): unknown {
  switch (each.kind) {
    case 'file':
      return ['file', each.name, each.contentType, each.isInline, each.contentId, each.content.size, each.content.sha256()];
    case 'item':
      return ['item', each.name, each.isInline, fullFingerprint(each.item)];
    case 'reference':
      return ['reference', each.name, each.isInline, each.sourceUrl];
  }
}

/** For items that Exchange's own stream carried: everything but ids and times of storage. */
export function fullFingerprint(content: ItemContent): Fingerprint {
  const { contact, event, task } = content;
  return {
    class: content.messageClass,
    subject: content.subject,
    body: hash([content.body.contentType, content.body.content]),
    from: hash([content.from, content.sender]),
    recipients: hash([people(content.to), people(content.cc), people(content.bcc), people(content.replyTo)]),
    sentAt: String(content.sentAt),
    receivedAt: String(content.receivedAt),
    flags: String(content.flags),
    importance: `${content.importance} ${content.sensitivity}`,
    categories: hash(content.categories),
    followUp: hash(content.followUp),
    classification: content.inferenceClassification,
    identity: hash([content.internetMessageId, content.inReplyTo, content.references, content.conversationIndex, content.conversationTopic]),
    receipts: hash([content.readReceiptRequested, content.deliveryReceiptRequested]),
    attachments: hash(content.attachments.map(attachment)),
    properties: hash(Object.entries(content.properties).sort()),
    event: event === null ? '' : hash([event, eventExceptions(event)]),
    recurrence: event === null ? '' : hash([event.recurrence, [...event.cancelledDates].sort()]),
    contact: contact === null ? '' : hash([contact.fields, contact.emails, contact.businessPhones, contact.homePhones, contact.addresses, contact.photo?.sha256() ?? null]),
    task: task === null ? '' : hash(task),
  };
}

const eventExceptions = (event: EventContent): unknown => event.exceptions.map(({ originalDate, changes }) => [originalDate, { ...changes, attachments: changes.attachments?.map(attachment) ?? null }]);

const words = (text: string): string => text.replace(/<[^>]*>/g, ' ').replace(/&\w+;/g, ' ').replace(/\s+/g, ' ').trim();
/** An instant of a wall-clock time is compared by its digits: both sides keep the zone of the original. */
const minutes = (time: { dateTime: string }): string => time.dateTime.slice(0, 16);

/**
 * For items that came by JSON (they carry the migration's mark): what that way can carry. The README lists it. Bodies are compared by
 * their first words, since attendees are written below them and Graph cleans HTML.
 */
export function jsonFingerprint(content: ItemContent): Fingerprint {
  const { contact, event, task } = content;
  const common = { class: content.messageClass.replace(/^IPM\.Schedule\..*/, 'IPM.Note'), subject: content.subject, body: words(content.body.content).slice(0, 60), importance: content.importance, categories: hash([...content.categories].sort()), attachments: hash(content.attachments.flatMap((each) => (each.kind === 'file' ? [[each.name, each.content.sha256()]] : [])).sort()) };
  if (event !== null) return { ...common, start: minutes(event.start), end: minutes(event.end), allDay: String(event.isAllDay), recurrence: hash([event.recurrence?.pattern ?? null, event.recurrence?.range.type ?? null]), cancelled: hash([...event.cancelledDates].sort()), exceptions: hash(event.exceptions.map((each) => each.originalDate).sort()) };
  if (contact !== null) return { ...common, fields: hash([contact.fields.displayName, contact.fields.givenName, contact.fields.surname, contact.fields.companyName, addresses(contact.emails), contact.businessPhones]) };
  if (task !== null) return { ...common, task: hash([task.status, task.due?.dateTime.slice(0, 10) ?? null, task.steps.map((step) => [step.displayName, step.isChecked])]) };
  return { ...common, sentAt: String(content.sentAt), receivedAt: String(content.receivedAt), read: String(content.flags & 9), to: hash(addresses(content.to)), cc: hash(addresses(content.cc)) };
}

/** Names of the fields in which two fingerprints differ. */
export const differences = (a: Fingerprint, b: Fingerprint): string[] => Object.keys(a).filter((field) => a[field] !== b[field]);
