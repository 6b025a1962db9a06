/**
 * Looks at the destination for items whose write is in doubt. In one folder there is one thing of a name, so it is there under the
 * name it was to get, or under the one beside it: made by a program, or equal to what was sent.
 */
import { GraphRequestError } from '@migrator/graph-client';
import { orEndUnit } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import type { Candidate, TransferItem } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, itemSelect, ownersVersion, parseDriveItem, sameDates, type DriveItem, type Raw } from './drive-item.js';
import type { Histories } from './history.js';
import { isSharing } from './share-copies.js';
import { Place } from './transfer-items.js';

const looksAtOnce = 4;

/** Candidates by the item's key. Throws UnitError. */
export async function findCopies(destination: Drive, histories: Histories, inDoubt: readonly TransferItem[], rootId: string, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
  const found = new Map<string, Candidate[]>();
  const looks = new InFlight<void>(looksAtOnce, Infinity);
  try {
    for (const entry of inDoubt) {
      while (!looks.hasRoomFor(0)) await looks.next();
      looks.start(
        0,
        orEndUnit('dest', () => candidates(destination, histories, entry, rootId, signal)).then((refs) => {
          if (refs.length > 0) found.set(entry.item.key, refs);
        }),
      );
    }
    while (looks.size > 0) await looks.next();
  } finally {
    await looks.drain();
  }
  return found;
}

async function candidates(destination: Drive, histories: Histories, entry: TransferItem, rootId: string, signal: AbortSignal): Promise<Candidate[]> {
  // What a copy grants is looked at before anything is granted.
  if (isSharing(entry.item.ref)) return [];
  const item = entry.item.ref as DriveItem;
  if (entry.existing !== null) {
    const copy = await destination.find(destination.item(entry.existing.id), signal);
    if (copy === null) return [];
    return [{ id: copy.id, version: entry.existing.version === ownersVersion ? ownersVersion : copyVersion(copy) }];
  }
  const place = new Place(destination, entry, rootId);
  const refs: Candidate[] = [];
  for (const name of place.names(item)) {
    const there = await destination.find(destination.named(place.folderId, name), signal);
    if (there === null || (there.kind === 'file') !== (item.kind === 'file')) continue;
    const equal = item.kind === 'file' && there.size === item.size && there.hash !== null && there.hash === item.hash;
    // Only some of its versions may have arrived; what it lacks is seen when it is brought up to date.
    if (there.byProgram && (histories.mayHave(item) || (histories.kept && item.kind === 'file' && item.size === 0))) refs.push({ id: there.id, version: copyVersion(there), unfinished: true });
    else if (there.byProgram) refs.push({ id: there.id, version: copyVersion(await dated(destination, there, item, signal)) });
    else if (equal) refs.push({ id: there.id, version: ownersVersion });
  }
  return refs;
}

/** A folder and an empty file get their dates after they are made: what died in between is made good. */
async function dated(destination: Drive, there: DriveItem, { kind, size, dates }: DriveItem, signal: AbortSignal): Promise<DriveItem> {
  if (dates === null || sameDates(there.dates, dates) || (kind === 'file' && (size > 0 || there.size > 0))) return there;
  try {
    return parseDriveItem(await destination.port.patch<Raw>(destination.item(there.id), { fileSystemInfo: dates }, destination.options(signal, { repeatable: true, units: 2, query: { $select: itemSelect } })));
  } catch (error) {
    // Somebody has it open, or it went: it is what it is.
    if (error instanceof GraphRequestError && (error.kind === 'locked' || error.kind === 'not_found')) return there;
    throw error;
  }
}
