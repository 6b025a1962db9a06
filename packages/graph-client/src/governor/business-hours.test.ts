import type { BusinessHours } from '@migrator/contracts/api/throttling';
import { createGovernor } from './governor.js';
import { HoursCurve } from './business-hours.js';

const work: BusinessHours = { timeZone: 'Europe/Berlin', days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '08:00', to: '18:00', share: 0.25 };
const shareAt = (hours: BusinessHours, at: string): number => new HoursCurve(hours).shareAt(Date.parse(at));

test.each([
  ['a Monday before work', '2026-01-12T06:59:59Z', 1],
  ['when work begins, by the clock on the wall', '2026-01-12T07:00:00Z', 0.25],
  ['the last minute', '2026-01-12T16:59:59Z', 0.25],
  ['when work ends', '2026-01-12T17:00:00Z', 1],
  ['a Saturday', '2026-01-17T10:00:00Z', 1],
  ['summer, when the same hours begin earlier in UTC', '2026-07-13T06:00:00Z', 0.25],
  ['the hour before, in summer', '2026-07-13T05:59:00Z', 1],
])('%s', (_when, at, share) => {
  expect(shareAt(work, at)).toBe(share);
});

test.each([
  ['Friday evening', '2026-01-16T21:30:00Z', 0.5],
  ['after midnight the night still belongs to Friday', '2026-01-17T03:00:00Z', 0.5],
  ['its end', '2026-01-17T05:00:00Z', 1],
  ['the night from Saturday to Sunday is not Friday’s', '2026-01-18T03:00:00Z', 1],
  ['Friday morning belongs to Thursday’s night', '2026-01-16T03:00:00Z', 1],
])('hours over midnight: %s', (_when, at, share) => {
  expect(shareAt({ ...work, days: ['FRI'], from: '22:00', to: '06:00', share: 0.5 }, at)).toBe(share);
});

test('the night in which an hour is skipped, and the one in which an hour comes twice', () => {
  const night: BusinessHours = { ...work, days: ['SAT', 'SUN'], from: '02:00', to: '04:00', share: 0 };
  // 29 March 2026: after 01:59 comes 03:00.
  expect(shareAt(night, '2026-03-29T00:59:00Z')).toBe(1);
  expect(shareAt(night, '2026-03-29T01:00:00Z')).toBe(0);
  expect(shareAt(night, '2026-03-29T01:59:00Z')).toBe(0);
  expect(shareAt(night, '2026-03-29T02:00:00Z')).toBe(1);
  // 25 October 2026: 02:30 comes twice.
  for (const at of ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:59:00Z']) expect(shareAt(night, at)).toBe(0);
  expect(shareAt(night, '2026-10-25T03:00:00Z')).toBe(1);
});

/** How many requests go in one window, asked at one moment of the day. */
async function inOneWindow(hours: { tenant?: BusinessHours; job?: BusinessHours }, wall: string): Promise<{ limited: number; other: number }> {
  let now = 0;
  const governor = createGovernor({ now: () => now, wallClock: () => Date.parse(wall) + now, overrides: { limits: { 'outlook.requests': { max: 100, windowMs: 10_000 } } } });
  const asker = { app: 'app', tenantId: 't', businessHours: hours.tenant ?? null };
  const limited = governor.governed({ ...asker, flow: { organisation: 'org', job: 'a', workload: 'EMAIL', businessHours: hours.job ?? null } });
  const other = governor.governed({ ...asker, flow: { organisation: 'org', job: 'b', workload: 'EMAIL' } });
  const went = { limited: 0, other: 0 };
  for (; now < 9_000; now += 100) {
    for (const [name, governed] of [['limited', limited], ['other', other]] as const) {
      const abort = new AbortController();
      const asked = governed.acquire({ kind: 'outlook', mailbox: 'm' }, { requests: 1, bytes: 0, write: false }, abort.signal).then(
        (permit) => {
          went[name] += 1;
          permit.release();
        },
        () => undefined,
      );
      await Promise.resolve();
      abort.abort();
      await asked;
    }
  }
  await governor.close();
  return went;
}

test('a job in its business hours uses its share of a budget and leaves the rest to others', async () => {
  expect(await inOneWindow({ job: work }, '2026-01-12T09:00:00Z')).toEqual({ limited: 24, other: 74 });
  const evening = await inOneWindow({ job: work }, '2026-01-12T19:00:00Z');
  expect(evening.limited).toBe(49);
});

test('a tenant’s business hours hold for all its jobs together, and a share of nothing stands still', async () => {
  const { limited, other } = await inOneWindow({ tenant: work }, '2026-01-12T09:00:00Z');
  expect(limited + other).toBe(24);
  expect(await inOneWindow({ tenant: { ...work, share: 0 } }, '2026-01-12T09:00:00Z')).toEqual({ limited: 0, other: 0 });
});
