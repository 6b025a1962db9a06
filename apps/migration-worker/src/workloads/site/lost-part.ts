/**
 * What Graph cannot carry is an item of its own beside the one it belongs to: never copied, always told, with its cause and remedy, in the
 * dry run as in the report.
 */
import type { SkipCause } from '@migrator/contracts/outcomes';
import { noWords } from '../graph-errors.js';
import type { ForeseenResult, ItemResult, SourceItem } from '../workload.js';

interface LostRef {
  readonly lost: SkipCause;
}

export const lostPart = (key: string, kind: string, cause: SkipCause, version = 'lost'): SourceItem => ({ key, version, sizeBytes: 0, kind, at: null, matchKey: null, ref: { lost: cause } satisfies LostRef });

/** The result for such an item; null for any other. */
export function lostResult({ key, ref }: Pick<SourceItem, 'key' | 'ref'>): (ForeseenResult & { outcome: 'skipped' }) | null {
  return isLost(ref) ? { key, outcome: 'skipped', cause: ref.lost, ...noWords } : null;
}

/** What is made together with a list or library: a column, a content type. Where the destination does not take it, that is an item as well. */
export interface MadePart {
  readonly key: string;
  readonly kind: string;
  readonly cause: SkipCause;
}

interface MadeRef {
  readonly made: SkipCause;
}

/** Of what was taken nothing is told, unless a pass before had to say that it was not. */
export const madePart = ({ key, kind, cause }: MadePart, refused: boolean): SourceItem => ({ key, version: 'made', sizeBytes: 0, kind, at: null, matchKey: null, ...(refused ? {} : { onlyIfKnown: true }), ref: { made: cause } satisfies MadeRef });

/** The result for such an item, by what the destination has refused; null for any other. `place` names the list. */
export function madeResult({ key, ref }: Pick<SourceItem, 'key' | 'ref'>, refused: ReadonlySet<string>, place: string): ItemResult | null {
  if (!isMade(ref)) return null;
  return refused.has(key) ? { key, outcome: 'skipped', cause: ref.made, ...noWords } : { key, outcome: 'copied', dest: { id: `${place}/${madeMark}${key}`, version: 'made' }, bytes: 0 };
}

/** Such an item has nothing of its own to be found, foreseen or removed. */
export const isMadeItem = ({ ref }: Pick<SourceItem, 'ref'>): boolean => isMade(ref);
export const isMadeCopy = (destId: string): boolean => destId.includes(`/${madeMark}`);

const madeMark = '#made:';
const isMade = (ref: unknown): ref is MadeRef => typeof ref === 'object' && ref !== null && 'made' in ref;
const isLost = (ref: unknown): ref is LostRef => typeof ref === 'object' && ref !== null && 'lost' in ref;
