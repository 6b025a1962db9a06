/** Items of a source that were moved or deleted after the start: a copy made before stays at the destination, and is no mistake. */
import type { Item, ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { jsonIdentity } from './json-fidelity.js';

/** Why an item is not where it was. */
export type Departure = 'moved' | 'deleted';

interface Departed {
  mailbox: Mailbox;
  item: number;
  why: Departure;
  folderKey: number;
  searchKey: string | null;
  identity: string | null;
}

const departed = new WeakMap<Mailbox, Departed[]>();

/** Notes that the item has left the folder. */
export function noteDeparture(mailbox: Mailbox, { key, folderKey, content }: Item, why: Departure): void {
  const list = departed.get(mailbox) ?? [];
  departed.set(mailbox, list);
  list.push({ mailbox, item: key, why, folderKey, searchKey: content.searchKey, identity: jsonIdentity(content) });
}

/** Deleted items of which a comparison has seen a copy, whatever folder that lies in. */
export type SeenDeleted = Set<string>;

/** What has left a folder: takes one entry for each item it is asked about. */
export class KeptCopies {
  readonly #left: Departed[];
  constructor(
    folders: readonly { mailbox: Mailbox; folder: { key: number } }[],
    private readonly seen: SeenDeleted,
  ) {
    this.#left = folders.flatMap(({ mailbox, folder }) => (departed.get(mailbox) ?? []).filter((each) => each.folderKey === folder.key));
  }
  /**
   * Why the item that this is a copy of has left; null when it is no such copy. One that was moved and then deleted is deleted; a second
   * copy of it is where it was before it was moved.
   */
  take(content: ItemContent): Departure | null {
    const identity = jsonIdentity(content);
    const at = this.#left.findIndex((each) => (each.searchKey !== null && each.searchKey === content.searchKey) || (identity !== null && each.identity === identity));
    const [left] = at >= 0 ? this.#left.splice(at, 1) : [];
    if (left === undefined) return null;
    const deleted = (departed.get(left.mailbox) ?? []).some(({ item, why }) => item === left.item && why === 'deleted');
    const name = `${left.mailbox.guid} ${String(left.item)}`;
    if (!deleted || this.seen.has(name)) return 'moved';
    this.seen.add(name);
    return 'deleted';
  }
}
