/** Slices a window is counted in: whatever was used counts at most one slice longer than it must, and never shorter. */
export const slicesPerWindow = 100;

/** How much was used in the last `windowMs`, counted in slices of a hundredth of it (so at most 1 % too careful, never too bold). */
export class SlidingWindow {
  readonly #slices: { slice: number; used: number }[] = [];
  readonly #sliceMs: number;
  #used = 0;

  constructor(private readonly windowMs: number) {
    this.#sliceMs = windowMs / slicesPerWindow;
  }

  used(now: number): number {
    this.#expire(now);
    return this.#used;
  }

  /** The same without the slice that is on its way out. */
  usedWithin(now: number): number {
    this.#expire(now);
    return this.#slices.filter(({ slice }) => slice * this.#sliceMs >= now - this.windowMs).reduce((sum, { used }) => sum + used, 0);
  }

  /** Milliseconds until `amount` fits under `max`; 0 when it fits now. An amount above the maximum fits once the window is empty. */
  waitMs(amount: number, max: number, now: number): number {
    this.#expire(now);
    let free = max - this.#used;
    if (amount <= free || this.#used === 0) return 0;
    for (const { slice, used } of this.#slices) {
      free += used;
      if (amount <= free || free >= max) return Math.max(1, (slice + 1) * this.#sliceMs + this.windowMs - now);
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

  /** What was used since `since`, as [age in milliseconds, amount]; a slice that began before is told whole, and no age is told too old. */
  ages(now: number, since: number): [number, number][] {
    this.#expire(now);
    return this.#slices.filter(({ slice }) => (slice + 1) * this.#sliceMs > since).map(({ slice, used }) => [Math.max(0, Math.floor(now - (slice + 1) * this.#sliceMs)), used]);
  }

  #expire(now: number): void {
    for (let first = this.#slices[0]; first !== undefined && (first.slice + 1) * this.#sliceMs + this.windowMs <= now; first = this.#slices[0]) {
      this.#slices.shift();
      this.#used -= first.used;
    }
  }
}
