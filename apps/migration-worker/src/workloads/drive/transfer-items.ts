/**
 * Copies folders and files. A new one takes a name that nobody has: what the destination's owner has under it stays as it is. A later
 * change of ours is made to the copy by its id, when nobody has changed it since. A file's earlier versions go before its content.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { Logger } from '@migrator/service-kit/logger';
import { noWords } from '../graph-errors.js';
import { transferEach, type Begun } from '../transfer-each.js';
import type { DestRef, ItemResult, TransferItem } from '../workload.js';
import { segment, type Drive } from './drive.js';
import { copyVersion, itemSelect, ownersVersion, parseDriveItem, sameDates, type Dates, type DriveItem, type Raw } from './drive-item.js';
import { during, endFailed, endSkipped, type ItemEnded } from './errors.js';
import { isUnreadableVersion, stillToWrite, VersionContent, versionsOf, type FileVersion, type Histories } from './history.js';
import { destName, nameBeside } from './names.js';
import { isSharing, type ShareCopies } from './share-copies.js';
import { SourceChanged, SourceFile, type SourceContent } from './source-file.js';
import { fragmentBytes, upload, type UploadPlace } from './upload.js';

/** What may be held of the items of one call. */
const heldBytesMax = 2 * fragmentBytes;
/** How often a file is begun again because it changed while it was read. */
const restartsMax = 1;

export interface TransferDeps {
  readonly source: Drive;
  readonly destination: Drive;
  /** Of the source, and of the destination. */
  readonly histories: Histories;
  readonly copies: Histories;
  /** Null where sharing is not carried. */
  readonly sharing: ShareCopies | null;
  readonly log: Logger;
}

/** What was made, how many bytes were sent for it, and whether all versions that are asked for are there. */
interface Made {
  readonly dest: DestRef;
  readonly bytes: number;
  readonly whole: boolean;
}

/** A file as the destination shows it once all of it is written. */
interface Written {
  readonly copy: DriveItem;
  readonly bytes: number;
  readonly whole: boolean;
}

/** One item under way. */
interface Work {
  readonly place: Place;
  /** The copy as far as it stands. */
  copy: DestRef | null;
  readonly begun: Begun;
}

export class DriveTransfer {
  constructor(private readonly deps: TransferDeps) {}

  /** One result per item, as each is known. Throws only what ends the unit. */
  transfer(batch: readonly TransferItem[], rootId: string, signal: AbortSignal): AsyncGenerator<ItemResult> {
    return transferEach(batch, { log: this.deps.log, heldBytesMax }, async (entry, begun) => {
      if (isSharing(entry.item.ref)) return await this.share(entry, signal);
      const { key } = entry.item;
      const { dest, bytes, whole } = await this.bring({ place: new Place(this.deps.destination, entry, rootId), copy: entry.existing, begun }, signal);
      if (!whole) return { key, outcome: 'skipped', cause: 'VERSIONS_INCOMPLETE', dest, ...noWords };
      return { key, outcome: entry.existing === null ? 'copied' : 'updated', dest, bytes };
    });
  }

  private share(entry: TransferItem, signal: AbortSignal): Promise<ItemResult> {
    if (this.deps.sharing === null) throw new Error('sharing was listed that is not carried');
    return this.deps.sharing.bring(entry, signal);
  }

  private async bring(work: Work, signal: AbortSignal): Promise<Made> {
    let item = work.place.entry.item.ref as DriveItem;
    if (item.infected) throw endSkipped('SOURCE_ITEM_INFECTED');
    if (item.kind === 'shortcut') throw endSkipped('LINK_NOT_COPIED');
    for (let restarts = 0; ; restarts++) {
      try {
        const now = item;
        const earlier = await during('read', () => this.deps.histories.earlier(now, signal));
        return work.copy === null ? await this.create(item, earlier, work, signal) : await this.update(item, earlier, work, work.copy, signal);
      } catch (error) {
        if (!(error instanceof SourceChanged)) throw error;
        if (restarts >= restartsMax) throw endFailed('SOURCE_ITEM_CHANGING');
        item = error.now;
      }
    }
  }

  private async create(item: DriveItem, earlier: readonly FileVersion[], work: Work, signal: AbortSignal): Promise<Made> {
    const { place } = work;
    const [name, beside] = place.names(item);
    const { destination } = this.deps;
    // What it meets at the end of a large upload it may as well know before.
    const large = Math.max(item.size, ...earlier.map(({ size }) => size)) > fragmentBytes;
    let there = large ? await destination.find(destination.named(place.folderId, name), signal) : null;
    if (there === null) {
      try {
        return await this.make(item, earlier, work, name, signal);
      } catch (error) {
        // What was begun is ours, and is gone on with.
        if (work.begun.dest !== null || (!isNameTaken(error) && !isRefused(error))) throw error;
        there = await destination.find(destination.named(place.folderId, name), signal);
        // A folder in the way of a file is not always called a taken name.
        if (!isNameTaken(error) && (there === null || there.kind === item.kind)) throw error;
      }
    }
    if (there !== null && isAsGood(there, item)) return { dest: { id: there.id, version: ownersVersion }, bytes: 0, whole: await this.hasAll(there, earlier.length + 1, signal) };
    return await this.make(item, earlier, work, beside, signal);
  }

  private async make(item: DriveItem, earlier: readonly FileVersion[], work: Work, name: string, signal: AbortSignal): Promise<Made> {
    const { destination } = this.deps;
    const { folderId } = work.place;
    if (item.kind === 'file') return madeOf(await this.write(item, earlier, { path: `${destination.named(folderId, name)}:`, conflict: 'fail', dates: null }, work, 0, signal));
    const body = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
    const folder = parseDriveItem(await destination.port.post<Raw>(`${destination.item(folderId)}/children`, body, destination.options(signal, { units: 2 })));
    // Ours from now on, whatever becomes of its dates.
    work.copy = work.begun.dest = { id: folder.id, version: copyVersion(folder) };
    return made(await this.date(folder, item.dates, signal), 0);
  }

  /**
   * Writes versions one after the other, the item's current content last: the first into `place`, the others over it. `had`: how many
   * versions the copy has already.
   */
  private async write(item: DriveItem, earlier: readonly FileVersion[], place: UploadPlace, work: Work, had: number, signal: AbortSignal): Promise<Written> {
    const { source, destination } = this.deps;
    let at = place;
    let bytes = 0;
    let whole = true;
    for (const version of earlier) {
      const content = new VersionContent(source, item, version);
      try {
        const copy = await this.writeOne(content, item.name, { ...at, dates: item.dates === null ? null : { ...item.dates, lastModifiedDateTime: version.at } }, work, had++, signal);
        at = over(destination, copy);
        bytes += content.size;
      } catch (error) {
        if (!isUnreadableVersion(error)) throw error;
        had--;
        whole = false;
      }
    }
    const copy = await this.writeOne(new SourceFile(source, item), item.name, { ...at, dates: item.dates }, work, had, signal);
    return { copy, bytes: bytes + item.size, whole };
  }

  /** Returns the copy with the hash that it has, or will be shown with. */
  private async writeOne(content: SourceContent, name: string, place: UploadPlace, work: Work, had: number, signal: AbortSignal): Promise<DriveItem> {
    const { destination } = this.deps;
    const begun = (copy: DriveItem): DriveItem => {
      work.copy = work.begun.dest = { id: copy.id, version: copyVersion(copy) };
      return copy;
    };
    if (content.size === 0) return begun(await this.date(begun(await this.putEmpty(place, signal)), place.dates, signal, (number) => number - (had + 1)));
    const read = { size: content.size, version: content.version, read: (offset: number, into: Buffer) => content.read(offset, into, signal), beforeLast: () => content.check(signal) };
    const copy = await upload(destination, place, read, signal, work.place.entry.resume);
    const expected = content.hash ?? content.digest;
    const differs = !destination.enriches(name) && (copy.size !== content.size || (copy.hash !== null && expected !== null && copy.hash !== expected));
    if (!differs) return begun({ ...copy, hash: copy.hash ?? expected });
    if (place.conflict === 'replace') begun(copy);
    throw await this.discard(copy, place, signal);
  }

  /** An upload session cannot be of no bytes. */
  private async putEmpty({ path, conflict, eTag }: UploadPlace, signal: AbortSignal): Promise<DriveItem> {
    const { destination } = this.deps;
    const options = { body: new Uint8Array(0), contentType: 'application/octet-stream', contentLength: 0, units: 2, query: { '@microsoft.graph.conflictBehavior': conflict }, ...(eTag === undefined ? {} : { headers: { 'If-Match': eTag } }) };
    const response = await destination.port.raw('PUT', `${path}/content`, destination.options(signal, options));
    return parseDriveItem(await response.json<Raw>());
  }

  /**
   * Setting a file's dates makes a version more of the same content, and another one where the answer was lost and it was set again. `surplus`:
   * by the number of the last one, how many before it are to go.
   */
  private async date(item: DriveItem, dates: Dates | null, signal: AbortSignal, surplus: (number: number) => number = () => 0): Promise<DriveItem> {
    if (dates === null || sameDates(item.dates, dates)) return item;
    const dated = await this.patch(item.id, { fileSystemInfo: dates }, signal);
    const number = versionsOf(dated);
    if (!this.deps.histories.kept || number === null) return dated;
    for (let before = number - 1; before >= number - surplus(number); before--) await this.removeVersion(dated, `${before}.0`, signal);
    return dated;
  }

  private async removeVersion({ id }: DriveItem, version: string, signal: AbortSignal): Promise<void> {
    const { destination } = this.deps;
    try {
      await destination.port.delete(`${destination.item(id)}/versions/${segment(version)}`, destination.options(signal, { repeatable: true, units: 2 }));
    } catch (error) {
      // One version more than there should be is no reason to fail a copy that is right.
      if (!(error instanceof GraphRequestError) || error.kind === 'unauthorised' || error.kind === 'cancelled') throw error;
    }
  }

  /** `eTag`: only this version is changed. Not repeated then: what was done already is another version, and is looked at. */
  private async patch(itemId: string, body: Raw, signal: AbortSignal, eTag?: string): Promise<DriveItem> {
    const { destination } = this.deps;
    const options = destination.options(signal, { repeatable: eTag === undefined, units: 2, query: { $select: itemSelect }, ...(eTag === undefined ? {} : { headers: { 'If-Match': eTag } }) });
    return parseDriveItem(await destination.port.patch<Raw>(destination.item(itemId), body, options));
  }

  /** A new copy that is not what was sent goes again; of an update the version before is in the file's history. */
  private async discard(copy: DriveItem, { conflict }: UploadPlace, signal: AbortSignal): Promise<ItemEnded> {
    const { destination } = this.deps;
    if (conflict === 'fail') await during('write', () => destination.port.delete(destination.item(copy.id), destination.options(signal, { repeatable: true, units: 2 })));
    return endFailed('DEST_CONTENT_DIFFERS');
  }

  /** Brings the copy up to date in what has changed: its name and place, its content, its dates. */
  private async update(item: DriveItem, earlier: readonly FileVersion[], work: Work, existing: DestRef, signal: AbortSignal): Promise<Made> {
    const { destination } = this.deps;
    // What was there before us keeps its name and its content.
    if (existing.version === ownersVersion && item.kind !== 'file') return { dest: existing, bytes: 0, whole: true };
    let found = await destination.find(destination.item(existing.id), signal);
    if (found === null || copyVersion(found) !== existing.version) throw endSkipped('DEST_ITEM_CHANGED');
    const open = this.openVersions(item, earlier, found);
    if (found.size === 0 && item.kind === 'file' && this.deps.histories.kept) found = await this.settleEmpty(found, item, earlier, open, signal);
    const versions = item.kind === 'file' ? earlier.length + 1 : null;
    // A new name or place is a change of the version that bears it, and so comes after those that are still to be written.
    const written = open === null || (open.length === 0 && sameContent(item, found)) ? null : await this.write(item, open, over(destination, found), work, versionsOf(found) ?? 0, signal);
    const now = await this.replace(item, written?.copy ?? found, work, signal);
    const copy = await this.date(now, item.dates, signal);
    if (versions !== null) await this.dropDated(copy, earlier, signal);
    const whole = (written?.whole ?? true) && (earlier.length === 0 || (await this.hasAll(copy, earlier.length + 1, signal)));
    return { ...made(copy, written?.bytes ?? 0), whole };
  }

  /** An empty version that got no dates any more, or got them and had the ones before it not removed: the worker died in between. Returns the copy as it is then. */
  private async settleEmpty(copy: DriveItem, { dates }: DriveItem, earlier: readonly FileVersion[], open: readonly FileVersion[] | null, signal: AbortSignal): Promise<DriveItem> {
    const written = open === null ? [...earlier, copy] : earlier.slice(0, earlier.length - open.length);
    const stands = open === null ? undefined : earlier[written.length - 1];
    if (dates !== null && stands?.size === 0 && stands.at !== copy.dates?.lastModifiedDateTime) {
      const before = versionsOf(copy);
      return await this.date(copy, { ...dates, lastModifiedDateTime: stands.at }, signal, (number) => (before === null ? 0 : number - before));
    }
    const there = await this.deps.copies.earlier(copy, signal);
    const empty = (versions: readonly { size: number }[]): number => versions.filter(({ size }) => size === 0).length;
    let surplus = empty(there) + 1 - empty(written);
    for (const before of there.reverse()) {
      if (surplus-- <= 0 || before.size > 0) break;
      await this.removeVersion(copy, before.id, signal);
    }
    return copy;
  }

  /**
   * Of a copy that has more versions than it should, those that say the same as the next one: setting dates made them, for whoever died before
   * they went or just now, or bytes that were sent again because what a library stores does not tell them.
   */
  private async dropDated(copy: DriveItem, earlier: readonly FileVersion[], signal: AbortSignal): Promise<void> {
    // Numbers count what went again, too.
    const number = versionsOf(copy);
    // What was just uploaded is shown without its number.
    if (!this.deps.histories.kept || (number === null ? earlier.length === 0 : number <= earlier.length + 1)) return;
    const there = await this.deps.copies.earlier(copy, signal);
    let surplus = there.length - earlier.length;
    let next = copy.size;
    for (const before of there.reverse()) {
      if (surplus <= 0) return;
      const repeated = before.size === next && !earlier.some(({ at }) => at === before.at);
      next = before.size;
      if (!repeated) continue;
      await this.removeVersion(copy, before.id, signal);
      surplus--;
    }
  }

  /** Whether a copy has so many versions; its number alone counts those that went again. */
  private async hasAll(copy: DriveItem, wanted: number, signal: AbortSignal): Promise<boolean> {
    const number = versionsOf(copy);
    if (wanted === 1 || (number !== null && number < wanted)) return wanted === 1;
    return (await this.deps.copies.earlier(copy, signal)).length + 1 >= wanted;
  }

  /** Versions that the copy lacks before the current content; null when it shows that. */
  private openVersions(item: DriveItem, earlier: readonly FileVersion[], copy: DriveItem): readonly FileVersion[] | null {
    if (item.kind !== 'file') return null;
    const told = !this.deps.destination.enriches(item.name);
    if (earlier.length > 0) return stillToWrite(earlier, item, copy, told);
    // What a library stores says little: its date, and that it is not shorter than what was sent.
    return (told ? sameContent(item, copy) : sameDates(item.dates, copy.dates) && copy.size >= item.size) ? null : [];
  }

  /** Renames and moves the copy as the source's was. */
  private async replace(item: DriveItem, now: DriveItem, work: Work, signal: AbortSignal): Promise<DriveItem> {
    const { place } = work;
    const moved = (copy: DriveItem): DriveItem => {
      work.copy = work.begun.dest = { id: copy.id, version: copyVersion(copy) };
      return copy;
    };
    const [name, beside] = place.names(item);
    const moves = now.parentId !== place.folderId;
    if (!moves && (now.name === name || now.name === beside)) return now;
    const body = (given: string): Raw => ({ name: given, ...(moves ? { parentReference: { id: place.folderId } } : {}) });
    try {
      return moved(await this.patch(now.id, body(name), signal, now.eTag));
    } catch (error) {
      if (!isNameTaken(error)) throw error;
      return moved(await this.patch(now.id, body(beside), signal, now.eTag));
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

const made = (item: DriveItem, bytes: number): Made => ({ dest: { id: item.id, version: copyVersion(item) }, bytes, whole: true });
const madeOf = ({ copy, bytes, whole }: Written): Made => ({ ...made(copy, bytes), whole });
/** Over a copy as it is now. A library changes what it stores in its own time, and its tag with it. */
const over = (destination: Drive, { id, eTag }: DriveItem): UploadPlace => ({ path: destination.item(id), conflict: 'replace', dates: null, ...(destination.isLibrary ? {} : { eTag }) });
const isRefused = (error: unknown): boolean => error instanceof GraphRequestError && error.kind === 'bad_request';
const isNameTaken = (error: unknown): error is GraphRequestError => error instanceof GraphRequestError && error.kind === 'conflict';
const sameContent = (item: DriveItem, copy: DriveItem): boolean => copy.size === item.size && copy.hash !== null && copy.hash === item.hash;

/** A folder holds whatever is put into it; of a file only the very same one will do. */
function isAsGood(there: DriveItem, item: DriveItem): boolean {
  if (item.kind !== 'file') return there.kind === 'folder' || there.kind === 'notebook';
  return there.kind === 'file' && sameContent(item, there);
}
