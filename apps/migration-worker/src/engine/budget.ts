/** Back-pressure: so many units of something may be in hand at once; whoever wants more waits its turn. */

interface Waiting {
  amount: number;
  resolve: () => void;
}

export class Budget {
  readonly #waiting: Waiting[] = [];
  #used = 0;

  /** `max`: how much may be in hand at once. A single wish that is larger is served alone. */
  constructor(readonly max: number) {}

  get used(): number {
    return this.#used;
  }

  /** Waits, first come first served, and returns how to give back (more than once is harmless). Rejects with the signal's reason when it aborts first. */
  async take(amount: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const asked = Math.min(amount, this.max);
    if (this.#waiting.length > 0 || this.#used + asked > this.max) {
      await new Promise<void>((resolve, reject) => {
        const waiting: Waiting = {
          amount: asked,
          resolve: () => {
            signal.removeEventListener('abort', abort);
            resolve();
          },
        };
        const abort = (): void => {
          const at = this.#waiting.indexOf(waiting);
          if (at >= 0) this.#waiting.splice(at, 1);
          reject(signal.reason as Error);
          this.#serve();
        };
        signal.addEventListener('abort', abort, { once: true });
        this.#waiting.push(waiting);
      });
    } else this.#used += asked;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#used -= asked;
      this.#serve();
    };
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#used + next.amount <= this.max; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.amount;
      next.resolve();
    }
  }
}
