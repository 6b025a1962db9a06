/**
 * Copies folders and files. A new one takes a name that nobody has: what the destination's owner has under it stays as it is. A later
 * change of ours is made to the copy by its id, when nobody has changed it since.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { faultOf } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import { UnitError, type DestRef, type ItemResult, type TransferItem } from '../workload.js';
import type { Drive } from './drive.js';
import { copyVersion, itemSelect, ownersVersion, parseDriveItem, sameDates, type Dates, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, endOf, endSkipped, ItemEnded, resultOf } from './errors.js';
import { destName, nameBeside } from './names.js';
import { SourceChanged, SourceFile } from './source-file.js';
import { fragmentBytes, upload, type UploadPlace } from './upload.js';

/** Items of one call under way at once, and what may be held of them. */
const atOnce = 4;
const heldBytesMax = 2 * fragmentBytes;
/** How often a file is begun again because it changed while it was read. */
const restartsMax = 1;

export interface TransferDeps {
  readonly source: Drive;
  readonly destination: Drive;
  readonly log: Logger;
}

/** What was made, and how many bytes were sent for it. */
interface Made {
  readonly dest: DestRef;
  readonly bytes: number;
}

export class DriveTransfer {
  constructor(private readonly deps: TransferDeps) {}

  /** One result per item, as each is known. Throws only what ends the unit. */
  async *transfer(batch: readonly TransferItem[], rootId: string, signal: AbortSignal): AsyncGenerator<ItemResult> {
    const running = new InFlight<ItemResult>(atOnce, heldBytesMax);
    try {
      for (const entry of batch) {
        const held = Math.min(entry.item.sizeBytes, heldBytesMax);
        while (!running.hasRoomFor(held)) yield await running.next();
        running.start(held, this.one(entry, rootId, signal));
      }
      while (running.size > 0) yield await running.next();
    } finally {
      await running.drain();
    }
  }

  private async one(entry: TransferItem, rootId: string, signal: AbortSignal): Promise<ItemResult> {
    const { key } = entry.item;
    try {
      const made = await this.bring(entry, rootId, signal);
      return { key, outcome: entry.existing === null ? 'copied' : 'updated', ...made };
    } catch (error) {
      const end = endOf(error, entry.existing === null ? 'write' : 'update');
      if (end instanceof ItemEnded) return resultOf(key, end);
      if (end instanceof UnitError || end instanceof GraphRequestError || (end instanceof Error && end.name === 'AbortError')) throw end;
      this.deps.log.error({ fault: faultOf(end) }, 'the program failed at an item');
      return { key, outcome: 'failed', failure: 'INTERNAL', graphCode: null, requestId: null };
    }
  }

  private async bring(entry: TransferItem, rootId: string, signal: AbortSignal): Promise<Made> {
    let item = entry.item.ref as DriveItem;
    if (item.infected) throw endSkipped('SOURCE_ITEM_INFECTED');
    if (item.kind === 'shortcut') throw endSkipped('LINK_NOT_COPIED');
    const place = new Place(this.deps.destination, entry, rootId);
    for (let restarts = 0; ; restarts++) {
      try {
        return entry.existing === null ? await this.create(item, place, signal) : await this.update(item, place, entry.existing, signal);
      } catch (error) {
        if (!(error instanceof SourceChanged)) throw error;
        if (restarts >= restartsMax) throw endFailed('SOURCE_ITEM_CHANGING');
        item = error.now;
      }
    }
  }

  private async create(item: DriveItem, place: Place, signal: AbortSignal): Promise<Made> {
    const [name, beside] = place.names(item);
    const { destination } = this.deps;
    // What it meets at the end of a large upload it may as well know before.
    let there = item.size > fragmentBytes ? await destination.find(destination.named(place.folderId, name), signal) : null;
    if (there === null) {
      try {
        return await this.make(item, place, name, signal);
      } catch (error) {
        if (!isNameTaken(error) && !isRefused(error)) throw error;
        there = await destination.find(destination.named(place.folderId, name), signal);
        // A folder in the way of a file is not always called a taken name.
        if (!isNameTaken(error) && (there === null || there.kind === item.kind)) throw error;
      }
    }
    if (there !== null && isAsGood(there, item)) return { dest: { id: there.id, version: ownersVersion }, bytes: 0 };
    return await this.make(item, place, beside, signal);
  }

  private async make(item: DriveItem, place: Place, name: string, signal: AbortSignal): Promise<Made> {
    const { destination } = this.deps;
    const { folderId } = place;
    if (item.kind === 'file') {
      if (item.size === 0) return made(await this.putEmpty(destination.named(folderId, name), item.dates, signal), 0);
      return await this.send(item, { path: `${destination.named(folderId, name)}:`, conflict: 'fail', dates: item.dates }, place.entry, signal);
    }
    const body = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const folder = parseDriveItem(await destination.port.post<Raw>(`${destination.item(folderId)}/children`, body, destination.options(signal, { units: 2 })));
    return made(await this.date(folder, item.dates, signal), 0);
  }

  /** An upload session cannot be of no bytes. */
  private async putEmpty(path: string, dates: Dates | null, signal: AbortSignal): Promise<DriveItem> {
    const { destination } = this.deps;
    const response = await destination.port.raw('PUT', `${path}:/content`, destination.options(signal, { query: { '@microsoft.graph.conflictBehavior': 'fail' }, body: new Uint8Array(0), contentType: 'application/octet-stream', contentLength: 0, units: 2 }));
    return await this.date(parseDriveItem(await response.json<Raw>()), dates, signal);
  }

  private async date(item: DriveItem, dates: Dates | null, signal: AbortSignal): Promise<DriveItem> {
    return dates === null || sameDates(item.dates, dates) ? item : await this.patch(item.id, { fileSystemInfo: dates }, signal);
  }

  private async patch(itemId: string, body: Raw, signal: AbortSignal, eTag?: string): Promise<DriveItem> {
    const { destination } = this.deps;
    const options = destination.options(signal, { repeatable: true, units: 2, query: { $select: itemSelect }, ...(eTag === undefined ? {} : { headers: { 'If-Match': eTag } }) });
    return parseDriveItem(await destination.port.patch<Raw>(destination.item(itemId), body, options));
  }

  private async send(item: DriveItem, place: UploadPlace, { resume }: TransferItem, signal: AbortSignal): Promise<Made> {
    const { source, destination } = this.deps;
    const file = new SourceFile(source, item);
    const content = { size: item.size, version: item.eTag, read: (offset: number, length: number) => file.read(offset, length, signal), beforeLast: () => file.check(signal) };
    const copy = await upload(destination, place, content, signal, resume);
    const expected = item.hash ?? file.digest;
    if (copy.size !== item.size || (copy.hash !== null && expected !== null && copy.hash !== expected)) throw await this.discard(copy, place, signal);
    return made({ ...copy, hash: copy.hash ?? expected }, item.size);
  }

  /** A new copy that is not what was sent goes again; of an update the version before is in the file's history. */
  private async discard(copy: DriveItem, { conflict }: UploadPlace, signal: AbortSignal): Promise<ItemEnded> {
    const { destination } = this.deps;
    if (conflict === 'fail') await during('write', () => destination.port.delete(destination.item(copy.id), destination.options(signal, { repeatable: true, units: 2 })));
    return endFailed('DEST_CONTENT_DIFFERS');
  }

  /** Brings the copy up to date in what has changed: its name and place, its content, its dates. */
  private async update(item: DriveItem, place: Place, existing: DestRef, signal: AbortSignal): Promise<Made> {
    const { destination } = this.deps;
    // What was there before us keeps its name and its content.
    if (existing.version === ownersVersion && item.kind !== 'file') return { dest: existing, bytes: 0 };
    let now = await destination.find(destination.item(existing.id), signal);
    if (now === null || copyVersion(now) !== existing.version) throw endSkipped('DEST_ITEM_CHANGED');
    now = await this.replace(item, now, place, signal);
    if (item.kind === 'file' && (now.size !== item.size || now.hash === null || now.hash !== item.hash)) {
      if (item.size > 0) return await this.send(item, { path: destination.item(now.id), conflict: 'replace', dates: item.dates, eTag: now.eTag }, place.entry, signal);
      now = await this.emptied(now, signal);
    }
    return made(await this.date(now, item.dates, signal), 0);
  }

  /** The file was emptied at the source. */
  private async emptied(now: DriveItem, signal: AbortSignal): Promise<DriveItem> {
    const { destination } = this.deps;
    const response = await destination.port.raw('PUT', `${destination.item(now.id)}/content`, destination.options(signal, { body: new Uint8Array(0), contentType: 'application/octet-stream', contentLength: 0, units: 2, headers: { 'If-Match': now.eTag } }));
    return parseDriveItem(await response.json<Raw>());
  }

  /** Renames and moves the copy as the source's was. */
  private async replace(item: DriveItem, now: DriveItem, place: Place, signal: AbortSignal): Promise<DriveItem> {
    const [name, beside] = place.names(item);
    const moves = now.parentId !== place.folderId;
    if (!moves && (now.name === name || now.name === beside)) return now;
    const body = (given: string): Raw => ({ name: given, ...(moves ? { parentReference: { id: place.folderId } } : {}) });
    try {
      return await this.patch(now.id, body(name), signal, now.eTag);
    } catch (error) {
      if (!isNameTaken(error)) throw error;
      return await this.patch(now.id, body(beside), signal, now.eTag);
    }
  }
}

/** Where one item goes. */
export class Place {
  readonly folderId: string;

  constructor(
    private readonly destination: Drive,
    readonly entry: TransferItem,
    rootId: string,
  ) {
    this.folderId = entry.needed?.id ?? rootId;
  }

  /** The name it gets, and the one it gets when that is taken. */
  names({ name, kind }: DriveItem): [string, string] {
    const given = destName(name, kind, this.folderId === this.destination.rootId);
    return [given, nameBeside(given, this.entry.mark)];
  }
}

const made = (item: DriveItem, bytes: number): Made => ({ dest: { id: item.id, version: copyVersion(item) }, bytes });
const isRefused = (error: unknown): boolean => error instanceof GraphRequestError && error.kind === 'bad_request';
const isNameTaken = (error: unknown): error is GraphRequestError => error instanceof GraphRequestError && error.kind === 'conflict';

/** A folder holds whatever is put into it; of a file only the very same one will do. */
function isAsGood(there: DriveItem, item: DriveItem): boolean {
  if (item.kind !== 'file') return there.kind === 'folder' || there.kind === 'notebook';
  return there.kind === 'file' && there.size === item.size && there.hash !== null && there.hash === item.hash;
}
