/** The short forms of the API's benches: they run to their end, and what does not depend on speed is as promised. */
import { figuresOf } from './short-form.js';

test.each([
  { name: 'gateway', expected: ['gateway.requests', 'gateway.added-median'], promised: [] },
  { name: 'checkin', expected: ['checkin.rate', 'checkin.p99', 'checkin.commands-handed-out', 'checkin.cpu-of-the-load-itself'], promised: ['checkin.commands-handed-out'] },
  { name: 'lists', expected: ['jobs', 'items', 'log'].flatMap((list) => [`lists.${list}.first.p99`, `lists.${list}.last.p99`]), promised: [] },
  { name: 'sse', expected: ['sse.clients-with-every-line-once-in-order', 'sse.delay.p99', 'sse.gateway-memory'], promised: ['sse.clients-with-every-line-once-in-order', 'sse.gateway-memory'] },
  { name: 'export', expected: ['export.first-byte', 'export.memory', 'export.rate'], promised: [] },
])(
  'bench $name prints each figure beside its baseline, and keeps what a busy machine keeps too',
  async ({ name, expected, promised }) => {
    const figures = await figuresOf(name);
    expect(figures.map((each) => each.name)).toEqual(expected);
    for (const { value, baseline, ratio, unit, machine } of figures) {
      expect([value, baseline, ratio].every(Number.isFinite)).toBe(true);
      expect(baseline).toBeGreaterThan(0);
      expect([unit, machine].every((text) => text !== '')).toBe(true);
    }
    expect(figures.filter((each) => promised.includes(each.name) && each.met !== true)).toEqual([]);
  },
  180_000,
);
