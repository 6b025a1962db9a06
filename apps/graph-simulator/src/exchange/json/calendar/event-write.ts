import { GraphFault } from '../../../http/route.js';
import { blankContent, flagRead, type Address, type Attendee, type EventContent, type ItemContent, type ZonedTime } from '../../store/item.js';
import { bodyFrom } from '../body/item-body.js';
import { invalidProperty } from '../core/call.js';
import { readExtended, writeExtended } from '../core/mapi.js';
import { addressFrom } from '../core/people.js';
import { eventInput, EVENT_SERVER_OWNED, type EventInput, type ZonedInput } from '../input/outlook-schemas.js';
import { extensionChanges, readInput } from '../input/read-input.js';
import { parseRecurrence, RecurrenceError, usedFields } from '../recurrence/pattern.js';
import { formatWall, parseWall } from '../time/zoned-time.js';
import { instantIn, type Shown } from './series.js';

const rules = { shape: eventInput, serverOwned: EVENT_SERVER_OWNED, unknown: extensionChanges };

export const readEvent = (raw: unknown): EventInput => readInput(rules, raw);

const badEvent = (message: string, target: string): GraphFault => new GraphFault(400, 'ErrorPropertyValidationFailure', message, { target });

function timeFrom(input: ZonedInput): ZonedTime {
  const wall = parseWall(input.dateTime.replace(/Z$/i, ''));
  // A time with an offset is an instant, whatever zone is named beside it.
  return wall === null ? { dateTime: formatWall(Date.parse(input.dateTime)), timeZone: 'UTC' } : { dateTime: formatWall(wall), timeZone: input.timeZone ?? 'UTC' };
}

function attendeesFrom(input: NonNullable<EventInput['attendees']>): Attendee[] {
  return input.map((each) => ({ ...(addressFrom(each) ?? { name: '', address: '' }), type: each.type ?? 'required', response: 'none', respondedAt: null }));
}

/** An absent reminder means fifteen minutes, as Exchange's default has it. */
function reminderFrom(input: EventInput, before: number | null): number | null {
  if (input.isReminderOn === false) return null;
  if (input.reminderMinutesBeforeStart != null) return input.isReminderOn === true || before !== null ? input.reminderMinutesBeforeStart : null;
  return input.isReminderOn === true ? before ?? 15 : before;
}

function checkTimes(event: Pick<EventContent, 'isAllDay' | 'start' | 'end'>): void {
  if (instantIn(event, event.end) < instantIn(event, event.start)) throw badEvent('The end of the event lies before its start.', 'end');
  if (!event.isAllDay) return;
  for (const [name, time] of [['start', event.start], ['end', event.end]] as const) if (!time.dateTime.includes('T00:00:00')) throw badEvent('An all-day event begins and ends at midnight.', name);
  if (event.start.timeZone !== event.end.timeZone) throw badEvent('An all-day event begins and ends in one time zone.', 'end');
  if (instantIn(event, event.end) === instantIn(event, event.start)) throw badEvent('An all-day event lasts at least 24 hours.', 'end');
}

/** A recurrence as it is stored. Throws 400 with what is wrong with it. */
function recurrenceFrom(raw: unknown, start: ZonedTime): EventContent['recurrence'] {
  if (raw === null || raw === undefined) return null;
  try {
    const recurrence = parseRecurrence(raw);
    if (recurrence.range.startDate !== start.dateTime.slice(0, 10)) throw new RecurrenceError("The recurrence's startDate is not the date of the event's start.");
    return usedFields(recurrence, start.timeZone);
  } catch (error) {
    if (error instanceof RecurrenceError) throw badEvent(error.message, 'recurrence');
    throw error;
  }
}

/** What of a request applies to a whole event and to one day of a series alike. */
function assignEvent(event: EventContent, input: EventInput): void {
  if (input.start !== undefined) event.start = timeFrom(input.start);
  if (input.end !== undefined) event.end = timeFrom(input.end);
  if (input.isAllDay != null) event.isAllDay = input.isAllDay;
  if (input.location !== undefined) event.location = input.location?.displayName ?? '';
  else if (input.locations !== undefined) event.location = input.locations.map((each) => each.displayName ?? '').join('; ');
  if (input.showAs != null) event.showAs = input.showAs;
  event.reminderMinutes = reminderFrom(input, event.reminderMinutes);
  if (input.attendees !== undefined) event.attendees = attendeesFrom(input.attendees ?? []);
}

function assignContent(content: ItemContent, input: EventInput): void {
  if (input.subject !== undefined) content.subject = input.subject ?? '';
  if (input.body !== undefined) content.body = bodyFrom(input.body);
  if (input.importance != null) content.importance = input.importance;
  if (input.sensitivity != null) content.sensitivity = input.sensitivity;
  if (input.categories !== undefined) content.categories = input.categories ?? [];
}

function assignSeries(event: EventContent, input: EventInput): void {
  if (input.responseRequested != null) event.responseRequested = input.responseRequested;
  if (input.allowNewTimeProposals != null) event.allowNewTimeProposals = input.allowNewTimeProposals;
  if (input.hideAttendees != null) event.hideAttendees = input.hideAttendees;
  if (input.recurrence !== undefined) event.recurrence = recurrenceFrom(input.recurrence, event.start);
}

export interface NewEventParts {
  readonly now: string;
  readonly owner: Address;
  readonly zone: string;
  readonly randomHex: (bytes: number) => string;
}

/** A new event from JSON. The organizer is the mailbox; the iCalUId is new, whatever the request says. */
export function eventFrom(input: EventInput, { owner, randomHex }: NewEventParts): ItemContent {
  if (input.start === undefined || input.end === undefined) throw invalidProperty('An event needs a start and an end.', input.start === undefined ? 'start' : 'end');
  const event: EventContent = {
    start: timeFrom(input.start), end: timeFrom(input.end), isAllDay: false, location: '', showAs: 'busy', reminderMinutes: 15, organizer: owner, attendees: [], responseRequested: true, allowNewTimeProposals: true,
    hideAttendees: false, isCancelled: false, onlineMeetingUrl: null, globalObjectId: `040000008200E00074C5B7101A82E00800000000${randomHex(16)}`, transactionId: input.transactionId ?? null, recurrence: null, cancelledDates: [], exceptions: [],
  };
  assignEvent(event, input);
  checkTimes(event);
  assignSeries(event, input);
  if (input.isOnlineMeeting === true) event.onlineMeetingUrl = `https://teams.microsoft.com/l/meetup-join/19%3ameeting_${randomHex(16).toLowerCase()}%40thread.v2/0`;
  const content: ItemContent = { ...blankContent('IPM.Appointment'), flags: flagRead, searchKey: randomHex(16), event };
  assignContent(content, input);
  writeExtended(content, readExtended(input));
  return content;
}

/** An event or series after a PATCH. Exceptions of a series whose pattern or times change are dropped, as Exchange does. */
export function patchedEvent(before: ItemContent, current: EventContent, input: EventInput): ItemContent {
  if (input.transactionId != null && input.transactionId !== current.transactionId) throw badEvent('The transactionId of an event cannot be changed.', 'transactionId');
  const event: EventContent = { ...current };
  assignEvent(event, input);
  checkTimes(event);
  assignSeries(event, input);
  if (event.recurrence !== null && input.recurrence === undefined && input.start !== undefined) {
    event.recurrence = { ...event.recurrence, range: { ...event.recurrence.range, startDate: event.start.dateTime.slice(0, 10) } };
  }
  if (input.recurrence !== undefined || input.start !== undefined) Object.assign(event, { exceptions: [], cancelledDates: [] });
  const content: ItemContent = { ...before, event };
  assignContent(content, input);
  writeExtended(content, readExtended(input));
  return content;
}

/** A series after one of its days was changed. Properties of the series as a whole cannot be set on a day. */
export function patchedDay(shown: Shown, current: EventContent, input: EventInput, key: number): ItemContent {
  if (input.recurrence != null) throw badEvent('One day of a series has no recurrence of its own.', 'recurrence');
  const event: EventContent = { ...shown.event };
  const content: ItemContent = { ...shown.content };
  assignEvent(event, input);
  assignContent(content, input);
  checkTimes(event);
  const before = current.exceptions.find((each) => each.originalDate === shown.date);
  const { start, end, location, showAs, isAllDay, reminderMinutes, attendees } = event;
  const { subject, body, categories, importance, sensitivity } = content;
  const exception = {
    originalDate: shown.date ?? '', key: before?.key ?? key,
    changes: { ...before?.changes, start, end, location, showAs, isAllDay, reminderMinutes, attendees, subject, body, categories, importance, sensitivity },
  };
  return { ...shown.item.content, event: { ...current, exceptions: [...current.exceptions.filter((each) => each !== before), exception] } };
}
