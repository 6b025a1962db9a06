/** The ONEDRIVE workload: everything in a person's drive. The drive is one container; folders are items that others need. */
import { pathSegments } from '@migrator/contracts/api/jobs';
import type { Logger } from '@migrator/service-kit/logger';
import { GraphRequestError } from '@migrator/graph-client';
import { orEndUnit, unitErrorOf } from '../graph-errors.js';
import type { Container, DestContainer, DestRef, Following, ForeseenResult, ItemResult, Page, TransferItem, UnitScope, UnitSession, Workload } from '../workload.js';
import { openUserDrive, type Drive } from './drive.js';
import { parseDriveItem, type DriveItem, type Raw } from './drive-item.js';
import { findCopies } from './find-copies.js';
import { FolderPaths } from './folder-paths.js';
import { listItems } from './list-items.js';
import { destName, pathCharsMax } from './names.js';
import { removeCopies } from './remove-copies.js';
import { DriveSides, verifiedFields } from './drive-sides.js';
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

/** Makes the workload; one instance serves any number of units at once. */
export function onedriveWorkload(deps: DriveDeps): Workload {
  return {
    name: 'ONEDRIVE',
    can: { delta: true, batchItemsMax, batchBytesMax: fragmentBytes, heldBytesMax: 2 * fragmentBytes, keysStay: true, lanes, verifiedFields, readsByPost: [] },
    async open(unit, ports, signal) {
      const source = await openUserDrive('source', ports.source, unit.source.microsoftId, signal);
      return new DriveSession(deps, unit, source, await openUserDrive('dest', ports.destination, unit.dest.microsoftId, signal));
    },
  };
}

class DriveSession implements UnitSession {
  private readonly paths: FolderPaths;
  private readonly transfers: DriveTransfer;
  readonly sides: DriveSides;
  readonly following: Following = {
    remove: (copies, _dest, signal) => removeCopies(this.destination, copies, signal),
    // A copy whose id we never learnt is found by its name when its item is met again; what left before that has no name here.
    copies: () => nothing(),
    leftOut: () => nothing(),
  };

  constructor(
    deps: DriveDeps,
    private readonly unit: UnitScope,
    private readonly source: Drive,
    private readonly destination: Drive,
  ) {
    this.paths = new FolderPaths(source);
    this.transfers = new DriveTransfer({ source, destination, log: deps.log });
    this.sides = new DriveSides(source, destination);
  }

  async *containers(): AsyncGenerator<Container> {
    yield await Promise.resolve({ key: this.source.rootId, path: '/', kind: 'drive', parentKey: null, itemCount: null, placesItems: true, ref: null });
  }

  /** The root, or the folder that a prefix names. */
  async ensure(_container: Container, _parent: DestContainer | null, signal: AbortSignal): Promise<DestContainer> {
    let folderId = this.destination.rootId;
    for (const name of this.unit.destPrefix === null ? [] : pathSegments(this.unit.destPrefix)) {
      const next = await this.folder(folderId, destName(name, 'folder', folderId === this.destination.rootId), signal);
      if (next === null) return { id: '', exists: false };
      folderId = next;
    }
    const left = [this.unit.scope['versions'] === true ? 'earlier versions' : null, this.unit.scope['permissions'] === true ? 'sharing' : null].filter((part) => part !== null);
    return { id: folderId, exists: true, ...(left.length === 0 ? {} : { note: `${left.join(' and ')} of files are not carried by this release.` }) };
  }

  pages(_container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page> {
    return listItems(this.source, this.paths, from, signal);
  }

  find(inDoubt: readonly TransferItem[], dest: DestContainer, _container: Container, signal: AbortSignal): Promise<Map<string, DestRef[]>> {
    return findCopies(this.destination, inDoubt, dest.id, signal);
  }

  transfer(batch: readonly TransferItem[], dest: DestContainer, _container: Container, signal: AbortSignal): AsyncIterable<ItemResult> {
    return this.transfers.transfer(batch, dest.id, signal);
  }

  foresee(batch: readonly TransferItem[]): Promise<ForeseenResult[]> {
    const words = { graphCode: null, requestId: null };
    return Promise.resolve(
      batch.flatMap(({ item }): ForeseenResult[] => {
        const ref = item.ref as DriveItem;
        if (ref.infected) return [{ key: item.key, outcome: 'skipped', cause: 'SOURCE_ITEM_INFECTED', ...words }];
        if (ref.kind === 'shortcut') return [{ key: item.key, outcome: 'skipped', cause: 'LINK_NOT_COPIED', ...words }];
        if (ref.size > fileBytesMax) return [{ key: item.key, outcome: 'failed', failure: 'DEST_ITEM_TOO_LARGE', ...words }];
        return this.charsOf(item.path ?? '/', ref) > pathCharsMax ? [{ key: item.key, outcome: 'failed', failure: 'DEST_PATH_TOO_LONG', ...words }] : [];
      }),
    );
  }

  /** Characters of the path that the copy would have, from the destination's host on. */
  private charsOf(path: string, { kind, name }: DriveItem): number {
    const folders = [...(this.unit.destPrefix === null ? [] : pathSegments(this.unit.destPrefix)), ...(path === '/' ? [] : path.split('/'))];
    const names = [...folders.map((folder) => destName(folder, 'folder', false)), ...(kind === 'file' ? [destName(name, kind, false)] : [])];
    return this.destination.rootChars + names.reduce((sum, each) => sum + each.length + 1, 0);
  }

  /** Id of a folder, made when it is not there; null in a dry run. */
  private async folder(parentId: string, name: string, signal: AbortSignal): Promise<string | null> {
    const { destination } = this;
    const there = await orEndUnit('dest', () => destination.find(destination.named(parentId, name), signal));
    if (there !== null) return there.id;
    if (this.unit.dryRun) return null;
    try {
      return parseDriveItem(await destination.port.post<Raw>(`${destination.item(parentId)}/children`, { name, folder: {}, '@microsoft.graph.conflictBehavior': 'replace' }, destination.options(signal, { repeatable: true, units: 2 }))).id;
    } catch (error) {
      throw error instanceof GraphRequestError ? unitErrorOf(error, 'dest') : error;
    }
  }
}

async function* nothing(): AsyncGenerator<never> {
  // Nothing to list.
}
