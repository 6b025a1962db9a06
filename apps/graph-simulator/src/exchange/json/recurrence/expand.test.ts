import { fallsOn, occurrenceDates } from './expand.js';
import { parseRecurrence, recurrenceJson, RecurrenceError } from './pattern.js';

const dates = (pattern: object, range: object, until = '2030-01-01'): string[] => [...occurrenceDates(parseRecurrence({ pattern, range }), until)];
const numbered = (startDate: string, n: number): object => ({ type: 'numbered', startDate, numberOfOccurrences: n });

describe('the dates of a series', () => {
  test.each([
    ['every third day', { type: 'daily', interval: 3 }, numbered('2025-02-26', 4), ['2025-02-26', '2025-03-01', '2025-03-04', '2025-03-07']],
    ['every second week on two days, weeks starting Sunday', { type: 'weekly', interval: 2, daysOfWeek: ['monday', 'sunday'], firstDayOfWeek: 'sunday' }, numbered('2025-01-06', 5),
      ['2025-01-06', '2025-01-19', '2025-01-20', '2025-02-02', '2025-02-03']],
    ['the same with weeks starting Monday', { type: 'weekly', interval: 2, daysOfWeek: ['monday', 'sunday'], firstDayOfWeek: 'monday' }, numbered('2025-01-06', 5),
      ['2025-01-06', '2025-01-12', '2025-01-20', '2025-01-26', '2025-02-03']],
    ['the 31st falls on the last day of shorter months', { type: 'absoluteMonthly', interval: 1, dayOfMonth: 31 }, numbered('2024-01-31', 4), ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30']],
    ['the second Tuesday', { type: 'relativeMonthly', interval: 1, daysOfWeek: ['tuesday'], index: 'second' }, numbered('2025-01-14', 3), ['2025-01-14', '2025-02-11', '2025-03-11']],
    ['the last weekday of every second month', { type: 'relativeMonthly', interval: 2, daysOfWeek: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], index: 'last' }, numbered('2025-01-31', 3),
      ['2025-01-31', '2025-03-31', '2025-05-30']],
    ['29 February every year', { type: 'absoluteYearly', interval: 1, dayOfMonth: 29, month: 2 }, numbered('2024-02-29', 3), ['2024-02-29', '2025-02-28', '2026-02-28']],
    ['the first Thursday of November when index is left out', { type: 'relativeYearly', interval: 1, daysOfWeek: ['thursday'], month: 11 }, numbered('2024-11-07', 3), ['2024-11-07', '2025-11-06', '2026-11-05']],
    ['an end date is included', { type: 'daily', interval: 1 }, { type: 'endDate', startDate: '2025-12-30', endDate: '2026-01-01' }, ['2025-12-30', '2025-12-31', '2026-01-01']],
  ])('%s', (_name, pattern, range, expected) => {
    expect(dates(pattern, range)).toEqual(expected);
  });

  test('a series without end is cut at the asked date only', () => {
    expect(dates({ type: 'weekly', interval: 1, daysOfWeek: ['friday'] }, { type: 'noEnd', startDate: '2025-01-03' }, '2025-01-17')).toEqual(['2025-01-03', '2025-01-10', '2025-01-17']);
  });

  test('a start date off the pattern is not itself an occurrence', () => {
    const r = parseRecurrence({ pattern: { type: 'weekly', interval: 1, daysOfWeek: ['friday'] }, range: { type: 'noEnd', startDate: '2025-01-01' } });
    expect(fallsOn(r, '2025-01-01')).toBe(false);
    expect(fallsOn(r, '2025-01-03')).toBe(true);
  });
});

describe('what a request may say', () => {
  const range = { type: 'noEnd', startDate: '2025-01-06' };
  test.each([
    ['a weekly pattern without days', { pattern: { type: 'weekly', interval: 1 }, range }],
    ['an interval of zero', { pattern: { type: 'daily', interval: 0 }, range }],
    ['a monthly pattern without a day', { pattern: { type: 'absoluteMonthly', interval: 1 }, range }],
    ['an empty time zone', { pattern: { type: 'daily', interval: 1 }, range: { ...range, recurrenceTimeZone: '' } }],
    ['an end before the start', { pattern: { type: 'daily', interval: 1 }, range: { type: 'endDate', startDate: '2025-01-06', endDate: '2025-01-05' } }],
    ['no range', { pattern: { type: 'daily', interval: 1 } }],
  ])('%s is refused', (_name, raw) => {
    expect(() => parseRecurrence(raw)).toThrow(RecurrenceError);
  });

  test('unused numbers come back as 0 and index as first', () => {
    const json = recurrenceJson(parseRecurrence({ pattern: { type: 'weekly', interval: 1, daysOfWeek: ['monday'] }, range }));
    expect(json).toMatchObject({ pattern: { dayOfMonth: 0, month: 0, index: 'first', firstDayOfWeek: 'sunday' }, range: { numberOfOccurrences: 0, endDate: '0001-01-01' } });
  });
});
