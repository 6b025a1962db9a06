/**
 * Items whose copies cannot be told apart (equal match key, same destination container) are worked one after the other. Otherwise
 * an item whose write is in doubt could take the copy that another one is just writing for its own, and the one would be lost.
 */
export class MatchLocks {
  readonly #held = new Map<string, { promise: Promise<void>; release: () => void }>();

  /** True when the key was free and is now held. Never waits. */
  tryTake(key: string): boolean {
    if (this.#held.has(key)) return false;
    let release: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(key, { promise, release });
    return true;
  }

  release(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    held?.release();
  }

  /** Resolves when the key may be free. Call it while holding no key: whoever waits holds nothing, so nobody waits for ever. */
  freed(key: string): Promise<void> {
    return this.#held.get(key)?.promise ?? Promise.resolve();
  }
}
