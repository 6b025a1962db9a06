/**
 * Looks at the destination for items whose write is in doubt. In one folder there is one thing of a name, so it is there under the
 * name it was to get, or under the one beside it: made by a program, or equal to what was sent. What was renamed or moved since its
 * write began may lie where it was to go then: the whole drive is listed for those, which are few.
 */
import { GraphRequestError } from '@migrator/graph-client';
import { orEndUnit } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import type { Candidate, DestCopy, TransferItem } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, itemSelect, ownersVersion, parseDriveItem, sameDates, type DriveItem, type Raw } from './drive-item.js';
import { FolderPaths, pathBelow } from './folder-paths.js';
import type { Histories } from './history.js';
import { listDriveItems, sourceItem } from './list-items.js';
import { namesMeant } from './names.js';
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
  await findElsewhere(destination, histories, inDoubt.filter(({ item, existing, claimedAs }) => claimedAs !== undefined && existing === null && !isSharing(item.ref) && !found.has(item.key)), found, signal);
  return found;
}

/** What a program made under the name that an item had when its write began, and that is no other item's copy. */
async function findElsewhere(destination: Drive, histories: Histories, entries: readonly TransferItem[], found: Map<string, Candidate[]>, signal: AbortSignal): Promise<void> {
  if (entries.length === 0) return;
  const like = new Map<TransferItem, DriveItem[]>(entries.map((entry) => [entry, []]));
  for await (const { listed } of listDriveItems(destination, new FolderPaths(destination), false, null, signal)) {
    for (const { item: there } of listed) {
      if (there.madeBy === null) continue;
      for (const [entry, items] of like) if (names(destination, there, entry.mark).some((matchKey) => entry.claimedAs?.(matchKey) === true)) items.push(there);
    }
  }
  for (const [entry, items] of like) {
    const taken = items.length === 0 ? null : await entry.copiesAmong?.(items.map(({ id }) => id));
    const refs: Candidate[] = [];
    for (const there of items) if (taken?.has(there.id) !== true) refs.push(await orEndUnit('dest', () => candidate(destination, histories, there, entry.item.ref as DriveItem, signal)));
    if (refs.length > 0) found.set(entry.item.key, refs);
  }
}

/** Match keys of what may have got this name. */
const names = (destination: Drive, there: DriveItem, mark: string): string[] => meant(destination, there).flatMap(({ matchKey, markStart }) => (mark.startsWith(markStart) ? [matchKey] : []));

function meant(destination: Drive, there: DriveItem): { matchKey: string; markStart: string }[] {
  return namesMeant(there.name).map(({ name, markStart }) => ({ matchKey: sourceItem(destination, { ...there, name }, '/').matchKey ?? '', markStart }));
}

/** What lies below a folder that this program made and nobody has touched since. Throws UnitError. */
export async function* listCopies(destination: Drive, folderId: string, signal: AbortSignal): AsyncGenerator<DestCopy> {
  const paths = new FolderPaths(destination);
  const top = await orEndUnit('dest', () => paths.of(folderId, signal));
  const ours = (program: string | null): boolean => program?.toLowerCase() === destination.port.appId.toLowerCase();
  for await (const { listed } of listDriveItems(destination, paths, false, null, signal)) {
    for (const { item, path } of listed) {
      if (item.id !== folderId && ours(item.madeBy) && ours(item.changedBy) && pathBelow(path, top) !== null) yield { dest: { id: item.id, version: copyVersion(item) }, matchKey: null, mark: null, named: meant(destination, item), whole: true };
    }
  }
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
    if (there.madeBy !== null) refs.push(await candidate(destination, histories, there, item, signal));
    else if (equal) refs.push({ id: there.id, version: ownersVersion });
  }
  return refs;
}

/** Only some of its versions may have arrived; what it lacks is seen when it is brought up to date. */
async function candidate(destination: Drive, histories: Histories, there: DriveItem, item: DriveItem, signal: AbortSignal): Promise<Candidate> {
  if (histories.mayHave(item) || (histories.kept && item.kind === 'file' && item.size === 0)) return { id: there.id, version: copyVersion(there), unfinished: true };
  return { id: there.id, version: copyVersion(await dated(destination, there, item, signal)) };
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
