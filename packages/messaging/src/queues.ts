/** Typed BullMQ queues: Redis hands out work, payloads carry ids only. */
import { queues } from '@migrator/contracts/queues';
import type { Logger } from '@migrator/service-kit/logger';
import { Queue, Worker, type Job, type JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';

export type { Redis } from 'ioredis';
import type { z } from 'zod';

export type QueueName = keyof typeof queues;
export type QueuePayload<N extends QueueName> = z.infer<(typeof queues)[N]['payload']>;

export interface QueueOptions {
  redisUrl: string;
  namespace: string;
  logger: Logger;
}

const connectionOptions = (redisUrl: string) => {
  const url = new URL(redisUrl);
  return {
    host: url.hostname,
    port: Number(url.port === '' ? '6379' : url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    db: Number(url.pathname.slice(1) === '' ? '0' : url.pathname.slice(1)),
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    // Waiting forever beats failing a job because Redis restarted.
    maxRetriesPerRequest: null,
  };
};

export interface TypedQueue<N extends QueueName> {
  /** Adds payloads in one round trip. `jobId` makes a repeated add count once while the first is still there. */
  addBulk(items: { payload: QueuePayload<N>; jobId: string; options?: JobsOptions }[]): Promise<void>;
  /** Jobs waiting, active and delayed. */
  depth(): Promise<{ waiting: number; active: number; delayed: number }>;
  readonly raw: Queue;
  close(): Promise<void>;
}

/** The producing side of a queue. */
export function openQueue<N extends QueueName>(name: N, { redisUrl, namespace, logger }: QueueOptions): TypedQueue<N> {
  const queue = new Queue(queues[name].name, { connection: connectionOptions(redisUrl), prefix: namespace, defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 } });
  queue.on('error', (error) => {
    logger.warn({ queue: name, err: error }, 'the queue lost Redis');
  });
  return {
    addBulk: async (items) => {
      if (items.length > 0) await queue.addBulk(items.map(({ payload, jobId, options }) => ({ name: queues[name].name, data: payload, opts: { ...options, jobId } })));
    },
    depth: async () => {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
      return { waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0), active: counts['active'] ?? 0, delayed: counts['delayed'] ?? 0 };
    },
    raw: queue,
    close: () => queue.close(),
  };
}

export interface QueueConsumer {
  /** Takes nothing new and waits for what is in hand. */
  stop(): Promise<void>;
}

/** The consuming side: `handle` runs for up to `concurrency` payloads at once. A payload that does not parse is logged and dropped. */
export function consumeQueue<N extends QueueName>(name: N, { redisUrl, namespace, logger }: QueueOptions, concurrency: number, handle: (payload: QueuePayload<N>) => Promise<void>): QueueConsumer {
  const worker = new Worker(
    queues[name].name,
    async (job: Job) => {
      const parsed = queues[name].payload.safeParse(job.data);
      if (!parsed.success) {
        logger.error({ queue: name, queueJobId: job.id }, 'a queue payload could not be read and was dropped');
        return;
      }
      await handle(parsed.data as QueuePayload<N>);
    },
    { connection: connectionOptions(redisUrl), prefix: namespace, concurrency, lockDuration: 30_000, stalledInterval: 15_000, maxStalledCount: 100 },
  );
  worker.on('error', (error) => {
    logger.warn({ queue: name, err: error }, 'the queue worker lost Redis');
  });
  worker.on('failed', (job, error) => {
    logger.error({ queue: name, queueJobId: job?.id, err: error }, 'a queue job failed');
  });
  return { stop: () => worker.close() };
}

/**
 * Redis for a service's own small questions (readiness, limits). It never waits: a command fails at once while Redis is away, and
 * after `commandTimeoutMs` (default 1,000) when Redis does not answer; the connection comes back by itself. `together`: commands of one
 * turn of the event loop share a round trip.
 */
export function openRedis(redisUrl: string, logger: Logger, { commandTimeoutMs = 1_000, together = false }: { commandTimeoutMs?: number; together?: boolean } = {}): Redis {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 0, enableOfflineQueue: false, lazyConnect: false, commandTimeout: commandTimeoutMs, enableAutoPipelining: together, connectTimeout: 2_000, retryStrategy: (times) => Math.min(1_000, 50 * times) });
  redis.on('error', (error) => {
    logger.debug({ err: error }, 'Redis is away');
  });
  return redis;
}
