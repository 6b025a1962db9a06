/** Departed items whose last write was in doubt: what it left at the destination is found, so that it can be kept or removed like any copy. */
import type { DestContainer, DestCopy, DestRef, Following } from '../workloads/workload.js';
import type { OpenDeparture } from './departure-ledger.js';
import { hash64, matchBits } from './item-keys.js';
import { itemStates } from './outcome-codes.js';
import type { PassContext } from './pass-context.js';

/**
 * Those of one container whose copy is known now, by what they were. A copy whose id the ledger has is the item's in whatever version it
 * is: the one in doubt was ours. Any other is found by what it is known by, if no row names it. What was only half written is removed.
 */
export async function adoptInDoubt({ ledger, halt }: PassContext, following: Following, dest: DestContainer, inDoubt: readonly OpenDeparture[]): Promise<Map<OpenDeparture, OpenDeparture>> {
  const known = new Map<OpenDeparture, OpenDeparture>();
  const halves: DestRef[] = [];
  const fits = fitting(inDoubt);
  for await (const copy of following.copies(dest, halt.soft)) {
    const candidates = fits(copy).filter((departure) => !known.has(departure));
    if (!copy.whole) {
      if (candidates.length > 0) halves.push(copy.dest);
      continue;
    }
    const own = candidates.find(({ row }) => row.dest?.id === copy.dest.id);
    const departure = own ?? candidates.find(({ row }) => row.dest === null);
    if (departure === undefined) continue;
    if (own === undefined && (await ledger.named([{ matchHash: departure.matchHash, destId: copy.dest.id }])).size > 0) continue;
    await ledger.departures.adopt(departure, copy.dest);
    known.set(departure, { ...departure, row: { ...departure.row, state: itemStates.done, dest: copy.dest } });
  }
  if (halves.length > 0) for await (const _removal of following.remove(halves, dest, halt.hard));
  return known;
}

/** Finds the departures that a copy may be of. */
function fitting(inDoubt: readonly OpenDeparture[]): (copy: DestCopy) => OpenDeparture[] {
  const by = (keyOf: (departure: OpenDeparture) => string | undefined): Map<string | undefined, OpenDeparture[]> => {
    const groups = new Map<string | undefined, OpenDeparture[]>();
    for (const departure of inDoubt) groups.set(keyOf(departure), [...(groups.get(keyOf(departure)) ?? []), departure]);
    return groups;
  };
  const byId = by(({ row }) => row.dest?.id);
  const byMark = by(({ mark }) => mark);
  const byMatch = by(({ matchHash }) => matchBits(matchHash));
  return ({ dest, mark, matchKey }) => [...new Set([...(byId.get(dest.id) ?? []), ...(byMark.get(mark ?? '') ?? []), ...(matchKey === null ? [] : (byMatch.get(matchBits(hash64(matchKey))) ?? []))])];
}
