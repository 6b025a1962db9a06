/**
 * Removes copies of ours whose items have left their folder at the source. There is no move for items in the import and export API,
 * and the classic one moves messages alone, under ids of its own: so a copy is made where the item went, and the one before it goes.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestRef, RemovalResult } from '../workload.js';
import { stateOfCopy } from './copy-state.js';
import { orEndUnit, saysMailboxMissing } from './errors.js';
import { InFlight } from '../in-flight.js';
import type { Mailbox } from './mailbox.js';
import { segment } from './mapi.js';

/** What Exchange allows for one mailbox, less what the import needs. */
const removalsAtOnce = 2;

/** Each only while it is as we wrote it; it stays recoverable. Throws UnitError. */
export async function* removeCopies(destination: Mailbox, folderId: string, copies: readonly DestRef[], signal: AbortSignal): AsyncGenerator<RemovalResult> {
  const removals = new InFlight<RemovalResult>(removalsAtOnce, Infinity);
  try {
    for (const copy of copies) {
      while (!removals.hasRoomFor(0)) yield await removals.next();
      removals.start(0, removeOne(destination, folderId, copy, signal));
    }
    while (removals.size > 0) yield await removals.next();
  } finally {
    await removals.drain();
  }
}

async function removeOne(destination: Mailbox, folderId: string, copy: DestRef, signal: AbortSignal): Promise<RemovalResult> {
  return await orEndUnit('dest', async () => {
    const state = await stateOfCopy(destination, folderId, copy, signal);
    if (state !== 'as written') return { id: copy.id, outcome: state === 'changed' ? 'changed' : 'none' };
    try {
      await destination.port.delete(destination.admin(`/folders/${segment(folderId)}/items/${segment(copy.id)}`), destination.options(signal, { query: { disposalType: 'softDelete' }, repeatable: true }));
    } catch (error) {
      // A repeated request whose first answer was lost does not find it any more.
      if (!(error instanceof GraphRequestError) || error.kind !== 'not_found' || saysMailboxMissing(error)) throw error;
    }
    return { id: copy.id, outcome: 'removed' };
  });
}
