/** One page of a listing: look up, decide, count what is there, write what is not. */
import { decide } from './decide.js';
import { hash64, itemMark } from './item-keys.js';
import { countedAs, skipNumbers } from './outcome-codes.js';
import { ChangeBuilder } from './outcome.js';
import { followsMoves, type ContainerRun, type Hand, type PassContext } from './pass-context.js';
import type { LedgerRow } from './unit-ledger.js';
import type { Page, SourceItem } from '../workloads/workload.js';
import { writeItems } from './write-items.js';

/** Failures remembered per container, so that a page that repeats itself does not try them again. */
const triedMax = 100_000;

/** The page's items by mark; of an item that stands there twice, the last word counts. */
export function marksOf(run: ContainerRun, page: Page): Map<string, SourceItem> {
  const items = new Map<string, SourceItem>();
  for (const item of page.items) {
    const mark = itemMark(run.entry.key, item.key);
    run.met?.add(mark);
    if (run.pending !== null && !run.pending.has(mark)) continue;
    if (run.planned !== null && !items.has(mark)) {
      const short = parseInt(mark.slice(0, 13), 16);
      if (run.planned.has(short)) continue;
      run.planned.add(short);
    }
    items.set(mark, item);
  }
  return items;
}

/** Marks of the items that the page says have left. */
export function removedMarks(context: PassContext, run: ContainerRun, page: Page): string[] {
  return followsMoves(context, run) ? page.removed.map((key) => itemMark(run.entry.key, key)) : [];
}

/**
 * Works a page. Resolves when every outcome is stored; the checkpoint may then move past it. `earlier` are pages with the same
 * items that are still being worked: what they store decides what is left to do here.
 */
export async function workPage(context: PassContext, run: ContainerRun, items: ReadonlyMap<string, SourceItem>, removed: readonly string[], earlier: readonly Promise<void>[]): Promise<void> {
  const { ledger, writer, counters, filter, halt } = context;
  await Promise.all(earlier);
  halt.soft.throwIfAborted();
  const rows = await ledger.lookup(run.entry, [...items.keys()]);
  const builder = new ChangeBuilder(context.unitId, run);
  await noteDepartures(context, run, rows, items, removed);
  if (removed.length > 0) builder.removed(removed.length);
  const toWrite: Hand[] = [];
  let uncounted = 0;
  for (const [mark, item] of items) {
    run.pending?.delete(mark);
    const row = rows.get(mark) ?? null;
    const versionHash = hash64(item.version);
    const hand: Hand = { item, mark, matchHash: hash64(item.matchKey ?? mark), versionHash, row, claimedVersion: row?.versionHash ?? versionHash, existing: row?.dest ?? null, doubt: false, wasInDoubt: false };
    const decision = decide({ row, versionHash, filtered: filter.leavesOut(run.container.path, item), triedInThisRun: run.tried.get(mark) === versionHash });
    if (decision.do === 'nothing') continue;
    if ((row?.counted ?? countedAs.nothing) === countedAs.nothing) uncounted++;
    if (decision.do === 'count') {
      builder.counted(hand, decision.as);
    } else if (decision.do === 'leave out') {
      run.filteredOut++;
      builder.ended(hand, { key: item.key, outcome: 'skipped', cause: 'FILTERED_OUT', graphCode: null, requestId: null });
    } else {
      hand.doubt = decision.doubt;
      hand.wasInDoubt = decision.doubt;
      toWrite.push(hand);
    }
  }
  counters.hold(run.entry.containerNo, uncounted);
  const stored = await Promise.allSettled([builder.empty ? undefined : writer.write(builder.change), writeItems(context, run, toWrite)]);
  for (const one of stored) if (one.status === 'rejected') throw one.reason;
  if (run.tried.size > triedMax) run.tried.clear();
}

/** Stores what the page says of items that left, and of such that are there again. */
async function noteDepartures({ ledger, passId }: PassContext, run: ContainerRun, rows: ReadonlyMap<string, LedgerRow>, items: ReadonlyMap<string, SourceItem>, removed: readonly string[]): Promise<void> {
  const back = [...items.keys()].filter((mark) => run.departed.has(mark) || rows.get(mark)?.code === skipNumbers.SOURCE_ITEM_GONE);
  await ledger.departures.comeBack(run.entry, back);
  for (const mark of back) run.departed.delete(mark);
  const left = removed.filter((mark) => !items.has(mark));
  await ledger.departures.depart(passId, run.entry, left);
  for (const mark of left) run.departed.add(mark);
}
