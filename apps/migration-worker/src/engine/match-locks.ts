/**
 * Items whose copies cannot be told apart (equal match key, same destination container) are worked one after the other. Otherwise
 * an item whose write is in doubt could take the copy that another one is just writing for its own, and the one would be lost.
 */
export class MatchLocks {
  /** Held keys, with those who wait for them: nearly always nobody. */
  readonly #held = new Map<string, (() => void)[] | null>();
  /** Ids at the destination are long; what stands for them in a key is short. */
  readonly #places = new Map<string, number>();

  /** The key of an item in a destination container; `needed`: its copy is told apart by the copy that it needs as well. */
  keyOf(destId: string, needed: string | null, matchHash: string): string {
    let place = this.#places.get(destId);
    if (place === undefined) this.#places.set(destId, (place = this.#places.size));
    return needed === null ? `${place}/${matchHash}` : `${place}/${matchHash}/${needed}`;
  }

  /** True when the key was free and is now held. Never waits. */
  tryTake(key: string): boolean {
    if (this.#held.has(key)) return false;
    this.#held.set(key, null);
    return true;
  }

  release(key: string): void {
    const waiting = this.#held.get(key) ?? [];
    this.#held.delete(key);
    for (const freed of waiting) freed();
  }

  /** Resolves when the key may be free. Call it while holding no key: whoever waits holds nothing, so nobody waits for ever. */
  freed(key: string): Promise<void> {
    if (!this.#held.has(key)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#held.set(key, [...(this.#held.get(key) ?? []), resolve]);
    });
  }
}
