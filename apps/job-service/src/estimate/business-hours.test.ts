import type { BusinessHours } from '@migrator/graph-client/business-hours';
import { throughHours } from './business-hours.js';

const hour = 3_600_000;
const work: BusinessHours = { timeZone: 'Europe/Berlin', days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '08:00', to: '18:00', share: 0.25 };
/** A Monday at nine, by the clock in Berlin: nine hours before work ends. */
const monday = Date.parse('2026-01-12T08:00:00Z');
const through = (low: number, high: number, hours: readonly BusinessHours[], slowed = false, from = monday): number[] | null => {
  const range = throughHours(from, hours, slowed)({ low: low * hour, high: high * hour });
  return range === null ? null : [range.low / hour, range.high / hour];
};

test.each<[string, readonly BusinessHours[], number[]]>([
  ['without any nothing changes', [], [2, 4]],
  ['hours of a full share change nothing', [{ ...work, share: 1 }], [2, 4]],
  ['at best work needs no more than its share, at worst it gets a quarter until they end', [work], [2, 10.75]],
  ['of two the stricter holds', [{ ...work, share: 0.5 }, work], [2, 10.75]],
  ['in hours without a share everything waits for their end', [{ ...work, share: 0 }], [11, 13]],
  ['hours of other days do not matter', [{ ...work, days: ['SUN'] }], [2, 4]],
])('%s', (_says, hours, expected) => {
  expect(through(2, 4, hours)).toEqual(expected);
});

test('hours that begin later hold up only what lasts until then', () => {
  expect(through(2, 4, [{ ...work, from: '12:00', share: 0 }])).toEqual([2, 10]);
});

test('what was seen within the hours may go faster after them', () => {
  expect(through(2, 4, [work], true)).toEqual([2, 10.75]);
  // Nine hours as before, and twelve after them in a quarter of the time.
  expect(through(21, 21, [work], true)![0]).toBe(12);
  // How slow it was while it stood still cannot be told.
  expect(through(2, 2, [{ ...work, share: 0 }], true)).toEqual([9.1, 11]);
});

test('weeks go by, and hours that never end tell no time', () => {
  // A week has 118 free hours of 168; the ninth one's end at eight on Monday.
  expect(through(0, 9 * 118, [{ ...work, share: 0 }])![1]).toBe(9 * 168 - 1);
  expect(through(1, 1, [{ ...work, days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], from: '00:00', to: '00:00', share: 0 }])).toBeNull();
  expect(through(0, 0, [{ ...work, share: 0 }])).toEqual([0, 0]);
});

test('a moment within a quarter of an hour counts from there', () => {
  expect(through(1, 1, [{ ...work, to: '09:15', share: 0 }], false, monday + 10 * 60_000)![0]).toBeCloseTo(1 + 5 / 60);
});
