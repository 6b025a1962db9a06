/**
 * What a pass does with an item that has left its container at the source. Pure: the decision table for moves and deletions.
 *
 * Copies of moved items are made like any other: the item is new where it arrived. What is left to decide is what becomes of the copy
 * where it was. It goes only when the new one stands, or when the job asks for deletions and nothing of the item was found anywhere.
 */
export type Deletions = 'keep' | 'apply';

/** As the ledger stores them. */
export const verdicts = { open: 0, moved: 1, deleted: 2 } as const;
export type DepartureVerdict = (typeof verdicts)[keyof typeof verdicts];

export const copyFates = { open: 0, removing: 1, removed: 2, kept: 3, changed: 4, none: 5 } as const;
export type CopyFate = (typeof copyFates)[keyof typeof copyFates];

export type DepartureDecision =
  /** Not to be decided in this pass. */
  | { readonly do: 'wait' }
  /** Nothing explains it yet: everything has to be listed once more, from a moment after it was noticed. */
  | { readonly do: 'list again' }
  /** It may have been deleted, or moved to where the job does not look: look there. */
  | { readonly do: 'look elsewhere' }
  /** `remove`: its copy goes, if nobody has touched it; otherwise it stays, or there is none. */
  | { readonly do: 'settle'; readonly verdict: Exclude<DepartureVerdict, 0>; readonly copy: 'remove' | 'keep' | 'none' };

export interface Departed {
  /** A copy that we made is at the destination, as far as the ledger knows. */
  readonly hasCopy: boolean;
  /** Decided before by a run that did not come to the removal. */
  readonly verdict: DepartureVerdict;
  /** What fits and was met after this item was last seen: in place, or listed and not copied. */
  readonly arrival: 'copied' | 'listed' | null;
  /** Every container was listed by a sweep that began after the departure was noticed. */
  readonly proven: boolean;
  /** Whether it is in a container that the job leaves out; null: nobody has looked. */
  readonly elsewhere: boolean | null;
}

export function decideDeparture({ hasCopy, verdict, arrival, proven, elsewhere }: Departed, deletions: Deletions): DepartureDecision {
  if (verdict !== verdicts.open) return { do: 'settle', verdict, copy: hasCopy ? 'remove' : 'none' };
  // Rather twice than not at all: the copy before stays until the new one stands.
  if (arrival === 'copied') return { do: 'settle', verdict: verdicts.moved, copy: hasCopy ? 'remove' : 'none' };
  if (arrival === 'listed') return { do: 'wait' };
  if (!proven) return { do: 'list again' };
  if (!hasCopy) return { do: 'settle', verdict: verdicts.deleted, copy: 'none' };
  if (deletions === 'keep') return { do: 'settle', verdict: verdicts.deleted, copy: 'keep' };
  if (elsewhere === null) return { do: 'look elsewhere' };
  return { do: 'settle', verdict: verdicts.deleted, copy: elsewhere ? 'keep' : 'remove' };
}
