import fc from 'fast-check';
import { FairQueue } from './fair-queue.js';

interface Entry {
  flow: string;
  share: number;
}

test('flows that always have something waiting are served by their weights, whatever their requests cost', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ weight: fc.integer({ min: 1, max: 4 }), costs: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }) }), { minLength: 2, maxLength: 5 }), (flows) => {
      const queue = new FairQueue<Entry>();
      const served = flows.map(() => 0);
      const next = flows.map(() => 0);
      const offer = (index: number): void => {
        const { weight, costs } = flows[index]!;
        queue.push(String(index), weight, { flow: String(index), share: costs[next[index]!++ % costs.length]! });
      };
      for (const index of flows.keys()) for (let i = 0; i < 2; i += 1) offer(index);
      for (let turn = 0; turn < 2_000; turn += 1) {
        const entry = queue.take(() => true)!;
        served[Number(entry.flow)]! += entry.share;
        offer(Number(entry.flow));
      }
      const perWeight = flows.map(({ weight }, index) => served[index]! / weight);
      expect(Math.max(...perWeight) - Math.min(...perWeight)).toBeLessThanOrEqual(40);
    }),
    { numRuns: 50 },
  );
});

test('one that comes back has no claim on the time it was away, and nobody waits for one that has nothing', () => {
  const queue = new FairQueue<Entry>();
  for (let i = 0; i < 100; i += 1) queue.push('a', 1, { flow: 'a', share: 1 });
  for (let i = 0; i < 50; i += 1) expect(queue.take(() => true)?.flow).toBe('a');
  for (let i = 0; i < 100; i += 1) queue.push('b', 1, { flow: 'b', share: 1 });
  const turns = Array.from({ length: 20 }, () => queue.take(() => true)?.flow);
  expect(turns.filter((flow) => flow === 'b').length).toBeGreaterThanOrEqual(9);
  expect(turns.filter((flow) => flow === 'b').length).toBeLessThanOrEqual(11);
});

test('a head that may not go holds up its own flow alone', () => {
  const queue = new FairQueue<Entry>();
  queue.push('a', 1, { flow: 'a', share: 5 });
  queue.push('a', 1, { flow: 'a', share: 1 });
  queue.push('b', 1, { flow: 'b', share: 1 });
  const small = (entry: Entry): boolean => entry.share < 5;
  expect(queue.take(small)?.flow).toBe('b');
  expect(queue.take(small)).toBeUndefined();
  expect(queue.size).toBe(2);
});
