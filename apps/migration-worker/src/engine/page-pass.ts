/** One page of a listing: look up, decide, count what is there, write what is not. */
import { decide } from './decide.js';
import type { Held } from './held-items.js';
import { hash64, itemMark } from './item-keys.js';
import { countedAs, skipNumbers } from './outcome-codes.js';
import { ChangeBuilder } from './outcome.js';
import { meetReferences } from './references.js';
import type { ContainerRun } from './container-run.js';
import { followsMoves, type Hand, type PassContext } from './pass-context.js';
import type { LedgerRow } from './unit-ledger.js';
import type { DestRef, Page, SourceItem } from '../workloads/workload.js';
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
    if (run.planned !== null && !items.has(mark) && !run.planned.add(mark)) continue;
    items.set(mark, item);
  }
  return items;
}

/** Marks of the items that the page says have left. */
export function removedMarks(context: PassContext, run: ContainerRun, page: Page): string[] {
  return followsMoves(context, run) ? page.removed.map((key) => itemMark(run.entry.key, key)) : [];
}

/** Items that may wait at once for the copies of others, in a container. */
export const heldMax = 20_000;

/**
 * Works a page. Resolves when all of it has ended that need not wait for items that are still to come, with the rest: when that has
 * ended as well every outcome is stored, and the checkpoint may move past the page. `earlier` is work on the same items that is still
 * under way: what it stores decides what is left to do here.
 */
export async function workPage(context: PassContext, run: ContainerRun, items: ReadonlyMap<string, SourceItem>, removed: readonly string[], earlier: readonly Promise<void>[]): Promise<readonly Promise<void>[]> {
  await Promise.all(earlier);
  const superseded = await takeBack(context, run, [...items.keys(), ...removed]);
  try {
    const waiting = await workItems(context, run, items, removed);
    // The page that spoke of them first is not done before this one is.
    void Promise.all(waiting).then(
      () => { for (const { resolve } of superseded) resolve(); },
      (error: unknown) => { for (const { reject } of superseded) reject(error); },
    );
    return waiting;
  } catch (error) {
    for (const { reject } of superseded) reject(error);
    throw error;
  }
}

async function workItems(context: PassContext, run: ContainerRun, items: ReadonlyMap<string, SourceItem>, removed: readonly string[]): Promise<readonly Promise<void>[]> {
  const { ledger, writer, counters, filter, halt } = context;
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
    if (row === null && item.onlyIfKnown === true) continue;
    const versionHash = hash64(item.version);
    const neededMark = item.needs == null ? null : itemMark(run.entry.key, item.needs);
    const hand: Hand = { item, mark, matchHash: hash64(item.matchKey ?? mark), versionHash, neededMark, needed: null, row, claimedVersion: row?.versionHash ?? versionHash, existing: row?.dest ?? null, doubt: false, note: null, wasInDoubt: false };
    const decision = decide({ row, versionHash, filtered: filter.leavesOut(run.container, item), triedInThisRun: run.tried.get(mark) === versionHash });
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
  const begun = toWrite.filter(({ doubt }) => doubt);
  const notes = await ledger.unfinished.read(run.entry, begun.map(({ mark }) => mark));
  for (const hand of begun) hand.note = notes.get(hand.mark) ?? null;
  const { met, wanting } = await meetReferences(context, run, toWrite);
  // A dry run makes no copies that others could need.
  const free = met.filter(({ neededMark }) => neededMark === null || context.dryRun);
  const held = met.flatMap((hand) => (hand.neededMark === null || context.dryRun ? [] : [{ mark: hand.mark, neededMark: hand.neededMark, ended: run.held.hold(hand, hand.neededMark) }]));
  const stored = await Promise.allSettled([builder.empty ? undefined : writer.write(builder.change), writeItems(context, run, free), meetNeeds(context, run, held, rows), wanting.length === 0 ? undefined : failForWant(context, run, wanting)]);
  for (const one of stored) if (one.status === 'rejected') throw one.reason;
  if (run.tried.size > triedMax) run.tried.clear();
  // What could go on at once belongs to this page's work; what has to wait does not keep others from being listed.
  const waiting = new Set(held.filter(({ mark }) => run.held.waits(mark)));
  await Promise.all(held.filter((one) => !waiting.has(one)).map(({ ended }) => ended));
  for (const { mark } of waiting) {
    const spilled = run.held.size > heldMax ? run.held.letGo(mark) : null;
    if (spilled === null) continue;
    notInHand(counters, run, spilled.hand);
    (run.spilled ??= new Set()).add(mark);
    spilled.resolve();
  }
  return [...waiting].map(({ ended }) => ended);
}

/** Of an item that still waits for the copy of another, and is listed again, the last word counts; work on one that does not wait any more comes to its end first. */
async function takeBack({ counters }: PassContext, run: ContainerRun, marks: readonly string[]): Promise<Held[]> {
  const superseded = marks.flatMap((mark) => run.held.letGo(mark) ?? []);
  for (const { hand } of superseded) notInHand(counters, run, hand);
  try {
    await Promise.all(marks.flatMap((mark) => run.held.underWay(mark) ?? []));
  } catch (error) {
    for (const { reject } of superseded) reject(error);
    throw error;
  }
  return superseded;
}

/** An item that was counted as in hand, and is let go of without an outcome. */
function notInHand(counters: PassContext['counters'], run: ContainerRun, { row }: Hand): void {
  if ((row?.counted ?? countedAs.nothing) === countedAs.nothing) counters.hold(run.entry.containerNo, -1);
}

/** Tells the items that were just held what is known already of what they need. */
async function meetNeeds({ ledger }: PassContext, run: ContainerRun, held: readonly { neededMark: string }[], rows: ReadonlyMap<string, LedgerRow>): Promise<void> {
  const needed = new Set(held.map(({ neededMark }) => neededMark));
  const known = new Map<string, DestRef | null>([...needed].flatMap((mark) => (rows.has(mark) ? [[mark, rows.get(mark)?.dest ?? null] as const] : [])));
  for (const [mark, row] of await ledger.lookup(run.entry, [...needed].filter((mark) => !known.has(mark)))) known.set(mark, row.dest);
  for (const mark of needed) {
    const dest = known.get(mark) ?? null;
    // Without a copy, one that has ended in this run will not have one; another may still come.
    if (dest !== null || run.tried.has(mark)) run.held.ended(mark, dest);
  }
}

/** Ends items of which it is certain that what they need will not be there. */
export async function failForWant(context: PassContext, run: ContainerRun, hands: readonly Hand[]): Promise<void> {
  context.halt.soft.throwIfAborted();
  const builder = new ChangeBuilder(context.unitId, run);
  for (const hand of hands) builder.ended(hand, { key: hand.item.key, outcome: 'failed', failure: 'NEEDED_ITEM_NOT_COPIED', graphCode: null, requestId: null });
  await context.writer.write(builder.change);
  for (const hand of hands) {
    run.tried.set(hand.mark, hand.versionHash);
    run.held.ended(hand.mark, hand.existing);
  }
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
