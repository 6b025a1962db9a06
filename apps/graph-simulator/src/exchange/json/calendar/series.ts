import type { EventContent, Item, ItemContent, ZonedTime } from '../../store/item.js';
import { fallsOn, occurrenceDates } from '../recurrence/expand.js';
import { parseRecurrence, type Recurrence } from '../recurrence/pattern.js';
import { formatWall, parseWall, utcToWall, wallToUtc } from '../time/zoned-time.js';
import { ianaZone } from '../time/windows-zones.js';

/** An event as it is shown: a single one, a series, or one day of a series with its changes applied. */
export interface Shown {
  readonly item: Item;
  readonly content: ItemContent;
  readonly event: EventContent;
  readonly type: 'singleInstance' | 'seriesMaster' | 'occurrence' | 'exception';
  /** The day of the series it stands for (`YYYY-MM-DD`), whatever it was moved to; null unless it is one. */
  readonly date: string | null;
}

const DAY_MS = 86_400_000;
const known = (zone: string): string => (ianaZone(zone) === null ? 'UTC' : zone);
const wallOf = (time: ZonedTime): number => parseWall(time.dateTime) ?? Date.parse(time.dateTime);

/** The instant of an event's start or end. All-day events float: their midnight is midnight wherever one looks. */
export const instantIn = (event: Pick<EventContent, 'isAllDay'>, time: ZonedTime): number => (event.isAllDay ? wallOf(time) : wallToUtc(wallOf(time), known(time.timeZone)));

/** The same time on the clocks of another zone. */
export function timeIn(event: Pick<EventContent, 'isAllDay'>, time: ZonedTime, zone: string): ZonedTime {
  if (event.isAllDay || time.timeZone === zone) return { dateTime: formatWall(wallOf(time)), timeZone: zone };
  return { dateTime: formatWall(utcToWall(instantIn(event, time), zone)), timeZone: zone };
}

/** The recurrence with every field of its types. */
export function recurrenceOf(event: EventContent): Recurrence | null {
  return event.recurrence === null ? null : parseRecurrence(event.recurrence);
}

export function eventOf(item: Item): EventContent {
  if (item.content.event === null) throw new Error('An item of the calendar has an event');
  return item.content.event;
}

/** The event itself: single, or the series. */
export function whole(item: Item): Shown {
  const event = eventOf(item);
  return { item, content: item.content, event, type: event.recurrence === null ? 'singleInstance' : 'seriesMaster', date: null };
}

/** One day of a series as the pattern has it. */
function planned(event: EventContent, date: string): { start: ZonedTime; end: ZonedTime } {
  const startWall = wallOf(event.start);
  const moved = Date.parse(`${date}T00:00:00Z`) + (startWall % DAY_MS);
  if (event.start.timeZone === event.end.timeZone || event.isAllDay) {
    return { start: { dateTime: formatWall(moved), timeZone: event.start.timeZone }, end: { dateTime: formatWall(moved + wallOf(event.end) - startWall), timeZone: event.end.timeZone } };
  }
  const start = { dateTime: formatWall(moved), timeZone: event.start.timeZone };
  const endMs = instantIn(event, start) + instantIn(event, event.end) - instantIn(event, event.start);
  return { start, end: { dateTime: formatWall(utcToWall(endMs, known(event.end.timeZone))), timeZone: event.end.timeZone } };
}

/** The start that day would have without changes, as an instant. */
export function originalStart(shown: Shown): number {
  const event = eventOf(shown.item);
  return instantIn(event, planned(event, shown.date ?? '').start);
}

/** One day of a series with its changes. The day must be one of the pattern's. */
function dayOf(item: Item, date: string): Shown {
  const event = eventOf(item);
  const changes = event.exceptions.find((each) => each.originalDate === date)?.changes;
  const { subject, body, categories, importance, sensitivity, attachments, ...ofEvent } = changes ?? {};
  const content: ItemContent = {
    ...item.content, ...(subject === undefined ? {} : { subject }), ...(body === undefined ? {} : { body }), ...(categories === undefined ? {} : { categories }), ...(importance === undefined ? {} : { importance }),
    ...(sensitivity === undefined ? {} : { sensitivity }), ...(attachments === undefined ? {} : { attachments }),
  };
  return { item, content, event: { ...event, ...planned(event, date), ...ofEvent }, type: changes === undefined ? 'occurrence' : 'exception', date };
}

/** The day of a series; null when the pattern does not have it or it was deleted. */
export function findDay(item: Item, date: string): Shown | null {
  const { event } = item.content;
  const recurrence = event === null ? null : recurrenceOf(event);
  if (event === null || recurrence === null || event.cancelledDates.includes(date) || !fallsOn(recurrence, date)) return null;
  return dayOf(item, date);
}

const overlaps = ({ event }: Shown, fromMs: number, toMs: number): boolean => {
  const start = instantIn(event, event.start);
  const end = instantIn(event, event.end);
  return start < toMs && (end > fromMs || (end === start && start >= fromMs));
};

/** The days of a series that lie in the window, by their changed times, in the order of the series. */
export function daysBetween(item: Item, fromMs: number, toMs: number): Shown[] {
  const event = eventOf(item);
  const recurrence = recurrenceOf(event);
  if (recurrence === null) return [];
  // A day of the series' zone lies within a day of the same day in UTC; changed days may have come from anywhere.
  const until = new Date(toMs + DAY_MS).toISOString().slice(0, 10);
  const lengthMs = instantIn(event, event.end) - instantIn(event, event.start);
  const earliest = new Date(fromMs - DAY_MS - lengthMs).toISOString().slice(0, 10);
  const changed = new Set(event.exceptions.map((each) => each.originalDate));
  const out: Shown[] = [];
  for (const date of occurrenceDates(recurrence, until)) {
    if (date < earliest || changed.has(date) || event.cancelledDates.includes(date)) continue;
    const day = dayOf(item, date);
    if (overlaps(day, fromMs, toMs)) out.push(day);
  }
  for (const date of changed) {
    const day = findDay(item, date);
    if (day !== null && overlaps(day, fromMs, toMs)) out.push(day);
  }
  return out.sort((a, b) => instantIn(a.event, a.event.start) - instantIn(b.event, b.event.start));
}

/** What of an item a calendar view of that window shows. */
export function inWindow(item: Item, fromMs: number, toMs: number): Shown[] {
  const event = eventOf(item);
  if (event.recurrence !== null) return daysBetween(item, fromMs, toMs);
  const shown = whole(item);
  return overlaps(shown, fromMs, toMs) ? [shown] : [];
}

/** Changed days of a series, for `$expand=exceptionOccurrences`. */
export const changedDays = (item: Item): Shown[] => eventOf(item).exceptions.flatMap(({ originalDate }) => findDay(item, originalDate) ?? []);
