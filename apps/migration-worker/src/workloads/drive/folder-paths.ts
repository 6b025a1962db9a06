/** Where things lie, put together from the folders that were listed; delta names no paths. A folder that was not listed is asked for. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Drive } from './drive.js';
import { objectOf, textOf, type Raw } from './drive-item.js';

/** Folders remembered; all of them are forgotten when there are more. */
const foldersMax = 200_000;
/** No drive is deeper: its paths have 400 characters. */
const depthMax = 400;

/** How paths within a drive are shown among those of other drives of the unit. */
export interface PathNames {
  shown(path: string): string;
  within(path: string): string;
}

interface Folder {
  readonly name: string;
  readonly parentId: string | null;
  /** Its sharing is not only that of its folder. */
  readonly shared: boolean;
}

export class FolderPaths {
  readonly #folders = new Map<string, Folder>();
  /** Paths of folders whose parents were not listed. */
  readonly #asked = new Map<string, string>();

  constructor(private readonly drive: Drive) {}

  /** A folder was listed. */
  know(id: string, folder: Folder): void {
    if (this.#folders.size >= foldersMax) this.#folders.clear();
    if (this.#asked.size > 0) this.#asked.clear();
    this.#folders.set(id, folder);
  }

  /** `/` for the root, otherwise `Plans/2024`. A folder that is not there any more counts as the root. Throws GraphRequestError. */
  async of(folderId: string | null, signal: AbortSignal): Promise<string> {
    const names: string[] = [];
    let at = folderId;
    for (let depth = 0; at !== null && at !== this.drive.rootId && depth < depthMax; depth++) {
      const folder = this.#folders.get(at);
      if (folder === undefined) {
        const above = await this.#ask(at, signal);
        return joined([...(above === '' ? [] : [above]), ...names]);
      }
      names.unshift(folder.name);
      at = folder.parentId;
    }
    return joined(names);
  }

  /** The nearest folder from this one upwards whose sharing is its own; the root when there is none. Throws GraphRequestError. */
  async nearestShared(folderId: string | null, signal: AbortSignal): Promise<string> {
    const { rootId } = this.drive;
    for (let at = folderId, depth = 0; at !== null && at !== rootId && depth < depthMax; depth++) {
      const folder: Folder | null = this.#folders.get(at) ?? (await this.#find(at, signal));
      if (folder?.shared === true) return at;
      at = folder?.parentId ?? null;
    }
    return rootId;
  }

  /** A folder that was not listed; null for the root and for one that is gone. */
  async #find(folderId: string, signal: AbortSignal): Promise<Folder | null> {
    const raw = await orNothing(() => this.drive.port.get<Raw>(this.drive.item(folderId), this.drive.options(signal, { query: { $select: 'id,name,parentReference,root,shared' }, units: 1 })));
    if (raw === null || raw['root'] !== undefined) return null;
    const folder = { name: textOf(raw['name']) ?? '', parentId: textOf(objectOf(raw['parentReference'])?.['id']), shared: objectOf(raw['shared']) !== null };
    this.#folders.set(folderId, folder);
    return folder;
  }

  async #ask(folderId: string, signal: AbortSignal): Promise<string> {
    const known = this.#asked.get(folderId);
    if (known !== undefined) return known;
    const raw = await orNothing(() => this.drive.port.get<Raw>(this.drive.item(folderId), this.drive.options(signal, { query: { $select: 'id,name,parentReference,root' }, units: 1 })));
    const parent = textOf(objectOf(raw?.['parentReference'])?.['path']);
    const path = raw === null || raw['root'] !== undefined ? '' : joined([...namesOf(parent), textOf(raw['name']) ?? '']);
    this.#asked.set(folderId, path);
    return path;
  }
}

/** What of a path lies below a folder; null when it does not. */
export function pathBelow(path: string, top: string): string | null {
  if (top === '/') return path;
  if (path === top) return '/';
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1) : null;
}

const joined = (names: readonly string[]): string => (names.length === 0 ? '/' : names.join('/'));

/** `/drives/x/root:/A/B%20C` is `A`, `B C`. */
function namesOf(path: string | null): string[] {
  const below = path === null ? '' : path.slice(path.indexOf(':') + 1);
  return below.split('/').flatMap((name) => (name === '' ? [] : [decoded(name)]));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found') return null;
    throw error;
  }
}
