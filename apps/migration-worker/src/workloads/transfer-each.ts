/** A batch whose items are written one by one, a few at a time: one result each, as soon as it is known. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { endOf, ItemEnded, resultOf } from './drive/errors.js';
import { faultOf, isAbort, noWords } from './graph-errors.js';
import { InFlight } from './in-flight.js';
import { UnitError, type ItemResult, type TransferItem } from './workload.js';

/** Items of one call under way at once. */
const atOnce = 4;

/** `write`: what came of one item; throws ItemEnded, or what a failed request threw. Throws only what ends the unit. */
export async function* transferEach(batch: readonly TransferItem[], log: Logger, write: (entry: TransferItem) => Promise<ItemResult>): AsyncGenerator<ItemResult> {
  const running = new InFlight<ItemResult>(atOnce, Infinity);
  try {
    for (const entry of batch) {
      while (!running.hasRoomFor(0)) yield await running.next();
      running.start(0, writeOne(entry, log, write));
    }
    while (running.size > 0) yield await running.next();
  } finally {
    await running.drain();
  }
}

async function writeOne(entry: TransferItem, log: Logger, write: (entry: TransferItem) => Promise<ItemResult>): Promise<ItemResult> {
  const { key } = entry.item;
  try {
    return await write(entry);
  } catch (error) {
    const end = endOf(error, entry.existing === null ? 'write' : 'update');
    if (end instanceof ItemEnded) return resultOf(key, end);
    if (end instanceof UnitError || end instanceof GraphRequestError || isAbort(end)) throw end;
    log.error({ fault: faultOf(end) }, 'the program failed at an item');
    return { key, outcome: 'failed', failure: 'INTERNAL', ...noWords };
  }
}
