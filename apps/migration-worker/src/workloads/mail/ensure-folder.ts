/**
 * Finds or creates the destination counterpart of a source folder. Folders of the destination are never renamed, moved or
 * deleted; a folder that is already there under the same name and class is used as it is.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestContainer } from '../workload.js';
import { UnitError } from '../workload.js';
import { unitErrorOf } from './errors.js';
import { isRoot, scopeOf, type MailboxFolder } from './folder-selection.js';
import { listChildren, listFolders, parseFolder } from './list-folders.js';
import type { Mailbox } from './mailbox.js';
import { segment } from './mapi.js';

/** What of a source folder decides its counterpart. */
export type FolderShape = Pick<MailboxFolder, 'displayName' | 'type' | 'wellKnownName'>;

/** Names to look for and to create, in order: Exchange allows a name once among siblings, whatever the classes. */
export function namesFor(shape: FolderShape): readonly [string, string] {
  const kind = shape.type.toLowerCase().startsWith('ipf.stickynote') ? 'notes' : scopeOf(shape.type) === 'email' ? 'mail' : scopeOf(shape.type);
  return [shape.displayName, `${shape.displayName} (${kind})`];
}

/** The destination's tree, as far as this unit knows it. */
export class DestinationTree {
  private readonly byId = new Map<string, MailboxFolder>();
  /** By the parent they name, so that a tree of ten thousand is not walked for each of its folders. */
  private readonly childrenOf = new Map<string, MailboxFolder[]>();
  private topId: string | null = null;

  constructor(folders: readonly MailboxFolder[]) {
    for (const folder of folders) this.add(folder);
  }

  add(folder: MailboxFolder): void {
    const before = this.byId.get(folder.id);
    if (before !== undefined) this.siblings(before).splice(this.siblings(before).indexOf(before), 1);
    this.byId.set(folder.id, folder);
    this.siblings(folder).push(folder);
    if (isRoot(folder)) this.topId = folder.id;
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
    return this.below(parentId).some((folder) => sameName(folder.displayName, name));
  }

  /** Children of a folder; at the top (null) also those whose parent nobody has listed. */
  private below(parentId: string | null): MailboxFolder[] {
    if (parentId !== null) return (this.childrenOf.get(parentId) ?? []).filter((folder) => !isRoot(folder));
    return [...this.byId.values()].filter((folder) => !isRoot(folder) && (folder.parentFolderId === null || folder.parentFolderId === this.topId || !this.byId.has(folder.parentFolderId)));
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

  constructor(
    private readonly destination: Mailbox,
    private readonly dryRun: boolean,
  ) {}

  /** Safe to repeat. In a dry run a missing folder comes back as `exists: false`, with an id that only serves as a parent. */
  async ensure(shape: FolderShape, key: string, parent: DestContainer | null, signal: AbortSignal): Promise<DestContainer> {
    const mine = this.turn.then(() => this.ensureNow(shape, key, parent, signal));
    // The next call waits for this one but does not fail with it.
    this.turn = mine.catch(() => undefined);
    return await mine;
  }

  private async ensureNow(shape: FolderShape, key: string, parent: DestContainer | null, signal: AbortSignal): Promise<DestContainer> {
    const tree = await this.load(signal);
    const known = shape.wellKnownName === null ? null : tree.findWellKnown(shape.wellKnownName);
    const [name, otherName] = namesFor(shape);
    const parentId = parent?.id ?? null;
    const found = known ?? (parent?.exists === false ? null : tree.findChild(parentId, [name, otherName], shape.type));
    if (found !== null) return { id: found.id, exists: true };
    if (this.dryRun || parent?.exists === false) return { id: `planned:${key}`, exists: false };
    const created = await this.create(tree, parentId, tree.hasChildNamed(parentId, name) ? otherName : name, shape.type, signal);
    return { id: created.id, exists: true };
  }

  private async create(tree: DestinationTree, parentId: string | null, name: string, type: string, signal: AbortSignal): Promise<MailboxFolder> {
    const first = await this.tryCreate(parentId, name, type, signal);
    if (first instanceof GraphRequestError) {
      // Another unit made it a moment ago, or ours was made and the answer lost: only the destination can tell.
      for (const folder of await this.children(parentId, signal)) tree.add(folder);
      const found = tree.findChild(parentId, [name], type);
      if (found !== null) return found;
      const taken = tree.hasChildNamed(parentId, name);
      const second = await this.tryCreate(parentId, taken ? `${name} (${type})` : name, type, signal);
      if (second instanceof GraphRequestError) throw unitErrorOf(second, 'dest');
      tree.add(second);
      return second;
    }
    tree.add(first);
    return first;
  }

  /** The new folder, or the error when it may be there nevertheless. https://learn.microsoft.com/graph/api/mailbox-post-folders */
  private async tryCreate(parentId: string | null, displayName: string, type: string, signal: AbortSignal): Promise<MailboxFolder | GraphRequestError> {
    const path = parentId === null ? '/folders' : `/folders/${segment(parentId)}/childFolders`;
    try {
      const raw = await this.destination.port.post<Record<string, unknown>>(this.destination.admin(path), { displayName, type }, this.destination.options(signal));
      const folder = parseFolder({ displayName, type, parentFolderId: parentId, ...raw });
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
