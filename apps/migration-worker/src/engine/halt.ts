/** Stopping a unit, in two steps: first nothing new is begun and the batch in hand is finished, later everything is dropped. */

import { setMaxListeners } from 'node:events';
import { ClaimLost } from './unit-ledger.js';

/** Told to stop in order: pause, deletion of the job, shutdown. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export class Halt {
  readonly #soft = new AbortController();
  readonly #hard = new AbortController();
  #timer: NodeJS.Timeout | null = null;

  /** Aborts when nothing new should be begun: listing, looking up, waiting for a lane. */
  readonly soft: AbortSignal = this.#soft.signal;
  /** Aborts when the batch in hand should be dropped as well. */
  readonly hard: AbortSignal = this.#hard.signal;

  /** `graceMs`: how long a batch in hand may take to its end. */
  constructor(private readonly graceMs: number) {
    // Everything a unit has in flight listens; their number is bounded by the budgets.
    setMaxListeners(0, this.soft, this.hard);
  }

  /** Why the unit stops, or null while it runs. */
  get reason(): unknown {
    return this.#soft.signal.aborted ? this.#soft.signal.reason : null;
  }

  /** Stops in order; the first reason stays. A lost claim leaves nothing to finish. */
  stop(reason: unknown): void {
    if (reason instanceof ClaimLost) {
      this.abort(reason);
      return;
    }
    if (this.#soft.signal.aborted) return;
    this.#soft.abort(reason);
    this.#timer = setTimeout(() => {
      this.#hard.abort(reason);
    }, this.graceMs);
  }

  /** Drops everything now. */
  abort(reason: unknown): void {
    this.#soft.abort(reason);
    this.#hard.abort(reason);
    this.end();
  }

  /** Call when the unit has ended. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
