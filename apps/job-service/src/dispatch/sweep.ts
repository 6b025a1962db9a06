/** What no call triggers: leases that ran out, jobs that ended while nobody looked, live copies that were lost, rows of deleted jobs, the pace. */
import { unitFailures } from '@migrator/contracts/outcomes';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';
import { endJobIfOver } from '../jobs/end-job.js';
import { wakeDispatcher, type ChangeJobs } from '../jobs/job-change.js';
import { listJobsThatMayEnd, listQueuedJobsUnderWay, lockJob } from '../jobs/job-repository.js';
import { nextStatus } from '../jobs/job.js';
import { getPass } from '../passes/pass-repository.js';
import { startJob } from '../units/claim-unit.js';
import { decideExpiry, settleVerification } from '../units/finish-unit.js';
import { expiriesMax } from '../units/unit.js';
import { endClaim, listJobsWithExpiredLeases, lockExpiredUnits } from '../units/unit-repository.js';

export interface SweepDeps {
  sql: Sql;
  change: ChangeJobs;
  logger: Logger;
  repairLive(): Promise<void>;
  purgeDeleted(): Promise<void>;
  samplePace(): Promise<void>;
}

/** One sweep. Each part may run twice, and in two instances at once. */
export const makeSweep =
  ({ sql, change, logger, repairLive, purgeDeleted, samplePace }: SweepDeps) =>
  async (): Promise<void> => {
    for (const jobId of await listJobsWithExpiredLeases(sql)) await freeExpiredLeases(change, jobId, logger);
    for (const jobId of await listQueuedJobsUnderWay(sql)) await startUnderWay(change, jobId);
    await endJobs(sql, change);
    await repairLive();
    await purgeDeleted();
    await samplePace();
  };

/** Ends every job that is over; asked after each stored batch of reports as well. */
export async function endJobs(sql: Sql, change: ChangeJobs): Promise<void> {
  for (const jobId of await listJobsThatMayEnd(sql)) await change((current) => endJobIfOver(current, jobId));
}

/** Takes units from workers that fell silent; they can be claimed again at once. */
async function freeExpiredLeases(change: ChangeJobs, jobId: string, logger: Logger): Promise<void> {
  await change(async (current) => {
    const { tx, at, say } = current;
    const job = await lockJob(tx, jobId);
    if (job === null) return;
    const deleted = job.deletedAt !== null;
    const { mode } = await getPass(tx, job.passId);
    for (const unit of await lockExpiredUnits(tx, jobId)) {
      const decided = decideExpiry(unit, deleted, at);
      const end = mode === 'verify' ? await settleVerification(tx, job.passId, unit, decided) : decided;
      await endClaim(tx, unit.id, end);
      logger.warn({ jobId, unitId: unit.id, claim: unit.claim, status: end.status }, 'a lease ran out');
      if (deleted) continue;
      if (decided.status === 'ERROR') await say(jobId, 'ERROR', `${unit.sourceAddress}: set aside after ${expiriesMax} workers fell silent over it. ${unitFailures.WORKER_LOST.remedy}`);
      else await say(jobId, 'WARN', `${unit.sourceAddress}: its worker fell silent; the mailbox goes on where it stopped${end.delayMs > 0 ? ` in ${Math.round(end.delayMs / 1000)} s` : ''}`);
    }
    await endJobIfOver(current, jobId);
    await wakeDispatcher(tx);
  });
}

/** A worker that went on over a pause and a resume: its job is RUNNING. */
async function startUnderWay(change: ChangeJobs, jobId: string): Promise<void> {
  await change(async (current) => {
    const job = await lockJob(current.tx, jobId);
    if (job?.deletedAt === null && job.unitsClaimed > 0 && nextStatus(job.status, 'start') !== null) await startJob(current, job);
  });
}
