/**
 * One transaction at a time for a unit: what its lanes bring while a transaction is under way goes into the next one together.
 * Claims therefore cost a fraction of a transaction each, and a unit never needs more than one connection to write.
 */
import { setImmediate } from 'node:timers/promises';
import { noChange, type LedgerChange, type UnitLedger } from './unit-ledger.js';

/** Items in one transaction, about: bounds its memory and how long others wait for it. */
const itemsMax = 2_000;

interface Waiting {
  change: LedgerChange;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class LedgerWriter {
  readonly #waiting: Waiting[] = [];
  #running = false;
  /** The first failure; nothing is written after it, because what is stored is then unknown until the unit is opened again. */
  #broken: { error: unknown } | null = null;

  constructor(
    private readonly ledger: UnitLedger,
    /** Called after each commit, before the writers of its parts go on. */
    private readonly stored: (change: LedgerChange) => void,
  ) {}

  /** Resolves when the change is stored. Changes are stored in the order in which they are given. */
  write(change: Partial<LedgerChange>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== null) {
        reject(this.#broken.error as Error);
        return;
      }
      this.#waiting.push({ change: { ...noChange, ...change }, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      // What the same turn of the event loop brings belongs together: outcomes of one batch and claims of the next, of all lanes.
      await setImmediate();
      const taken = this.#take();
      const change = merge(taken.map((waiting) => waiting.change));
      try {
        await this.ledger.commit(change);
        this.stored(change);
        for (const { resolve } of taken) resolve();
      } catch (error) {
        this.#broken = { error };
        for (const { reject } of [...taken, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#running = false;
  }

  #take(): Waiting[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const taken = [first];
    let items = sizeOf(first);
    const touched = new Set<string>(this.#waiting.length > 1 ? marksOf(first) : []);
    for (const next of this.#waiting.slice(1)) {
      const marks = marksOf(next);
      // One statement cannot change a row twice, and a claim made after an outcome must stay after it.
      if (items + sizeOf(next) > itemsMax || marks.some((mark) => touched.has(mark))) break;
      for (const mark of marks) touched.add(mark);
      items += sizeOf(next);
      taken.push(next);
    }
    this.#waiting.splice(0, taken.length);
    return taken;
  }
}

const sizeOf = ({ change: { claims, outcomes, counts } }: Waiting): number => claims.length + outcomes.length + counts.length;
const marksOf = ({ change: { claims, outcomes, counts } }: Waiting): string[] => [...claims, ...outcomes, ...counts].map(({ containerNo, mark }) => `${containerNo}/${mark}`);

function merge(changes: readonly LedgerChange[]): LedgerChange {
  const [only] = changes;
  if (changes.length === 1 && only !== undefined) return only;
  const tallies = new Map<number, LedgerChange['tallies'][number]>();
  for (const t of changes.flatMap((change) => change.tallies)) {
    const sum = tallies.get(t.containerNo);
    tallies.set(t.containerNo, sum === undefined ? t : { containerNo: t.containerNo, done: sum.done + t.done, error: sum.error + t.error, skipped: sum.skipped + t.skipped, bytes: sum.bytes + t.bytes, removed: sum.removed + t.removed });
  }
  const listings = new Map(changes.flatMap((change) => change.listings).map((listing) => [listing.containerNo, listing]));
  const dests = new Map(changes.flatMap((change) => change.dests).map((dest) => [dest.containerNo, dest]));
  return {
    claims: changes.flatMap((change) => change.claims),
    outcomes: changes.flatMap((change) => change.outcomes),
    counts: changes.flatMap((change) => change.counts),
    tallies: [...tallies.values()],
    listings: [...listings.values()],
    dests: [...dests.values()],
    reports: changes.flatMap((change) => change.reports),
  };
}
