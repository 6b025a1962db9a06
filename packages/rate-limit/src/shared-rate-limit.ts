/**
 * Requests a minute, counted in Redis for all instances together. Requests of one turn of the event loop share a round trip. While
 * Redis is away reads are counted on this instance alone and go on; what would change something is asked to come back.
 */
import { AppError } from '@migrator/contracts/errors';
import type { Logger } from '@migrator/service-kit/logger';
import type { Redis } from '@migrator/messaging/queues';
import { RateLimiterMemory, RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';

/** What is left of a minute's requests; the source of the `RateLimit-*` headers. */
export interface Allowance {
  limit: number;
  remaining: number;
  /** Whole seconds until the count begins anew, at least 1. */
  resetSeconds: number;
}

export interface RateLimitDeps {
  redis: Redis;
  /** Prefix of the counters in Redis. */
  prefix: string;
  logger: Logger;
  /** Called with each turn of the state, and for each request that was counted here alone. */
  onShared(shared: boolean): void;
  onLocal(): void;
}

interface Batch {
  points: number;
  result: Promise<{ consumed: number; msBeforeNext: number; shared: boolean }>;
}

const windowSeconds = 60;
/** After a failure Redis is left alone this long. */
const pauseMs = 1_000;
/** The library would refuse by a limit of its own; ours differs by organisation, so it only counts. */
const uncapped = Number.MAX_SAFE_INTEGER;

export class SharedRateLimit {
  readonly #redis: RateLimiterRedis;
  readonly #local: RateLimiterMemory;
  readonly #batches = new Map<string, Batch>();
  #awayUntil = 0;
  #shared = true;

  constructor(private readonly deps: RateLimitDeps) {
    this.#redis = new RateLimiterRedis({ storeClient: deps.redis, keyPrefix: deps.prefix, points: uncapped, duration: windowSeconds, rejectIfRedisNotReady: true });
    this.#local = new RateLimiterMemory({ keyPrefix: deps.prefix, points: uncapped, duration: windowSeconds });
  }

  /** Counts one request for `key`. Throws RATE_LIMITED when over `limit`, and SERVICE_UNAVAILABLE for a change while nobody can count for all. */
  async take(key: string, limit: number, changes: boolean): Promise<Allowance> {
    const batch = this.#join(key);
    batch.points += 1;
    const place = batch.points;
    const { consumed, msBeforeNext, shared } = await batch.result;
    if (!shared) {
      if (changes) throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'Requests cannot be counted right now, so changes wait. Try again shortly.', retryAfterSeconds: 2 });
      this.deps.onLocal();
    }
    // Requests of one batch are counted at once and take their places in order.
    const mine = consumed - batch.points + place;
    const resetSeconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
    if (mine > limit) throw new RateLimited({ limit, remaining: 0, resetSeconds });
    return { limit, remaining: limit - mine, resetSeconds };
  }

  #join(key: string): Batch {
    const open = this.#batches.get(key);
    if (open !== undefined) return open;
    const batch: Batch = {
      points: 0,
      result: new Promise((resolve, reject) => {
        setImmediate(() => {
          this.#batches.delete(key);
          this.#count(key, batch.points).then(resolve, reject);
        });
      }),
    };
    this.#batches.set(key, batch);
    return batch;
  }

  async #count(key: string, points: number): Promise<{ consumed: number; msBeforeNext: number; shared: boolean }> {
    if (Date.now() >= this.#awayUntil) {
      try {
        const counted = await this.#redis.consume(key, points);
        this.#turn(true);
        return { consumed: counted.consumedPoints, msBeforeNext: counted.msBeforeNext, shared: true };
      } catch (error) {
        this.#awayUntil = Date.now() + pauseMs;
        if (this.#shared) this.deps.logger.warn({ err: error }, 'Redis is away: reads are counted on this instance alone, changes wait');
        this.#turn(false);
      }
    }
    const counted: RateLimiterRes = await this.#local.consume(key, points);
    return { consumed: counted.consumedPoints, msBeforeNext: counted.msBeforeNext, shared: false };
  }

  #turn(shared: boolean): void {
    if (shared && !this.#shared) this.deps.logger.info({}, 'Redis is back: requests are counted for all instances again');
    this.#shared = shared;
    this.deps.onShared(shared);
  }
}

/** Over the limit; carries what the headers say. */
export class RateLimited extends AppError {
  constructor(readonly allowance: Allowance) {
    super('RATE_LIMITED', { publicMessage: `More than ${allowance.limit} requests in a minute. Try again in ${allowance.resetSeconds} s.`, retryAfterSeconds: allowance.resetSeconds });
  }
}
