/** The simulated time of day. Token lifetimes, limit windows, Retry-After and delta expiry all run on it. */
export interface SimClock {
  /** Milliseconds since the epoch, simulated. */
  now(): number;
  /** Resolves when `ms` simulated milliseconds have passed; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

interface Sleeper { dueMs: number; wake: () => void; timer: NodeJS.Timeout | undefined }

/** A clock that runs `scale` times as fast as the real one and can be moved forward; `scale` 0 stands still until moved. */
export class ScalableClock implements SimClock {
  #baseSimMs: number;
  #baseRealMs: number;
  #scale: number;
  readonly #realNow: () => number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(options: { startMs?: number; scale?: number; realNow?: () => number } = {}) {
    this.#realNow = options.realNow ?? Date.now;
    this.#baseRealMs = this.#realNow();
    this.#baseSimMs = options.startMs ?? this.#baseRealMs;
    this.#scale = options.scale ?? 1;
  }

  get scale(): number {
    return this.#scale;
  }

  now(): number {
    return this.#baseSimMs + Math.floor((this.#realNow() - this.#baseRealMs) * this.#scale);
  }

  /** Jumps forward. Throws RangeError for a negative step: Graph's tokens and windows never see time run back. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('The simulated clock only moves forward');
    this.#rebase(this.now() + ms, this.#scale);
  }

  /** From now on one real millisecond counts as `scale` simulated ones. */
  setScale(scale: number): void {
    if (!(scale >= 0) || !Number.isFinite(scale)) throw new RangeError('The time scale is a finite number, zero or more');
    this.#rebase(this.now(), scale);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper: Sleeper = { dueMs: this.now() + ms, timer: undefined, wake: () => { finish(); resolve(); } };
      const abort = (): void => { finish(); reject(signal?.reason as Error); };
      const finish = (): void => {
        clearTimeout(sleeper.timer);
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
      this.#arm(sleeper);
    });
  }

  #arm(sleeper: Sleeper): void {
    clearTimeout(sleeper.timer);
    const leftMs = sleeper.dueMs - this.now();
    if (leftMs <= 0) {
      sleeper.wake();
      return;
    }
    if (this.#scale === 0) return;
    // setTimeout overflows above 2^31-1 ms and would fire at once.
    const realMs = Math.min(Math.ceil(leftMs / this.#scale), 0x7fffffff);
    sleeper.timer = setTimeout(() => { this.#arm(sleeper); }, realMs);
    sleeper.timer.unref();
  }

  #rebase(simMs: number, scale: number): void {
    this.#baseSimMs = simMs;
    this.#baseRealMs = this.#realNow();
    this.#scale = scale;
    for (const sleeper of [...this.#sleepers]) this.#arm(sleeper);
  }
}
