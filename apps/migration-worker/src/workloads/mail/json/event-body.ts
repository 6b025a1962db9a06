/**
 * The bodies that recreate a calendar event through JSON. Graph has no way to create an event with attendees without inviting
 * them, so a copy never has any: they are listed in the text instead.
 * https://learn.microsoft.com/graph/api/user-post-events
 */
import { isObject, markProperty, objects, text } from '../mapi.js';
import { cleanBody, escapeHtml, pick } from './clean.js';

export const eventSelect = [
  'subject',
  'body',
  'start',
  'end',
  'originalStartTimeZone',
  'originalEndTimeZone',
  'originalStart',
  'isAllDay',
  'location',
  'locations',
  'recurrence',
  'reminderMinutesBeforeStart',
  'isReminderOn',
  'sensitivity',
  'showAs',
  'importance',
  'categories',
  'attendees',
  'organizer',
  'onlineMeeting',
  'onlineMeetingUrl',
  'isCancelled',
  'type',
  'hasAttachments',
] as const;

const copied = ['subject', 'isAllDay', 'location', 'locations', 'reminderMinutesBeforeStart', 'isReminderOn', 'sensitivity', 'showAs', 'importance', 'categories'];

/** Event as Graph gives it, read with `Prefer: outlook.timezone` set to `zoneOf(event)`. */
export function eventBody(source: Record<string, unknown>, mark: string): Record<string, unknown> {
  const recurrence = recurrenceBody(source['recurrence']);
  return {
    ...occurrenceBody(source),
    ...(recurrence === null ? {} : { recurrence }),
    isOnlineMeeting: false,
    singleValueExtendedProperties: [{ id: markProperty, value: mark }],
  };
}

/** What an exception of a series sets on its instance. */
export function occurrenceBody(source: Record<string, unknown>): Record<string, unknown> {
  return cleanBody({ ...pick(source, copied), start: timeOf(source['start']), end: timeOf(source['end']), body: bodyWithPeople(source) });
}

/**
 * The zone to read an event in, so that a series keeps its local hour over daylight saving. Exchange calls zones it cannot name
 * `tzone://Microsoft/Custom`; those are read in UTC.
 */
export function zoneOf(source: Record<string, unknown>): string {
  const zone = text(source['originalStartTimeZone']) ?? '';
  return zone === '' || zone.startsWith('tzone://') ? 'UTC' : zone;
}

function timeOf(value: unknown): { dateTime: string; timeZone: string } | undefined {
  if (!isObject(value)) return undefined;
  const dateTime = text(value['dateTime']);
  return dateTime === null ? undefined : { dateTime, timeZone: text(value['timeZone']) ?? 'UTC' };
}

const patternFields: Record<string, readonly string[]> = {
  daily: [],
  weekly: ['daysOfWeek', 'firstDayOfWeek'],
  absolutemonthly: ['dayOfMonth'],
  relativemonthly: ['daysOfWeek', 'index'],
  absoluteyearly: ['dayOfMonth', 'month'],
  relativeyearly: ['daysOfWeek', 'month', 'index'],
};
const rangeFields: Record<string, readonly string[]> = { enddate: ['endDate'], noend: [], numbered: ['numberOfOccurrences'] };

/**
 * Graph answers with zeros for the numbers a pattern does not use and refuses them in a create, so only the fields of the
 * pattern's and range's own type go back. https://learn.microsoft.com/graph/api/resources/recurrencepattern
 */
export function recurrenceBody(recurrence: unknown): Record<string, unknown> | null {
  if (!isObject(recurrence) || !isObject(recurrence['pattern']) || !isObject(recurrence['range'])) return null;
  const { pattern, range } = recurrence as { pattern: Record<string, unknown>; range: Record<string, unknown> };
  const patternType = text(pattern['type']) ?? '';
  const rangeType = text(range['type']) ?? '';
  const zone = text(range['recurrenceTimeZone']);
  return {
    pattern: { type: patternType, interval: pattern['interval'], ...pick(pattern, patternFields[patternType.toLowerCase()] ?? []) },
    range: {
      type: rangeType,
      startDate: range['startDate'],
      ...pick(range, rangeFields[rangeType.toLowerCase()] ?? []),
      ...(zone === null || zone === '' || zone.startsWith('tzone://') ? {} : { recurrenceTimeZone: zone }),
    },
  };
}

/** The text of an event with those who were invited to it, as its copy has it. */
export function bodyWithPeople(source: Record<string, unknown>): { contentType: string; content: string } {
  const body = isObject(source['body']) ? source['body'] : {};
  const html = text(body['contentType'])?.toLowerCase() !== 'text';
  const content = text(body['content']) ?? '';
  const lines = peopleLines(source);
  if (lines.length === 0) return { contentType: html ? 'html' : 'text', content };
  if (!html) return { contentType: 'text', content: `${content}\r\n\r\n${lines.join('\r\n')}` };
  const block = `<hr><p>${lines.map(escapeHtml).join('<br>')}</p>`;
  const end = content.toLowerCase().lastIndexOf('</body>');
  return { contentType: 'html', content: end === -1 ? content + block : content.slice(0, end) + block + content.slice(end) };
}

function peopleLines(source: Record<string, unknown>): string[] {
  const attendees = objects(source['attendees']);
  const lines: string[] = [];
  const organizer = person(source['organizer']);
  if (attendees.length > 0 && organizer !== null) lines.push(`Organizer: ${organizer}`);
  if (attendees.length > 0) lines.push(`Attendees: ${attendees.map(person).filter((name) => name !== null).join('; ')}`);
  const meeting = isObject(source['onlineMeeting']) ? text(source['onlineMeeting']['joinUrl']) : null;
  const join = meeting ?? text(source['onlineMeetingUrl']);
  if (join !== null && join !== '') lines.push(`Online meeting: ${join}`);
  return lines;
}

function person(value: unknown): string | null {
  const email = isObject(value) && isObject(value['emailAddress']) ? value['emailAddress'] : null;
  if (email === null) return null;
  const name = text(email['name']) ?? '';
  const address = text(email['address']) ?? '';
  return name === '' || name === address ? address || null : `${name} <${address}>`;
}

/** Days of a series that were cancelled: `OID.<series id>.<yyyy-mm-dd>`, and the id may hold dots itself. */
export function cancelledDays(value: unknown): string[] {
  const days = Array.isArray(value) ? value.map((entry) => (typeof entry === 'string' ? entry.slice(entry.lastIndexOf('.') + 1) : '')) : [];
  return days.filter((day) => /^\d{4}-\d{2}-\d{2}$/.test(day));
}
