/**
 * At the end of a pass: what became of items that left their containers. Verdict and intent are stored before a copy is removed, and
 * a removal may be repeated, so that a run that dies here is gone on with by the next one.
 */
import { adoptInDoubt } from './adopt-in-doubt.js';
import type { DestContainer, Following, RemovalResult } from '../workloads/workload.js';
import type { Arrival, OpenDeparture, Settlement } from './departure-ledger.js';
import { copyFates, decideDeparture, verdicts, type CopyFate, type DepartureVerdict } from './departures.js';
import { hash64, matchBits } from './item-keys.js';
import { MarkSet } from './mark-set.js';
import { countedAs, itemStates } from './outcome-codes.js';
import { ChangeBuilder } from './outcome.js';
import type { ContainerRun } from './container-run.js';
import type { Hand, PassContext } from './pass-context.js';
import { ClaimLost } from './unit-ledger.js';

const chunk = 500;

interface Settling {
  readonly departure: OpenDeparture;
  readonly verdict: Exclude<DepartureVerdict, 0>;
  readonly to: Arrival | null;
}

/** What was done, for the job's log. */
interface Done {
  moved: number;
  kept: number;
  removed: number;
  changed: number;
}

/**
 * Settles what can be. `listAgain` lists every container once more, from where its listing ended: an item that was moved while the
 * pass went on may have arrived behind its back. A pass without it (a retry) settles only moves.
 */
export async function settleDepartures(context: PassContext, runs: ReadonlyMap<number, ContainerRun>, listAgain: (() => Promise<void>) | null): Promise<void> {
  const { following } = context.session;
  if (following === undefined || context.dryRun) return;
  if (context.can.keysStay !== true) await context.ledger.departures.reopen([...runs.keys()]);
  const settler = new Settler(context, following, runs);
  const unexplained = await settler.settle(null);
  if (unexplained !== null && listAgain !== null) {
    await listAgain();
    await settler.settle(unexplained);
  }
  settler.say();
}

class Settler {
  readonly #done: Done = { moved: 0, kept: 0, removed: 0, changed: 0 };
  #elsewhere: Promise<Elsewhere> | null = null;

  constructor(
    private readonly context: PassContext,
    private readonly following: Following,
    private readonly runs: ReadonlyMap<number, ContainerRun>,
  ) {}

  /** `proven`: departures that were noticed before every container was listed again. Returns those that only that could explain, or null. */
  async settle(proven: MarkSet | null): Promise<MarkSet | null> {
    // What waits for a station on its way may go on when that one is settled.
    for (;;) {
      const { unexplained, settled, waiting } = await this.#round(proven);
      if (settled === 0 || !waiting) return unexplained;
    }
  }

  async #round(proven: MarkSet | null): Promise<{ unexplained: MarkSet | null; settled: number; waiting: boolean }> {
    const { ledger, halt } = this.context;
    const containerNos = [...this.runs.keys()];
    const taken = new Set<string>();
    let unexplained: MarkSet | null = null;
    let settled = 0;
    let waiting = false;
    for (let after: OpenDeparture | null = null; ; ) {
      halt.soft.throwIfAborted();
      const open: OpenDeparture[] = await ledger.departures.open(containerNos, after, chunk);
      const settling: { one: Settling; copy: 'remove' | 'keep' | 'none' }[] = [];
      for (const departure of await this.#withCopies(open)) {
        const arrival = this.context.can.keysStay === true ? null : arrivalOf(departure, taken);
        const state = { hasCopy: departure.row.dest !== null, verdict: departure.verdict, arrival: arrivalWord(arrival), proven: proven?.has(departure.mark) ?? false };
        let decision = decideDeparture({ ...state, elsewhere: null }, this.context.deletions);
        if (decision.do === 'look elsewhere') decision = decideDeparture({ ...state, elsewhere: await this.#isElsewhere(departure) }, this.context.deletions);
        if (decision.do === 'list again') (unexplained ??= new MarkSet()).add(departure.mark);
        if (decision.do === 'wait') waiting = true;
        if (decision.do === 'settle') settling.push({ one: { departure, verdict: decision.verdict, to: arrival }, copy: decision.copy });
      }
      await this.#store(settling.filter(({ copy }) => copy !== 'remove').map(({ one, copy }) => ({ ...one, fate: copy === 'keep' ? copyFates.kept : copyFates.none })));
      await this.#remove(settling.filter(({ copy }) => copy === 'remove').map(({ one }) => one));
      settled += settling.length;
      after = open.at(-1) ?? null;
      if (after === null) return { unexplained, settled, waiting };
    }
  }

  say(): void {
    const { moved, kept, removed, changed } = this.#done;
    const { note } = this.context.observer;
    if (moved > 0) note('INFO', `${items(moved)} moved at the source, and the copies with them.`);
    if (kept > 0) note('INFO', `${items(kept)} deleted at the source; the copies stay.`);
    if (removed > 0) note('INFO', `${items(removed)} deleted at the source, and the copies removed.`);
    if (changed > 0) note('WARN', `${items(changed)} moved or deleted at the source whose copies were changed at the destination; those copies stay.`);
  }

  async #remove(settling: readonly Settling[]): Promise<void> {
    const { context } = this;
    if (settling.length === 0) return;
    await context.ledger.departures.settle(settling.map((one) => settlementOf(one, copyFates.removing)));
    for (const [containerNo, group] of grouped(settling)) {
      const byId = new Map(group.flatMap((one) => (one.departure.row.dest === null ? [] : [[one.departure.row.dest.id, one] as const])));
      const copies = group.flatMap(({ departure }) => departure.row.dest ?? []);
      const fates: (Settling & { fate: CopyFate })[] = [];
      context.halt.soft.throwIfAborted();
      if (!context.holds()) throw new ClaimLost('the lease has run out');
      let broken: { error: unknown } | null = null;
      try {
        for await (const { id, outcome } of this.following.remove(copies, await this.#destOf(containerNo), context.halt.hard)) {
          const one = byId.get(id);
          if (one === undefined) throw new Error('a workload removed a copy that it was not asked to remove');
          // A run before this one may have removed it and died before it could say so.
          const removedBefore = outcome === 'none' && one.departure.copy === copyFates.removing;
          fates.push({ ...one, fate: removedBefore ? copyFates.removed : fateOf[outcome] });
        }
      } catch (error) {
        broken = { error };
      }
      if (context.halt.hard.aborted && context.halt.hard.reason instanceof ClaimLost) throw context.halt.hard.reason;
      await this.#store(fates);
      if (broken !== null) throw broken.error;
    }
  }

  /** Counts what has changed and then closes the departures: repeated after a crash in between, nothing is counted twice. */
  async #store(settled: readonly (Settling & { fate: CopyFate })[]): Promise<void> {
    for (const [containerNo, group] of grouped(settled)) {
      const builder = new ChangeBuilder(this.context.unitId, this.#runOf(containerNo));
      for (const { departure, verdict, fate } of group) {
        const hand = handOf(departure);
        const words = { key: '', outcome: 'skipped', graphCode: null, requestId: null } as const;
        if (fate === copyFates.changed) builder.ended(hand, { ...words, cause: 'DEPARTED_COPY_CHANGED' });
        else if (fate === copyFates.none && verdict === verdicts.deleted && departure.row.counted !== countedAs.done && departure.row.counted !== countedAs.nothing) builder.ended(hand, { ...words, cause: 'SOURCE_ITEM_GONE' });
        else if (fate !== copyFates.kept) builder.uncounted(hand);
        this.#note(verdict, fate);
      }
      if (!builder.empty) await this.context.writer.write(builder.change);
    }
    await this.context.ledger.departures.settle(settled.map((one) => settlementOf(one, one.fate)));
  }

  #note(verdict: DepartureVerdict, fate: CopyFate): void {
    if (fate === copyFates.changed) this.#done.changed++;
    else if (verdict === verdicts.moved) this.#done.moved++;
    else if (fate === copyFates.kept) this.#done.kept++;
    else if (fate === copyFates.removed) this.#done.removed++;
  }

  /** The departures, each with the copy that a write in doubt may have made. */
  async #withCopies(open: readonly OpenDeparture[]): Promise<OpenDeparture[]> {
    const known = new Map<OpenDeparture, OpenDeparture>();
    for (const [containerNo, group] of grouped(open.filter(({ row }) => row.state === itemStates.claimed).map((departure) => ({ departure }))))
      for (const [departure, resolved] of await adoptInDoubt(this.context, this.following, await this.#destOf(containerNo), group.map(({ departure }) => departure))) known.set(departure, resolved);
    return open.map((departure) => known.get(departure) ?? departure);
  }

  async #isElsewhere({ matchHash, mark }: OpenDeparture): Promise<boolean> {
    this.#elsewhere ??= lookElsewhere(this.context, this.following);
    const { seen, nameless } = await this.#elsewhere;
    // What is known by nothing could be anything that is known by nothing.
    return matchBits(matchHash) === matchBits(hash64(mark)) ? nameless : seen.has(matchBits(matchHash));
  }

  async #destOf(containerNo: number): Promise<DestContainer> {
    const run = this.#runOf(containerNo);
    return run.entry.destId === null ? await run.dest() : { id: run.entry.destId, exists: true };
  }

  #runOf(containerNo: number): ContainerRun {
    const run = this.runs.get(containerNo);
    if (run === undefined) throw new Error('an item left a container that this pass does not know');
    return run;
  }
}

const fateOf: Record<RemovalResult['outcome'], CopyFate> = { removed: copyFates.removed, changed: copyFates.changed, none: copyFates.none };

interface Elsewhere {
  readonly seen: MarkSet;
  /** Something there has nothing that it could be known by. */
  readonly nameless: boolean;
}

/** Everything in the containers that the job leaves out, by what it is known by. */
async function lookElsewhere({ session, halt }: PassContext, following: Following): Promise<Elsewhere> {
  const seen = new MarkSet();
  let nameless = false;
  for await (const container of following.leftOut(halt.soft)) {
    for await (const page of session.pages(container, null, halt.soft)) {
      for (const { matchKey } of page.items) {
        if (matchKey === null) nameless = true;
        else seen.add(matchBits(hash64(matchKey)));
      }
    }
  }
  return { seen, nameless };
}

/** The first arrival that explains no other departure: the next station on the item's way; where there is none, one whose copy stands comes first. */
function arrivalOf({ arrivals, verdict }: OpenDeparture, taken: Set<string>): Arrival | null {
  if (verdict !== verdicts.open) return null;
  const free = arrivals.filter((arrival) => !taken.has(keyOf(arrival)));
  const found = free.find(({ left }) => left) ?? free.find(({ state }) => state === itemStates.done) ?? free[0] ?? null;
  if (found !== null) taken.add(keyOf(found));
  return found;
}

const keyOf = ({ containerNo, mark }: Pick<Arrival, 'containerNo' | 'mark'>): string => `${containerNo}/${mark}`;
const arrivalWord = (arrival: Arrival | null): 'copied' | 'listed' | null => (arrival === null ? null : arrival.state === itemStates.done ? 'copied' : 'listed');
const settlementOf = ({ departure, verdict, to }: Settling, copy: CopyFate): Settlement => ({ containerNo: departure.containerNo, mark: departure.mark, verdict, copy, to });

function grouped<T extends { departure: OpenDeparture }>(list: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of list) groups.set(one.departure.containerNo, [...(groups.get(one.departure.containerNo) ?? []), one]);
  return groups;
}

/** The ledger keeps no content and no source ids: a report says only which item, as before. */
function handOf({ mark, matchHash, row }: OpenDeparture): Hand {
  const item = { key: '', version: '', sizeBytes: 0, kind: '', at: null, matchKey: null, ref: null };
  return { item, mark, matchHash, versionHash: row.versionHash, neededMark: null, needed: null, row, claimedVersion: row.versionHash, existing: row.dest, doubt: false, note: null, wasInDoubt: false };
}

const items = (count: number): string => (count === 1 ? '1 item was' : `${count} items were`);
