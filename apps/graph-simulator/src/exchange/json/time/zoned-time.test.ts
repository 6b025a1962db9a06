import { formatWall, parseWall, utcToWall, wallToUtc } from './zoned-time.js';
import { ianaZone } from './windows-zones.js';

const utc = (wall: string, zone: string): string => new Date(wallToUtc(parseWall(wall) ?? NaN, zone)).toISOString();

test.each([
  ['2025-01-06T09:00:00', 'W. Europe Standard Time', '2025-01-06T08:00:00.000Z'],
  ['2025-07-07T09:00:00', 'W. Europe Standard Time', '2025-07-07T07:00:00.000Z'],
  ['2025-07-07T09:00:00.0000000', 'Europe/Berlin', '2025-07-07T07:00:00.000Z'],
  ['2025-03-30T02:30:00', 'W. Europe Standard Time', '2025-03-30T01:30:00.000Z'], // skipped by daylight saving
  ['2025-10-26T02:30:00', 'W. Europe Standard Time', '2025-10-26T00:30:00.000Z'], // comes twice: the first
  ['2025-11-02T01:30:00', 'Pacific Standard Time', '2025-11-02T08:30:00.000Z'],
  ['2025-05-01T00:00:00', 'India Standard Time', '2025-04-30T18:30:00.000Z'],
])('%s in %s is %s', (wall, zone, expected) => {
  expect(utc(wall, zone)).toBe(expected);
});

test('a wall time survives the way to UTC and back', () => {
  for (const zone of ['Pacific Standard Time', 'AUS Eastern Standard Time', 'UTC']) {
    const wall = parseWall('2025-08-15T17:45:12') ?? NaN;
    expect(formatWall(utcToWall(wallToUtc(wall, zone), zone))).toBe('2025-08-15T17:45:12.0000000');
  }
});

test('impossible times and unknown zones are recognised', () => {
  expect(parseWall('2025-02-31T10:00:00')).toBeNull();
  expect(parseWall('2025-02-01T10:00:00Z')).toBeNull();
  expect(ianaZone('Nowhere Standard Time')).toBeNull();
  expect(ianaZone('+02:00')).toBeNull();
});
