/** Removes copies of ours whose items were deleted at the source: into the recycle bin, files first, folders only when nothing is left in them. */
import { GraphRequestError } from '@migrator/graph-client';
import { orEndUnit } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import type { DestRef, RemovalResult } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, itemSelect, parseDriveItem, type DriveItem, type Raw } from './drive-item.js';
import { removeSharing, sharingMark } from './share-copies.js';

const removalsAtOnce = 4;

/** Each only while it is as we wrote it. No word on a folder that still holds something, and on a file that somebody has open. Throws UnitError. */
export async function* removeCopies(destination: Drive, all: readonly DestRef[], signal: AbortSignal): AsyncGenerator<RemovalResult> {
  const isOfSharing = ({ id }: DestRef): boolean => id.endsWith(sharingMark);
  const copies = all.filter((copy) => !isOfSharing(copy));
  const folders: DestRef[] = [];
  const removals = new InFlight<RemovalResult | { readonly folder: DestRef } | null>(removalsAtOnce, Infinity);
  try {
    for (const copy of copies) {
      while (!removals.hasRoomFor(0)) yield* told(await removals.next(), folders);
      removals.start(0, removeOne(destination, copy, signal));
    }
    while (removals.size > 0) yield* told(await removals.next(), folders);
  } finally {
    await removals.drain();
  }
  // A folder becomes empty when the last one in it has gone.
  for (let before = -1; folders.length > 0 && folders.length !== before; ) {
    before = folders.length;
    for (const folder of folders.splice(0)) yield* told(await removeOne(destination, folder, signal), folders);
  }
  // Last: what went took its sharing with it.
  for (const copy of all.filter(isOfSharing)) yield await orEndUnit('dest', () => removeSharing(destination, copy, signal));
}

function* told(result: RemovalResult | { readonly folder: DestRef } | null, folders: DestRef[]): Generator<RemovalResult> {
  if (result === null) return;
  if ('folder' in result) folders.push(result.folder);
  else yield result;
}

async function removeOne(destination: Drive, copy: DestRef, signal: AbortSignal): Promise<RemovalResult | { readonly folder: DestRef } | null> {
  return await orEndUnit('dest', async () => {
    const there = await destination.find(destination.item(copy.id), signal);
    if (there === null) return { id: copy.id, outcome: 'none' };
    if (copyVersion(there) !== copy.version) return { id: copy.id, outcome: 'changed' };
    if (there.kind !== 'file' && (await holdsSomething(destination, there, signal))) return { folder: copy };
    try {
      await destination.port.delete(destination.item(copy.id), destination.options(signal, { units: 2, repeatable: true, headers: { 'If-Match': there.eTag } }));
    } catch (error) {
      if (!(error instanceof GraphRequestError)) throw error;
      if (error.kind === 'precondition') return { id: copy.id, outcome: 'changed' };
      if (error.kind === 'locked') return null;
      // A repeated request whose first answer was lost does not find it any more.
      if (error.kind !== 'not_found') throw error;
    }
    return { id: copy.id, outcome: 'removed' };
  });
}

/** Asked of the folder itself: a count may lag behind. */
async function holdsSomething(destination: Drive, { id }: DriveItem, signal: AbortSignal): Promise<boolean> {
  const { value } = await destination.port.get<{ value: Raw[] }>(`${destination.item(id)}/children`, destination.options(signal, { units: 2, query: { $top: '1', $select: itemSelect } }));
  return value.map(parseDriveItem).length > 0;
}
