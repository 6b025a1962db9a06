/** What surprises a comparison. Of drives it can also say which copies are of things that have left their place, and which are too many. */
export type Finding = 'missing' | 'extra' | 'differs' | 'kept' | 'doubled';

/** What a comparison found of one kind of thing. */
export interface Tally {
  /** What a migration should carry. */
  expected: number;
  matched: number;
  /** What no application can carry through Graph. */
  withheld: number;
  missing: number;
  extra: number;
  differs: number;
  examples: Record<'missing' | 'extra' | 'differs', string[]> & Partial<Record<Finding, string[]>>;
}

export const newTally = (): Tally => ({ expected: 0, matched: 0, withheld: 0, missing: 0, extra: 0, differs: 0, examples: { missing: [], extra: [], differs: [] } });

export function note(tally: Pick<Tally, 'examples'> & Partial<Record<Finding, number>>, kind: Finding, what: string, examplesMax: number): void {
  tally[kind] = (tally[kind] ?? 0) + 1;
  const examples = (tally.examples[kind] ??= []);
  if (examples.length < examplesMax) examples.push(what);
}

/** Counts something that was found: equal, or in what it differs. */
export function judge(tally: Tally, what: string, differences: readonly string[], examplesMax: number): void {
  if (differences.length === 0) tally.matched += 1;
  else note(tally, 'differs', `${what}: ${differences.join(', ')}`, examplesMax);
}
