import fc from 'fast-check';
import { estimateJob, estimateUnits, type JobFacts, type OpenUnit } from './estimate-job.js';
import { profileOf, type PassKind } from './load-profile.js';
import { makespan, sharedEnd } from './makespan.js';
import { learnPace, type Progress } from './pace.js';
import { passLimits } from './pass-limits.js';
import { loadOf } from './unit-load.js';

const unknown = { sourceMicrosoftTenantId: null, destMicrosoftTenantId: null };
const [limits, fileLimits] = [passLimits('EMAIL', {}, unknown), passLimits('ONEDRIVE', {}, unknown)];
const [mail, files] = [profileOf('EMAIL', false), profileOf('ONEDRIVE', false)];
const limitsOf = ({ profile }: JobFacts) => (profile === mail ? limits : fileLimits);
const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const kinds: readonly PassKind[] = ['full', 'dry', 'delta', 'retry', 'verify'];

const unit: fc.Arbitrary<OpenUnit> = fc
  .record({ discoveredItems: fc.option(count(200_000)), sizeBytes: fc.option(count(50_000_000_000)), total: count(200_000), share: fc.double({ min: 0, max: 1, noNaN: true }), errors: count(50), partial: fc.boolean(), atWorkMs: fc.option(count(3_600_000)) })
  .map(({ share, ...rest }) => ({ ...rest, begun: rest.total > 0, settled: Math.floor(rest.total * share), moved: Math.floor((rest.sizeBytes ?? 0) * share) }));
/** The same mailbox with more items of its usual size. */
function grow(each: OpenUnit, items: number): OpenUnit {
  const counted = each.discoveredItems ?? each.total;
  return { ...each, discoveredItems: each.discoveredItems === null ? null : each.discoveredItems + items, total: each.total === 0 ? 0 : each.total + items, sizeBytes: each.sizeBytes === null || counted === 0 ? each.sizeBytes : each.sizeBytes * ((counted + items) / counted) };
}
const progress: fc.Arbitrary<Progress[]> = fc.array(fc.tuple(count(5_000), fc.integer({ min: 1, max: 60_000 })), { maxLength: 20 }).map((steps) => {
  let sum: Progress = { steps: 0, slotMs: 0 };
  return steps.map(([more, ms]) => (sum = { steps: sum.steps + more, slotMs: sum.slotMs + ms }));
});
const earlierPasses = fc.tuple(progress, fc.boolean()).map(([passes, alike]) => passes.map((pass) => ({ ...pass, alike })));
const job: fc.Arbitrary<JobFacts> = fc.record({
  org: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom(...kinds),
  profile: fc.constantFrom(mail, files, profileOf('ONEDRIVE', true), profileOf('SHAREPOINT', false)),
  units: fc.array(unit, { maxLength: 12 }),
  rest: fc.option(fc.record({ units: fc.integer({ min: 64, max: 5_000 }), steps: fc.integer({ min: 1, max: 1_000_000 }) }), { nil: { units: 0, steps: 0 } }),
  pace: fc.tuple(earlierPasses, progress).map(([earlier, seen]) => learnPace(earlier, seen)),
  places: fc.integer({ min: 1, max: 64 }),
  rivals: fc.array(fc.record({ org: fc.constantFrom('a', 'b', 'c'), steps: count(1_000_000), units: fc.integer({ min: 1, max: 500 }) }), { maxLength: 6 }),
});

test('the low bound is never above the high one, and neither is ever negative or endless', () => {
  fc.assert(
    fc.property(job, (facts) => {
      const estimate = estimateJob(facts, limitsOf(facts));
      if (estimate === null) return;
      expect(estimate.low).toBeGreaterThanOrEqual(0);
      expect(estimate.high).toBeGreaterThanOrEqual(estimate.low);
      expect(Number.isFinite(estimate.high)).toBe(true);
    }),
  );
});

test('of all units looked at singly the last one may end no earlier than the job may, whoever takes the places', () => {
  fc.assert(
    fc.property(job, (facts) => {
      const alone = { ...facts, rest: { units: 0, steps: 0 } };
      const [whole, each] = [estimateJob(alone, limitsOf(alone)), estimateUnits(alone, limitsOf(alone))];
      if (whole === null || each === null || alone.units.length === 0) return;
      expect(Math.max(...each.units.map(({ high }) => high))).toBeGreaterThanOrEqual(whole.high * (1 - 1e-9));
      for (const { low, high } of each.units) expect(low).toBeLessThanOrEqual(high);
    }),
  );
});

test('nothing left takes no time, and without a worker nothing is promised', () => {
  fc.assert(
    fc.property(job, (facts) => {
      expect(estimateJob({ ...facts, units: [], rest: { units: 0, steps: 0 } }, limitsOf(facts))).toEqual({ low: 0, high: 0 });
      if (facts.units.length > 0) expect(estimateJob({ ...facts, places: 0 }, limitsOf(facts))).toBeNull();
    }),
  );
});

test('more to copy never takes less: neither one more unit, nor more items in a unit, nor a slower pace', () => {
  fc.assert(
    fc.property(job, unit, fc.integer({ min: 1, max: 100_000 }), (facts, more, items) => {
      // What is not looked at singly is smaller than what is: a unit more is looked at singly only where everything is.
      const none = { ...facts, rivals: [], rest: { units: 0, steps: 0 } };
      const before = estimateJob(none, limitsOf(facts));
      if (before === null) return;
      const added = estimateJob({ ...none, units: [...none.units, { ...more, discoveredItems: more.discoveredItems ?? 0, atWorkMs: null }] }, limitsOf(facts));
      const grown = estimateJob({ ...none, units: none.units.map((each) => grow(each, items)) }, limitsOf(facts));
      const slower = estimateJob({ ...none, pace: { ...none.pace, perStep: { low: none.pace.perStep.low * 2, high: none.pace.perStep.high * 2 } } }, limitsOf(facts));
      for (const after of [added, slower]) {
        if (after === null) continue;
        expect(after.low).toBeGreaterThanOrEqual(before.low - 1);
        expect(after.high).toBeGreaterThanOrEqual(before.high - 1);
      }
      if (grown !== null) expect(grown.low).toBeGreaterThanOrEqual(before.low - 1);
    }),
  );
});

test('what a unit has settled is not to be done again: the more of it, the less is left, and of a finished one nothing but its end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (total, a, b) => {
      const at = (share: number) => loadOf(mail, 'full', { discoveredItems: total, sizeBytes: total * 50_000, total, settled: Math.floor(total * share), moved: Math.floor(total * share) * 50_000, errors: 0, partial: false, begun: true })!;
      const [earlier, later] = [Math.min(a, b), Math.max(a, b)];
      expect(at(later).steps.low).toBeLessThanOrEqual(at(earlier).steps.low + 1e-6);
      expect(at(1).steps.low).toBe(0);
    }),
  );
});

test('a mailbox takes as many windows of Microsoft’s limits as it needs, however fast the requests are', () => {
  const quick = { perStep: { low: 0.001, high: 0.001 }, basis: 'limits' as const, certainty: 0 };
  const facts: JobFacts = { org: 'a', kind: 'full', profile: mail, units: [{ discoveredItems: null, sizeBytes: null, total: 35_000, settled: 0, errors: 0, moved: 0, partial: false, begun: true, atWorkMs: null }], rest: { units: 0, steps: 0 }, pace: quick, places: 8, rivals: [] };
  const tenMinutes = 600_000;
  // 35,000 imports at 10,000 in ten minutes: three windows must pass, and a fourth is begun.
  expect(estimateJob(facts, limits)!.low).toBe(3 * tenMinutes);
  expect(estimateJob(facts, limits)!.high).toBeGreaterThan(3.5 * tenMinutes);
  expect(estimateJob({ ...facts, units: [{ ...facts.units[0]!, total: 9_000, settled: 0 }] }, limits)!.low).toBeLessThan(1_000);
});

test('drives share their tenant’s resource units: more workers do not make it faster than those allow, a day’s window the day', () => {
  const quick = { perStep: { low: 0.001, high: 0.001 }, basis: 'limits' as const, certainty: 1 };
  const drive = (items: number): OpenUnit => ({ discoveredItems: items, sizeBytes: items * 100_000, total: items, settled: 0, errors: 0, moved: 0, partial: false, begun: true, atWorkMs: null });
  const over = (drives: number, items: number, places = 1_000) => estimateJob({ org: 'a', kind: 'full', profile: files, units: Array.from({ length: drives }, () => drive(items)), rest: { units: 0, steps: 0 }, pace: quick, places, rivals: [] }, fileLimits)!;
  // 25,000 files are written with 50,000 units at the least, and 1,250 go in a minute: 39 full minutes must pass.
  expect(over(1, 25_000).low).toBe(39 * 60_000);
  expect(over(10, 2_500).low).toBe(39 * 60_000);
  expect(over(10, 2_500, 1).low).toBe(39 * 60_000);
  expect(over(1, 25_000).high).toBeGreaterThan(3 * 39 * 60_000);
  // 1.2 million units a day: of 2 million three days are begun.
  expect(over(100, 20_000).low).toBe(3 * 24 * 3_600_000);
  expect(over(1, 100).low).toBeLessThan(1_000);
});

test('of a drive whose files nobody counted its size says how many there may be; of a mailbox it does not', () => {
  const unit = { discoveredItems: null, sizeBytes: 10 * 1024 ** 3, total: 0, settled: 0, errors: 0, moved: 0, partial: false, begun: false };
  const load = loadOf(files, 'full', unit)!;
  expect(load.steps.high).toBeGreaterThan(10 * load.steps.low);
  expect([load.bytes.low, load.bytes.high]).toEqual([0.8 * 10 * 1024 ** 3, 1.1 * 10 * 1024 ** 3]);
  expect(loadOf(mail, 'full', unit)).toBeNull();
});

test('the schedule of low times lies below every real one, that of high times above, whatever the times turn out to be', () => {
  const scheduled = (times: readonly number[], places: number): number => {
    const loads = Array.from({ length: places }, () => 0);
    for (const time of times) {
      const at = loads.indexOf(Math.min(...loads));
      loads[at]! += time;
    }
    return Math.max(...loads);
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(count(1_000), count(1_000), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (units, places) => {
      const bounds = units.map(([a, b, share]) => ({ low: Math.min(a, b), high: Math.max(a, b), real: Math.min(a, b) + share * Math.abs(a - b) }));
      const real = scheduled(bounds.map((each) => each.real), places);
      expect(makespan(bounds.map(({ low }) => low), places).end).toBeLessThanOrEqual(real + 1e-6);
      expect(makespan(bounds.map(({ high }) => high), places).end).toBeGreaterThanOrEqual(real - 1e-6);
      expect(makespan(bounds.map(({ high }) => high), places + 1).end).toBeLessThanOrEqual(makespan(bounds.map(({ high }) => high), places).end + 1e-6);
    }),
  );
});

test('places are shared alike over organisations and then over their jobs; who is done leaves its share', () => {
  const mine = { org: 'a', work: 100, placesMax: 100 };
  expect(sharedEnd(mine, [], 10)).toBeCloseTo(10);
  expect(sharedEnd(mine, [{ org: 'b', work: 1_000, placesMax: 100 }], 10)).toBeCloseTo(20);
  // Two jobs of the other organisation get no more together than one would.
  expect(sharedEnd(mine, [{ org: 'b', work: 1_000, placesMax: 100 }, { org: 'b', work: 1_000, placesMax: 100 }], 10)).toBeCloseTo(20);
  expect(sharedEnd(mine, [{ org: 'a', work: 1_000, placesMax: 100 }, { org: 'b', work: 1_000, placesMax: 100 }], 10)).toBeCloseTo(40);
  // The rival is done after 10: 50 are left for all ten places.
  expect(sharedEnd(mine, [{ org: 'b', work: 50, placesMax: 100 }], 10)).toBeCloseTo(15);
  // One that can use a single place leaves nine.
  expect(sharedEnd(mine, [{ org: 'b', work: 1_000, placesMax: 1 }], 10)).toBeCloseTo(100 / 9);
});

test('a job among others is never sooner done than alone', () => {
  fc.assert(
    fc.property(job, (facts) => {
      const [among, alone] = [estimateJob(facts, limitsOf(facts)), estimateJob({ ...facts, rivals: [] }, limitsOf(facts))];
      if (among === null || alone === null) return;
      expect(among.high).toBeGreaterThanOrEqual(alone.high - 1);
    }),
  );
});

test('bounds narrow with what is measured, and follow a pace that changes', () => {
  const steady = Array.from({ length: 40 }, (_each, index): Progress => ({ steps: (index + 1) * 500, slotMs: (index + 1) * 10_000 }));
  const width = (seen: readonly Progress[]): number => {
    const { low, high } = learnPace([], seen).perStep;
    return high / low;
  };
  expect(width(steady)).toBeLessThan(1.6);
  expect(width(steady.slice(0, 1))).toBeGreaterThan(width(steady.slice(0, 4)));
  expect(width(steady.slice(0, 4))).toBeGreaterThan(width(steady));
  expect(learnPace([], steady).perStep.low).toBeLessThan(20);
  expect(learnPace([], steady).perStep.high).toBeGreaterThan(20);
  // Throttled to a tenth from the middle on: the slow end must be believed.
  const throttled = [...steady.slice(0, 20), ...Array.from({ length: 40 }, (_each, index): Progress => ({ steps: 10_000 + (index + 1) * 50, slotMs: 200_000 + (index + 1) * 10_000 }))];
  expect(learnPace([], throttled).perStep.high).toBeGreaterThan(200);
});
