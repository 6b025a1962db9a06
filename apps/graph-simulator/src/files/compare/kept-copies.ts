/** What of a destination's surplus comes from things that the source does not hold any more, or was written more than once. Shares no code with any migration. */
import { foldName } from '../drives/names.js';
import type { Drive } from '../drives/drive.js';
import type { Item } from '../drives/item.js';

/** Hashes under which a destination may hold what a file has and had in it: as it is, and with what the library there writes into it. */
export type HashesOf = (item: Item) => Promise<ReadonlySet<string>>;

/** Why a copy is where its source has nothing: that was deleted, or has another name or place by now. */
export type Departure = 'deleted' | 'moved';

/** Tells copies of what was there once from strangers: takes one thing for each copy that it is asked about. */
export class KeptCopies {
  readonly #left: { item: Item; why: Departure }[];

  /** `missing`: what the source holds now, and has no copy in its place. */
  constructor(
    private readonly source: Drive,
    missing: readonly Item[],
    private readonly hashesOf: HashesOf,
  ) {
    this.#left = [...source.history.removed.map((item) => ({ item, why: 'deleted' as const })), ...missing.map((item) => ({ item, why: 'moved' as const }))];
  }

  /** Null when the source never held what this is a copy of: a file of this content, or a folder or an empty file of this name. */
  async take(copy: Item): Promise<Departure | null> {
    for (const [at, { item, why }] of this.#left.entries()) {
      if (!(await this.#isCopyOf(copy, item))) continue;
      this.#left.splice(at, 1);
      return why;
    }
    return null;
  }

  async #isCopyOf(copy: Item, item: Item): Promise<boolean> {
    if (copy.content !== null && copy.content.size > 0) return (await this.hashesOf(item)).has(copy.content.quickXorHash);
    return item.kind !== 'shortcut' && (item.content === null) === (copy.content === null) && this.source.history.namesOf(item).has(foldName(copy.name));
  }
}

/** Paths of files at the destination that stand there more often than the source ever held their content. Empty ones are all alike and not counted. */
export async function copiesTooMany(source: Drive, dest: Drive, hashesOf: HashesOf): Promise<string[]> {
  const held = new Map<string, number>();
  for (const item of [...source.items(), ...source.history.removed]) for (const hash of await hashesOf(item)) held.set(hash, (held.get(hash) ?? 0) + 1);
  return [...dest.items()].flatMap((item) => {
    const left = item.content === null || item.content.size === 0 ? undefined : held.get(item.content.quickXorHash);
    if (item.content === null || left === undefined) return [];
    held.set(item.content.quickXorHash, left - 1);
    return left > 0 ? [] : [`/${dest.path(item).join('/')}`];
  });
}
