/**
 * One container in one pass: its listing from where it stands, several pages in hand, checkpoints stored in the order of the pages
 * and only when everything before them is stored.
 */
import { CheckpointExpired, ContainerGone, type Page } from '../workloads/workload.js';
import type { ContainerRun, PassContext } from './pass-context.js';
import { marksOf, workPage } from './page-pass.js';
import { ListingEndless, ListingWatch } from './listing-watch.js';
import { ChangeBuilder } from './outcome.js';
import { countedAs, itemStates } from './outcome-codes.js';

/** Pages of one container in hand at once: one is written while the next ones are listed and looked up. */
const pagesInHandMax = 3;
/** How often a listing may begin again in one run because the source forgot its checkpoint. */
const restartsMax = 5;
const goneChunk = 500;

/** Brings the container to the end of its listing, with every outcome stored. */
export async function passContainer(context: PassContext, run: ContainerRun): Promise<void> {
  const { entry, container } = run;
  if (entry.complete) return;
  try {
    if (needsCounterpart(context, run)) await run.dest();
    if (run.pending?.size === 0) {
      await storeListing(context, run, { checkpoint: '', complete: true });
    } else {
      // A retry that looks for known items looks everywhere: what it does not meet is gone.
      const from = run.pending !== null ? null : (entry.checkpoint ?? (context.mode === 'delta' ? entry.deltaToken : null));
      await listFrom(context, run, from);
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
  if (run.removed > 0) context.observer.note('INFO', `“${container.path}”: ${run.removed} items are not there any more at the source; their copies stay.`);
}

/** The other containers go on; a later pass lists this one from its beginning, since no token of this listing can be trusted. */
async function leaveUnfinished(context: PassContext, { container, entry }: ContainerRun): Promise<void> {
  context.observer.note('ERROR', `“${container.path}”: the source’s listing does not come to an end; what it has listed is copied, the folder is left unfinished.`);
  context.unfinished.add(container.path);
  await context.writer.write({ listings: [{ containerNo: entry.containerNo, checkpoint: null, complete: false, listed: false, deltaToken: null }] });
}

/** Containers get their counterpart even when they are empty, and again when they were renamed or moved; a retry only when it writes. */
function needsCounterpart(context: PassContext, { container, entry }: ContainerRun): boolean {
  if (context.filter.leavesOutContainer(container.path)) return false;
  if (context.mode === 'retry' && entry.listed) return false;
  return !entry.listed || entry.destId === null || entry.ensuredPath !== container.path;
}

async function listFrom(context: PassContext, run: ContainerRun, from: string | null): Promise<void> {
  let start = from;
  for (let restart = 0; ; restart++) {
    try {
      await listPages(context, run, start);
      return;
    } catch (error) {
      if (!(error instanceof CheckpointExpired) || restart >= restartsMax) throw error;
      context.observer.note('WARN', `“${run.container.path}”: the source has forgotten where we were; the folder is listed again and what is there is not copied again.`);
      start = null;
    }
  }
}

async function listPages(context: PassContext, run: ContainerRun, from: string | null): Promise<void> {
  const { halt } = context;
  /** Pages not yet stored, in order; the last one ends when all are. */
  let stored: Promise<void> = Promise.resolve();
  let inHand = 0;
  let roomMade: () => void = () => undefined;
  let ended = false;
  const watch = new ListingWatch(from);
  let gone = null as ContainerGone | null;
  try {
    for await (const page of context.session.pages(run.container, from, halt.soft)) {
      if (ended) throw new Error('a listing went on after its last page');
      ended = page.complete;
      watch.page(page);
      const items = marksOf(run, page);
      const giveBack = await context.items.take(items.size, halt.soft);
      const earlier = [...new Set([...items.keys()].flatMap((mark) => run.inHand.get(mark) ?? []))];
      const worked = workPage(context, run, page, items, earlier);
      for (const mark of items.keys()) run.inHand.set(mark, worked);
      inHand++;
      stored = storeInOrder(stored, worked, context, run, page).finally(() => {
        for (const mark of items.keys()) if (run.inHand.get(mark) === worked) run.inHand.delete(mark);
        giveBack();
        inHand--;
        roomMade();
      });
      // Looked at below; a rejection in the meantime stops the unit and must not count as unhandled.
      stored.catch((error: unknown) => {
        if (error instanceof ContainerGone) gone = error;
        else halt.stop(error);
      });
      while (inHand >= pagesInHandMax && !halt.soft.aborted)
        await new Promise<void>((resolve) => {
          roomMade = resolve;
        });
      halt.soft.throwIfAborted();
      if (gone !== null) throw gone;
    }
  } catch (error) {
    // Pages in hand come to their end first, whatever broke the listing; the first cause is the one to tell.
    await stored.catch(() => undefined);
    throw halt.reason ?? error;
  }
  await stored;
  if (!ended) throw new Error('a listing ended without its last page');
}

async function storeInOrder(before: Promise<void>, worked: Promise<void>, context: PassContext, run: ContainerRun, page: Page): Promise<void> {
  const [first, second] = await Promise.allSettled([before, worked]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  await storeListing(context, run, page);
}

function storeListing(context: PassContext, { entry }: ContainerRun, { checkpoint, complete }: { checkpoint: string; complete: boolean }): Promise<void> {
  // A retry looks at old failures: what changed since the last listing still belongs to the next delta pass.
  const keepsToken = context.mode === 'retry' && entry.listed;
  return context.writer.write({
    listings: [
      {
        containerNo: entry.containerNo,
        checkpoint: complete ? null : checkpoint,
        complete,
        listed: complete || entry.listed,
        deltaToken: complete && !keepsToken ? checkpoint : entry.deltaToken,
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
      const hand = { item, mark, matchHash: '0', versionHash: row.versionHash, row, claimedVersion: row.versionHash, existing: row.dest, doubt: false, wasInDoubt: false };
      if (row.counted === countedAs.nothing) continue;
      if (row.state === itemStates.done) builder.counted(hand, countedAs.done);
      else builder.ended(hand, { key: '', outcome: 'skipped', cause: 'SOURCE_ITEM_GONE', graphCode: null, requestId: null });
    }
    if (!builder.empty) await context.writer.write(builder.change);
  }
}
