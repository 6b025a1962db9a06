/** Pauses a running job: what is in flight is finished, nothing new is picked up. */
import type { ChangeJobs } from './job-change.js';
import { lockJobOf } from './job-repository.js';

/** JOB_NOT_FOUND, or JOB_NOT_RUNNING. */
export const makePauseJob =
  ({ change }: { change: ChangeJobs }) =>
  ({ orgId, jobId }: { orgId: string; jobId: string }): Promise<void> =>
    change(async ({ tx, transition, say, tellWorkers }) => {
      const job = await lockJobOf(tx, orgId, jobId);
      await transition(job, 'pause');
      await say(job.id, 'INFO', job.unitsClaimed === 0 ? 'Job paused' : `Job paused; ${job.unitsClaimed} units finish what they have in hand`);
      tellWorkers(job.id);
    });
