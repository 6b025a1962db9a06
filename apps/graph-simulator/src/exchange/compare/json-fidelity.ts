/**
 * What a copy made through Graph's JSON must keep (graph/exchange.md 4.1, 4.4, 5.3, 6, 7). It may lose conversation data, headers,
 * further MAPI properties and what meeting requests have beyond a message; an event's attendees move into its text, for a create with
 * attendees would invite them; links to cloud files become small text files; what is attached to an attached item is lost.
 */
import { flagRead, flagUnsent, type Attachment, type EventContent, type FollowUp, type ItemContent, type Recurrence, type ZonedTime } from '../store/item.js';
import { migrationMarkId } from '../store/extended-property.js';
import { differences, stable, type Difference, type Fields } from './canonical.js';

export type JsonFamily = 'message' | 'event' | 'contact' | 'task';

/** The JSON type that shows an item; null for lists, notes, journal entries and forms, which JSON cannot carry. */
export function jsonFamily({ messageClass }: ItemContent): JsonFamily | null {
  if (/^IPM\.(Note|Schedule\.Meeting)(\.|$)/i.test(messageClass)) return 'message';
  if (/^IPM\.Appointment(\.|$)/i.test(messageClass)) return 'event';
  if (/^IPM\.Contact(\.|$)/i.test(messageClass)) return 'contact';
  return /^IPM\.Task(\.|$)/i.test(messageClass) ? 'task' : null;
}

/** Carries the mark of the JSON path. To Do has nothing to carry it, so a task never does. */
export const isMarked = (content: ItemContent): boolean => migrationMarkId in content.properties;

/** By what a person would say that two items are the same; null when JSON cannot carry the item. */
export function jsonIdentity(content: ItemContent): string | null {
  switch (jsonFamily(content)) {
    case 'message':
      return stable(['message', content.internetMessageId ?? [words(content.subject), instant(content.sentAt)]]);
    case 'event':
      return stable(['event', words(content.subject), content.event?.start.dateTime.slice(0, 16), content.event?.recurrence?.pattern.type]);
    case 'contact':
      return stable(['contact', words(content.contact?.fields.displayName ?? content.subject), content.contact?.emails.map(({ address }) => address)]);
    case 'task':
      return stable(['task', words(content.subject), content.task?.due?.dateTime.slice(0, 10)]);
    case null:
      return null;
  }
}

/** Fields of the source item that its JSON copy does not show as it should; empty for a faithful copy. */
export function jsonDifferences(source: ItemContent, copy: ItemContent): Difference[] {
  const family = jsonFamily(source);
  if (family === null || family !== jsonFamily(copy)) return [{ field: 'messageClass', source: source.messageClass, destination: copy.messageClass }];
  const found = differences(fieldsOf(source, family), fieldsOf(copy, family));
  found.push(...attachmentDifferences(source.attachments, copy.attachments));
  if (family === 'event') found.push(...eventDifferences(source, copy));
  return found;
}

function fieldsOf(content: ItemContent, family: JsonFamily): Fields {
  const common = { subject: words(content.subject), importance: content.importance, categories: [...content.categories].sort() };
  if (family === 'contact') return { ...common, subject: null, ...contactFields(content) };
  if (family === 'task') return { ...common, body: plainText(content.body), ...taskFields(content) };
  if (family === 'event') return { ...common, sensitivity: content.sensitivity, ...eventFields(content.event) };
  return {
    ...common,
    body: plainText(content.body),
    bodyType: content.body.contentType,
    from: person(content.from),
    sender: person(content.sender),
    to: content.to.map(person),
    cc: content.cc.map(person),
    bcc: content.bcc.map(person),
    replyTo: content.replyTo.map(person),
    sentAt: instant(content.sentAt),
    receivedAt: instant(content.receivedAt),
    isRead: (content.flags & flagRead) !== 0,
    isDraft: (content.flags & flagUnsent) !== 0,
    followUp: followUp(content.followUp),
    inferenceClassification: content.inferenceClassification,
    internetMessageId: content.internetMessageId,
  };
}

const person = (address: { name: string; address: string } | null): unknown => (address === null ? null : { name: words(address.name), address: address.address.toLowerCase() });
/** JSON serialisers drop control characters; line ends and runs of blanks are not content. */
// eslint-disable-next-line no-control-regex
const words = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/\s+/g, ' ').trim();
const plainText = ({ contentType, content }: ItemContent['body']): string => words(contentType === 'html' ? content.replace(/<(head|style|script)\b.*?<\/\1>/gis, ' ').replace(/<[^>]*>/g, ' ') : content);

/** Milliseconds; a text without a zone is UTC. */
function instant(text: string | null): number | null {
  if (text === null) return null;
  const whole = text.replace(/(\.\d{3})\d+/, '$1');
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(whole) ? whole : `${whole}Z`);
}
const day = (time: ZonedTime | null): string | null => time?.dateTime.slice(0, 10) ?? null;
const wall = (time: ZonedTime): unknown => ({ at: time.dateTime.slice(0, 19), zone: time.timeZone });

/** Graph gives the dates of a flag as wall-clock times, so the days have to be right and the flag itself. */
function followUp({ status, dueAt, completedAt }: FollowUp): unknown {
  return { status, due: dueAt?.slice(0, 10) ?? null, completed: completedAt?.slice(0, 10) ?? null };
}

/** Of a pattern's fields those that its type uses. */
function recurrenceFields(recurrence: Recurrence | null): unknown {
  if (recurrence === null) return null;
  const { pattern, range } = recurrence;
  const has = (...types: string[]): boolean => types.includes(pattern.type);
  return {
    type: pattern.type,
    interval: pattern.interval,
    days: has('weekly', 'relativeMonthly', 'relativeYearly') ? [...(pattern.daysOfWeek ?? [])].sort() : null,
    // Which day begins the week matters when weeks are skipped.
    first: has('weekly') && pattern.interval > 1 ? (pattern.firstDayOfWeek ?? 'sunday') : null,
    dayOfMonth: has('absoluteMonthly', 'absoluteYearly') ? pattern.dayOfMonth : null,
    month: has('absoluteYearly', 'relativeYearly') ? pattern.month : null,
    index: has('relativeMonthly', 'relativeYearly') ? (pattern.index ?? 'first') : null,
    range: range.type,
    from: range.startDate,
    until: range.type === 'endDate' ? range.endDate : null,
    times: range.type === 'numbered' ? range.numberOfOccurrences : null,
  };
}

function eventFields(event: EventContent | null): Fields {
  if (event === null) return {};
  return {
    'event.start': wall(event.start),
    'event.end': wall(event.end),
    'event.isAllDay': event.isAllDay,
    'event.location': words(event.location),
    'event.showAs': event.showAs,
    'event.reminderMinutes': event.reminderMinutes,
    'event.recurrence': recurrenceFields(event.recurrence),
    'event.cancelledDates': [...event.cancelledDates].sort(),
    'event.exceptionDates': event.exceptions.map(({ originalDate }) => originalDate).sort(),
  };
}

/** The text has to begin with the source's, the people have to stand in it, and nobody may be invited. */
function eventDifferences(source: ItemContent, copy: ItemContent): Difference[] {
  const found: Difference[] = [];
  const text = plainText(source.body);
  const copied = plainText(copy.body);
  if (!copied.startsWith(text)) found.push({ field: 'body', source: text, destination: copied });
  const raw = copy.body.content.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').toLowerCase();
  const unnamed = (source.event?.attendees ?? []).filter(({ address }) => !raw.includes(address.toLowerCase()));
  if (unnamed.length > 0) found.push({ field: 'event.attendeesInText', source: unnamed.map(({ address }) => address), destination: null });
  const invited = copy.event?.attendees ?? [];
  if (invited.length > 0) found.push({ field: 'event.attendees', source: null, destination: invited });
  for (const { originalDate, changes } of source.event?.exceptions ?? []) {
    const other = copy.event?.exceptions.find((each) => each.originalDate === originalDate)?.changes;
    if (other === undefined) continue;
    const compare = (field: string, here: unknown, there: unknown): void => {
      if (stable(here) !== stable(there)) found.push({ field: `event.exception ${originalDate}.${field}`, source: here, destination: there });
    };
    if (changes.subject !== undefined) compare('subject', words(changes.subject), words(other.subject ?? copy.subject));
    if (changes.location !== undefined) compare('location', words(changes.location), words(other.location ?? copy.event?.location ?? ''));
    if (changes.showAs !== undefined) compare('showAs', changes.showAs, other.showAs ?? copy.event?.showAs);
    if (changes.start !== undefined) compare('start', wall(changes.start), other.start === undefined ? null : wall(other.start));
    if (changes.end !== undefined) compare('end', wall(changes.end), other.end === undefined ? null : wall(other.end));
  }
  return found;
}

function contactFields({ contact, body }: ItemContent): Fields {
  if (contact === null) return {};
  const { fields, photo, addresses, emails, ...lists } = contact;
  const filled = (of: object): Fields => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== '' && value !== null && value !== undefined));
  const { birthday, ...texts } = fields;
  return {
    body: plainText(body),
    'contact.fields': filled(texts),
    'contact.birthday': birthday?.slice(0, 10) ?? null,
    'contact.emails': emails.map(({ name, address }) => ({ name, address })),
    'contact.addresses': Object.fromEntries(Object.entries(addresses).map(([kind, address]) => [kind, filled(address)] as const).filter(([, address]) => Object.keys(address).length > 0)),
    'contact.photo': photo === null ? null : photo.sha256(),
    ...Object.fromEntries(Object.entries(lists).map(([list, values]) => [`contact.${list}`, values])),
  };
}

function taskFields({ task }: ItemContent): Fields {
  if (task === null) return {};
  return {
    'task.status': task.status,
    'task.due': day(task.due),
    'task.start': day(task.start),
    'task.completed': day(task.completed),
    'task.reminder': task.reminder?.dateTime.slice(0, 16) ?? null,
    'task.recurrence': recurrenceFields(task.recurrence),
    'task.steps': task.steps.map(({ displayName, isChecked }) => ({ displayName, isChecked })),
  };
}

/** Files keep name, bytes and their place in the text; items keep subject and text; links stay links or become a file that names them. */
function attachmentDifferences(source: readonly Attachment[], copy: readonly Attachment[]): Difference[] {
  const left = [...copy];
  const take = (fits: (each: Attachment) => boolean): boolean => {
    const at = left.findIndex(fits);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  };
  const missing = source.filter((each) => {
    if (each.kind === 'file') return !take((other) => other.kind === 'file' && other.name === each.name && other.isInline === each.isInline && (other.contentId ?? null) === each.contentId && other.content.size === each.content.size && other.content.sha256() === each.content.sha256());
    if (each.kind === 'item') return !take((other) => other.kind === 'item' && words(other.item.subject) === words(each.item.subject) && plainText(other.item.body) === plainText(each.item.body));
    return !take((other) => (other.kind === 'reference' && other.sourceUrl === each.sourceUrl) || (other.kind === 'file' && other.contentType.startsWith('text/') && other.name.includes(each.name)));
  });
  const name = (each: Attachment): string => `${each.kind} ${each.name}`;
  return missing.length === 0 && left.length === 0 ? [] : [{ field: 'attachments', source: missing.map(name), destination: left.map(name) }];
}
