/**
 * One change of a job: rows, log lines and events in one transaction; live copies and wake-ups after it has committed. A process
 * that dies between the two loses only speed: the sweeper finds what was not announced.
 */
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { FactPayload } from '@migrator/contracts/events';
import type { Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { JobDone, LivePublisher } from '../live/live-publisher.js';
import { appendLines, type StoredLine } from '../logs/log-repository.js';
import { followJob } from '../passes/pass-repository.js';
import { setStatus, type LockedJob, type TransitionChange } from './job-repository.js';
import { transition, type JobAction } from './job.js';

export interface JobChange {
  readonly tx: TransactionSql;
  readonly at: Date;
  /** Adds a line to the job's log. */
  say(jobId: string, level: LogLevel, message: string): Promise<void>;
  /** Makes a legal transition, its event and what follows for the pass; throws when it is not legal. */
  transition(job: LockedJob, action: JobAction, change?: TransitionChange): Promise<LockedJob>;
  /** After the commit: ends the streams of the job. */
  announceDone(jobId: string, done: JobDone): void;
  /** After the commit: makes workers look at what they should do. */
  tellWorkers(jobId: string): void;
}

export type ChangeJobs = <T>(work: (change: JobChange) => Promise<T>) => Promise<T>;

/** The channel on which the database tells the dispatcher to look again. */
export const dispatchChannel = 'jobs_dispatch';

/** Notifies the dispatcher when this transaction commits. */
export async function wakeDispatcher(tx: TransactionSql): Promise<void> {
  await tx`select pg_notify(${dispatchChannel}, '')`;
}

export function makeChangeJobs({ sql, outbox, live, clock }: { sql: Sql; outbox: Outbox; live: LivePublisher; clock: Clock }): ChangeJobs {
  return async (work) => {
    const lines: [string, StoredLine[]][] = [];
    const after: (() => void)[] = [];
    const result = await inTransaction(sql, async (tx) => {
      const at = clock.now();
      return work({
        tx,
        at,
        say: async (jobId, level, message) => {
          lines.push([jobId, await appendLines(tx, jobId, [{ level, message, at }])]);
        },
        transition: async (job, action, change = {}) => {
          const to = transition(job.status, action);
          const next = await setStatus(tx, job, to, change);
          await followJob(tx, next, at);
          const payload: FactPayload<'job.status_changed'> = { orgId: job.orgId as Id<'org'>, jobId: job.id as Id<'job'>, from: job.status, to, at: at.toISOString() };
          await outbox.add(tx, 'job.status_changed', payload);
          await wakeDispatcher(tx);
          return next;
        },
        announceDone: (jobId, done) => {
          after.push(() => {
            live.done(jobId, done);
          });
        },
        tellWorkers: (jobId) => {
          after.push(() => {
            live.control(jobId);
          });
        },
      });
    });
    for (const [jobId, stored] of lines) live.lines(jobId, stored);
    for (const act of after) act();
    return result;
  };
}
