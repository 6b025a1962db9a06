import type { Estimate } from '@migrator/contracts/api/jobs';
import { figuresOf, judge } from './measure-estimate.js';

const told = (lowSeconds: number, highSeconds: number): Estimate => ({ lowSeconds, highSeconds, earliestEnd: null, latestEnd: null, basis: 'measured' });
const met = (...estimates: (Estimate | null)[]): boolean | null => {
  const looks = estimates.map((estimate, index) => ({ at: index * 1_000, estimate }));
  const answers = judge('a job', { looks, end: 20_000 });
  return figuresOf(answers, looks.length - answers.length)[0]?.met ?? null;
};

test('answers hold the truth when what was left lay between their bounds, and no answer is no truth', () => {
  expect(met(...Array<Estimate>(10).fill(told(5, 30)))).toBe(true);
  expect(met(told(5, 30), told(30, 60))).toBe(false);
  expect(met(...Array<Estimate>(8).fill(told(5, 30)), null, null)).toBe(false);
  expect(met(null)).toBe(false);
});
