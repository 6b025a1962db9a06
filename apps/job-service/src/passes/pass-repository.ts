/** SQL for passes: one sweep of a job each. */
import type { Pass, PassMode } from '@migrator/contracts/api/jobs';
import { retriedSkips } from '@migrator/contracts/outcomes';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import { profileOf } from '../estimate/load-profile.js';
import { laterSteps } from '../estimate/unit-load.js';
import type { LockedJob } from '../jobs/job-repository.js';
import type { VerificationSums } from '../verification/summary.js';

export interface PassRow {
  id: string;
  mode: PassMode;
  status: Pass['status'];
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  moved: number;
  deleted: number;
  removed: number;
  sums: VerificationSums;
}

export const passColumns = (sql: Queryable) => sql`
  id, mode, status, created_at as "createdAt", started_at as "startedAt", completed_at as "completedAt", moved, deleted, removed,
  json_build_object('verifiedUnits', verified_units, 'verifyingUnits', verifying_units, 'unverifiedUnits', unverified_units, 'itemsRead', items_read, 'sourceItems', source_items, 'matched', matched,
    'missing', missing, 'extra', extra, 'differs', differs, 'notComparable', not_comparable, 'containersDiffer', containers_differ) as sums`;

/** The current pass of a job takes the job's state; a paused job's pass stays as it was. */
export async function followJob(tx: TransactionSql, job: LockedJob, at: Date): Promise<void> {
  if (job.status === 'PAUSED' || job.status === 'QUEUED') return;
  const ended = job.status === 'DONE' || job.status === 'ERROR';
  await tx`
    update jobs.passes p set status = ${job.status}, started_at = coalesce(p.started_at, ${at}), completed_at = case when ${ended} then ${at}::timestamptz end,
      end_items = case when ${ended} then j.done_items + j.error_items + j.skipped_items end, end_bytes = case when ${ended} then j.bytes_transferred end, end_ended = case when ${ended} then j.units_done + j.units_failed end
    from jobs.jobs j where p.id = ${job.passId} and j.id = ${job.id}`;
}

/** Inserts a later pass, QUEUED. */
export async function insertPass(tx: TransactionSql, pass: { id: string; jobId: string; mode: PassMode; createdBy: string; createdAt: Date }): Promise<void> {
  await tx`insert into jobs.passes (id, job_id, mode, status, created_by, created_at) values (${pass.id}, ${pass.jobId}, ${pass.mode}, 'QUEUED', ${pass.createdBy}, ${pass.createdAt})`;
}

/** Notes where a job's current pass begins, after its units are there: what it does is counted from here. */
export async function notePassBase(tx: TransactionSql, jobId: string): Promise<void> {
  await tx`
    update jobs.passes p set base_items = j.done_items + j.error_items + j.skipped_items, base_bytes = j.bytes_transferred, base_ended = j.units_done + j.units_failed, base_steps = j.open_steps
    from jobs.jobs j where j.id = ${jobId} and p.id = j.pass_id`;
}

/** The mode of a pass, and whether a unit of it was ever begun. */
export async function getPass(sql: Queryable, passId: string): Promise<{ mode: PassMode; begun: boolean }> {
  const [row] = await sql<{ mode: PassMode; begun: boolean }[]>`select mode, started_at is not null as begun from jobs.passes where id = ${passId}`;
  if (row === undefined) throw new Error(`Pass ${passId} is missing.`);
  return row;
}

/**
 * Units that a later pass takes up again, with their counts of attempts cleared; a verify pass leaves failed ones as they are, a retry pass
 * those in which nothing failed or was skipped that could come after all. Returns how many.
 */
export async function reopenUnits(tx: TransactionSql, { id: jobId, type }: Pick<LockedJob, 'id' | 'type'>, mode: Exclude<PassMode, 'full'>): Promise<number> {
  const { unit, perItem, perError } = laterSteps(profileOf(type, false), mode);
  const rows = await tx`
    update jobs.units set expected_steps = round(${unit} + total * ${perItem}::float8 + error * ${perError}::float8)::bigint, status = 'PENDING', retries = 0, expiries = 0, failure = null, unreached = 0, completed_at = null, due_at = now()
    where job_id = ${jobId} and ((status = 'ERROR' and ${mode} <> 'verify') or (status = 'DONE' and (${mode} <> 'retry' or error > 0
      or (skipped > 0 and id in (select unit_id from jobs.items where job_id = ${jobId} and status = 'skipped' and code = any (${[...retriedSkips]}::text[]))))))`;
  return rows.count;
}
