/** Items of a source that were moved or deleted after the start: a copy made before stays at the destination, and is no mistake. */
import type { ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { jsonIdentity } from './json-fidelity.js';

interface Departed {
  folderKey: number;
  searchKey: string | null;
  identity: string | null;
}

const departed = new WeakMap<Mailbox, Departed[]>();

/** Notes that the item has left the folder. */
export function noteDeparture(mailbox: Mailbox, folderKey: number, content: ItemContent): void {
  const list = departed.get(mailbox) ?? [];
  departed.set(mailbox, list);
  list.push({ folderKey, searchKey: content.searchKey, identity: jsonIdentity(content) });
}

/** What has left a folder: takes one entry for each item it is asked about. */
export class KeptCopies {
  readonly #left: Departed[];
  constructor(folders: readonly { mailbox: Mailbox; folder: { key: number } }[]) {
    this.#left = folders.flatMap(({ mailbox, folder }) => (departed.get(mailbox) ?? []).filter((each) => each.folderKey === folder.key));
  }
  /** True when the item is the copy of one that left. */
  take(content: ItemContent): boolean {
    const identity = jsonIdentity(content);
    const at = this.#left.findIndex((each) => (each.searchKey !== null && each.searchKey === content.searchKey) || (identity !== null && each.identity === identity));
    if (at >= 0) this.#left.splice(at, 1);
    return at >= 0;
  }
}
