/** Departed items whose last write was in doubt: what it left at the destination is found, so that it can be kept or removed like any copy. */
import type { DestContainer, DestCopy, DestRef, Following } from '../workloads/workload.js';
import type { OpenDeparture } from './departure-ledger.js';
import { hash64, matchBits } from './item-keys.js';
import { itemStates } from './outcome-codes.js';
import type { PassContext } from './pass-context.js';

/** The departures whose copy is known now, each as it is with its copy. */
type Adopted = Map<OpenDeparture, OpenDeparture>;

/**
 * Those of one container whose copy is known now, by what they were. A copy whose id the ledger has is the item's in whatever version it
 * is: the one in doubt was ours. Any other is found by what it is known by, if no row names it. What was only half written is removed.
 */
export async function adoptInDoubt(context: PassContext, following: Following, dest: DestContainer, inDoubt: readonly OpenDeparture[]): Promise<Adopted> {
  const { ledger, halt } = context;
  const known: Adopted = new Map();
  const halves: DestRef[] = [];
  const likely = new Likely(inDoubt);
  const fits = fitting(inDoubt);
  for await (const copy of following.copies(dest, halt.soft)) {
    const candidates = fits(copy).filter((departure) => !known.has(departure));
    if (!copy.whole) {
      if (candidates.length > 0) halves.push(copy.dest);
      continue;
    }
    const own = candidates.find(({ row }) => row.dest?.id === copy.dest.id);
    const departure = own ?? candidates.find(({ row }) => row.dest === null);
    if (departure === undefined) {
      likely.met(copy);
      continue;
    }
    if (own === undefined && (await ledger.named([{ matchHash: departure.matchHash, destId: copy.dest.id }])).size > 0) continue;
    await adopt(context, known, departure, copy.dest, own === undefined ? null : keyOf(copy, departure));
  }
  for (const [departure, copy] of await likely.pairs(context)) await adopt(context, known, departure, copy, null);
  if (halves.length > 0) for await (const _removal of following.remove(halves, dest, halt.hard));
  return known;
}

/** What the item was called when the write in doubt was made: the row still says what it was called before. */
const keyOf = ({ matchKey, named = [] }: DestCopy, { mark }: OpenDeparture): string | null => matchKey ?? named.filter(({ markStart }) => mark.startsWith(markStart)).at(-1)?.matchKey ?? null;

async function adopt({ ledger }: PassContext, known: Adopted, departure: OpenDeparture, copy: DestRef, matchKey: string | null): Promise<void> {
  await ledger.departures.adopt(departure, copy, matchKey === null ? null : hash64(matchKey));
  known.set(departure, { ...departure, row: { ...departure.row, state: itemStates.done, dest: copy } });
}

/** Finds the departures that a copy is known to be of. */
function fitting(inDoubt: readonly OpenDeparture[]): (copy: DestCopy) => OpenDeparture[] {
  const byId = groupedBy(inDoubt, ({ row }) => row.dest?.id);
  const byMark = groupedBy(inDoubt, ({ mark }) => mark);
  const byMatch = groupedBy(inDoubt, ({ matchHash }) => matchBits(matchHash));
  return ({ dest, mark, matchKey }) => [...new Set([...(byId.get(dest.id) ?? []), ...(byMark.get(mark ?? '') ?? []), ...(matchKey === null ? [] : (byMatch.get(matchBits(hash64(matchKey))) ?? []))])];
}

/**
 * Copies that their name alone tells. Under one name there may be as many that no row names as items of that name have left, and none
 * whose item is still there and in doubt itself: then each is the copy of one of them, whichever. Otherwise they stay what they are.
 */
class Likely {
  readonly #departures: Map<string | undefined, OpenDeparture[]>;
  readonly #copies = new Map<string, DestRef[]>();

  constructor(inDoubt: readonly OpenDeparture[]) {
    this.#departures = groupedBy(
      inDoubt.filter(({ row }) => row.dest === null),
      ({ matchHash }) => matchHash,
    );
  }

  met({ dest, named = [] }: DestCopy): void {
    for (const { matchKey, markStart } of named) {
      const bits = matchBits(hash64(matchKey));
      for (const [matchHash, departures] of this.#departures) {
        if (matchHash === undefined || matchBits(matchHash) !== bits || !departures.some(({ mark }) => mark.startsWith(markStart))) continue;
        this.#copies.set(matchHash, [...(this.#copies.get(matchHash) ?? []), dest]);
      }
    }
  }

  async pairs({ ledger }: PassContext): Promise<[OpenDeparture, DestRef][]> {
    if (this.#copies.size === 0) return [];
    const taken = await ledger.copiesAmong([...new Set([...this.#copies.values()].flat().map(({ id }) => id))]);
    const doubted = await ledger.departures.doubtedToo([...this.#copies.keys()]);
    return [...this.#copies].flatMap(([matchHash, copies]) => {
      const departures = this.#departures.get(matchHash) ?? [];
      const free = copies.filter(({ id }) => !taken.has(id));
      return doubted.has(matchHash) || free.length > departures.length ? [] : free.map((copy, at): [OpenDeparture, DestRef] => [departures[at] as OpenDeparture, copy]);
    });
  }
}

function groupedBy(departures: readonly OpenDeparture[], keyOf: (departure: OpenDeparture) => string | undefined): Map<string | undefined, OpenDeparture[]> {
  const groups = new Map<string | undefined, OpenDeparture[]>();
  for (const departure of departures) groups.set(keyOf(departure), [...(groups.get(keyOf(departure)) ?? []), departure]);
  return groups;
}
