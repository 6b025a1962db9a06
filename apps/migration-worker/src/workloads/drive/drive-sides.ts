/** Both sides of a drive's copy as verification reads them: by delta of the root, which is one request a thousand things and hashes included. */
import { GraphRequestError } from '@migrator/graph-client';
import { unitErrorOf } from '../graph-errors.js';
import type { Fingerprint, FingerprintPage } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, type DriveItem } from './drive-item.js';
import { FolderPaths, type PathNames } from './folder-paths.js';
import { listDriveItems, sourceItem } from './list-items.js';
import { destName, foldName } from './names.js';

/** Stored by number: new names go to the end. */
export const verifiedFields: readonly string[] = ['kind', 'name', 'size', 'hash', 'created', 'modified'];

/** Everything on one side of a pair of drives; of the destination what lies in a folder, and below its own path. Throws as listing does. */
export async function* readSide(drive: Drive, names: PathNames, folderId: string, from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
  const { side } = drive;
  const paths = new FolderPaths(drive);
  try {
    const top = side === 'source' || folderId === drive.rootId ? '/' : await paths.of(folderId, signal);
    for await (const { listed, checkpoint, complete } of listDriveItems(drive, paths, false, from, signal)) {
      const prints = listed.flatMap(({ item, path }) => {
        const below = within(path, top);
        return below === null || item.id === folderId ? [] : [side === 'source' ? sourcePrint(drive, item, below, names) : destPrint(drive, item, below)];
      });
      yield { prints, checkpoint, complete };
    }
  } catch (error) {
    if (error instanceof GraphRequestError) throw unitErrorOf(error, side);
    throw error;
  }
}

function sourcePrint(drive: Drive, item: DriveItem, path: string, names: PathNames): Fingerprint {
  const listed = sourceItem(drive, item, path);
  const name = destName(item.name, item.kind, path === '/');
  const folders = path === '/' ? [] : path.split('/').map((folder, depth) => destName(folder, 'folder', depth === 0));
  return { ...printOf({ ...item, name, kind: arrivesAs(item.kind) }, item.kind === 'file' || item.kind === 'shortcut' ? folders : folders.slice(0, -1)), id: item.id, version: listed.version, matchKey: listed.matchKey ?? '', at: listed.at, path: names.shown(path) };
}

function destPrint(drive: Drive, item: DriveItem, path: string): Fingerprint {
  const folders = path === '/' ? [] : path.split('/');
  return { ...printOf({ ...item, kind: arrivesAs(item.kind) }, item.kind === 'file' || item.kind === 'shortcut' ? folders : folders.slice(0, -1)), id: item.id, version: copyVersion(item), matchKey: sourceItem(drive, item, path).matchKey ?? '', at: null };
}

/** A notebook arrives as a folder: Graph makes no notebooks. */
const arrivesAs = (kind: DriveItem['kind']): DriveItem['kind'] => (kind === 'notebook' ? 'folder' : kind);

function printOf({ name, kind, size, hash, dates, infected }: DriveItem, folders: readonly string[]): Omit<Fingerprint, 'id' | 'version'> {
  const fields = { kind, name, created: dates?.createdDateTime ?? '', modified: dates?.lastModifiedDateTime ?? '', ...(kind === 'file' ? { size: String(size), hash: hash ?? '' } : {}) };
  return {
    ...{ part: 'item', key: foldName([...folders, name].join('/')), join: null, mark: null, likeness: null, kind, sizeBytes: size, at: null, carries: kind === 'folder' },
    ...{ content: infected || kind === 'shortcut' ? 'hidden' : 'here', fields, lesser: fields, ownersChoice: false },
  };
}

/** What of a path lies below a folder; null when it does not. */
function within(path: string, top: string): string | null {
  if (top === '/') return path;
  if (path === top) return '/';
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1) : null;
}
