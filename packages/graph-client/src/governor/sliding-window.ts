/** How much was used in the last `windowMs`, counted in slices of a fiftieth of it (so at most 2 % too careful, never too bold). */
export class SlidingWindow {
  readonly #slices: { slice: number; used: number }[] = [];
  readonly #sliceMs: number;
  #used = 0;

  constructor(
    private readonly max: number,
    private readonly windowMs: number,
  ) {
    this.#sliceMs = windowMs / 50;
  }

  /** Nothing of what was used counts any more. */
  isEmpty(now: number): boolean {
    this.#expire(now);
    return this.#slices.length === 0;
  }

  /** Milliseconds until `amount` fits; 0 when it fits now. An amount above the maximum fits once the window is empty. */
  waitMs(amount: number, now: number): number {
    this.#expire(now);
    let free = this.max - this.#used;
    if (amount <= free || this.#used === 0) return 0;
    for (const { slice, used } of this.#slices) {
      free += used;
      if (amount <= free || free >= this.max) return Math.max(1, (slice + 1) * this.#sliceMs + this.windowMs - now);
    }
    return 1;
  }

  use(amount: number, now: number): void {
    this.#expire(now);
    const slice = Math.floor(now / this.#sliceMs);
    const last = this.#slices.at(-1);
    if (last?.slice === slice) last.used += amount;
    else this.#slices.push({ slice, used: amount });
    this.#used += amount;
  }

  #expire(now: number): void {
    for (let first = this.#slices[0]; first !== undefined && (first.slice + 1) * this.#sliceMs + this.windowMs <= now; first = this.#slices[0]) {
      this.#slices.shift();
      this.#used -= first.used;
    }
  }
}
