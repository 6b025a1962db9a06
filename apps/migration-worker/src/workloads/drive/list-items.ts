/**
 * Lists a drive with everything in it, and what changed since: delta of the root. Parents mostly come before what they hold, and
 * nobody promises it; an item may come more than once, and the last word counts. https://learn.microsoft.com/graph/api/driveitem-delta
 */
import { deltaPages } from '../delta-pages.js';
import { orEndUnit } from '../graph-errors.js';
import type { Page, SourceItem } from '../workload.js';
import type { Drive } from './drive.js';
import { destSelect, parseDriveItem, sourceSelect, type DriveItem, type Raw } from './drive-item.js';
import type { FolderPaths, PathNames } from './folder-paths.js';
import { sharingItems, sharingKey } from './list-sharing.js';
import { destName, foldName } from './names.js';
import type { Shares } from './shares.js';

/** As many as Graph gives; a page is a megabyte or two. */
const pageItems = 1_000;

/** A thing with where it lies: a folder its own path, anything else that of its folder. */
export interface Listed {
  readonly item: DriveItem;
  readonly path: string;
}

/** With them delta shows where sharing begins, where it ends, and what of it changed. */
const sharingPreferences = { Prefer: 'deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges, hierarchicalsharing' };

/** Pages of the source for copying; with `shares` also the sharing of what is listed. Throws as `listDriveItems` does. */
export async function* listItems(source: Drive, paths: FolderPaths, names: PathNames, shares: Shares | null, from: string | null, signal: AbortSignal): AsyncGenerator<Page> {
  for await (const { listed, removed, checkpoint, complete } of listDriveItems(source, paths, shares !== null, from, signal)) {
    const own = listed.map((one) => ({ ...one, as: sourceItem(source, one.item, names.shown(one.path)) }));
    const items = own.map(({ as }) => as);
    if (shares === null) yield { items, removed, checkpoint, complete };
    else yield { items: [...items, ...(await sharingItems(own, shares, signal))], removed: [...removed, ...removed.map(sharingKey)], checkpoint, complete };
  }
}

/** Pages of either side, from a checkpoint or from the beginning. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* listDriveItems(drive: Drive, paths: FolderPaths, sharing: boolean, from: string | null, signal: AbortSignal): AsyncGenerator<{ listed: Listed[]; removed: string[]; checkpoint: string; complete: boolean }> {
  const headers = sharing ? sharingPreferences : {};
  const options = drive.options(signal, from === null ? { headers, query: { $select: drive.side === 'source' ? sourceSelect : destSelect, $top: String(pageItems) } } : { headers, from, units: 1 });
  for await (const { value, checkpoint, complete } of deltaPages<Raw>(drive.side, drive.port, drive.at('/root/delta'), options)) {
    yield { ...(await orEndUnit(drive.side, () => read(drive, paths, value, signal))), checkpoint, complete };
  }
}

async function read(drive: Drive, paths: FolderPaths, value: readonly Raw[], signal: AbortSignal): Promise<{ listed: Listed[]; removed: string[] }> {
  const removed: string[] = [];
  const items: DriveItem[] = [];
  for (const raw of value) {
    const item = parseDriveItem(raw);
    if (item.id === '' || raw['root'] !== undefined || item.id === drive.rootId) continue;
    if (raw['deleted'] !== undefined) removed.push(item.id);
    else items.push(item);
  }
  for (const { id, name, kind, parentId, shared } of items) if (holds(kind)) paths.know(id, { name, parentId, shared });
  const listed: Listed[] = [];
  for (const item of items) listed.push({ item, path: await paths.of(holds(item.kind) ? item.id : item.parentId, signal) });
  return { listed, removed };
}

/** What others may lie in. */
const holds = (kind: DriveItem['kind']): boolean => kind === 'folder' || kind === 'notebook';

export function sourceItem({ rootId }: Pick<Drive, 'rootId'>, item: DriveItem, path: string): SourceItem {
  const inRoot = item.parentId === null || item.parentId === rootId;
  return {
    key: item.id,
    // A tag that a move leaves as it is would hide the move.
    version: `${item.eTag}\n${item.name}\n${item.parentId ?? ''}`,
    sizeBytes: item.size,
    kind: item.kind,
    at: item.kind === 'file' ? (item.dates?.lastModifiedDateTime ?? null) : null,
    // In one folder there is one thing of a name: whoever has it may be the copy.
    matchKey: `${item.kind === 'file' ? 'file' : 'folder'}\n${foldName(destName(item.name, item.kind, inRoot))}`,
    needs: inRoot ? null : item.parentId,
    path,
    carries: holds(item.kind),
    ref: item,
  };
}
