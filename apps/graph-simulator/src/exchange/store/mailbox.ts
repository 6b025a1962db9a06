/** One mailbox: folders, items, settings. Every write gives a new change key and goes to the folder's change log. */
import { hash } from 'node:crypto';
import type { SimClock } from '../../world/clock.js';
import type { IdSource } from '../../world/ids.js';
import { decodeState, DeltaExpired, encodeState, mixed, type DeltaManners, type DeltaState } from './change-log.js';
import { Folder, seededKey, writtenKeyBase, type FolderSpec, type WellKnownName } from './folder.js';
import { sizeOf, type Item, type ItemContent, type PlantedRefusal } from './item.js';
import { blankSettings, type InboxRule, type MailboxSettings, type MasterCategory, type SenderOverride } from './settings.js';

/** Something that would have left the mailbox as mail: tests assert that migrations cause none. */
export interface OutboundMail {
  at: string;
  kind: 'invitation' | 'update' | 'cancellation' | 'message';
  to: string[];
}

interface Overlay {
  /** What was written, or how it is read again from its text: a mailbox full of objects costs the garbage collector more than reading them. */
  content: ItemContent | (() => ItemContent);
  folderKey: number;
  moves: number;
  version: number;
  createdAt: string;
  modifiedAt: string;
  refusal: PlantedRefusal | null;
}

export type DeltaEntry = { kind: 'item'; item: Item } | { kind: 'removed'; key: number; moves: number; reason: 'deleted' | 'changed' };
export interface DeltaPage {
  entries: DeltaEntry[];
  /** Exactly one of the two. */
  next: string | null;
  delta: string | null;
}

/** Thrown by writes when the mailbox is full: 507 / ErrorQuotaExceeded. */
export class QuotaExceeded extends Error {}

const contentOf = ({ content }: Overlay): ItemContent => (typeof content === 'function' ? content() : content);

export class Mailbox {
  /** The GUID in `MBX:<guid>@<tenant>`. */
  readonly guid: string;
  readonly settings: MailboxSettings;
  readonly categories: MasterCategory[] = [];
  readonly rules: InboxRule[] = [];
  readonly overrides: SenderOverride[] = [];
  readonly outboundMail: OutboundMail[] = [];
  /** False: the licence was taken away; every call answers 404 MailboxNotEnabledForRESTAPI. */
  enabled = true;
  quotaBytes = 100 * 1024 ** 3;
  /** Items above this are refused, in bytes: room for an attachment of 150 MB, the largest that Graph takes, and its message. */
  messageBytesMax = 160 * 1024 * 1024;
  /** Under a hold nothing can be deleted for good: hardDelete is 403. */
  onHold = false;
  /** Part of the token of an upload session: growing it ends the sessions given out so far. */
  uploadGeneration = 1;
  readonly deltaManners: DeltaManners = { order: 'asWritten', emptyPageEvery: 0, repeatEvery: 0 };
  readonly #folders = new Map<number, Folder>();
  /** Keys of the folders below each one. */
  readonly #children = new Map<number | null, Set<number>>();
  readonly #overlay = new Map<number, Overlay>();
  readonly #clock: SimClock;
  readonly #ids: IdSource;
  #nextFolder = 1;
  #nextItem = writtenKeyBase;
  #nextPart = 2 ** 40;
  #writtenBytes = 0;
  #version = 1;
  folderGeneration = 1;
  readonly #folderChanges: { key: number; kind: 'upsert' | 'deleted' }[] = [];

  constructor(options: { tenantId: string; userId: string; address: string; displayName: string; guid: string; clock: SimClock; ids: IdSource; isArchive?: boolean }) {
    this.isArchive = options.isArchive ?? false;
    this.tenantId = options.tenantId;
    this.userId = options.userId;
    this.address = options.address;
    this.displayName = options.displayName;
    this.guid = options.guid;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.settings = blankSettings();
  }
  readonly tenantId: string;
  readonly userId: string;
  readonly address: string;
  readonly displayName: string;

  /** An online archive: v1.0 does not serve it. */
  readonly isArchive: boolean;
  archive: Mailbox | null = null;

  /** Whose Outlook budget calls to it count to: an archive has one of its own. */
  get budgetId(): string {
    return this.isArchive ? `${this.userId}/archive` : this.userId;
  }
  /** `MBX:<guid>@<tenant>`, the import/export API's name for it. */
  get mailboxId(): string {
    return `MBX:${this.guid}@${this.tenantId}`;
  }
  now(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
  /** A key for a part of an item (attachment, step, exception). */
  nextPartKey(): number {
    this.#nextPart += 1;
    return this.#nextPart;
  }
  /** Random bytes from the world's seed, as upper-case hex. */
  randomHex(bytes: number): string {
    return this.#ids.bytes(bytes).toString('hex').toUpperCase();
  }

  // ---- folders ----

  addFolder(spec: FolderSpec): Folder {
    const folder = new Folder(this.#nextFolder, spec, this.now());
    this.#nextFolder += 1;
    this.#folders.set(folder.key, folder);
    this.#below(folder.parentKey).add(folder.key);
    this.#folderChanges.push({ key: folder.key, kind: 'upsert' });
    return folder;
  }
  folder(key: number): Folder | undefined {
    return this.#folders.get(key);
  }
  wellKnown(name: string): Folder | undefined {
    const wanted = name.toLowerCase() as WellKnownName;
    for (const folder of this.#folders.values()) if (folder.wellKnownName === wanted) return folder;
    return undefined;
  }
  get root(): Folder {
    const root = this.wellKnown('msgfolderroot');
    if (root === undefined) throw new Error('A mailbox has a root folder');
    return root;
  }
  /** In creation order; children of one folder, or all. */
  folders(parentKey?: number): Folder[] {
    if (parentKey === undefined) return [...this.#folders.values()];
    return [...this.#below(parentKey)].sort((a, b) => a - b).flatMap((key) => this.#folders.get(key) ?? []);
  }
  childCount(parentKey: number): number {
    return this.#children.get(parentKey)?.size ?? 0;
  }
  #below(parentKey: number | null): Set<number> {
    let keys = this.#children.get(parentKey);
    if (keys === undefined) this.#children.set(parentKey, (keys = new Set()));
    return keys;
  }
  childNamed(parentKey: number, displayName: string): Folder | undefined {
    return this.folders(parentKey).find((folder) => folder.displayName.toLowerCase() === displayName.toLowerCase());
  }
  renameFolder(folder: Folder, changes: { displayName?: string; parentKey?: number }): void {
    if (changes.displayName !== undefined) folder.displayName = changes.displayName;
    if (changes.parentKey !== undefined) {
      this.#below(folder.parentKey).delete(folder.key);
      folder.parentKey = changes.parentKey;
      this.#below(folder.parentKey).add(folder.key);
    }
    folder.changeNumber += 1;
    this.#folderChanges.push({ key: folder.key, kind: 'upsert' });
  }
  /** Removes a folder with everything below it. */
  removeFolder(folder: Folder): void {
    for (const child of this.folders(folder.key)) this.removeFolder(child);
    for (const { key } of folder.keys()) {
      const overlay = this.#overlay.get(key);
      if (key >= writtenKeyBase && overlay !== undefined) this.#writtenBytes -= sizeOf(contentOf(overlay));
      this.#overlay.delete(key);
    }
    this.#folders.delete(folder.key);
    this.#below(folder.parentKey).delete(folder.key);
    this.#children.delete(folder.key);
    this.#folderChanges.push({ key: folder.key, kind: 'deleted' });
  }
  /** Names from below the root down to the folder. */
  path(folder: Folder): string[] {
    const names: string[] = [];
    for (let at: Folder | undefined = folder; at !== undefined && at.wellKnownName !== 'msgfolderroot'; at = at.parentKey === null ? undefined : this.#folders.get(at.parentKey)) names.unshift(at.displayName);
    return names;
  }
  /** A page of folder changes, by the same rules as `delta`; `first` says that the round lists everything there is. */
  folderDeltaPage(token: string | null, pageSize: number): { keys: { key: number; kind: 'upsert' | 'deleted' }[]; first: boolean; next: string | null; delta: string | null } | null {
    const scope = `${this.guid} folders`;
    const state: DeltaState | null = token === null ? { step: 'changes', generation: this.folderGeneration, from: 0, to: this.#folderChanges.length, at: 0, page: 0 } : decodeState(scope, token);
    if (state === null || state.step === 'list') return null;
    if (state.generation !== this.folderGeneration) throw new DeltaExpired(state.generation, this.folderGeneration);
    const { generation, from } = state;
    const to = state.step === 'changes' ? state.to : this.#folderChanges.length;
    const [at, page] = state.step === 'changes' ? [state.at, state.page] : [0, 0];
    const last = new Map<number, 'upsert' | 'deleted'>();
    for (const change of this.#folderChanges.slice(from, to)) last.set(change.key, change.kind);
    const all = [...last].map(([key, kind]) => ({ key, kind }));
    const more = at + pageSize < all.length;
    return { keys: all.slice(at, at + pageSize), first: from === 0, next: more ? encodeState(scope, { step: 'changes', generation, from, to, at: at + pageSize, page: page + 1 }) : null, delta: more ? null : encodeState(scope, { step: 'rest', generation, from: to }) };
  }
  /** Folder changes after a position; `position` is where the next call continues. */
  folderDelta(from: number): { keys: { key: number; kind: 'upsert' | 'deleted' }[]; position: number } {
    const last = new Map<number, 'upsert' | 'deleted'>();
    for (const change of this.#folderChanges.slice(from)) last.set(change.key, change.kind);
    return { keys: [...last].map(([key, kind]) => ({ key, kind })), position: this.#folderChanges.length };
  }

  // ---- items ----

  /** The item, or undefined when it is not in the mailbox (any more). */
  item(key: number): Item | undefined {
    const overlay = this.#overlay.get(key);
    if (overlay !== undefined) return this.#written(key, overlay, contentOf(overlay));
    if (key >= writtenKeyBase) return undefined;
    const home = this.#folders.get(Math.floor(key / 2 ** 28));
    const index = key % 2 ** 28;
    if (home?.source == null || index >= home.source.count || key !== seededKey(home.key, index) || home.departed.has(key)) return undefined;
    const createdAt = home.source.createdAt(index);
    return { key, folderKey: home.key, moves: 0, changeKey: this.#changeKey(key, 0), createdAt, modifiedAt: createdAt, content: home.source.item(index), refusal: home.source.refusal?.(index) ?? null };
  }
  #written(key: number, { folderKey, moves, version, createdAt, modifiedAt, refusal }: Overlay, content: ItemContent): Item {
    return { key, folderKey, moves, changeKey: this.#changeKey(key, version), createdAt, modifiedAt, content, refusal };
  }
  /** Items of a folder in stable order from a place of the listing; `next` continues. */
  *items(folder: Folder, at = 0): Generator<{ item: Item; next: number }> {
    for (const { key, next } of folder.keys(at)) {
      const item = this.item(key);
      if (item !== undefined) yield { item, next };
    }
  }
  /** The changeKey of an item without reading its content. */
  #changeKey(key: number, version: number): string {
    return Buffer.concat([Buffer.from('CQAAABYAAAA', 'base64'), hash('sha256', `${this.guid} ${String(key)} ${String(version)}`, 'buffer').subarray(0, 22)]).toString('base64');
  }

  /** Bytes that were written to this mailbox and are still there; seeded content does not count to it. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }
  /** Items ever written here; their keys are `writtenKeyBase` and those after it. */
  get writtenItems(): number {
    return this.#nextItem - writtenKeyBase;
  }
  /** `again`: reads the same content from what takes less room. */
  addItem(folder: Folder, content: ItemContent, options: { createdAt?: string; refusal?: PlantedRefusal | null; again?: (() => ItemContent) | null } = {}): Item {
    const bytes = sizeOf(content);
    if (this.#writtenBytes + bytes > this.quotaBytes) throw new QuotaExceeded();
    const key = this.#nextItem;
    this.#nextItem += 1;
    const now = this.now();
    const overlay: Overlay = { content: options.again ?? content, folderKey: folder.key, moves: 0, version: this.#nextVersion(), createdAt: options.createdAt ?? now, modifiedAt: now, refusal: options.refusal ?? null };
    this.#overlay.set(key, overlay);
    this.#writtenBytes += bytes;
    folder.arrive(key);
    folder.log.record(key, 'upsert');
    return this.#written(key, overlay, content);
  }
  /** Replaces an item's content; a new change key follows. */
  updateItem(key: number, content: ItemContent): Item {
    const before = this.#get(key);
    const overlay = this.#touch(key, before);
    const grown = sizeOf(content) - sizeOf(before.content);
    if (key >= writtenKeyBase) {
      if (grown > 0 && this.#writtenBytes + grown > this.quotaBytes) throw new QuotaExceeded();
      this.#writtenBytes += grown;
    }
    overlay.content = content;
    this.#folders.get(overlay.folderKey)?.log.record(key, 'upsert', overlay.moves);
    return this.#get(key);
  }
  moveItem(key: number, to: Folder): Item {
    const item = this.#get(key);
    const from = this.#folders.get(item.folderKey);
    if (from === undefined || from === to) return item;
    this.#leave(from, item, 'moved');
    const overlay = this.#touch(key, item);
    overlay.folderKey = to.key;
    overlay.moves += 1;
    to.arrive(key);
    to.log.record(key, 'upsert', overlay.moves);
    return this.#get(key);
  }
  removeItem(key: number): void {
    const item = this.#get(key);
    const folder = this.#folders.get(item.folderKey);
    if (folder !== undefined) this.#leave(folder, item, 'deleted');
    if (key >= writtenKeyBase) this.#writtenBytes -= sizeOf(item.content);
    this.#overlay.delete(key);
    this.#folders.get(Math.floor(key / 2 ** 28))?.departed.add(key);
  }
  plantRefusal(key: number, refusal: PlantedRefusal | null): void {
    const item = this.#get(key);
    this.#touch(key, item).refusal = refusal;
  }
  #get(key: number): Item {
    const item = this.item(key);
    if (item === undefined) throw new Error(`There is no item ${String(key)}`);
    return item;
  }
  #touch(key: number, item: Item): Overlay {
    let overlay = this.#overlay.get(key);
    if (overlay === undefined) {
      overlay = { content: item.content, folderKey: item.folderKey, moves: item.moves, version: 0, createdAt: item.createdAt, modifiedAt: item.modifiedAt, refusal: item.refusal };
      this.#overlay.set(key, overlay);
    }
    overlay.version = this.#nextVersion();
    overlay.modifiedAt = this.now();
    return overlay;
  }
  #leave(folder: Folder, { key, moves }: Item, kind: 'moved' | 'deleted'): void {
    folder.depart(key);
    folder.log.record(key, kind, moves);
  }
  #nextVersion(): number {
    this.#version += 1;
    return this.#version;
  }

  /** How many of the folder's generated items have been changed, moved or removed since. */
  touchedSeeded(folder: Folder): number {
    const first = seededKey(folder.key, 0);
    const changed = [...this.#overlay.keys()].filter((key) => key >= first && key < first + (folder.source?.count ?? 0) && !folder.departed.has(key)).length;
    return folder.departed.size + changed;
  }

  // ---- delta ----

  /** A page of a folder's delta. `token` null begins a round. Throws DeltaExpired for a forgotten token, null answers a text that is none. */
  delta(folder: Folder, token: string | null, pageSize: number): DeltaPage | null {
    const { log } = folder;
    const scope = `${this.guid} ${String(folder.key)}`;
    const state: DeltaState | null = token === null ? { step: 'list', generation: log.generation, from: log.position, at: 0, page: 0, last: null } : decodeState(scope, token);
    if (state === null) return null;
    if (state.generation !== log.generation) throw new DeltaExpired(state.generation, log.generation);
    const done = (from: number): string => encodeState(scope, { step: 'rest', generation: state.generation, from });
    if (state.step === 'list') {
      const { entries, next } = this.#listStep(folder, state, pageSize);
      return next === null ? { entries, next, delta: done(state.from) } : { entries, next: encodeState(scope, next), delta: null };
    }
    const round = state.step === 'changes' ? state : { step: 'changes' as const, generation: state.generation, from: state.from, to: log.position, at: 0, page: 0 };
    if (round.to === round.from) return { entries: [], next: null, delta: done(round.to) };
    const { entries, next } = this.#changesStep(folder, round, pageSize);
    return next === null ? { entries, next, delta: done(round.to) } : { entries, next: encodeState(scope, next), delta: null };
  }
  /** Forgets every delta token of the mailbox, or of one folder. */
  expireDeltaTokens(folder?: Folder): void {
    if (folder === undefined) this.folderGeneration += 1;
    for (const each of folder === undefined ? this.folders() : [folder]) each.log.expireTokens();
  }
  #isEmptyPage(page: number): boolean {
    const every = this.deltaManners.emptyPageEvery;
    return every > 0 && page % every === every - 1;
  }
  #repeats(page: number): boolean {
    const every = this.deltaManners.repeatEvery;
    return every > 0 && page % every === every - 1;
  }
  #listStep(folder: Folder, state: Extract<DeltaState, { step: 'list' }>, pageSize: number): { entries: DeltaEntry[]; next: DeltaState | null } {
    if (this.#isEmptyPage(state.page)) return { entries: [], next: { ...state, page: state.page + 1 } };
    const entries: DeltaEntry[] = [];
    let { at, last } = state;
    const repeated = last !== null && this.#repeats(state.page) ? this.item(last) : undefined;
    if (repeated?.folderKey === folder.key) entries.push({ kind: 'item', item: repeated });
    const limit = pageSize + entries.length;
    const inOrder = (): DeltaEntry[] => (this.deltaManners.order === 'mixed' ? mixed(entries, state.page) : entries);
    for (const { key, next } of folder.keys(state.at)) {
      if (entries.length === limit) return { entries: inOrder(), next: { ...state, at, page: state.page + 1, last } };
      const item = this.item(key);
      if (item !== undefined) entries.push({ kind: 'item', item });
      at = next;
      last = key;
    }
    return { entries: inOrder(), next: null };
  }
  #changesStep(folder: Folder, state: Extract<DeltaState, { step: 'changes' }>, pageSize: number): { entries: DeltaEntry[]; next: DeltaState | null } {
    if (this.#isEmptyPage(state.page)) return { entries: [], next: { ...state, page: state.page + 1 } };
    const inLog = folder.log.between(state.from, state.to);
    const changes = this.deltaManners.order === 'mixed' ? mixed(inLog, state.to) : inLog;
    const begin = state.at > 0 && this.#repeats(state.page) ? state.at - 1 : state.at;
    const end = state.at + pageSize;
    const entries = changes.slice(begin, end).map((change): DeltaEntry => {
      const item = this.item(change.key);
      if (change.kind === 'upsert' && item?.folderKey === folder.key && item.moves === change.moves) return { kind: 'item', item };
      return { kind: 'removed', key: change.key, moves: change.moves, reason: 'deleted' };
    });
    return { entries, next: end < changes.length ? { ...state, at: end, page: state.page + 1 } : null };
  }
}
