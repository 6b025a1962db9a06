/** A folder: its place, its class, and the items in it in a stable order. */
import { ChangeLog } from './change-log.js';
import type { ItemContent, PlantedRefusal } from './item.js';

/** Content that is recomputed on every read: item number `index` of a folder, the same each time. */
export interface ItemSource {
  readonly count: number;
  item(index: number): ItemContent;
  refusal?(index: number): PlantedRefusal | null;
  /** When item `index` came into the mailbox, ISO 8601 UTC. */
  createdAt(index: number): string;
}

export type WellKnownName = 'msgfolderroot' | 'inbox' | 'drafts' | 'sentitems' | 'deleteditems' | 'junkemail' | 'outbox' | 'archive' | 'conversationhistory' | 'calendar' | 'contacts' | 'tasks' | 'notes' | 'journal' | 'searchfolders' | 'syncissues' | 'conflicts' | 'localfailures' | 'serverfailures' | 'recoverableitemsdeletions' | 'clutter' | 'scheduled' | 'archivedeleteditems';

export interface FolderSpec {
  displayName: string;
  /** Container class, such as IPF.Note; null is treated as IPF.Note by clients. */
  containerClass: string | null;
  parentKey: number | null;
  wellKnownName?: WellKnownName | null;
  isHidden?: boolean;
  isSearchFolder?: boolean;
  source?: ItemSource | null;
  /** For calendars: colour, owner; for todo lists: sharing. Free for the projections. */
  properties?: Record<string, string>;
}

/** Keys of seeded items: folder number and index; of written items: a counter above all of them. */
export const seededKey = (folderKey: number, index: number): number => folderKey * 2 ** 28 + index;
export const writtenKeyBase = 2 ** 46;

export class Folder {
  displayName: string;
  containerClass: string | null;
  parentKey: number | null;
  readonly wellKnownName: WellKnownName | null;
  readonly isHidden: boolean;
  readonly isSearchFolder: boolean;
  readonly source: ItemSource | null;
  readonly properties: Record<string, string>;
  readonly log = new ChangeLog();
  changeNumber = 1;
  /** Seeded items that are no longer here. */
  readonly departed = new Set<number>();
  /** Written and moved-in items by their place behind the seeded ones; null where one has left again. */
  readonly #arrived: (number | null)[] = [];
  readonly #places = new Map<number, number>();

  constructor(
    readonly key: number,
    spec: FolderSpec,
    readonly createdAt: string,
  ) {
    this.displayName = spec.displayName;
    this.containerClass = spec.containerClass;
    this.parentKey = spec.parentKey;
    this.wellKnownName = spec.wellKnownName ?? null;
    this.isHidden = spec.isHidden ?? false;
    this.isSearchFolder = spec.isSearchFolder ?? false;
    this.source = spec.source ?? null;
    this.properties = spec.properties ?? {};
  }

  get itemCount(): number {
    return (this.source?.count ?? 0) - this.departed.size + this.#places.size;
  }

  /** Keys from place `at` of the listing on; `next` is the place after each. Places stay valid while items come and go. */
  *keys(at = 0): Generator<{ key: number; next: number }> {
    const seeded = this.source?.count ?? 0;
    for (let index = at; index < seeded; index += 1) {
      const key = seededKey(this.key, index);
      if (!this.departed.has(key)) yield { key, next: index + 1 };
    }
    for (let place = Math.max(0, at - seeded); place < this.#arrived.length; place += 1) {
      const key = this.#arrived[place] ?? null;
      if (key !== null) yield { key, next: seeded + place + 1 };
    }
  }
  /** Skips `count` items of the listing: where `keys` continues, and how many are still to be skipped there. Keeps `$skip` cheap. */
  skip(count: number): { at: number; left: number } {
    if (this.departed.size > 0) return { at: 0, left: count };
    const seeded = this.source?.count ?? 0;
    return count <= seeded || this.#places.size === this.#arrived.length ? { at: count, left: 0 } : { at: seeded, left: count - seeded };
  }

  arrive(key: number): void {
    this.#places.set(key, this.#arrived.length);
    this.#arrived.push(key);
  }
  /** An item goes away, wherever it came from. */
  depart(key: number): void {
    const place = this.#places.get(key);
    if (place === undefined) {
      this.departed.add(key);
      return;
    }
    this.#places.delete(key);
    this.#arrived[place] = null;
  }
}
