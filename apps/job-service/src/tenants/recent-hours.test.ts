import type { InternalTenant } from '@migrator/contracts/internal';
import { recentHours } from './recent-hours.js';

test('hours are asked for once a minute, and hold on while tenant-service does not answer', async () => {
  const hours = (share: number): Partial<InternalTenant> => ({ businessHours: { timeZone: 'UTC', days: ['MON'], from: '08:00', to: '18:00', share } });
  let now = 0;
  let asked = 0;
  let answer = (): Promise<Partial<InternalTenant> | null> => Promise.resolve(hours(0.5));
  const hoursOf = recentHours({ tenants: { find: () => { asked += 1; return answer() as Promise<InternalTenant | null>; } }, now: () => now });
  const share = async (): Promise<number | undefined> => (await hoursOf('org_a', 'ten_1'))?.share;
  expect(await share()).toBe(0.5);
  answer = () => Promise.reject(new Error('away'));
  now = 59_999;
  expect([await share(), asked]).toEqual([0.5, 1]);
  now = 60_000;
  expect([await share(), asked]).toEqual([0.5, 2]);
  answer = () => Promise.resolve(hours(0.25));
  now = 120_000;
  expect([await share(), asked]).toEqual([0.25, 3]);
  answer = () => Promise.resolve(null);
  now = 180_000;
  expect([await share(), asked]).toEqual([undefined, 4]);
});
