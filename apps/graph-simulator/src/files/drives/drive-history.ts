/** What a drive held once, and what things in it were called before: a copy that was made then is no mistake. */
import { foldName } from './names.js';
import type { Item } from './item.js';

export class DriveHistory {
  readonly #removed: Item[] = [];
  readonly #names = new Map<number, Set<string>>();

  /** Call before the item gets another name. */
  renamed({ key, name }: Item): void {
    this.#names.set(key, (this.#names.get(key) ?? new Set()).add(foldName(name)));
  }

  gone(item: Item): void {
    this.#removed.push(item);
  }

  get removed(): readonly Item[] {
    return this.#removed;
  }

  /** Every name that the item has or had, as names are told apart. */
  namesOf({ key, name }: Item): ReadonlySet<string> {
    return new Set([...(this.#names.get(key) ?? []), foldName(name)]);
  }
}
