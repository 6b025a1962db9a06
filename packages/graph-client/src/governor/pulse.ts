/** Whether answers have become slow: what a service that is too busy shows before it refuses. */
const quickly = 0.2;
const slowly = 0.01;
/** Answers faster than this are never called slow. */
const slowMs = 1_500;
const times = 3;

export class Pulse {
  #lately = 0;
  #usually = 0;
  #slow = false;

  /** Milliseconds until a small request was answered. */
  answered(tookMs: number): void {
    if (this.#usually === 0) this.#usually = this.#lately = tookMs;
    this.#lately += (tookMs - this.#lately) * quickly;
    this.#usually += (tookMs - this.#usually) * slowly;
    if (this.#lately > slowMs && this.#lately > times * this.#usually) this.#slow = true;
  }

  /** The service itself says so. */
  isSlow(): void {
    this.#slow = true;
  }

  /** Whether they were slow since it was last asked. */
  takeSlow(): boolean {
    const slow = this.#slow;
    this.#slow = false;
    return slow;
  }
}
