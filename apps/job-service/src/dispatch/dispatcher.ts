/**
 * Keeps the BullMQ queue filled with a short window of due units. PostgreSQL is the truth, and Redis is believed for a second at most:
 * then the whole window is added again, and what Redis has already is not added twice (the queue job's id is the unit and its claim).
 * So a Redis that lost everything is filled again, and a unit that was released or taken from a dead worker gets a new id. A Redis
 * that lost only a part can hold a queue job that no list names; so the id changes every two minutes too. Handing a unit out twice
 * does no harm: the claim decides.
 */
import type { TypedQueue } from '@migrator/messaging/queues';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';
import { dispatchChannel } from '../jobs/job-change.js';
import { pause } from '../leadership/leadership.js';
import { listDueUnits, nextScheduledInMs } from './due-units.js';

export interface DispatcherDeps {
  sql: Sql;
  queue: Pick<TypedQueue<'units'>, 'addBulk'>;
  logger: Logger;
  /** What has to be looked after once a second. */
  sweep(): Promise<void>;
  /** Units on the queue at most (those of organisations that come later go before them, by rank). */
  window?: number;
  /** Called with how many units were in the window. */
  onRefill?(units: number): void;
}

const sweepEveryMs = 1_000;
/** Changes come in swarms; one look answers all that come within this time. */
const gatherMs = 15;
/** BullMQ's largest priority is 2^21. */
const priorityMax = 2_000_000;

/** Leads until the signal: woken by the database, by the time of the next scheduled job, and every second. */
export async function dispatch({ sql, queue, logger, sweep, window = 128, onRefill }: DispatcherDeps, signal: AbortSignal): Promise<void> {
  let wake = new AbortController();
  const listening = await sql.listen(dispatchChannel, () => {
    wake.abort();
  });
  const stop = (): void => {
    wake.abort();
  };
  signal.addEventListener('abort', stop);
  let adding = false;
  let sweptAt = 0;
  // Queue jobs added since the last sweep.
  const added = new Set<string>();
  try {
    while (!signal.aborted) {
      // Armed before the look, so that a change during it is not slept over.
      wake = new AbortController();
      let sleepMs = sweepEveryMs;
      try {
        if (performance.now() - sweptAt >= sweepEveryMs) {
          sweptAt = performance.now();
          added.clear();
          await sweep();
        }
        if (!adding) {
          const due = await listDueUnits(sql, window);
          onRefill?.(due.length);
          const units = due.map((unit) => ({ ...unit, queueJobId: `${unit.unitId}.${unit.claim}.${unit.generation}` })).filter(({ queueJobId }) => !added.has(queueJobId));
          if (units.length > 0) {
            adding = true;
            // Not awaited for ever: while Redis is away the add waits for it, and the sweeps must go on.
            const done = new AbortController();
            void queue
              .addBulk(
                units.map(({ orgId, jobId, unitId, rank, queueJobId }) => ({
                  payload: { orgId: orgId as Id<'org'>, jobId: jobId as Id<'job'>, unitId: unitId as Id<'unt'> },
                  jobId: queueJobId,
                  options: { priority: Math.min(rank, priorityMax) },
                })),
              )
              .then(() => {
                for (const { queueJobId } of units) added.add(queueJobId);
              })
              .catch((error: unknown) => {
                logger.warn({ err: error }, 'units could not be queued and are tried again');
              })
              .finally(() => {
                adding = false;
                done.abort();
              });
            await pause(sweepEveryMs, done.signal);
          }
        }
        const scheduledInMs = await nextScheduledInMs(sql);
        if (scheduledInMs !== null) sleepMs = Math.min(sleepMs, Math.max(scheduledInMs, 1));
      } catch (error) {
        logger.warn({ err: error }, 'the dispatcher’s look failed and is repeated');
      }
      await pause(sleepMs, wake.signal);
      if (!signal.aborted) await pause(gatherMs, signal);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await listening.unlisten();
  }
}
