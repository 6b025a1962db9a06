import { ScalableClock } from './clock.js';

test('a clock that stands still moves only when it is told to, and wakes its sleepers', async () => {
  const clock = new ScalableClock({ scale: 0, startMs: 5_000 });
  let woken = false;
  const sleep = clock.sleep(60_000).then(() => { woken = true; });
  clock.advance(59_999);
  await Promise.resolve();
  expect([clock.now(), woken]).toEqual([64_999, false]);
  clock.advance(1);
  await sleep;
  expect(woken).toBe(true);
});

test('a changed scale counts from now on, never back', () => {
  let real = 0;
  const clock = new ScalableClock({ startMs: 1_000, scale: 1, realNow: () => real });
  real = 100;
  clock.setScale(60);
  expect(clock.now()).toBe(1_100);
  real = 200;
  expect(clock.now()).toBe(7_100);
  expect(() => { clock.advance(-1); }).toThrow(RangeError);
});

test('an aborted sleep rejects', async () => {
  const clock = new ScalableClock({ scale: 0 });
  const abort = new AbortController();
  const sleep = clock.sleep(10, abort.signal);
  abort.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
});
