/** Graph's recurrence shapes (graph/exchange.md 5.2), as stored: only the fields the type needs are meaningful. */
export const DAYS_OF_WEEK = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
export const WEEK_INDEXES = ['first', 'second', 'third', 'fourth', 'last'] as const;
export type DayOfWeek = (typeof DAYS_OF_WEEK)[number];
export type WeekIndex = (typeof WEEK_INDEXES)[number];

export interface RecurrencePattern {
  type: 'daily' | 'weekly' | 'absoluteMonthly' | 'relativeMonthly' | 'absoluteYearly' | 'relativeYearly';
  interval: number;
  daysOfWeek: DayOfWeek[];
  firstDayOfWeek: DayOfWeek;
  dayOfMonth: number;
  month: number;
  index: WeekIndex;
}

export interface RecurrenceRange {
  type: 'endDate' | 'noEnd' | 'numbered';
  /** `YYYY-MM-DD`. */
  startDate: string;
  /** `YYYY-MM-DD`; null unless the type is endDate. */
  endDate: string | null;
  numberOfOccurrences: number;
  /** Windows or IANA name; null means the zone of the event. */
  recurrenceTimeZone: string | null;
}

export interface Recurrence {
  pattern: RecurrencePattern;
  range: RecurrenceRange;
}

/** A recurrence that Exchange would refuse; `message` is the text of its 400. */
export class RecurrenceError extends Error {}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function oneOf<T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  const found = allowed.find((a) => typeof value === 'string' && a.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw new RecurrenceError(`The recurrence's ${what} is missing or not one of its values.`);
  return found;
}

function whole(value: unknown, low: number, high: number, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) throw new RecurrenceError(`The recurrence's ${what} must be a whole number from ${String(low)} to ${String(high)}.`);
  return value;
}

function date(value: unknown, what: string): string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(Date.parse(value))) throw new RecurrenceError(`The recurrence's ${what} is not a date.`);
  return value;
}

/** Reads a `patternedRecurrence` from a request. Throws RecurrenceError when required fields of its type are missing. */
export function parseRecurrence(raw: unknown): Recurrence {
  if (!isObject(raw) || !isObject(raw['pattern']) || !isObject(raw['range'])) throw new RecurrenceError('A recurrence needs a pattern and a range.');
  return { pattern: parsePattern(raw['pattern']), range: parseRange(raw['range']) };
}

const PATTERN_FIELDS = {
  daily: [], weekly: ['daysOfWeek', 'firstDayOfWeek'], absoluteMonthly: ['dayOfMonth'], relativeMonthly: ['daysOfWeek', 'index'], absoluteYearly: ['dayOfMonth', 'month'], relativeYearly: ['daysOfWeek', 'month', 'index'],
} as const;
const RANGE_FIELDS = { endDate: ['endDate'], noEnd: [], numbered: ['numberOfOccurrences'] } as const;

/** Exchange refuses what the type does not use, zeros that it answered itself included. */
function refuseExtras(raw: Record<string, unknown>, allowed: readonly string[]): void {
  const extra = Object.keys(raw).find((name) => !name.startsWith('@') && raw[name] !== null && !allowed.includes(name));
  if (extra !== undefined) throw new RecurrenceError(`The property '${extra}' is not used by this type of recurrence.`);
}

function parsePattern(raw: Record<string, unknown>): RecurrencePattern {
  const type = oneOf(raw['type'], ['daily', 'weekly', 'absoluteMonthly', 'relativeMonthly', 'absoluteYearly', 'relativeYearly'] as const, 'pattern type');
  refuseExtras(raw, ['type', 'interval', ...PATTERN_FIELDS[type]]);
  const pattern: RecurrencePattern = { type, interval: whole(raw['interval'] ?? 1, 1, 999, 'interval'), daysOfWeek: [], firstDayOfWeek: 'sunday', dayOfMonth: 0, month: 0, index: 'first' };
  if (type === 'weekly' || type === 'relativeMonthly' || type === 'relativeYearly') {
    const days = raw['daysOfWeek'];
    if (!Array.isArray(days) || days.length === 0) throw new RecurrenceError('This recurrence pattern needs daysOfWeek.');
    pattern.daysOfWeek = days.map((d) => oneOf(d, DAYS_OF_WEEK, 'daysOfWeek'));
  }
  if (type === 'weekly' && raw['firstDayOfWeek'] != null) pattern.firstDayOfWeek = oneOf(raw['firstDayOfWeek'], DAYS_OF_WEEK, 'firstDayOfWeek');
  if (type === 'absoluteMonthly' || type === 'absoluteYearly') pattern.dayOfMonth = whole(raw['dayOfMonth'], 1, 31, 'dayOfMonth');
  if (type === 'absoluteYearly' || type === 'relativeYearly') pattern.month = whole(raw['month'], 1, 12, 'month');
  if (type === 'relativeMonthly' || type === 'relativeYearly') pattern.index = oneOf(raw['index'] ?? 'first', WEEK_INDEXES, 'index');
  return pattern;
}

function parseRange(raw: Record<string, unknown>): RecurrenceRange {
  const type = oneOf(raw['type'], ['endDate', 'noEnd', 'numbered'] as const, 'range type');
  refuseExtras(raw, ['type', 'startDate', 'recurrenceTimeZone', ...RANGE_FIELDS[type]]);
  const zone = raw['recurrenceTimeZone'];
  if (zone === '') throw new RecurrenceError('An empty recurrenceTimeZone is not a time zone; send null.');
  const range: RecurrenceRange = {
    type, startDate: date(raw['startDate'], 'startDate'),
    endDate: type === 'endDate' ? date(raw['endDate'], 'endDate') : null,
    numberOfOccurrences: type === 'numbered' ? whole(raw['numberOfOccurrences'], 1, 999, 'numberOfOccurrences') : 0,
    recurrenceTimeZone: typeof zone === 'string' ? zone : null,
  };
  if (range.endDate !== null && range.endDate < range.startDate) throw new RecurrenceError('The recurrence ends before it starts.');
  return range;
}

/** Cut down to the fields its types use: the form that is stored, and that a request may carry. */
export function usedFields({ pattern, range }: Recurrence, zone: string): { pattern: { type: RecurrencePattern['type']; interval: number } & Partial<RecurrencePattern>; range: { type: RecurrenceRange['type']; startDate: string; endDate?: string; numberOfOccurrences?: number; recurrenceTimeZone: string } } {
  const pick = Object.fromEntries(PATTERN_FIELDS[pattern.type].map((name) => [name, pattern[name]]));
  return {
    pattern: { type: pattern.type, interval: pattern.interval, ...pick },
    range: {
      type: range.type, startDate: range.startDate, ...(range.endDate === null ? {} : { endDate: range.endDate }), ...(range.type === 'numbered' ? { numberOfOccurrences: range.numberOfOccurrences } : {}),
      recurrenceTimeZone: range.recurrenceTimeZone ?? zone,
    },
  };
}

/** As Graph answers it: unused numbers are 0, `index` is always there, an absent end is the year-one date. */
export function recurrenceJson({ pattern, range }: Recurrence): Record<string, unknown> {
  return {
    pattern: {
      type: pattern.type, interval: pattern.interval, month: pattern.month, dayOfMonth: pattern.dayOfMonth,
      ...(pattern.daysOfWeek.length > 0 ? { daysOfWeek: pattern.daysOfWeek } : {}), firstDayOfWeek: pattern.firstDayOfWeek, index: pattern.index,
    },
    range: {
      type: range.type, startDate: range.startDate, endDate: range.endDate ?? '0001-01-01',
      recurrenceTimeZone: range.recurrenceTimeZone, numberOfOccurrences: range.numberOfOccurrences,
    },
  };
}
