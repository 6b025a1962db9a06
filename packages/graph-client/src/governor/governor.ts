/**
 * The governor: the one place that decides when a request may go. It keeps to the published limits by itself, obeys `Retry-After` for
 * everything that shares the budget, and lowers the concurrency of a budget that is told off (additive increase, multiplicative
 * decrease). Requests of one budget go in the order they came.
 */
import type { Budget } from '../graph-port.js';
import { budgetKey, plannedShare, publishedLimits, type Limit } from './limits.js';
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

/** What a request takes of its budget. */
export interface Cost {
  /** Requests it counts for: a batch counts for each of its items. */
  units: number;
  /** Size of its body; 0 when unknown or empty. */
  bytes: number;
}

/** Permission for one request; must be released exactly once, when its answer has been read. */
export interface Permit {
  release(): void;
}

export interface Governor {
  /** Resolves when the request may go. Rejects when `signal` aborts. */
  acquire(app: string, tenantId: string, budget: Budget, cost: Cost, signal: AbortSignal | undefined): Promise<Permit>;
  /** Counts body bytes that only became known while they were sent. */
  sent(app: string, tenantId: string, budget: Budget, bytes: number): void;
  /** The budget was refused a request: nobody who shares it goes before `restMs` are over. */
  throttled(app: string, tenantId: string, budget: Budget, restMs: number): void;
  readonly observer: GovernorObserver;
}

export interface GovernorOptions {
  observer?: GovernorObserver;
  limits?: Record<Budget['kind'], Limit>;
  /** Milliseconds that only ever grow: a wall clock that is set back must not lengthen a wait. */
  now?: () => number;
}

export const createGovernor = ({ observer = {}, limits = publishedLimits, now = () => performance.now() }: GovernorOptions = {}): Governor => {
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
    async acquire(app, tenantId, budget, cost, signal) {
      signal?.throwIfAborted();
      const began = now();
      const permit = await stateOf(app, tenantId, budget).acquire(cost, signal);
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
  cost: Cost;
  grant: () => void;
}

const windowOf = ({ max, windowMs }: { max: number; windowMs: number }): SlidingWindow => new SlidingWindow(Math.ceil(max * plannedShare), windowMs);

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
    this.#requests = limit.requests === null ? null : windowOf(limit.requests);
    this.#bytes = limit.uploadBytes === null ? null : windowOf(limit.uploadBytes);
    this.#concurrency = limit.concurrency;
    this.#changedAt = now();
  }

  /** Nothing would be lost by forgetting this budget. */
  get idle(): boolean {
    const now = this.now();
    return this.#inFlight === 0 && this.#queue.length === 0 && this.#restUntil <= now && this.#requests?.isEmpty(now) !== false && this.#bytes?.isEmpty(now) !== false;
  }

  acquire(cost: Cost, signal: AbortSignal | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        cost,
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
    // Requests that were in flight together are refused together: that is one lesson, not several.
    const resting = this.#restUntil > now;
    this.#restUntil = Math.max(this.#restUntil, now + ms);
    if (!resting && Number.isFinite(this.#concurrency)) {
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
    clearTimeout(this.#timer);
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (this.#inFlight >= this.#concurrency) return;
      const { units, bytes } = first.cost;
      const waitMs = Math.max(this.#restUntil - now, this.#requests?.waitMs(units, now) ?? 0, bytes === 0 ? 0 : (this.#bytes?.waitMs(bytes, now) ?? 0));
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#pump();
        }, waitMs);
        return;
      }
      this.#queue.shift();
      this.#inFlight += 1;
      this.#requests?.use(units, now);
      if (bytes > 0) this.#bytes?.use(bytes, now);
      first.grant();
    }
  }
}
