/**
 * Finds or creates the destination counterpart of a source folder. A folder that is already there under the same name and class is
 * used as it is. Folders that we make carry a stamp; only those are renamed and moved when the source's are, and none is ever deleted.
 */
import { createHash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import { placeOf } from '../path-filter.js';
import type { DestContainer } from '../workload.js';
import { UnitError } from '../workload.js';
import { unitErrorOf } from './errors.js';
import { defaultFolderType, isRoot, scopeOf, type MailboxFolder } from './folder-selection.js';
import { listChildren, listFolders, parseFolder } from './list-folders.js';
import type { Mailbox } from './mailbox.js';
import { markProperty, segment } from './mapi.js';
import type { FolderMover } from './move-folder.js';

/** What of a source folder decides its counterpart. */
export type FolderShape = Pick<MailboxFolder, 'displayName' | 'type' | 'wellKnownName'>;

/** Names to look for and to create, in order: Exchange allows a name once among siblings, whatever the classes. */
export function namesFor(shape: FolderShape): readonly [string, string] {
  const kind = shape.type.toLowerCase().startsWith('ipf.stickynote') ? 'notes' : scopeOf(shape.type) === 'email' ? 'mail' : scopeOf(shape.type);
  return [shape.displayName, `${shape.displayName} (${kind})`];
}

/** What a folder that we make for this source folder, below this prefix, is known by: the same for every job. */
export function folderStamp(sourceOwner: string, prefix: string | null, key: string): string {
  return createHash('sha256').update(JSON.stringify([sourceOwner, prefix === null ? '' : placeOf(prefix), key])).digest('hex').slice(0, 32);
}

export interface FolderOptions {
  /** Folders of the destination below which everything is put, from the top down. */
  readonly prefix: readonly string[];
  readonly stampOf: (key: string) => string;
  readonly mover: FolderMover;
}

/** The destination's tree, as far as this unit knows it. */
export class DestinationTree {
  private readonly byId = new Map<string, MailboxFolder>();
  /** By the parent they name, so that a tree of ten thousand is not walked for each of its folders. */
  private readonly childrenOf = new Map<string, MailboxFolder[]>();
  private readonly byStamp = new Map<string, string>();
  private topId: string | null = null;

  constructor(folders: readonly MailboxFolder[]) {
    for (const folder of folders) this.add(folder);
  }

  add(folder: MailboxFolder): void {
    const before = this.byId.get(folder.id);
    if (before !== undefined) this.siblings(before).splice(this.siblings(before).indexOf(before), 1);
    this.byId.set(folder.id, folder);
    this.siblings(folder).push(folder);
    if (folder.stamp) this.byStamp.set(folder.stamp, folder.id);
    if (isRoot(folder)) this.topId = folder.id;
  }

  get(id: string): MailboxFolder | null {
    return this.byId.get(id) ?? null;
  }

  findStamped(stamp: string): MailboxFolder | null {
    const id = this.byStamp.get(stamp);
    return id === undefined ? null : this.get(id);
  }

  /** The child of that name, of whatever class. */
  childNamed(parentId: string | null, name: string): MailboxFolder | null {
    return this.below(parentId).find((folder) => sameName(folder.displayName, name)) ?? null;
  }

  findWellKnown(name: string): MailboxFolder | null {
    const wanted = name.toLowerCase();
    for (const folder of this.byId.values()) if (folder.wellKnownName?.toLowerCase() === wanted) return folder;
    return null;
  }

  /** The folder of that name and class below a parent (null: the top). Names are compared as Exchange does, without case. */
  findChild(parentId: string | null, names: readonly string[], type: string): MailboxFolder | null {
    for (const name of names) {
      const same = this.below(parentId).filter((folder) => sameName(folder.displayName, name) && folder.type.toLowerCase() === type.toLowerCase());
      const exact = same.find((folder) => folder.displayName === name) ?? same[0];
      if (exact !== undefined) return exact;
    }
    return null;
  }

  /** Whether any child has that name, of whatever class. */
  hasChildNamed(parentId: string | null, name: string): boolean {
    return this.childNamed(parentId, name) !== null;
  }

  isBelow(folder: MailboxFolder, parentId: string | null): boolean {
    if (isRoot(folder)) return false;
    if (parentId !== null) return folder.parentFolderId === parentId;
    return folder.parentFolderId === null || folder.parentFolderId === this.topId || !this.byId.has(folder.parentFolderId);
  }

  /** Children of a folder; at the top (null) also those whose parent nobody has listed. */
  private below(parentId: string | null): MailboxFolder[] {
    if (parentId !== null) return (this.childrenOf.get(parentId) ?? []).filter((folder) => !isRoot(folder));
    return [...this.byId.values()].filter((folder) => this.isBelow(folder, null));
  }

  private siblings({ parentFolderId }: MailboxFolder): MailboxFolder[] {
    const key = parentFolderId ?? '';
    let siblings = this.childrenOf.get(key);
    if (siblings === undefined) this.childrenOf.set(key, (siblings = []));
    return siblings;
  }
}

function sameName(a: string, b: string): boolean {
  return a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase();
}

/** Maps folders of one unit. Calls may run side by side; the same folder is made once. */
export class FolderMapper {
  private tree: Promise<DestinationTree> | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private top: Promise<DestContainer | null> | null = null;
  private readonly expected = new Set<string>();

  constructor(
    private readonly destination: Mailbox,
    private readonly dryRun: boolean,
    private readonly options: FolderOptions | null = null,
  ) {}

  /** Source folders that this unit will ask for: their counterparts may be put aside for a moment when another one needs their name. */
  expect(keys: readonly string[]): void {
    if (this.options !== null) for (const key of keys) this.expected.add(this.options.stampOf(key));
  }

  /** Safe to repeat. In a dry run a missing folder comes back as `exists: false`, with an id that only serves as a parent. */
  async ensure(shape: FolderShape, key: string, parent: DestContainer | null, signal: AbortSignal, known: string | null = null): Promise<DestContainer> {
    const mine = this.turn.then(async () => await this.ensureNow(shape, key, parent ?? (await this.prefixFolder(signal)), signal, known));
    // The next call waits for this one but does not fail with it.
    this.turn = mine.catch(() => undefined);
    return await mine;
  }

  private async ensureNow(shape: FolderShape, key: string, parent: DestContainer | null, signal: AbortSignal, known: string | null): Promise<DestContainer> {
    const tree = await this.load(signal);
    const parentId = parent?.id ?? null;
    const role = shape.wellKnownName === null || this.hasPrefix ? null : tree.findWellKnown(shape.wellKnownName);
    if (role !== null) return { id: role.id, exists: true };
    const stamp = this.options?.stampOf(key) ?? null;
    const ours = stamp === null ? null : tree.findStamped(stamp);
    const [name, otherName] = namesFor(shape);
    if (ours !== null) {
      if (!this.dryRun && parent?.exists !== false) return await this.follow(tree, ours, shape, parentId, signal);
      const inPlace = tree.isBelow(ours, parentId) && (sameName(ours.displayName, name) || sameName(ours.displayName, otherName));
      return { id: ours.id, exists: true, ...(inPlace ? {} : { nameNow: ours.displayName }) };
    }
    const before = known === null ? null : tree.get(known);
    if (before !== null) {
      const renamed = !sameName(before.displayName, name) && !sameName(before.displayName, otherName);
      return { id: before.id, exists: true, ...(renamed ? { note: `renamed or moved at the source; its counterpart “${before.displayName}” is not one that we made and stays as it is.` } : {}) };
    }
    const found = parent?.exists === false ? null : tree.findChild(parentId, [name, otherName], shape.type);
    if (found !== null) return { id: found.id, exists: true };
    if (this.dryRun || parent?.exists === false) return { id: `planned:${key}`, exists: false };
    const created = await this.create(tree, parentId, tree.hasChildNamed(parentId, name) ? otherName : name, shape.type, stamp, signal);
    return { id: created.id, exists: true };
  }

  private get hasPrefix(): boolean {
    return (this.options?.prefix.length ?? 0) > 0;
  }

  /** The folder of the prefix, found or made once; null without one. Folders that are there already are used as they are. */
  private prefixFolder(signal: AbortSignal): Promise<DestContainer | null> {
    this.top ??= this.makePrefix(signal).catch((error: unknown) => {
      this.top = null;
      throw error;
    });
    return this.top;
  }

  private async makePrefix(signal: AbortSignal): Promise<DestContainer | null> {
    let parent = null as DestContainer | null;
    const tree = this.hasPrefix ? await this.load(signal) : null;
    for (const name of this.options?.prefix ?? []) {
      const found: MailboxFolder | null = parent?.exists === false ? null : (tree?.findChild(parent?.id ?? null, [name], defaultFolderType) ?? null);
      if (found !== null) parent = { id: found.id, exists: true };
      else if (this.dryRun || tree === null) parent = { id: `planned:prefix/${name}`, exists: false };
      else parent = { id: (await this.create(tree, parent?.id ?? null, name, defaultFolderType, null, signal)).id, exists: true };
    }
    return parent;
  }

  /** Brings a folder that we made to the place and name that the source's has now. */
  private async follow(tree: DestinationTree, ours: MailboxFolder, shape: FolderShape, parentId: string | null, signal: AbortSignal): Promise<DestContainer> {
    const { mover } = this.options ?? {};
    if (mover === undefined) return { id: ours.id, exists: true };
    const [name, otherName] = namesFor(shape);
    let folder = ours;
    let note: string | undefined;
    if (!tree.isBelow(folder, parentId)) {
      let moved = await mover.move(folder, parentId, signal);
      if (moved === 'in the way') {
        // Under a name that nobody else has it can go anywhere; it gets its own below.
        const aside = this.aside(folder);
        if (await mover.rename(folder, aside, signal)) folder = { ...folder, displayName: aside };
        moved = await mover.move(folder, parentId, signal);
      }
      if (moved === null || moved === 'in the way') note = 'moved at the source; its counterpart stays where it is, because Exchange has no way to move it.';
      else {
        folder = { ...moved, stamp: ours.stamp ?? null };
        tree.add(folder);
      }
    }
    const place = note === undefined ? parentId : folder.parentFolderId;
    const fits = folder.displayName === name || (folder.displayName === otherName && tree.hasChildNamed(place, name));
    if (!fits) {
      const blocking = tree.childNamed(place, name);
      // Another folder of ours that has this name from before: it gets its new one when its turn comes.
      if (blocking !== null && blocking.id !== folder.id && this.expected.has(blocking.stamp ?? '')) {
        const aside = this.aside(blocking);
        if (await mover.rename(blocking, aside, signal)) tree.add({ ...blocking, displayName: aside });
      }
      const given = (await mover.rename(folder, name, signal)) ? name : (await mover.rename(folder, otherName, signal)) ? otherName : null;
      if (given === null) note ??= 'renamed at the source; its counterpart keeps its name, because the new one is taken.';
      else tree.add({ ...folder, displayName: given });
    }
    return { id: folder.id, exists: true, ...(note === undefined ? {} : { note }) };
  }

  private aside({ displayName, stamp }: MailboxFolder): string {
    return `${displayName.slice(0, 240)} (${(stamp ?? '').slice(0, 8)})`;
  }

  private async create(tree: DestinationTree, parentId: string | null, name: string, type: string, stamp: string | null, signal: AbortSignal): Promise<MailboxFolder> {
    const first = await this.tryCreate(parentId, name, type, stamp, signal);
    if (first instanceof GraphRequestError) {
      // Another unit made it a moment ago, or ours was made and the answer lost: only the destination can tell.
      for (const folder of await this.children(parentId, signal)) tree.add(folder);
      const found = tree.findChild(parentId, [name], type);
      if (found !== null) return found;
      const taken = tree.hasChildNamed(parentId, name);
      const second = await this.tryCreate(parentId, taken ? `${name} (${type})` : name, type, stamp, signal);
      if (second instanceof GraphRequestError) throw unitErrorOf(second, 'dest');
      tree.add(second);
      return second;
    }
    tree.add(first);
    return first;
  }

  /** The new folder, or the error when it may be there nevertheless. https://learn.microsoft.com/graph/api/mailbox-post-folders */
  private async tryCreate(parentId: string | null, displayName: string, type: string, stamp: string | null, signal: AbortSignal): Promise<MailboxFolder | GraphRequestError> {
    const path = parentId === null ? '/folders' : `/folders/${segment(parentId)}/childFolders`;
    const stamped = stamp === null ? {} : { singleValueExtendedProperties: [{ id: markProperty, value: stamp }] };
    try {
      const raw = await this.destination.port.post<Record<string, unknown>>(this.destination.admin(path), { displayName, type, ...stamped }, this.destination.options(signal));
      const folder = { ...parseFolder({ displayName, type, parentFolderId: parentId, ...raw }), stamp };
      if (folder.id === '') throw new UnitError('INTERNAL', 'dest', false, { code: null, requestId: null });
      return folder;
    } catch (error) {
      if (error instanceof GraphRequestError && (error.kind === 'conflict' || error.kind === 'in_doubt')) return error;
      throw unitErrorOf(error, 'dest');
    }
  }

  private async children(parentId: string | null, signal: AbortSignal): Promise<MailboxFolder[]> {
    try {
      return await listChildren(this.destination, parentId, signal);
    } catch (error) {
      throw unitErrorOf(error, 'dest');
    }
  }

  private load(signal: AbortSignal): Promise<DestinationTree> {
    this.tree ??= listFolders(this.destination, signal).then(
      (folders) => new DestinationTree(folders),
      (error: unknown) => {
        this.tree = null;
        throw error;
      },
    );
    return this.tree;
  }
}
