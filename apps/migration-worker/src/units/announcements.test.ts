import { workerAnnounceSeconds } from '@migrator/contracts/internal';
import { createLogger } from '@migrator/service-kit/logger';
import { announceWorker } from './announcements.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a word of a worker that did not arrive is said again within a second, then every few seconds; the last word is that it goes', async () => {
  const said: number[] = [];
  let away = true;
  const announce = (_workerId: string, units: number): Promise<void> => {
    said.push(units);
    return away ? Promise.reject(new Error('job-service is away')) : Promise.resolve();
  };
  const takeLeave = announceWorker({ jobs: { announce }, logger: createLogger('test', 'silent'), workerId: 'w', units: 6 });
  expect(said).toEqual([6]);
  await jest.advanceTimersByTimeAsync(1_000);
  away = false;
  await jest.advanceTimersByTimeAsync(1_000);
  const begun = said.length;
  expect(begun).toBeGreaterThanOrEqual(3);
  await jest.advanceTimersByTimeAsync(2 * workerAnnounceSeconds * 1_000);
  expect(said).toHaveLength(begun + 2);
  await takeLeave();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(said.slice(begun + 2)).toEqual([0]);
});
