/** Usage within the last `windowMs`, kept in equal slices: precise to one slice and constant in memory. */
export class SlidingWindow {
  readonly #slices: Float64Array;
  readonly #sliceMs: number;
  #head: number;
  #sum = 0;

  constructor(readonly windowMs: number, nowMs: number, slices = 60) {
    this.#slices = new Float64Array(slices);
    this.#sliceMs = windowMs / slices;
    this.#head = Math.floor(nowMs / this.#sliceMs);
  }

  /** Counts `amount` at this moment. */
  add(amount: number, nowMs: number): void {
    this.#roll(nowMs);
    const i = this.#index(this.#head);
    this.#slices[i] = (this.#slices[i] ?? 0) + amount;
    this.#sum += amount;
  }

  used(nowMs: number): number {
    this.#roll(nowMs);
    return this.#sum;
  }

  /** Milliseconds until no more than `target` is in use; 0 when that is so already. */
  msUntil(target: number, nowMs: number): number {
    this.#roll(nowMs);
    let left = this.#sum;
    if (left <= target) return 0;
    const n = this.#slices.length;
    for (let age = n - 1; age >= 0; age -= 1) {
      left -= this.#slices[this.#index(this.#head - age)] ?? 0;
      if (left <= target) return Math.max(1, Math.ceil((this.#head - age + n) * this.#sliceMs - nowMs));
    }
    return this.windowMs;
  }

  #index(slice: number): number {
    const n = this.#slices.length;
    return ((slice % n) + n) % n;
  }

  #roll(nowMs: number): void {
    const slice = Math.floor(nowMs / this.#sliceMs);
    if (slice <= this.#head) return;
    const steps = Math.min(slice - this.#head, this.#slices.length);
    for (let k = 1; k <= steps; k += 1) {
      const i = this.#index(slice - steps + k);
      this.#sum -= this.#slices[i] ?? 0;
      this.#slices[i] = 0;
    }
    if (steps === this.#slices.length) this.#sum = 0;
    this.#head = slice;
  }
}
