/**
 * One drive: a seeded tree, and over it whatever has been written since. Knows what Microsoft's rules are, nothing of HTTP; refusals
 * are thrown as DriveRefusal.
 */
import type { ChangeLog, DeltaManners } from '../../exchange/store/change-log.js';
import type { FileContent } from '../content/file-content.js';
import { DeltaWalk, type DeltaPage } from '../delta-walk.js';
import { DriveHistory } from './drive-history.js';
import type { GeneratedTree } from './generated-tree.js';
import { ItemIds } from './item-id.js';
import type { Actor, Item } from './item.js';
import { foldName, nameFault, pathCharsMax } from './names.js';

export type RefusalCode = 'nameAlreadyExists' | 'quotaLimitReached' | 'resourceLocked' | 'invalidRequest' | 'pathIsTooLong' | 'itemNotFound' | 'accessDenied';

/** The drive does not do what was asked. */
export class DriveRefusal extends Error {
  override readonly name = 'DriveRefusal';
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}

/** What to do when the name is taken. */
export type ConflictBehavior = 'fail' | 'replace' | 'rename';
export interface FileSystemInfo {
  readonly createdAt?: string | undefined;
  readonly modifiedAt?: string | undefined;
}
export interface Placed {
  readonly item: Item;
  readonly created: boolean;
}

/** How much may be stored; shared with whoever else counts on it (the site). */
export interface Storage {
  usedBytes: number;
  readonly quotaBytes: number;
}

export type DriveDeltaPage = DeltaPage<Item>;

/** More versions than a library keeps: the oldest go. */
const versionsMax = 500;

export class Drive {
  readonly ids: ItemIds;
  /** Office files are changed when they arrive, as SharePoint does to libraries whose parser is on. */
  promotes = false;
  /** Permission grants are numbered. */
  grants = 0;
  readonly #delta: DeltaWalk<Item>;
  /** Items on a page of its delta at most, whatever is asked for; null: as many as Graph gives. */
  deltaPageItemsMax: number | null = null;
  readonly history = new DriveHistory();
  readonly #tree: GeneratedTree | null;
  readonly #overlay = new Map<number, Item>();
  readonly #removed = new Set<number>();
  /** Keys that lie in a folder and were not made there by the seed. */
  readonly #added = new Map<number, Set<number>>();
  /** Differences to what the seed says of folders. */
  readonly #bytes = new Map<number, number>();
  readonly #counts = new Map<number, number>();
  readonly #names = new Map<number, Map<string, number>>();
  readonly #root: Item;
  #last: number;

  constructor(
    readonly listId: string,
    private readonly parts: { tree: GeneratedTree | null; storage: Storage; now: () => string; createdAt: string; owner: Actor; rootPathChars: number },
  ) {
    this.ids = new ItemIds(listId);
    this.#delta = new DeltaWalk(listId, this, ({ key }) => key);
    this.#tree = parts.tree;
    this.#last = parts.tree?.count ?? 0;
    this.#root = { key: 0, kind: 'folder', parentKey: -1, name: 'root', content: null, createdAt: parts.createdAt, modifiedAt: parts.createdAt, createdBy: parts.owner, modifiedBy: parts.owner, changes: 1, contentChanges: 1, version: 1, earlier: [], permissions: [], fields: {}, breaksInheritance: true, sharingChangedAt: 0, infected: false, lock: null };
  }

  get root(): Item {
    return this.#root;
  }

  /** The highest number that the seed made. */
  get seededLast(): number {
    return this.#tree?.count ?? 0;
  }

  get manners(): DeltaManners {
    return this.#delta.manners;
  }

  get log(): ChangeLog {
    return this.#delta.log;
  }

  item(key: number): Item | undefined {
    if (key === 0) return this.#root;
    if (this.#removed.has(key)) return undefined;
    return this.#overlay.get(key) ?? this.#tree?.item(key) ?? undefined;
  }

  /** Every item, the root first; parents of what the seed made come before what they hold. */
  *items(after = -1): Generator<Item> {
    for (let key = after + 1; key <= this.#last; key += 1) {
      const item = this.item(key);
      if (item !== undefined) yield item;
    }
  }

  /** What a folder holds, by ascending key above `after`. */
  *children(folder: number, after = -1): Generator<Item> {
    const added = [...(this.#added.get(folder) ?? [])].filter((key) => key > after).sort((a, b) => a - b);
    let at = 0;
    for (const key of this.#tree?.childKeys(folder, Math.max(0, after)) ?? []) {
      for (; at < added.length && (added[at] ?? 0) < key; at += 1) yield* this.#alive(added[at] ?? 0);
      const item = this.item(key);
      if (item?.parentKey === folder) yield item;
    }
    for (; at < added.length; at += 1) yield* this.#alive(added[at] ?? 0);
  }

  *#alive(key: number): Generator<Item> {
    const item = this.item(key);
    if (item !== undefined) yield item;
  }

  childCount(folder: number): number {
    return (this.#tree?.childCount(folder) ?? 0) + (this.#counts.get(folder) ?? 0);
  }

  /** Of a file its bytes; of a folder those of everything below. */
  size(item: Item): number {
    return item.content?.size ?? (this.#tree?.bytesBelow(item.key) ?? 0) + (this.#bytes.get(item.key) ?? 0);
  }

  child(folder: number, name: string): Item | undefined {
    const key = this.#namesIn(folder).get(foldName(name));
    return key === undefined ? undefined : this.item(key);
  }

  /** The names from the root to the item, the root's left out. */
  path(item: Item): string[] {
    const names: string[] = [];
    for (let at: Item | undefined = item; at !== undefined && at.key !== 0; at = this.item(at.parentKey)) names.unshift(at.name);
    return names;
  }

  /** Makes a folder, or finds the one that is there when `replace` is asked for. */
  addFolder(parent: Item, name: string, conflict: ConflictBehavior, by: Actor, dates: FileSystemInfo = {}): Placed {
    this.#checkPlace(parent, name, 'folder');
    const there = this.child(parent.key, name);
    if (there !== undefined) {
      if (conflict === 'replace' && there.kind === 'folder') return { item: there, created: false };
      if (conflict !== 'rename') throw new DriveRefusal('nameAlreadyExists', 'An item with the same name already exists under the parent.');
    }
    return { item: this.#add(parent, there === undefined ? name : this.#freeName(parent, name), 'folder', null, by, dates), created: true };
  }

  /** Writes a file: new, over one of the same name, or beside it. */
  addFile(parent: Item, name: string, content: FileContent, conflict: ConflictBehavior, by: Actor, dates: FileSystemInfo = {}): Placed {
    this.#checkPlace(parent, name, 'file');
    const there = this.child(parent.key, name);
    if (there === undefined) return { item: this.#add(parent, name, 'file', content, by, dates), created: true };
    if (conflict === 'fail') throw new DriveRefusal('nameAlreadyExists', 'An item with the same name already exists under the parent.');
    if (conflict === 'rename') return { item: this.#add(parent, this.#freeName(parent, name), 'file', content, by, dates), created: true };
    return { item: this.replaceContent(there, content, by, dates), created: false };
  }

  /** A new version of a file. */
  replaceContent(item: Item, content: FileContent, by: Actor, dates: FileSystemInfo = {}): Item {
    if (item.content === null) throw new DriveRefusal('nameAlreadyExists', 'An item with the same name already exists under the parent.');
    this.#checkLock(item);
    this.#reserve(content.size);
    const own = this.#own(item);
    this.#keepVersion(own);
    this.#grow(own.parentKey, content.size - (own.content?.size ?? 0), 0);
    Object.assign(own, { content, modifiedAt: dates.modifiedAt ?? this.parts.now(), ...(dates.createdAt === undefined ? {} : { createdAt: dates.createdAt }), modifiedBy: by, changes: own.changes + 1, contentChanges: own.contentChanges + 1 });
    this.log.record(own.key, 'upsert');
    return own;
  }

  /** Renames, moves, sets dates. New dates of a file are a version of their own (graph/files.md 4.1). */
  change(item: Item, { name = item.name, parent, dates = {} }: { name?: string | undefined; parent?: Item | undefined; dates?: FileSystemInfo | undefined }, by: Actor): Item {
    if (item.key === 0) throw new DriveRefusal('invalidRequest', 'The root cannot be changed.');
    this.#checkLock(item);
    const folder = parent ?? this.item(item.parentKey);
    if (folder === undefined) throw new DriveRefusal('itemNotFound', 'The parent was not found.');
    const moves = folder.key !== item.parentKey;
    if (moves || name !== item.name) {
      for (let at: Item | undefined = folder; at !== undefined && at.key !== 0; at = this.item(at.parentKey)) if (at.key === item.key) throw new DriveRefusal('invalidRequest', 'A folder cannot be moved into itself.');
      this.#checkPlace(folder, name, item.kind === 'folder' ? 'folder' : 'file');
      const there = this.child(folder.key, name);
      if (there !== undefined && there.key !== item.key) throw new DriveRefusal('nameAlreadyExists', 'An item with the same name already exists under the parent.');
    }
    const own = this.#own(item);
    const redated = dates.createdAt !== undefined || dates.modifiedAt !== undefined;
    if (redated && own.content !== null) {
      this.#reserve(own.content.size);
      this.#keepVersion(own);
    }
    if (moves || name !== own.name) this.#rename(own, folder, name);
    Object.assign(own, { createdAt: dates.createdAt ?? own.createdAt, modifiedAt: dates.modifiedAt ?? (redated ? own.modifiedAt : this.parts.now()), modifiedBy: by, changes: own.changes + 1 });
    this.log.record(own.key, 'upsert');
    return own;
  }

  /** Writes to the columns of the library: a version of its own for a file, and dated now. */
  setFields(item: Item, fields: Item['fields'], by: Actor): Item {
    this.#checkLock(item);
    const own = this.#own(item);
    if (own.content !== null) {
      this.#reserve(own.content.size);
      this.#keepVersion(own);
    }
    Object.assign(own, { fields: { ...own.fields, ...fields }, modifiedAt: this.parts.now(), modifiedBy: by, changes: own.changes + 1 });
    this.log.record(own.key, 'upsert');
    return own;
  }

  /** Into the recycle bin, with everything below; what lay there counts no more. */
  remove(item: Item): void {
    if (item.key === 0) throw new DriveRefusal('accessDenied', 'The root cannot be deleted.');
    this.#checkLock(item);
    const below: Item[] = [item];
    // The list grows while it is walked.
    for (const next of below) if (next.kind !== 'file') below.push(...this.children(next.key));
    this.#grow(item.parentKey, -this.size(item), -1);
    this.#names.get(item.parentKey)?.delete(foldName(item.name));
    for (const each of below.reverse()) {
      this.history.gone(each);
      this.parts.storage.usedBytes -= (each.content?.size ?? 0) + each.earlier.reduce((sum, { content }) => sum + content.size, 0);
      this.#added.get(each.parentKey)?.delete(each.key);
      this.#overlay.delete(each.key);
      this.#removed.add(each.key);
      this.#names.delete(each.key);
      this.log.record(each.key, 'deleted');
    }
  }

  /** An item that may be changed in place; call `noteSharing` afterwards. */
  own(item: Item): Item {
    return this.#own(item);
  }

  /** An item's own sharing has changed. */
  noteSharing(item: Item): void {
    item.changes += 1;
    this.log.record(item.key, 'upsert');
    item.sharingChangedAt = this.log.position;
  }

  removeVersion(item: Item, number: number): boolean {
    const own = this.#own(item);
    const gone = own.earlier.find((each) => each.number === number);
    if (gone === undefined) return false;
    own.earlier = own.earlier.filter((each) => each !== gone);
    this.parts.storage.usedBytes -= gone.content.size;
    return true;
  }

  /** A token that names the present; there is nothing to list with it but what comes later. */
  latestToken(): string {
    return this.#delta.latestToken();
  }

  /** A page of the drive's delta. `token` null begins a round. Throws DeltaExpired for a forgotten token, null answers a text that is none. */
  delta(token: string | null, pageSize: number): DriveDeltaPage | null {
    return this.#delta.page(token, pageSize);
  }

  #checkPlace(parent: Item, name: string, kind: 'folder' | 'file'): void {
    if (parent.kind === 'file' || parent.kind === 'shortcut') throw new DriveRefusal('invalidRequest', 'The parent is no folder.');
    const fault = nameFault(name, kind, parent.key === 0);
    if (fault !== null) throw new DriveRefusal('invalidRequest', fault);
    const chars = this.parts.rootPathChars + [...this.path(parent), name].reduce((sum, segment) => sum + segment.length + 1, 0);
    if (chars > pathCharsMax) throw new DriveRefusal('pathIsTooLong', 'The path is too long.');
  }

  #checkLock(item: Item): void {
    if (item.lock !== null) throw new DriveRefusal('resourceLocked', 'The resource you are attempting to access is locked.');
  }

  #reserve(bytes: number): void {
    const { storage } = this.parts;
    if (bytes > 0 && storage.usedBytes + bytes > storage.quotaBytes) throw new DriveRefusal('quotaLimitReached', 'The quota limit of the drive has been reached.');
    storage.usedBytes += bytes;
  }

  #add(parent: Item, name: string, kind: 'folder' | 'file', content: FileContent | null, by: Actor, dates: FileSystemInfo): Item {
    this.#reserve(content?.size ?? 0);
    const now = this.parts.now();
    this.#last += 1;
    const item: Item = { key: this.#last, kind, parentKey: parent.key, name, content, createdAt: dates.createdAt ?? now, modifiedAt: dates.modifiedAt ?? now, createdBy: by, modifiedBy: by, changes: 1, contentChanges: 1, version: 1, earlier: [], permissions: [], fields: {}, breaksInheritance: false, sharingChangedAt: 0, infected: false, lock: null };
    this.#overlay.set(item.key, item);
    this.#enter(item);
    this.#grow(parent.key, content?.size ?? 0, 1);
    this.log.record(item.key, 'upsert');
    return item;
  }

  #enter(item: Item): void {
    let keys = this.#added.get(item.parentKey);
    if (keys === undefined) this.#added.set(item.parentKey, (keys = new Set()));
    keys.add(item.key);
    this.#names.get(item.parentKey)?.set(foldName(item.name), item.key);
  }

  #rename(own: Item, folder: Item, name: string): void {
    const size = this.size(own);
    this.history.renamed(own);
    this.#names.get(own.parentKey)?.delete(foldName(own.name));
    if (folder.key === own.parentKey) {
      own.name = name;
      this.#names.get(own.parentKey)?.set(foldName(name), own.key);
      return;
    }
    this.#added.get(own.parentKey)?.delete(own.key);
    this.#grow(own.parentKey, -size, -1);
    Object.assign(own, { parentKey: folder.key, name });
    // Where the seed put it, the tree shows it again by itself.
    if (this.#tree?.item(own.key)?.parentKey === folder.key) this.#names.get(folder.key)?.set(foldName(name), own.key);
    else this.#enter(own);
    this.#grow(folder.key, size, 1);
  }

  #own(item: Item): Item {
    if (item.key === 0) return this.#root;
    const known = this.#overlay.get(item.key);
    if (known !== undefined) return known;
    this.#overlay.set(item.key, item);
    return item;
  }

  #keepVersion(own: Item): void {
    if (own.content === null) return;
    own.earlier.push({ number: own.version, content: own.content, modifiedAt: own.modifiedAt, modifiedBy: own.modifiedBy, fields: own.fields });
    own.version += 1;
    if (own.earlier.length > versionsMax) {
      const [oldest] = own.earlier.splice(0, 1);
      this.parts.storage.usedBytes -= oldest?.content.size ?? 0;
    }
  }

  /** Adds to the sizes of a folder and those above it, and to the folder's own count. */
  #grow(folder: number, bytes: number, count: number): void {
    if (count !== 0) this.#counts.set(folder, (this.#counts.get(folder) ?? 0) + count);
    if (bytes === 0) return;
    for (let at: Item | undefined = this.item(folder); at !== undefined; at = at.key === 0 ? undefined : this.item(at.parentKey)) this.#bytes.set(at.key, (this.#bytes.get(at.key) ?? 0) + bytes);
  }

  #namesIn(folder: number): Map<string, number> {
    let names = this.#names.get(folder);
    if (names === undefined) {
      names = new Map([...this.children(folder)].map((item) => [foldName(item.name), item.key]));
      this.#names.set(folder, names);
    }
    return names;
  }

  #freeName(parent: Item, name: string): string {
    const dot = name.lastIndexOf('.');
    const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    for (let n = 1; ; n += 1) if (this.child(parent.key, `${stem} ${n}${ending}`) === undefined) return `${stem} ${n}${ending}`;
  }
}
