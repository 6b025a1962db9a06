/** What a pass does with an item that was listed. Pure: the whole decision table of the engine. */
import { countedAs, itemStates } from './outcome-codes.js';
import type { LedgerRow } from './unit-ledger.js';

export type EngineMode = 'full' | 'delta' | 'retry';

export type Decision =
  /** Write it; `doubt`: an earlier write may have happened, look at the destination first. */
  | { readonly do: 'write'; readonly doubt: boolean }
  /** The filters leave it out: record that. */
  | { readonly do: 'leave out' }
  /** It is where it should be; count it if this unit has not yet. */
  | { readonly do: 'count'; readonly as: typeof countedAs.done | typeof countedAs.skipped }
  | { readonly do: 'nothing' };

export interface Listed {
  readonly row: LedgerRow | null;
  readonly versionHash: string;
  /** The job's filters leave the item out. */
  readonly filtered: boolean;
  /** The same version already failed or was skipped in this run: a page that repeats itself is no reason to try again. */
  readonly triedInThisRun: boolean;
}

export function decide({ row, versionHash, filtered, triedInThisRun }: Listed): Decision {
  if (triedInThisRun) return { do: 'nothing' };
  if (row === null) return filtered ? { do: 'leave out' } : { do: 'write', doubt: false };
  switch (row.state) {
    case itemStates.done:
      // A copy that is there counts as done, also when today's filters would not have made it.
      if (filtered || row.versionHash === versionHash) return row.counted === countedAs.done ? { do: 'nothing' } : { do: 'count', as: countedAs.done };
      return { do: 'write', doubt: false };
    case itemStates.claimed:
      // Left in doubt by a crash or by a lost answer. A filter does not settle that; the row stays as it is.
      if (filtered) return row.counted === countedAs.skipped ? { do: 'nothing' } : { do: 'count', as: countedAs.skipped };
      return { do: 'write', doubt: true };
    case itemStates.failed:
    case itemStates.skipped:
      if (filtered) return row.counted === countedAs.skipped ? { do: 'nothing' } : { do: 'leave out' };
      return { do: 'write', doubt: false };
  }
}
