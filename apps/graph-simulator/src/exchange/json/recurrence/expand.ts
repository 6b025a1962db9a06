import { DAYS_OF_WEEK, type DayOfWeek, type Recurrence, type RecurrencePattern } from './pattern.js';

const DAY_MS = 86_400_000;
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const toDate = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const weekday = (day: number): number => (((day + 4) % 7) + 7) % 7; // 1 January 1970 was a Thursday
const dayIndex = (name: DayOfWeek): number => DAYS_OF_WEEK.indexOf(name);

/** The first day of a month counted from year 0, and how many days it has. */
const monthStart = (months: number): number => Date.UTC(Math.floor(months / 12), ((months % 12) + 12) % 12, 1) / DAY_MS;

/** A day of the month; months that are too short give their last day, as Exchange does. */
function absoluteDay(months: number, dayOfMonth: number): number {
  const first = monthStart(months);
  return Math.min(first + dayOfMonth - 1, monthStart(months + 1) - 1);
}

/** The first/second/.../last day of the month that is one of the named week days. */
function relativeDay(months: number, pattern: RecurrencePattern): number {
  const wanted = new Set(pattern.daysOfWeek.map(dayIndex));
  const days: number[] = [];
  for (let day = monthStart(months); day < monthStart(months + 1); day++) if (wanted.has(weekday(day))) days.push(day);
  const nth = { first: 0, second: 1, third: 2, fourth: 3, last: days.length - 1 }[pattern.index];
  const found = days[Math.min(nth, days.length - 1)];
  if (found === undefined) throw new RangeError('A relative pattern needs daysOfWeek');
  return found;
}

/** The pattern's days from its start on, ascending, without end. */
function* patternDays(pattern: RecurrencePattern, start: number): Generator<number> {
  const from = new Date(start * DAY_MS);
  const startMonth = from.getUTCFullYear() * 12 + from.getUTCMonth();
  switch (pattern.type) {
    case 'daily':
      for (let day = start; ; day += pattern.interval) yield day;
    case 'weekly': {
      const first = dayIndex(pattern.firstDayOfWeek);
      const offsets = [...new Set(pattern.daysOfWeek.map((d) => (dayIndex(d) - first + 7) % 7))].sort((a, b) => a - b);
      const weekStart = start - ((weekday(start) - first + 7) % 7);
      for (let week = weekStart; ; week += 7 * pattern.interval) for (const offset of offsets) if (week + offset >= start) yield week + offset;
    }
    case 'absoluteMonthly':
    case 'relativeMonthly':
      for (let month = startMonth; ; month += pattern.interval) {
        const day = pattern.type === 'absoluteMonthly' ? absoluteDay(month, pattern.dayOfMonth) : relativeDay(month, pattern);
        if (day >= start) yield day;
      }
    case 'absoluteYearly':
    case 'relativeYearly':
      for (let year = from.getUTCFullYear(); ; year += pattern.interval) {
        const month = year * 12 + pattern.month - 1;
        const day = pattern.type === 'absoluteYearly' ? absoluteDay(month, pattern.dayOfMonth) : relativeDay(month, pattern);
        if (day >= start) yield day;
      }
  }
}

/**
 * The dates (`YYYY-MM-DD`, in the recurrence's own zone) on which the series falls, ascending, up to and including `until`.
 * Cancelled and moved occurrences still count: they are exceptions to this list, not part of the pattern.
 */
export function* occurrenceDates({ pattern, range }: Recurrence, until: string): Generator<string> {
  const last = Math.min(dayNumber(until), range.type === 'endDate' && range.endDate !== null ? dayNumber(range.endDate) : Infinity);
  let left = range.type === 'numbered' ? range.numberOfOccurrences : Infinity;
  for (const day of patternDays(pattern, dayNumber(range.startDate))) {
    if (day > last || left <= 0) return;
    left -= 1;
    yield toDate(day);
  }
}

/** Does the series fall on this date? */
export function fallsOn(recurrence: Recurrence, date: string): boolean {
  for (const d of occurrenceDates(recurrence, date)) if (d === date) return true;
  return false;
}
