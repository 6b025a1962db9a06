/** From what happened to an item to what the ledger stores, what the counters gain and what is reported. Pure. */
import type { ItemReport } from '@migrator/contracts/events';
import type { NewLinks } from '@migrator/contracts/links';
import type { ItemFailure, SkipCause } from '@migrator/contracts/outcomes';
import type { ItemResult } from '../workloads/workload.js';
import { reportKey } from './item-keys.js';
import { countedAs, doneCodes, failureNumbers, itemStates, skipNumbers, type CountedAs } from './outcome-codes.js';
import type { ContainerRun } from './container-run.js';
import type { Hand } from './pass-context.js';
import type { CountedItem, LedgerChange, LedgerReport, RecordedOutcome } from './unit-ledger.js';

/** How an item ended; `adopted`: an earlier write was found at the destination. */
export type Ending =
  | (ItemResult & { readonly outcome: 'copied' | 'updated' })
  | (ItemResult & { readonly outcome: 'skipped' })
  | (ItemResult & { readonly outcome: 'failed' })
  | { readonly outcome: 'adopted'; readonly dest: { id: string; version: string }; readonly bytes: number };

type Tally = LedgerChange['tallies'][number];

/** Collects the parts of one change for one container. */
export class ChangeBuilder {
  readonly #outcomes: RecordedOutcome[] = [];
  readonly #counts: CountedItem[] = [];
  readonly #reports: LedgerReport[] = [];
  readonly #tally: { -readonly [K in keyof Tally]: Tally[K] };

  constructor(
    private readonly unitId: string,
    private readonly run: Pick<ContainerRun, 'container' | 'entry'>,
  ) {
    this.#tally = { containerNo: run.entry.containerNo, done: 0, error: 0, skipped: 0, bytes: 0, removed: 0 };
  }

  get change(): Partial<LedgerChange> {
    const { done, error, skipped, bytes, removed } = this.#tally;
    const touched = done !== 0 || error !== 0 || skipped !== 0 || bytes !== 0 || removed !== 0;
    return { outcomes: this.#outcomes, counts: this.#counts, reports: this.#reports, tallies: touched ? [{ ...this.#tally }] : [] };
  }

  get empty(): boolean {
    return this.#outcomes.length === 0 && this.#counts.length === 0 && this.#tally.removed === 0;
  }

  removed(items: number): void {
    this.#tally.removed += items;
  }

  /** An item that reached its end. */
  ended(hand: Hand, ending: Ending): void {
    const written = ending.outcome === 'skipped' || ending.outcome === 'failed' ? null : ending;
    const to = written !== null ? countedAs.done : ending.outcome === 'skipped' ? countedAs.skipped : countedAs.error;
    this.#outcomes.push({
      containerNo: this.run.entry.containerNo,
      mark: hand.mark,
      matchHash: hand.matchHash,
      versionHash: hand.versionHash,
      state: stateOf(hand, ending),
      code: codeOf(ending),
      dest: ending.dest ?? null,
      bytes: written?.bytes ?? 0,
      counted: to,
      own: hand.row?.own ?? true,
    });
    this.#tally.bytes += written?.bytes ?? 0;
    const from = hand.row?.counted ?? countedAs.nothing;
    this.#move(from, to);
    const links = ending.outcome === 'adopted' ? undefined : ending.links;
    if (ending.outcome === 'skipped') this.#report(hand, 'skipped', ending.cause, ending.graphCode, ending.requestId, links);
    else if (ending.outcome === 'failed') this.#report(hand, 'failed', ending.failure, ending.graphCode, ending.requestId, links);
    else if (from === countedAs.error || from === countedAs.skipped || links !== undefined) this.#report(hand, 'resolved', null, null, null, links);
  }

  /** An item that stays as it is, and is counted by this unit from now on. */
  counted(hand: Pick<Hand, 'mark' | 'row'> & { item: Pick<Hand['item'], 'key' | 'kind'> }, as: typeof countedAs.done | typeof countedAs.skipped): void {
    const from = hand.row?.counted ?? countedAs.nothing;
    this.#counts.push({ containerNo: this.run.entry.containerNo, mark: hand.mark, counted: as, own: hand.row?.own ?? true });
    this.#move(from, as);
    if (as === countedAs.skipped) this.#report(hand, 'skipped', 'FILTERED_OUT', null, null);
    else if (from === countedAs.error || from === countedAs.skipped) this.#report(hand, 'resolved', null, null, null);
  }

  /** An item that is not the unit's to count any more: it is counted where it moved to, or it is no more. */
  uncounted(hand: Pick<Hand, 'mark' | 'row'>): void {
    const from = hand.row?.counted ?? countedAs.nothing;
    if (from === countedAs.nothing) return;
    this.#counts.push({ containerNo: this.run.entry.containerNo, mark: hand.mark, counted: countedAs.nothing, own: hand.row?.own ?? true });
    this.#add(from, -1);
    if (from !== countedAs.done) this.#report({ mark: hand.mark, item: { key: '', kind: '' } }, 'resolved', null, null, null);
  }

  #move(from: CountedAs, to: CountedAs): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  #add(counted: CountedAs, by: number): void {
    if (counted === countedAs.done) this.#tally.done += by;
    else if (counted === countedAs.error) this.#tally.error += by;
    else if (counted === countedAs.skipped) this.#tally.skipped += by;
  }

  #report({ mark, item }: { mark: string; item: { key: string; kind: string } }, status: ItemReport['status'], code: ItemFailure | SkipCause | null, graphCode: string | null, requestId: string | null, links?: NewLinks | null): void {
    this.#reports.push({ ...(links === undefined ? {} : { links }), itemKey: reportKey(this.unitId, mark), status, container: this.run.container.path, kind: item.kind, sourceItemId: item.key, code, graphCode, requestId });
  }
}

function codeOf(ending: Ending): number {
  switch (ending.outcome) {
    case 'skipped':
      return skipNumbers[ending.cause];
    case 'failed':
      return failureNumbers[ending.failure];
    default:
      return doneCodes[ending.outcome];
  }
}

function stateOf(hand: Hand, ending: Ending): RecordedOutcome['state'] {
  if (ending.outcome === 'skipped') return itemStates.skipped;
  if (ending.outcome !== 'failed') return itemStates.done;
  // Left claimed: the next pass looks at the destination before it writes.
  return (hand.wasInDoubt && ending.dest === undefined) || ending.failure === 'WRITE_UNRESOLVED' ? itemStates.claimed : itemStates.failed;
}
