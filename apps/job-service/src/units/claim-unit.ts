/** A worker asks for a unit: granted once, with a lease and a fencing number. */
import type { EmailOptions } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { ClaimUnitAnswer, UnitWork } from '@migrator/contracts/internal';
import type { TransactionSql } from '@migrator/service-kit/database';
import type { ChangeJobs, JobChange } from '../jobs/job-change.js';
import { wakeDispatcher } from '../jobs/job-change.js';
import { lockJob, type LockedJob } from '../jobs/job-repository.js';
import { getPass } from '../passes/pass-repository.js';
import { beginVerifying } from '../verification/verification-repository.js';
import { claimUnitRow, findJobOfUnit, type UnitRow } from './unit-repository.js';

export interface ClaimUnit {
  unitId: string;
  workerId: string;
  leaseSeconds: number;
}

const refused = (reason: string): ClaimUnitAnswer => ({ granted: false, reason });

/** Grants a unit or says why not. The first granted unit of a QUEUED job makes it RUNNING. */
export const makeClaimUnit =
  ({ change }: { change: ChangeJobs }) =>
  ({ unitId, workerId, leaseSeconds }: ClaimUnit): Promise<ClaimUnitAnswer> =>
    change(async (current) => {
      const { tx, at } = current;
      const jobId = await findJobOfUnit(tx, unitId);
      const job = jobId === null ? null : await lockJob(tx, jobId);
      if (job === null || job.deletedAt !== null) return refused('there is no such unit');
      if (job.status !== 'QUEUED' && job.status !== 'RUNNING') return refused(`the job is ${job.status}`);
      if (job.failure !== null) return refused('the job is being stopped');
      if (job.early) return refused('the job is scheduled for later');
      const unit = await claimUnitRow(tx, unitId, workerId, leaseSeconds, at);
      if (unit === null) return refused('the unit is taken, finished or not due, or another one works on its destination');
      if (job.status === 'QUEUED') await startJob(current, job);
      else await wakeDispatcher(tx);
      const work = await describeWork(tx, job, unit);
      if (work.mode === 'verify') await beginVerifying(tx, work.passId, unit.id, unit.claim);
      return { granted: true, claim: unit.claim, work };
    });

/** QUEUED -> RUNNING, with its line in the log. */
export async function startJob({ tx, at, transition, say }: JobChange, job: LockedJob): Promise<void> {
  const { mode, begun } = await getPass(tx, job.passId);
  await transition(job, 'start', { startedAt: at });
  const what = mode === 'full' ? 'Job' : `${mode.charAt(0).toUpperCase()}${mode.slice(1)} pass`;
  await say(job.id, 'INFO', `${what} ${begun ? 'goes on' : 'started'}${job.dryRun ? ' (dry run: nothing is written)' : ''}`);
}

async function describeWork(tx: TransactionSql, job: LockedJob, unit: UnitRow): Promise<UnitWork> {
  const [row] = await tx<{ filters: EmailOptions['filters'] | null; merge: boolean | null; deletions: EmailOptions['deletions'] | null; prefix: string | null; versions: number | null; hours: EmailOptions['businessHours'] | null }[]>`
    select options->'filters' as filters, (options->>'merge')::boolean as merge, options->>'deletions' as deletions, options->>'destFolderPrefix' as prefix, (options->>'versionsMax')::int as versions, options->'businessHours' as hours from jobs.jobs where id = ${job.id}`;
  if (unit.destMicrosoftId === null || unit.destAddress === null) throw new Error(`Unit ${unit.id} has no destination and was claimed.`);
  return {
    orgId: job.orgId as Id<'org'>,
    jobId: job.id as Id<'job'>,
    unitId: unit.id as Id<'unt'>,
    passId: job.passId as Id<'pas'>,
    mode: (await getPass(tx, job.passId)).mode,
    workload: job.type,
    dryRun: job.dryRun,
    sourceTenantId: job.sourceTenantId as Id<'ten'>,
    destTenantId: job.destTenantId as Id<'ten'>,
    source: { microsoftId: unit.sourceMicrosoftId, address: unit.sourceAddress },
    dest: { microsoftId: unit.destMicrosoftId, address: unit.destAddress },
    scope: job.scope,
    filters: row?.filters ?? {},
    merge: row?.merge ?? false,
    deletions: row?.deletions ?? 'keep',
    destFolderPrefix: row?.prefix ?? null,
    versionsMax: row?.versions ?? null,
    businessHours: row?.hours ?? null,
    counters: { total: unit.total, done: unit.done, error: unit.error, skipped: unit.skipped, bytes: unit.bytes },
  };
}
