/** A drive of the source and the one its content goes to: everything that a workload with drives does with such a pair. */
import { pathSegments } from '@migrator/contracts/api/jobs';
import type { Logger } from '@migrator/service-kit/logger';
import { GraphRequestError } from '@migrator/graph-client';
import { noWords, orEndUnit, unitErrorOf } from '../graph-errors.js';
import type { Candidate, Capabilities, DestContainer, DestCopy, DestRef, FingerprintPage, ForeseenResult, Identity, ItemResult, Page, People, RemovalResult, Side, TransferItem, UnitScope } from '../workload.js';
import type { Drive } from './drive.js';
import { parseDriveItem, type DriveItem, type Raw } from './drive-item.js';
import { placeFields, readSide, verifiedFields, type ReadMore } from './drive-sides.js';
import { endOf, ItemEnded, resultOf } from './errors.js';
import { findCopies, listCopies } from './find-copies.js';
import { FolderPaths, type PathNames } from './folder-paths.js';
import { Histories } from './history.js';
import { listItems } from './list-items.js';
import { destName, pathCharsMax } from './names.js';
import { removeCopies } from './remove-copies.js';
import { isSharing, ShareCopies } from './share-copies.js';
import { Shares } from './shares.js';
import { DriveTransfer } from './transfer-items.js';
import { fragmentBytes } from './upload.js';

export interface DriveDeps {
  readonly log: Logger;
}

/** `transfer` calls at once; each has a few files under way. */
const lanes = 4;
const batchItemsMax = 20;
/** Microsoft takes no larger file. */
const fileBytesMax = 250 * 1024 ** 3;

/** Versions of a file that a unit asks for. */
const versionsAsked = ({ scope, versionsMax }: Pick<UnitScope, 'scope' | 'versionsMax'>): number => (scope['versions'] === true ? (versionsMax ?? Infinity) : 1);

/** What a workload can do whose items are those of drives. */
export const driveCapabilities: Capabilities = { delta: true, batchItemsMax, batchBytesMax: fragmentBytes, heldBytesMax: 2 * fragmentBytes, keysStay: true, lanes, verifiedFields, placeFields, readsByPost: [] };

export interface DrivePairOptions {
  readonly unit: Pick<UnitScope, 'destPrefix' | 'scope' | 'versionsMax' | 'dryRun'>;
  readonly source: Drive;
  /** Null in a dry run: it is still to be made. */
  readonly destination: Drive | null;
  /** What people call the drive among others of its unit; null: it is the unit's only one. */
  readonly name: string | null;
  /** Who is who; absent: sharing is not carried, whatever the job asks for. */
  readonly people?: People;
}

export class DrivePair {
  private readonly paths: FolderPaths;
  private readonly names: PathNames;
  private readonly histories: Histories;
  /** Null where sharing is not carried. */
  private readonly shares: Shares | null;
  private readonly sharing: ShareCopies | null;
  private readonly transfers: DriveTransfer | null;

  constructor(
    deps: DriveDeps,
    private readonly options: DrivePairOptions,
  ) {
    const { unit, source, destination, name, people } = options;
    this.names = pathNames(name);
    const known = knownOf(source);
    this.paths = known.paths;
    this.histories = new Histories(source, versionsAsked(options.unit));
    this.shares = people !== undefined && unit.scope['permissions'] === true ? known.shares : null;
    this.sharing = this.shares === null || people === undefined ? null : new ShareCopies(this.shares, destination, people);
    this.transfers = destination === null ? null : new DriveTransfer({ source, destination, sharing: this.sharing, histories: this.histories, copies: new Histories(destination, versionsAsked(options.unit)), log: deps.log });
  }

  private get destination(): Drive {
    const { destination } = this.options;
    if (destination === null) throw new Error('a drive that is only planned cannot be written to');
    return destination;
  }

  /** Where everything goes: the root, or the folder that a prefix names. */
  async ensure(signal: AbortSignal): Promise<DestContainer> {
    const { unit, destination } = this.options;
    if (destination === null) return { id: '', exists: false };
    let folderId = destination.rootId;
    for (const name of unit.destPrefix === null ? [] : pathSegments(unit.destPrefix)) {
      const next = await this.folder(folderId, destName(name, 'folder', folderId === destination.rootId), signal);
      if (next === null) return { id: '', exists: false };
      folderId = next;
    }
    return { id: folderId, exists: true };
  }

  pages(from: string | null, signal: AbortSignal): AsyncIterable<Page> {
    return listItems(this.options.source, this.paths, this.names, this.shares, from, signal);
  }

  find(inDoubt: readonly TransferItem[], folderId: string, signal: AbortSignal): Promise<Map<string, Candidate[]>> {
    return findCopies(this.destination, this.histories, inDoubt, folderId, signal);
  }

  transfer(batch: readonly TransferItem[], folderId: string, signal: AbortSignal): AsyncIterable<ItemResult> {
    if (this.transfers === null) throw new Error('a drive that is only planned cannot be written to');
    return this.transfers.transfer(batch, folderId, signal);
  }

  copies(folderId: string, signal: AbortSignal): AsyncIterable<DestCopy> {
    return listCopies(this.destination, folderId, signal);
  }

  remove(copies: readonly DestRef[], signal: AbortSignal): AsyncIterable<RemovalResult> {
    return removeCopies(this.destination, copies, signal);
  }

  /** One side for verification; of the destination what lies in the folder that everything went to. */
  read(side: Side, folderId: string, from: string | null, signal: AbortSignal): AsyncIterable<FingerprintPage> {
    const { source, destination, people } = this.options;
    const drive = side === 'source' ? source : this.destination;
    const more: ReadMore = {
      histories: this.histories.kept ? (side === 'source' ? this.histories : new Histories(drive, versionsAsked(this.options.unit))) : null,
      people: this.shares === null || people === undefined ? null : side === 'source' ? people : themselves,
      enriches: (name) => (destination ?? drive).enriches(name),
    };
    return readSide(drive, this.names, more, folderId, from, signal);
  }

  async foresee(batch: readonly TransferItem[], signal: AbortSignal): Promise<ForeseenResult[]> {
    const foreseen: ForeseenResult[] = [];
    for (const entry of batch) {
      const one = isSharing(entry.item.ref) ? await this.foreseeSharing(entry, signal) : this.foreseeItem(entry);
      if (one !== null) foreseen.push(one);
    }
    return foreseen;
  }

  private foreseeItem({ item }: TransferItem): ForeseenResult | null {
    const ref = item.ref as DriveItem;
    if (ref.infected) return { key: item.key, outcome: 'skipped', cause: 'SOURCE_ITEM_INFECTED', ...noWords };
    if (ref.kind === 'shortcut') return { key: item.key, outcome: 'skipped', cause: 'LINK_NOT_COPIED', ...noWords };
    if (ref.size > fileBytesMax) return { key: item.key, outcome: 'failed', failure: 'DEST_ITEM_TOO_LARGE', ...noWords };
    return this.charsOf(this.names.within(item.path ?? '/'), ref) > pathCharsMax ? { key: item.key, outcome: 'failed', failure: 'DEST_PATH_TOO_LONG', ...noWords } : null;
  }

  private async foreseeSharing(entry: TransferItem, signal: AbortSignal): Promise<ForeseenResult | null> {
    try {
      return (await this.sharing?.foresee(entry, signal)) ?? null;
    } catch (error) {
      const end = endOf(error, 'read');
      if (!(end instanceof ItemEnded)) throw end;
      const result = resultOf(entry.item.key, end);
      return result.outcome === 'skipped' || result.outcome === 'failed' ? result : null;
    }
  }

  /** Characters of the path that the copy would have, from the destination's host on. */
  private charsOf(path: string, { kind, name }: DriveItem): number {
    const { unit, destination, source } = this.options;
    const folders = [...(unit.destPrefix === null ? [] : pathSegments(unit.destPrefix)), ...(path === '/' ? [] : path.split('/'))];
    const names = [...folders.map((folder) => destName(folder, 'folder', false)), ...(kind === 'file' ? [destName(name, kind, false)] : [])];
    return (destination ?? source).rootChars + names.reduce((sum, each) => sum + each.length + 1, 0);
  }

  /** Id of a folder, made when it is not there; null in a dry run. */
  private async folder(parentId: string, name: string, signal: AbortSignal): Promise<string | null> {
    const { destination } = this;
    const there = await orEndUnit('dest', () => destination.find(destination.named(parentId, name), signal));
    if (there !== null) return there.id;
    if (this.options.unit.dryRun) return null;
    try {
      return parseDriveItem(await destination.port.post<Raw>(`${destination.item(parentId)}/children`, { name, folder: {}, '@microsoft.graph.conflictBehavior': 'replace' }, destination.options(signal, { repeatable: true, units: 2 }))).id;
    } catch (error) {
      throw error instanceof GraphRequestError ? unitErrorOf(error, 'dest') : error;
    }
  }
}

/** What has been read of a source drive, for all pairs that it is in. */
interface Known {
  readonly paths: FolderPaths;
  readonly shares: Shares;
}
const sources = new WeakMap<Drive, Known>();
function knownOf(source: Drive): Known {
  let known = sources.get(source);
  if (known === undefined) {
    const paths = new FolderPaths(source);
    known = { paths, shares: new Shares(source, paths) };
    sources.set(source, known);
  }
  return known;
}

/** At the destination everybody is who they are. */
const themselves: People = {
  find: (names) => Promise.resolve(new Map(names.map((name): [string, Identity] => [name, { name, source: null, dest: { microsoftId: name, kind: 'user', name }, how: 'automatic' }]))),
};

/** Paths as the job shows them: with the drive's name in front, where there are several. */
function pathNames(name: string | null): PathNames {
  if (name === null) return { shown: (path) => path, within: (path) => path };
  return {
    shown: (path) => (path === '/' ? name : `${name}/${path}`),
    within: (path) => (path === name ? '/' : path.slice(name.length + 1)),
  };
}
