/**
 * The governor: the one place that decides when a request may go. It keeps to the published limits by itself, obeys `Retry-After` for
 * everything that shares the budget, and lowers the concurrency of a budget that is told off (additive increase, multiplicative
 * decrease). Requests of one budget go in the order they came.
 */
import type { Budget } from '../graph-port.js';
import { budgetKey, publishedLimits, type Limit } from './limits.js';
import { SlidingWindow } from './sliding-window.js';

/** What the governor tells whoever watches (metrics, log lines). */
export interface GovernorObserver {
  /** A request waited for its budget. */
  onWait?(budget: Budget, waitedMs: number): void;
  /** Microsoft told us to wait: the whole budget rests. */
  onThrottled?(budget: Budget, restMs: number): void;
  /** A request was answered (or not: status 0). */
  onRequest?(budget: Budget, status: number, tookMs: number): void;
}

/** Permission for one request; must be released exactly once, when its answer has been read. */
export interface Permit {
  release(): void;
}

export interface Governor {
  /** Resolves when the request may go. `bytes` is the size of its body (0 when unknown or empty). Rejects when `signal` aborts. */
  acquire(app: string, tenantId: string, budget: Budget, bytes: number, signal: AbortSignal | undefined): Promise<Permit>;
  /** Counts body bytes that only became known while they were sent. */
  sent(app: string, tenantId: string, budget: Budget, bytes: number): void;
  /** The budget was refused a request: nobody who shares it goes before `restMs` are over. */
  throttled(app: string, tenantId: string, budget: Budget, restMs: number): void;
  readonly observer: GovernorObserver;
}

export interface GovernorOptions {
  observer?: GovernorObserver;
  limits?: Record<Budget['kind'], Limit>;
  now?: () => number;
}

export const createGovernor = ({ observer = {}, limits = publishedLimits, now = Date.now }: GovernorOptions = {}): Governor => {
  const states = new Map<string, BudgetState>();
  const stateOf = (app: string, tenantId: string, budget: Budget): BudgetState => {
    const key = budgetKey(app, tenantId, budget);
    let state = states.get(key);
    if (state === undefined) {
      if (states.size > 50_000) for (const [old, each] of states) if (each.idle) states.delete(old);
      state = new BudgetState(limits[budget.kind], now);
      states.set(key, state);
    }
    return state;
  };
  return {
    observer,
    async acquire(app, tenantId, budget, bytes, signal) {
      signal?.throwIfAborted();
      const began = now();
      const permit = await stateOf(app, tenantId, budget).acquire(bytes, signal);
      const waited = now() - began;
      if (waited > 0) observer.onWait?.(budget, waited);
      return permit;
    },
    sent: (app, tenantId, budget, bytes) => {
      stateOf(app, tenantId, budget).sent(bytes);
    },
    throttled: (app, tenantId, budget, restMs) => {
      stateOf(app, tenantId, budget).rest(restMs);
      observer.onThrottled?.(budget, restMs);
    },
  };
};

interface Waiting {
  bytes: number;
  grant: () => void;
}

/** Milliseconds without a refusal after which a lowered concurrency grows by one. */
const recoverMs = 30_000;

class BudgetState {
  readonly #requests: SlidingWindow | null;
  readonly #bytes: SlidingWindow | null;
  readonly #queue: Waiting[] = [];
  #inFlight = 0;
  #concurrency: number;
  #changedAt: number;
  #restUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limit: Limit,
    private readonly now: () => number,
  ) {
    this.#requests = limit.requests === null ? null : new SlidingWindow(limit.requests.max, limit.requests.windowMs);
    this.#bytes = limit.uploadBytes === null ? null : new SlidingWindow(limit.uploadBytes.max, limit.uploadBytes.windowMs);
    this.#concurrency = limit.concurrency;
    this.#changedAt = now();
  }

  get idle(): boolean {
    return this.#inFlight === 0 && this.#queue.length === 0 && this.#restUntil <= this.now();
  }

  acquire(bytes: number, signal: AbortSignal | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        bytes,
        grant: () => {
          signal?.removeEventListener('abort', abort);
          let released = false;
          resolve({
            release: () => {
              if (released) return;
              released = true;
              this.#inFlight -= 1;
              this.#pump();
            },
          });
        },
      };
      const abort = (): void => {
        const at = this.#queue.indexOf(waiting);
        if (at >= 0) this.#queue.splice(at, 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        this.#pump();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(waiting);
      this.#pump();
    });
  }

  sent(bytes: number): void {
    this.#bytes?.use(bytes, this.now());
  }

  rest(ms: number): void {
    const now = this.now();
    this.#restUntil = Math.max(this.#restUntil, now + ms);
    if (Number.isFinite(this.#concurrency)) {
      this.#concurrency = Math.max(1, Math.floor(this.#concurrency / 2));
      this.#changedAt = now;
    }
    this.#pump();
  }

  #pump(): void {
    const now = this.now();
    if (this.#concurrency < this.limit.concurrency && now - this.#changedAt >= recoverMs) {
      this.#concurrency += 1;
      this.#changedAt = now;
    }
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#inFlight >= this.#concurrency) return;
      const waitMs = Math.max(this.#restUntil - now, this.#requests?.waitMs(1, now) ?? 0, first.bytes === 0 ? 0 : (this.#bytes?.waitMs(first.bytes, now) ?? 0));
      if (waitMs > 0) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#pump();
        }, waitMs);
        return;
      }
      this.#queue.shift();
      this.#inFlight += 1;
      this.#requests?.use(1, now);
      if (first.bytes > 0) this.#bytes?.use(first.bytes, now);
      first.grant();
    }
  }
}
