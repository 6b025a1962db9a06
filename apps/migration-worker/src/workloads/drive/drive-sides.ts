/** Both sides of a drive's copy as verification reads them: by delta of the root, which is one request a thousand things and hashes included. */
import { GraphRequestError } from '@migrator/graph-client';
import { unitErrorOf } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import type { Fingerprint, FingerprintPage, People, Side } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, type DriveItem } from './drive-item.js';
import { FolderPaths, pathBelow, type PathNames } from './folder-paths.js';
import type { Histories } from './history.js';
import { listDriveItems, sourceItem } from './list-items.js';
import { sharingKey } from './list-sharing.js';
import { destName, foldName } from './names.js';
import { Shares, sharingVersion } from './shares.js';
import { counterparts, wantedWords } from './wanted-sharing.js';

/** Stored by number: new names go to the end. `withheld`: how much of the sharing cannot be carried. */
export const verifiedFields: readonly string[] = ['kind', 'name', 'size', 'hash', 'created', 'modified', 'versions', 'grants', 'withheld', 'folder'];
export const placeFields: readonly string[] = ['name', 'folder'];

/** What is compared besides the things themselves. */
export interface ReadMore {
  /** Of this side; null: earlier versions are not compared. */
  readonly histories: Histories | null;
  /** Who the people and groups of this side are at the destination; null: sharing is not compared. */
  readonly people: People | null;
  /** Whether the destination stores other bytes than it is sent under a name. */
  enriches(name: string): boolean;
}

const readsAtOnce = 8;

/** Everything on one side of a pair of drives; of the destination what lies in a folder, and below its own path. Throws as listing does. */
export async function* readSide(drive: Drive, names: PathNames, more: ReadMore, folderId: string, from: string | null, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
  const { side } = drive;
  const paths = new FolderPaths(drive);
  const shares = new Shares(drive, paths);
  try {
    const top = side === 'source' || folderId === drive.rootId ? '/' : await paths.of(folderId, signal);
    for await (const { listed, checkpoint, complete } of listDriveItems(drive, paths, more.people !== null, from, signal)) {
      const prints: Fingerprint[] = [];
      const reads = new InFlight<Fingerprint[]>(readsAtOnce, Infinity);
      try {
        for (const { item, path } of listed) {
          const below = pathBelow(path, top);
          if (below === null || item.id === folderId) continue;
          const print = side === 'source' ? sourcePrint(drive, item, below, names) : destPrint(drive, item, below);
          while (!reads.hasRoomFor(0)) prints.push(...(await reads.next()));
          reads.start(0, printsOf(side, print, item, shares, more, signal));
        }
        while (reads.size > 0) prints.push(...(await reads.next()));
      } finally {
        await reads.drain();
      }
      yield { prints, checkpoint, complete };
    }
  } catch (error) {
    if (error instanceof GraphRequestError) throw unitErrorOf(error, side);
    throw error;
  }
}

/** A thing and its sharing. What nobody may compare is left as it is. */
async function printsOf(side: Side, print: Fingerprint, item: DriveItem, shares: Shares, { histories, people, enriches }: ReadMore, signal: AbortSignal): Promise<Fingerprint[]> {
  if (print.content === 'hidden') return [print];
  try {
    return await morePrints(side, print, item, shares, { histories, people, enriches }, signal);
  } catch (error) {
    // Of one thing, which went or cannot be read just now: what the listing says is compared.
    if (error instanceof GraphRequestError && ['not_found', 'forbidden', 'bad_request', 'locked'].includes(error.kind)) return [print];
    throw error;
  }
}

async function morePrints(side: Side, print: Fingerprint, item: DriveItem, shares: Shares, { histories, people, enriches }: ReadMore, signal: AbortSignal): Promise<Fingerprint[]> {
  const fields: Record<string, string> = Object.fromEntries(Object.entries(print.fields).filter(([name]) => !enriches(item.name) || (name !== 'size' && name !== 'hash')));
  if (histories !== null && item.kind === 'file') fields['versions'] = String((await histories.earlier(item, signal)).length + 1);
  // Bytes that the destination changes by itself tell nothing of whose copy they are.
  const thing = { ...print, fields, lesser: fields, likeness: enriches(item.name) && print.likeness !== null ? likenessByName(item.kind, fields['created'] ?? '', fields['modified'] ?? '', fields['name'] ?? '') : print.likeness };
  return people !== null && item.shared ? [thing, ...(await sharingPrints(side, thing, item, shares, people, signal))] : [thing];
}

/** What a thing grants whom, in terms of the destination. Nothing where there is nothing to compare. */
async function sharingPrints(side: Side, print: Fingerprint, item: DriveItem, shares: Shares, people: People, signal: AbortSignal): Promise<Fingerprint[]> {
  const { own, all, cut } = await shares.of(item, signal);
  const { grants, withheld } = await counterparts(own, people);
  if (side === 'source' && grants.length === 0 && withheld.size === 0 && !cut) return [];
  const effective = (await counterparts(all, people)).grants.flatMap((grant) => (grant.link === null ? grant.to.map((id) => ({ ...grant, to: [id] })) : [grant]));
  const fields = { grants: [...new Set(effective.map(wantedWords))].sort().join('\n'), withheld: [...withheld].sort().join() };
  return [{ ...print, likeness: print.likeness === null ? null : `${print.likeness}\nsharing`, id: sharingKey(item.id), key: `${print.key ?? ''}\nsharing`, matchKey: sharingKey(print.key ?? ''), kind: 'sharing', sizeBytes: 0, filterBytes: item.size, version: sharingVersion({ own, cut: side === 'source' && cut }), fields, lesser: fields }];
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
  const [created, modified] = [dates?.createdDateTime ?? '', dates?.lastModifiedDateTime ?? ''];
  const fields = { kind, name, created, modified, folder: foldName(folders.join('/')), ...(kind === 'file' ? { size: String(size), hash: hash ?? '' } : {}) };
  // Known again under another name and in another place: by its bytes and its dates, a folder by its dates; an empty file has its name besides.
  const likeness = dates === null || kind === 'shortcut' || (kind === 'file' && hash === null && size > 0) ? null : kind === 'file' && size === 0 ? likenessByName(kind, created, modified, name) : [kind, created, modified, ...(kind === 'file' ? [size, hash] : [])].join('\n');
  return {
    ...{ part: 'item', key: foldName([...folders, name].join('/')), join: null, mark: null, likeness, kind, sizeBytes: size, at: null, carries: kind === 'folder' },
    ...{ content: infected || kind === 'shortcut' ? 'hidden' : 'here', fields, lesser: fields, ownersChoice: false },
  };
}

const likenessByName = (kind: DriveItem['kind'], created: string, modified: string, name: string): string => [kind, created, modified, foldName(name)].join('\n');
