/**
 * Writing items exactly once. Claim, write, record; whatever was claimed and not recorded is in doubt, is looked up at the
 * destination, and is adopted or written again: never written unseen.
 */
import { NotNoted, type DestContainer, type DestRef, type ItemResult, type Resume, type TransferItem } from '../workloads/workload.js';
import { hash64, matchBits } from './item-keys.js';
import { ChangeBuilder } from './outcome.js';
import { countedAs, doneCodes, itemStates } from './outcome-codes.js';
import type { ContainerRun } from './container-run.js';
import type { Hand, PassContext } from './pass-context.js';
import { ClaimLost } from './unit-ledger.js';

/** Writes of one item in one run whose answers may be lost, before it is given up as unresolved. */
const attemptsMax = 3;

/** Brings every item to an end, or throws what stops the unit. Items of one match key in one destination go one after the other. */
export async function writeItems(context: PassContext, run: ContainerRun, hands: readonly Hand[]): Promise<void> {
  let todo = [...hands];
  while (todo.length > 0) {
    context.halt.soft.throwIfAborted();
    const dest = await run.dest();
    const keyOf = (hand: Hand): string => context.locks.keyOf(dest.id, hand.needed?.id ?? null, hand.matchHash);
    const ready: Hand[] = [];
    const rest: Hand[] = [];
    for (const hand of todo) (context.locks.tryTake(keyOf(hand)) ? ready : rest).push(hand);
    const [blocked] = rest;
    if (ready.length === 0 && blocked !== undefined) await context.locks.freed(keyOf(blocked));
    try {
      await settle(context, run, dest, ready);
    } finally {
      for (const hand of ready) context.locks.release(keyOf(hand));
    }
    todo = rest;
  }
}

async function settle(context: PassContext, run: ContainerRun, dest: DestContainer, hands: readonly Hand[]): Promise<void> {
  let open = [...hands];
  for (let attempt = 0; open.length > 0; attempt++) {
    open = await resolveDoubt(context, run, dest, open);
    if (attempt === attemptsMax) {
      await giveUp(context, run, open);
      return;
    }
    open = await writeAll(context, run, dest, open);
  }
}

/** Adopts what is at the destination already; returns what is still to be written. */
async function resolveDoubt(context: PassContext, run: ContainerRun, dest: DestContainer, hands: Hand[]): Promise<Hand[]> {
  const doubtful = hands.filter((hand) => hand.doubt);
  if (doubtful.length === 0 || context.dryRun) return hands;
  context.halt.soft.throwIfAborted();
  const found = await context.session.find(transferItems(context, doubtful), dest, run.container, context.halt.soft);
  const named = await context.ledger.named(doubtful.flatMap((hand) => (found.get(hand.item.key) ?? []).map(({ id }) => ({ matchHash: hand.matchHash, destId: id }))));
  const builder = new ChangeBuilder(context.unitId, run);
  const adopted = new Set<Hand>();
  for (const hand of doubtful) {
    hand.wasInDoubt = true;
    const candidates = found.get(hand.item.key) ?? [];
    const copy = hand.existing === null ? undefined : candidates.find(({ id }) => id === hand.existing?.id);
    if (copy !== undefined) {
      // An update in doubt is made again on the copy as it is now: it can only repeat itself.
      hand.existing = copy;
      hand.doubt = false;
      continue;
    }
    const free = candidates.find(({ id }) => !named.has(id) && !context.adopted.has(id));
    hand.doubt = false;
    if (free === undefined) continue;
    context.adopted.add(free.id);
    if (free.unfinished === true) {
      hand.existing = { id: free.id, version: free.version };
      continue;
    }
    builder.ended({ ...hand, versionHash: hand.claimedVersion }, { outcome: 'adopted', dest: free, bytes: hand.item.sizeBytes });
    if (hand.claimedVersion === hand.versionHash) adopted.add(Object.assign(hand, { existing: free }));
    else behind(hand, free);
  }
  if (!builder.empty) await context.writer.write(builder.change);
  for (const { mark, existing, note } of adopted) {
    if (note !== null) await context.ledger.unfinished.keep(run.entry, mark, null);
    run.held.ended(mark, existing);
  }
  return hands.filter((hand) => !adopted.has(hand));
}

/** The copy that was found is of an earlier version: it is the item's from now on, and is brought up to date like any other. */
function behind(hand: Hand, dest: DestRef): void {
  hand.row = { state: itemStates.done, code: doneCodes.adopted, versionHash: hand.claimedVersion, dest, counted: countedAs.done, own: hand.row?.own ?? true, matchHash: hand.row?.matchHash ?? hand.matchHash };
  hand.existing = dest;
  hand.wasInDoubt = false;
}

async function giveUp(context: PassContext, run: ContainerRun, hands: readonly Hand[]): Promise<void> {
  const builder = new ChangeBuilder(context.unitId, run);
  for (const hand of hands) {
    builder.ended(hand, { key: hand.item.key, outcome: 'failed', failure: 'WRITE_UNRESOLVED', graphCode: null, requestId: null });
    run.tried.set(hand.mark, hand.versionHash);
  }
  if (!builder.empty) await context.writer.write(builder.change);
  for (const { mark, existing } of hands) run.held.ended(mark, existing);
}

/** Writes everything in batches over the unit's lanes; returns what is in doubt now. */
async function writeAll(context: PassContext, run: ContainerRun, dest: DestContainer, hands: readonly Hand[]): Promise<Hand[]> {
  const settled = await Promise.allSettled(
    batches(hands, context.can).map(async (batch) => {
      try {
        return await writeBatch(context, run, dest, batch);
      } catch (error) {
        // The unit ends here: nothing new begins, the other batches in hand come to their end.
        context.halt.stop(error);
        throw error;
      }
    }),
  );
  const inDoubt: Hand[] = [];
  for (const one of settled) {
    if (one.status === 'rejected') throw context.halt.reason ?? one.reason;
    inDoubt.push(...one.value);
  }
  return inDoubt;
}

/** Claims the batch, writes it, records it. Its lane is free for the next batch as soon as it is written: that one's claims are stored together with these outcomes. */
async function writeBatch(context: PassContext, run: ContainerRun, dest: DestContainer, batch: readonly Hand[]): Promise<Hand[]> {
  const { halt, writer } = context;
  let transferred: Transferred;
  const leaveLane = await context.lanes.take(1, halt.soft);
  try {
    const bytes = batch.reduce((sum, hand) => sum + Math.min(hand.item.sizeBytes, context.can.heldBytesMax ?? Infinity), 0);
    const giveBack = await context.bytes.take(bytes, halt.soft);
    try {
      halt.soft.throwIfAborted();
      if (!context.dryRun) await writer.write({ claims: batch.map((hand) => ({ containerNo: run.entry.containerNo, mark: hand.mark, matchHash: hand.matchHash, versionHash: hand.versionHash })) });
      for (const hand of batch) hand.claimedVersion = hand.versionHash;
      halt.hard.throwIfAborted();
      // A worker that stood still for longer than its lease must not send what it had in hand then.
      if (!context.holds()) throw new ClaimLost('the lease has run out');
      transferred = await transferBatch(context, run, dest, batch);
    } finally {
      giveBack();
    }
  } finally {
    leaveLane();
  }
  return await record(context, run, transferred);
}

interface Transferred {
  outcomes: ChangeBuilder;
  ended: { mark: string; dest: DestRef | null }[];
  items: number;
  bytes: number;
  inDoubt: Hand[];
  broken: { error: unknown } | null;
}

async function transferBatch(context: PassContext, run: ContainerRun, dest: DestContainer, batch: readonly Hand[]): Promise<Transferred> {
  const { halt } = context;
  const open = new Map(batch.map((hand) => [hand.item.key, hand]));
  const transferred: Transferred = { outcomes: new ChangeBuilder(context.unitId, run), ended: [], items: 0, bytes: 0, inDoubt: [], broken: null };
  try {
    const results = context.dryRun ? planned(context, run, batch) : context.session.transfer(transferItems(context, batch, (hand) => new Resuming(context, run, hand)), dest, run.container, halt.hard);
    for await (const result of results) {
      const hand = open.get(result.key);
      if (hand === undefined) throw new Error('a workload reported an item that was not in the batch, or reported it twice');
      open.delete(result.key);
      if (result.outcome === 'in_doubt') {
        transferred.inDoubt.push(hand);
        continue;
      }
      transferred.outcomes.ended(hand, result);
      transferred.ended.push({ mark: hand.mark, dest: result.dest ?? hand.existing });
      if (result.outcome === 'copied' || result.outcome === 'updated') {
        transferred.items++;
        transferred.bytes += result.bytes;
      } else run.tried.set(hand.mark, hand.versionHash);
    }
  } catch (error) {
    transferred.broken = { error };
  }
  // No word of an item is no proof that it was not written.
  transferred.inDoubt.push(...open.values());
  return transferred;
}

/** Stores what became of a batch; returns what is in doubt. */
async function record(context: PassContext, run: ContainerRun, { outcomes, ended, items, bytes, inDoubt, broken }: Transferred): Promise<Hand[]> {
  const { halt } = context;
  // With the claim gone, nothing is ours to store: the new holder looks these items up.
  if (halt.hard.aborted && halt.hard.reason instanceof ClaimLost) throw halt.hard.reason;
  if (!outcomes.empty) await context.writer.write(outcomes.change);
  for (const { mark, dest } of ended) run.held.ended(mark, dest);
  if (!context.dryRun) context.observer.written(items, bytes);
  if (broken !== null) throw broken.error;
  for (const hand of inDoubt) {
    hand.doubt = true;
    hand.wasInDoubt = true;
  }
  return inDoubt;
}

/** A dry run's writer: it says what a write would have done. */
async function* planned(context: PassContext, run: ContainerRun, batch: readonly Hand[]): AsyncGenerator<ItemResult> {
  const foreseen = new Map((await context.session.foresee(transferItems(context, batch), run.container, context.halt.hard)).map((result) => [result.key, result]));
  for (const { item, existing } of batch) yield foreseen.get(item.key) ?? { key: item.key, outcome: existing === null ? 'copied' : 'updated', dest: { id: '', version: '' }, bytes: item.sizeBytes };
}

/** What a workload keeps of one item for the next attempt at it. */
class Resuming implements Resume {
  readonly note: string | null;

  constructor(
    private readonly context: PassContext,
    private readonly run: ContainerRun,
    private readonly hand: Hand,
  ) {
    this.note = hand.note;
  }

  async keep(note: string | null): Promise<void> {
    const { ledger, halt } = this.context;
    this.hand.note = note;
    try {
      await ledger.unfinished.keep(this.run.entry, this.hand.mark, note);
    } catch (error) {
      halt.stop(error);
      if (note !== null) throw new NotNoted(error);
    }
  }
}

/** The items as a workload is given them. They are many, and live as long as their batch: they share what they can. */
function transferItems({ ledger }: PassContext, hands: readonly Hand[], resumeOf?: (hand: Hand) => Resume): TransferItem[] {
  const copiesAmong: TransferItem['copiesAmong'] = (destIds) => ledger.copiesAmong(destIds);
  return hands.map((hand) => {
    const { item, existing, mark, needed, referred, row, wasInDoubt, doubt, claimedVersion, versionHash } = hand;
    const entry: { -readonly [K in keyof TransferItem]: TransferItem[K] } = { item, existing, mark, needed, again: row !== null || wasInDoubt, copiesAmong };
    if (resumeOf !== undefined) entry.resume = resumeOf(hand);
    if (referred !== undefined) entry.referred = referred;
    if (doubt && row !== null && claimedVersion !== versionHash) {
      const claimed = matchBits(row.matchHash);
      entry.claimedAs = (matchKey) => matchBits(hash64(matchKey)) === claimed;
    }
    return entry;
  });
}

/** Cuts items into batches by number and size; an item that is larger than a batch travels alone. */
export function batches(hands: readonly Hand[], { batchItemsMax, batchBytesMax }: { batchItemsMax: number; batchBytesMax: number }): Hand[][] {
  const cut: Hand[][] = [];
  let current: Hand[] = [];
  let bytes = 0;
  for (const hand of hands) {
    if (current.length > 0 && (current.length >= batchItemsMax || bytes + hand.item.sizeBytes > batchBytesMax)) {
      cut.push(current);
      current = [];
      bytes = 0;
    }
    current.push(hand);
    bytes += hand.item.sizeBytes;
  }
  if (current.length > 0) cut.push(current);
  return cut;
}
