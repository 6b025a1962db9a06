/** Numbers that follow from a text: cheap enough to make a message of a million on every read. */
export class Rng {
  #state: number;

  constructor(seed: string) {
    // FNV-1a over the text, then mixed: neighbouring indexes give unlike streams.
    let hash = 0x811c9dc5;
    for (let at = 0; at < seed.length; at += 1) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
    this.#state = hash >>> 0;
  }
  /** A whole number in [0, 2^32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  /** A whole number in [0, below). */
  below(below: number): number {
    return this.next() % below;
  }
  chance(oneIn: number): boolean {
    return oneIn > 0 && this.below(oneIn) === 0;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
  /** `bytes` random bytes as upper-case hex. */
  hex(bytes: number): string {
    let text = '';
    while (text.length < bytes * 2) text += this.next().toString(16).padStart(8, '0');
    return text.slice(0, bytes * 2).toUpperCase();
  }
}

/** A search key as upper-case hex: no two items of a seed share one. */
export const searchKey = (seed: string, index: number): string => `${new Rng(`${seed} search key ${String(index)}`).hex(12)}${index.toString(16).padStart(8, '0').toUpperCase()}`;
