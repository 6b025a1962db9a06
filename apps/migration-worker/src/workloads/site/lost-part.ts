/**
 * What Graph cannot carry is an item of its own beside the one it belongs to: never copied, always told, with its cause and remedy, in the
 * dry run as in the report.
 */
import type { SkipCause } from '@migrator/contracts/outcomes';
import { noWords } from '../graph-errors.js';
import type { ForeseenResult, SourceItem } from '../workload.js';

interface LostRef {
  readonly lost: SkipCause;
}

export const lostPart = (key: string, kind: string, cause: SkipCause, version = 'lost'): SourceItem => ({ key, version, sizeBytes: 0, kind, at: null, matchKey: null, ref: { lost: cause } satisfies LostRef });

/** The result for such an item; null for any other. */
export function lostResult({ key, ref }: Pick<SourceItem, 'key' | 'ref'>): (ForeseenResult & { outcome: 'skipped' }) | null {
  return isLost(ref) ? { key, outcome: 'skipped', cause: ref.lost, ...noWords } : null;
}

const isLost = (ref: unknown): ref is LostRef => typeof ref === 'object' && ref !== null && 'lost' in ref;
