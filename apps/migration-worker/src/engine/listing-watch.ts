/**
 * Notices a listing that never ends: one whose pages bring nothing that has not been there before. A source may repeat a page or send
 * empty ones, so a listing is given up only once such pages clearly outnumber the others.
 */
import { hash64 } from './item-keys.js';

/** What of a page tells whether it brings news. */
export interface WatchedPage {
  readonly items: readonly { readonly key: string; readonly version: string }[];
  readonly removed: readonly string[];
  readonly checkpoint: string;
  readonly complete: boolean;
}

/** Pages without news that every listing is granted, beside one for each page with news. */
const patience = 500;

/** The source keeps answering and gets nowhere. The container is left as it is; a later pass lists it from where it stands. */
export class ListingEndless extends Error {
  override readonly name = 'ListingEndless';
}

export class ListingWatch {
  readonly #seen = new Set<string>();
  #lastCheckpoint: string | null;
  #idle = 0;

  /** `from`: the checkpoint that the listing goes on from. */
  constructor(from: string | null) {
    this.#lastCheckpoint = from;
  }

  /** Throws ListingEndless when the listing stands still. Keeps 8 bytes a page. */
  page({ items, removed, checkpoint, complete }: WatchedPage): void {
    if (complete) return;
    if (checkpoint === this.#lastCheckpoint) throw new ListingEndless('two pages end at the same checkpoint');
    this.#lastCheckpoint = checkpoint;
    const print = items.length + removed.length === 0 ? null : hash64(JSON.stringify([items.map(({ key, version }) => [key, version]), removed]));
    if (print !== null && !this.#seen.has(print)) this.#seen.add(print);
    else if (++this.#idle > this.#seen.size + patience) throw new ListingEndless(`${this.#idle} pages brought nothing new`);
  }
}
