/** Deletes a job: workers stop after the batch in hand, a tombstone stays for the audit log. */
import type { Id } from '@migrator/contracts/ids';
import type { Outbox } from '@migrator/messaging/outbox';
import type { ChangeJobs } from './job-change.js';
import { lockJobOf, setDeleted } from './job-repository.js';

/** JOB_NOT_FOUND when there is no such job (any more). */
export const makeDeleteJob =
  ({ change, outbox }: { change: ChangeJobs; outbox: Outbox }) =>
  ({ orgId, jobId, actor }: { orgId: string; jobId: string; actor: string }): Promise<void> =>
    change(async ({ tx, at, announceDone, tellWorkers }) => {
      const job = await lockJobOf(tx, orgId, jobId);
      await setDeleted(tx, job.id, at, actor);
      await outbox.add(tx, 'job.deleted', { orgId: job.orgId as Id<'org'>, jobId: job.id as Id<'job'>, at: at.toISOString() });
      announceDone(job.id, { lastSeq: job.logSeq, status: 'CANCELLED', completedAt: null });
      tellWorkers(job.id);
    });
