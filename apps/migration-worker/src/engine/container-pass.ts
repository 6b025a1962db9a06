/**
 * One container in one pass: its listing from where it stands, several pages in hand, checkpoints stored in the order of the pages
 * and only when everything before them is stored.
 */
import { CheckpointExpired, ContainerGone, type Page } from '../workloads/workload.js';
import { ListingEndless, ListingWatch } from './listing-watch.js';
import { MarkSet } from './mark-set.js';
import type { ContainerRun } from './container-run.js';
import { followsMoves, type PassContext } from './pass-context.js';
import { marksOf, removedMarks, workPage } from './page-pass.js';
import { ChangeBuilder } from './outcome.js';
import { countedAs, itemStates } from './outcome-codes.js';

/** Pages of one container in hand at once: one is written while the next ones are listed and looked up. Not counted: what only waits for items that are still to be listed. */
const pagesInHandMax = 3;
/** How often a listing may begin again in one run because the source forgot its checkpoint. */
const restartsMax = 5;
const goneChunk = 500;
const absentChunk = 5_000;

/** Brings the container to the end of its listing, with every outcome stored. */
export async function passContainer(context: PassContext, run: ContainerRun): Promise<void> {
  const { entry, container } = run;
  if (entry.complete) return;
  try {
    if (needsCounterpart(context, run)) await run.dest();
    if (run.pending?.size === 0) {
      await storeListing(context, run, { checkpoint: '', complete: true });
    } else {
      await listFrom(context, run, beginningOf(context, run), run.pending !== null || provesAbsence(context, run) ? null : entry.checkpoint);
      await settleGone(context, run);
    }
  } catch (error) {
    if (error instanceof ListingEndless) {
      await leaveUnfinished(context, run);
      return;
    }
    if (!(error instanceof ContainerGone)) throw error;
    context.observer.note('WARN', `“${container.path}” is gone at the source.`);
    await context.writer.write({ listings: [{ containerNo: entry.containerNo, checkpoint: null, complete: true, listed: true, deltaToken: null }] });
  }
  context.counters.complete(entry.containerNo);
  if (run.filteredOut > 0) context.observer.note('INFO', `“${container.path}”: ${run.filteredOut} items left out by the job’s filters.`);
}

/** Lists once more what changed since the container came to its end in this pass. */
export async function listChanges(context: PassContext, run: ContainerRun): Promise<void> {
  try {
    await listFrom(context, run, run.container.listsAll === true ? null : run.token, null, false);
  } catch (error) {
    // What vanished meanwhile is for the next pass to tell.
    if (error instanceof ListingEndless) await leaveUnfinished(context, run);
    else if (!(error instanceof ContainerGone)) throw error;
  }
  context.counters.complete(run.entry.containerNo);
}

/**
 * Where the pass's listing of this container begins. A retry that looks for known items looks everywhere: what it does not meet is gone.
 * A container that was listed before is listed in one go: only then does its listing prove what is not there any more.
 */
function beginningOf(context: PassContext, run: ContainerRun): string | null {
  return run.pending !== null || provesAbsence(context, run) || context.mode !== 'delta' ? null : run.token;
}

/** A listing from the beginning that has to be held against what the ledger knows: by another job, or after the source forgot our token. */
function provesAbsence(context: PassContext, run: ContainerRun): boolean {
  return followsMoves(context, run) && run.listedBefore && (context.mode === 'full' || run.token === null || run.container.listsAll === true);
}

/** The other containers go on; a later pass lists this one from its beginning, since no token of this listing can be trusted. */
async function leaveUnfinished(context: PassContext, { container, entry }: ContainerRun): Promise<void> {
  context.observer.note('ERROR', `“${container.path}”: the source’s listing does not come to an end; what it has listed is copied, the folder is left unfinished.`);
  context.unfinished.add(container.path);
  await context.writer.write({ listings: [{ containerNo: entry.containerNo, checkpoint: null, complete: false, listed: false, deltaToken: null }] });
}

/** Containers get their counterpart even when they are empty, and again when they were renamed or moved; a retry only when it writes. */
function needsCounterpart(context: PassContext, { container, entry }: ContainerRun): boolean {
  if (context.filter.leavesOutContainer(container)) return false;
  if (context.mode === 'retry' && entry.listed) return false;
  return !entry.listed || entry.destId === null || entry.ensuredPath !== container.path;
}

interface Listing {
  readonly from: string | null;
  /** Which rows the source must show for its items not to have left: all of the container, or those that this pass met first. Null: nothing is to be seen from it. */
  readonly proves: 'all' | 'of this pass' | null;
  /** Whether a run that dies goes on from its pages, and whether its end is the end of the container. */
  readonly keepsPages: boolean;
  readonly ends: boolean;
}

/**
 * Lists from the beginning, or from where an interrupted run of this pass stood. That run may have written items of pages that it could
 * not store, and the source tells nobody when those leave: its links know only what stood on the pages before. So what was interrupted
 * is listed once more from its beginning, in one go, and held against the ledger.
 */
async function listFrom(context: PassContext, run: ContainerRun, beginning: string | null, checkpoint: string | null, keepsPages = true): Promise<void> {
  const follows = followsMoves(context, run);
  let from = beginning;
  let goesOnAt = checkpoint;
  let again = false;
  for (let restarts = 0; ; again = true) {
    const ends = goesOnAt === null || !follows;
    // Without a token everything is shown; with one what came since, and of that only an interrupted run, or this one before it had to begin again, can have written something.
    const proves = !ends || !follows ? null : from === null ? (run.knownBefore || !keepsPages || again ? 'all' : null) : (run.goesOn || again) && keepsPages ? 'of this pass' : null;
    try {
      await listPages(context, run, { from: goesOnAt ?? from, proves, keepsPages, ends });
      if (run.spilled === null && ends) return;
      // Once more, for those that had to wait when there was no room; what they need has come meanwhile.
      if (run.pending !== null) for (const mark of run.spilled ?? []) run.pending.add(mark);
      if (run.spilled !== null && !keepsPages) from = null;
      run.spilled = null;
    } catch (error) {
      if (!(error instanceof CheckpointExpired) || restarts === restartsMax) throw error;
      restarts++;
      run.spilled = null;
      context.counters.dropped(run.entry.containerNo);
      context.observer.note('WARN', `“${run.container.path}”: the source has forgotten where we were; the folder is listed again and what is there is not copied again.`);
      from = null;
      // Stored at once: a run that goes on from here must know that it lists from the beginning.
      if (run.token !== null && context.mode !== 'retry') {
        run.token = null;
        await context.writer.write({ listings: [{ containerNo: run.entry.containerNo, checkpoint: null, complete: false, listed: run.entry.listed, deltaToken: null }] });
      }
    }
    goesOnAt = null;
  }
}

async function listPages(context: PassContext, run: ContainerRun, listing: Listing): Promise<void> {
  const { from, proves } = listing;
  run.met = proves === null ? null : new MarkSet();
  const { halt } = context;
  /** Pages not yet stored, in order; the last one ends when all are. */
  let stored: Promise<void> = Promise.resolve();
  /** Not yet stored, in order; `idle`: nothing of it is under way, some of it may wait for items still to be listed. */
  const pages: { idle: boolean }[] = [];
  const inHand = (): number => (pages[0]?.idle === true ? pages.filter(({ idle }) => !idle).length : pages.length);
  let roomMade: () => void = () => undefined;
  let ended = false;
  const watch = new ListingWatch(from);
  let gone = null as ContainerGone | null;
  /** What broke the listing. Those that wait fail of it as well, which stops nobody else: whoever asked for the listing decides. */
  let broken: unknown = null;
  run.held.begin();
  try {
    for await (const page of context.session.pages(run.container, from, halt.soft)) {
      if (ended) throw new Error('a listing went on after its last page');
      ended = page.complete;
      watch.page(page);
      const items = marksOf(run, page);
      const giveBack = await context.items.take(items.size, halt.soft);
      const removed = removedMarks(context, run, page);
      const touched = [...items.keys(), ...removed];
      const earlier = [...new Set(touched.flatMap((mark) => run.inHand.get(mark) ?? []))];
      const work = workPage(context, run, items, removed, earlier);
      const worked = work.then(() => undefined);
      for (const mark of touched) run.inHand.set(mark, worked);
      const inPages = { idle: false };
      pages.push(inPages);
      const rested = (): void => {
        for (const mark of touched) if (run.inHand.get(mark) === worked) run.inHand.delete(mark);
        giveBack();
        inPages.idle = true;
        roomMade();
      };
      worked.then(rested, rested);
      const all = work.then(async (waiting) => {
        await Promise.all(waiting);
      });
      stored = storeInOrder(stored, all, context, run, page, listing).finally(() => {
        pages.splice(pages.indexOf(inPages), 1);
        roomMade();
      });
      // Looked at below; a rejection in the meantime stops the unit and must not count as unhandled. A page is not heard of through
      // one before it that waits.
      const failed = (error: unknown): void => {
        if (error instanceof ContainerGone) gone = error;
        else if (error !== broken) halt.stop(error);
      };
      all.catch(failed);
      stored.catch(failed);
      while (inHand() >= pagesInHandMax && !halt.soft.aborted)
        await new Promise<void>((resolve) => {
          roomMade = resolve;
        });
      halt.soft.throwIfAborted();
      if (gone !== null) throw gone;
    }
  } catch (error) {
    // Pages in hand come to their end first, whatever broke the listing; the first cause is the one to tell.
    broken = error;
    run.held.drop(error);
    await stored.catch(() => undefined);
    throw halt.reason ?? error;
  }
  await Promise.allSettled(run.inHand.values());
  // What still waits when nothing else is under way will not get what it needs.
  const stopped = gone ?? halt.reason;
  if (stopped !== null) run.held.drop(stopped);
  await run.held.conclude();
  await stored;
  if (!ended) throw new Error('a listing ended without its last page');
}

async function storeInOrder(before: Promise<void>, worked: Promise<void>, context: PassContext, run: ContainerRun, page: Page, listing: Listing): Promise<void> {
  const [first, second] = await Promise.allSettled([before, worked]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  // Not past what has to be listed once more.
  if (run.spilled !== null) return;
  if (page.complete) await noteAbsent(context, run, listing);
  if (page.complete && !listing.ends) await storeListing(context, run, { checkpoint: null, complete: false });
  else if (page.complete || listing.keepsPages) await storeListing(context, run, page);
}

/** What the ledger knows and a whole listing did not show has left. Stored before the listing counts as complete. */
async function noteAbsent({ ledger, passId, halt }: PassContext, { entry, met, departed }: ContainerRun, { proves }: Listing): Promise<void> {
  if (met === null) return;
  for (let after: string | null = null; ; ) {
    halt.soft.throwIfAborted();
    const marks: string[] = await ledger.departures.marksAfter(entry, proves === 'of this pass' ? passId : null, after, absentChunk);
    const absent = marks.filter((mark) => !met.has(mark));
    await ledger.departures.depart(passId, entry, absent);
    for (const mark of absent) departed.add(mark);
    after = marks.at(-1) ?? null;
    if (after === null) return;
  }
}

function storeListing(context: PassContext, run: ContainerRun, { checkpoint, complete }: { checkpoint: string | null; complete: boolean }): Promise<void> {
  const { entry } = run;
  // A retry looks at old failures: what changed since the last listing still belongs to the next delta pass.
  const keepsToken = context.mode === 'retry' && entry.listed;
  if (complete && !keepsToken) run.token = checkpoint;
  return context.writer.write({
    listings: [
      {
        containerNo: entry.containerNo,
        checkpoint: complete ? null : checkpoint,
        complete,
        listed: complete || entry.listed,
        deltaToken: run.token,
      },
    ],
  });
}

/** What a retry did not meet in the whole listing is not at the source any more: no failure any longer. */
async function settleGone(context: PassContext, run: ContainerRun): Promise<void> {
  const marks = [...(run.pending ?? [])];
  for (let from = 0; from < marks.length; from += goneChunk) {
    const rows = await context.ledger.lookup(run.entry, marks.slice(from, from + goneChunk));
    const builder = new ChangeBuilder(context.unitId, run);
    for (const [mark, row] of rows) {
      // The ledger keeps no content and no source ids: the report says only which item, as before.
      const item = { key: '', version: '', sizeBytes: 0, kind: '', at: null, matchKey: null, ref: null };
      const hand = { item, mark, matchHash: '0', versionHash: row.versionHash, neededMark: null, needed: null, row, claimedVersion: row.versionHash, existing: row.dest, doubt: false, note: null, wasInDoubt: false };
      // Where copies stay there is nothing to look for; elsewhere what a write in doubt has made is the departures' to find.
      const inDoubt = row.state === itemStates.claimed && run.container.stays === true;
      if (row.counted === countedAs.nothing && !inDoubt) continue;
      if (row.state === itemStates.done) builder.counted(hand, countedAs.done);
      else builder.ended(hand, { key: '', outcome: 'skipped', cause: 'SOURCE_ITEM_GONE', graphCode: null, requestId: null });
    }
    if (!builder.empty) await context.writer.write(builder.change);
  }
}
