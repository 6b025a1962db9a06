/** Items of a source that were moved or deleted after the start: a copy made before stays at the destination, and is no mistake. */
import type { ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { jsonIdentity } from './json-fidelity.js';

/** Why an item is not where it was. */
export type Departure = 'moved' | 'deleted';

interface Departed {
  why: Departure;
  folderKey: number;
  searchKey: string | null;
  identity: string | null;
}

const departed = new WeakMap<Mailbox, Departed[]>();

/** Notes that the item has left the folder. */
export function noteDeparture(mailbox: Mailbox, folderKey: number, content: ItemContent, why: Departure): void {
  const list = departed.get(mailbox) ?? [];
  departed.set(mailbox, list);
  list.push({ why, folderKey, searchKey: content.searchKey, identity: jsonIdentity(content) });
}

/** What has left a folder: takes one entry for each item it is asked about. */
export class KeptCopies {
  readonly #left: Departed[];
  constructor(folders: readonly { mailbox: Mailbox; folder: { key: number } }[]) {
    this.#left = folders.flatMap(({ mailbox, folder }) => (departed.get(mailbox) ?? []).filter((each) => each.folderKey === folder.key));
  }
  /** Why the item that this is a copy of has left; null when it is no such copy. */
  take(content: ItemContent): Departure | null {
    const identity = jsonIdentity(content);
    const at = this.#left.findIndex((each) => (each.searchKey !== null && each.searchKey === content.searchKey) || (identity !== null && each.identity === identity));
    const [left] = at >= 0 ? this.#left.splice(at, 1) : [];
    return left?.why ?? null;
  }
}
