/** A batch whose items are written one by one, a few at a time: one result each, as soon as it is known. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { endOf, ItemEnded, resultOf } from './drive/errors.js';
import { faultOf, isAbort, noWords } from './graph-errors.js';
import { InFlight } from './in-flight.js';
import { NotNoted, UnitError, type DestRef, type ItemResult, type TransferItem } from './workload.js';

/** Items of one call under way at once. */
const atOnce = 4;

/** How far an item has come. */
export interface Begun {
  /** The copy as far as it stands, once we have written to it: whatever ends the work, the next attempt goes on from there. */
  dest: DestRef | null;
}

export interface EachOptions {
  readonly log: Logger;
  /** Bytes of one call that may be held at once. Absent: it does not matter. */
  readonly heldBytesMax?: number;
}

/** `write`: what came of one item; throws ItemEnded, or what a failed request threw. Throws only what ends the unit. */
export async function* transferEach(batch: readonly TransferItem[], { log, heldBytesMax = Infinity }: EachOptions, write: (entry: TransferItem, begun: Begun) => Promise<ItemResult>): AsyncGenerator<ItemResult> {
  const running = new InFlight<ItemResult>(atOnce, heldBytesMax);
  try {
    for (const entry of batch) {
      const held = Math.min(entry.item.sizeBytes, heldBytesMax);
      while (!running.hasRoomFor(held)) yield await running.next();
      running.start(held, writeOne(entry, log, write));
    }
    while (running.size > 0) yield await running.next();
  } finally {
    await running.drain();
  }
}

async function writeOne(entry: TransferItem, log: Logger, write: (entry: TransferItem, begun: Begun) => Promise<ItemResult>): Promise<ItemResult> {
  const { key } = entry.item;
  const begun: Begun = { dest: null };
  try {
    return await write(entry, begun);
  } catch (error) {
    const end = endOf(error, entry.existing === null ? 'write' : 'update');
    if (end instanceof ItemEnded) return resultOf(key, end, begun.dest);
    if (end instanceof UnitError || end instanceof NotNoted || end instanceof GraphRequestError || isAbort(end)) throw end;
    log.error({ fault: faultOf(end) }, 'the program failed at an item');
    return { key, outcome: 'failed', failure: 'INTERNAL', ...noWords };
  }
}
