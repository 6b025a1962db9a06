/**
 * Sharing of things in one drive: what each grants itself, apart from what it inherits. Graph does not say which is which: what an item
 * shows besides what its folder shows is its own, and where it lacks a grant of its folder, inheritance is cut. Only what the listing
 * calls shared costs a request, and each folder one however much lies in it.
 */
import { hash } from 'node:crypto';
import type { Drive } from './drive.js';
import type { DriveItem } from './drive-item.js';
import type { FolderPaths } from './folder-paths.js';
import { readGrants, type Grant } from './grants.js';

export interface Sharing {
  /** What it grants itself. */
  readonly own: readonly Grant[];
  /** It grants less than its folder. */
  readonly cut: boolean;
  /** Own and inherited. */
  readonly all: readonly Grant[];
}

/** Answers kept for whoever asks next; all are forgotten when there are more. */
const itemsKnownMax = 5_000;
const foldersKnownMax = 20_000;

export class Shares {
  readonly #items = new Map<string, Promise<Sharing>>();
  /** Of folders, with the version they were read for; null: for what lies in them. */
  readonly #folders = new Map<string, { eTag: string | null; readonly grants: Promise<readonly Grant[]> }>();

  constructor(
    private readonly drive: Drive,
    private readonly paths: FolderPaths,
  ) {}

  /** Throws GraphRequestError. What was read of this version of the item is not read again. */
  of(item: DriveItem, signal: AbortSignal): Promise<Sharing> {
    const key = `${item.id} ${item.eTag}`;
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    if (this.#items.size >= itemsKnownMax) this.#items.clear();
    const asked = this.#read(item, signal);
    this.#items.set(key, asked);
    asked.catch(() => this.#items.delete(key));
    return asked;
  }

  async #read(item: DriveItem, signal: AbortSignal): Promise<Sharing> {
    const all = await (item.kind === 'file' ? readGrants(this.drive, item.id, signal) : this.#folder(item.id, item.eTag, signal));
    const above = await this.#folder(await this.paths.nearestShared(item.parentId, signal), null, signal);
    return apart(all, above);
  }

  #folder(folderId: string, eTag: string | null, signal: AbortSignal): Promise<readonly Grant[]> {
    const known = this.#folders.get(folderId);
    if (known !== undefined && (eTag === null || known.eTag === null || known.eTag === eTag)) {
      known.eTag ??= eTag;
      return known.grants;
    }
    if (this.#folders.size >= foldersKnownMax) this.#folders.clear();
    const grants = readGrants(this.drive, folderId, signal);
    this.#folders.set(folderId, { eTag, grants });
    grants.catch(() => this.#folders.delete(folderId));
    return grants;
  }
}

/** Splits what an item shows by what its folder shows. */
export function apart(all: readonly Grant[], above: readonly Grant[]): Sharing {
  const inherited = new Set(above.map(({ id }) => id));
  const there = new Set(all.map(({ id }) => id));
  return { all, own: all.filter(({ id }) => !inherited.has(id)), cut: above.some(({ id, link, full }) => link === null && !full && !there.has(id)) };
}

/** Equal for equal sharing. Nothing can be read back. */
export const sharingVersion = ({ own, cut }: Pick<Sharing, 'own' | 'cut'>): string => hash('sha256', JSON.stringify([cut, own.map(grantWords).sort()]), 'buffer').subarray(0, 15).toString('base64url');

/** A grant in words, without its id. */
export function grantWords({ role, full, link, to, until, password }: Grant): string {
  const what = link === null ? '' : `${link.type} link for ${link.scope}${password ? ' with a password' : ''} `;
  return `${what}${full ? 'full' : (role ?? 'other')} to ${to.map((name) => name ?? '?').sort().join(',')}${until === null ? '' : ` until ${until}`}`;
}
