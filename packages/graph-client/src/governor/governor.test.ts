import fc from 'fast-check';
import type { Budget } from '../graph-port.js';
import { createGovernor, type Governed, type GovernorOptions } from './governor.js';
import { SlidingWindow } from './sliding-window.js';

const one = { requests: 1, bytes: 0, write: false };
const flow = { organisation: 'org', job: 'job', workload: 'EMAIL' };
const open = (options: GovernorOptions = {}): Governed => createGovernor(options).governed({ app: 'app', tenantId: 't', flow });
const mailbox: Budget = { kind: 'outlook', mailbox: 'a' };

test('a window never lets more through than its maximum in any stretch of its length', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 30 })), { maxLength: 200 }), (steps) => {
      const window = new SlidingWindow(1_000);
      const sent: { at: number; amount: number }[] = [];
      let now = 0;
      for (const [pause, amount] of steps) {
        now += pause;
        for (let wait = window.waitMs(amount, 100, now); wait > 0; wait = window.waitMs(amount, 100, now)) now += wait;
        window.use(amount, now);
        sent.push({ at: now, amount });
      }
      for (const { at } of sent) {
        const inWindow = sent.filter((each) => each.at > at - 1_000 && each.at <= at).reduce((sum, each) => sum + each.amount, 0);
        expect(inWindow).toBeLessThanOrEqual(100);
      }
    }),
  );
});

test('no more than four requests of one mailbox are in flight, in the order they came, and another mailbox is not held up', async () => {
  const governor = open();
  const order: number[] = [];
  const permits = await Promise.all([0, 1, 2, 3].map(() => governor.acquire(mailbox, one, undefined)));
  const fifth = governor.acquire(mailbox, one, undefined).then((permit) => {
    order.push(5);
    return permit;
  });
  const sixth = governor.acquire(mailbox, one, undefined).then((permit) => {
    order.push(6);
    return permit;
  });
  (await governor.acquire({ kind: 'outlook', mailbox: 'b' }, one, undefined)).release();
  expect(order).toEqual([]);
  permits[0]!.release();
  (await fifth).release();
  (await sixth).release();
  expect(order).toEqual([5, 6]);
  for (const permit of permits) permit.release();
});

test('after Retry-After nobody who shares the budget goes before it is over, not even those already waiting', async () => {
  const rests: number[] = [];
  const governor = open({ observer: { onThrottled: (_budget, ms) => rests.push(ms) } });
  const first = await governor.acquire(mailbox, one, undefined);
  const began = Date.now();
  governor.throttled(mailbox, 300);
  first.release();
  await Promise.all([1, 2].map(async () => (await governor.acquire(mailbox, one, undefined)).release()));
  expect(Date.now() - began).toBeGreaterThanOrEqual(299);
  expect(rests).toEqual([300]);
});

test('a budget uses 96 % or more of the published requests in ten minutes and never more than all of them; a batch counts for each of its items', async () => {
  let now = 0;
  const governor = open({ now: () => now });
  const minutes = 10 * 60_000;
  const sent: number[] = [];
  const go = async (units: number): Promise<boolean> => {
    const abort = new AbortController();
    let granted = false;
    const asking = governor.acquire(mailbox, { requests: units, bytes: 0, write: false }, abort.signal).then(
      (permit) => {
        granted = true;
        permit.release();
      },
      () => undefined,
    );
    await Promise.resolve();
    abort.abort();
    await asking;
    return granted;
  };
  for (; now < 3 * minutes; now += 1_000) while (await go(20)) sent.push(now);
  const inWindow = (from: number): number => sent.filter((at) => at >= from && at < from + minutes).length * 20;
  for (const from of sent.filter((_at, index) => index % 50 === 0)) expect(inWindow(from)).toBeLessThanOrEqual(10_000);
  expect(sent.length * 20).toBeGreaterThanOrEqual(3 * 9_600);
});

test('a request counts until a window after its answer: Microsoft may have counted it at any moment on the way', async () => {
  let now = 1;
  const governor = open({ now: () => now, overrides: { limits: { 'files.unitsPerMinute': { max: 100, windowMs: 1_000 } } } });
  const files: Budget = { kind: 'files' };
  const first = await governor.acquire(files, { ...one, units: 90 }, undefined);
  const gone: string[] = [];
  const second = governor.acquire(files, { ...one, units: 90 }, undefined).then((permit) => {
    gone.push('second');
    return permit;
  });
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  now = 5_000;
  // Somebody else's answer has the queue looked at again.
  const little = await governor.acquire({ kind: 'files', sharing: true }, { ...one, units: 1 }, undefined);
  little.release();
  await settle();
  expect(gone).toEqual([]);
  first.release();
  now = 5_900;
  (await governor.acquire({ kind: 'files', sharing: true }, { ...one, units: 1 }, undefined)).release();
  await settle();
  expect(gone).toEqual([]);
  now = 6_050;
  (await governor.acquire({ kind: 'files', sharing: true }, { ...one, units: 1 }, undefined)).release();
  (await second).release();
});

test('RateLimit headers of a window that is counted here hold nothing up; where Microsoft counts more, no more goes than it says is left', async () => {
  let now = 1;
  const governor = open({ now: () => now });
  const files: Budget = { kind: 'files' };
  const cost = { ...one, units: 25 };
  /** So many of them go at once. */
  const go = async (most: number): Promise<number> => {
    for (let went = 0; went < most; went += 1) {
      const abort = new AbortController();
      const asking = governor.acquire(files, cost, abort.signal);
      const gone = await Promise.race([asking.then(() => true), new Promise<false>((resolve) => void setImmediate(resolve, false))]);
      abort.abort();
      await asking.then(({ release }) => {
        release();
      }, () => undefined);
      if (!gone) return went;
    }
    return most;
  };
  const told = (remaining: number): void => {
    governor.answered(files, cost, 200, 10, new Headers({ 'RateLimit-Limit': '1250', 'RateLimit-Remaining': String(remaining), 'RateLimit-Reset': '30' }));
  };
  expect(await go(44)).toBe(44);
  told(150);
  expect(await go(50)).toBe(5);
  // The minute is over, and somebody else has used half of the next.
  now += 61_000;
  expect(await go(20)).toBe(20);
  told(100);
  expect(await go(50)).toBe(4);
  told(0);
  now += 29_000;
  expect(await go(1)).toBe(0);
  now += 1_001;
  expect(await go(50)).toBe(25);
});

test('requests that were refused together lower the concurrency once', async () => {
  let now = 0;
  const governor = open({ now: () => now });
  const permits = await Promise.all([0, 1, 2, 3].map(() => governor.acquire(mailbox, one, undefined)));
  for (const permit of permits) {
    governor.throttled(mailbox, 1_000);
    permit.release();
  }
  now = 1_001;
  await Promise.all([governor.acquire(mailbox, one, undefined), governor.acquire(mailbox, one, undefined)]);
  const abort = new AbortController();
  const third = governor.acquire(mailbox, one, abort.signal);
  abort.abort();
  await expect(third).rejects.toThrow();
});

test('requests in flight that many refusals took are given back within five minutes, also when nobody asked meanwhile, and windows stay whole', async () => {
  let now = 0;
  const governor = open({ now: () => now });
  const files: Budget = { kind: 'files' };
  const inFlight = async (): Promise<number> => {
    const permits: { release(): void }[] = [];
    for (;;) {
      const abort = new AbortController();
      const asking = governor.acquire(files, { ...one, units: 1 }, abort.signal).then((permit) => permits.push(permit), () => undefined);
      const before = permits.length;
      await new Promise((resolve) => void setImmediate(resolve));
      abort.abort();
      await asking;
      if (permits.length === before) break;
    }
    for (const permit of permits) permit.release();
    return permits.length;
  };
  expect(await inFlight()).toBe(32);
  for (let count = 0; count < 12; count += 1) {
    governor.throttled(files, 1_000, 'inFlight');
    now += 1_001;
  }
  expect(await inFlight()).toBe(1);
  now += 60_000;
  // The whole of a window goes, one after the other.
  let went = 0;
  for (; went < 2_000; went += 1) {
    const abort = new AbortController();
    const gone = await Promise.race([governor.acquire(files, { ...one, units: 1 }, abort.signal).then(({ release }) => { release(); return true; }, () => false), new Promise<false>((resolve) => void setImmediate(resolve, false))]);
    abort.abort();
    if (!gone) break;
  }
  expect(went).toBeGreaterThanOrEqual(1_212);
  now += 4 * 60_000;
  expect(await inFlight()).toBe(32);
});

test('a waiting request that is aborted leaves the queue and lets the next one go', async () => {
  const governor = open({ overrides: { limits: { 'outlook.inFlight': { max: 1 } } } });
  const held = await governor.acquire(mailbox, one, undefined);
  const abort = new AbortController();
  const waiting = governor.acquire(mailbox, one, abort.signal);
  const next = governor.acquire(mailbox, one, undefined);
  abort.abort();
  await expect(waiting).rejects.toThrow();
  held.release();
  (await next).release();
});
