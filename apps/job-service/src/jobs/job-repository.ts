/** SQL for jobs: lock, transition, insert. No rules. Reading for people is in job-reader.ts. */
import type { JobStatus } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import { notFound, type AppError } from '@migrator/contracts/errors';
import type { JobSums } from './job.js';
import type { UnitFailureDetail } from '../units/unit.js';

/** A job row that this transaction has locked. */
export interface LockedJob extends JobSums {
  id: string;
  orgId: string;
  type: WorkloadName;
  status: JobStatus;
  version: number;
  sourceTenantId: string;
  destTenantId: string;
  dryRun: boolean;
  scope: Record<string, boolean>;
  passId: string;
  /** Set while the job is being stopped, and when it ended by ERROR. */
  failure: UnitFailureDetail | null;
  startedAt: Date | null;
  completedAt: Date | null;
  deletedAt: Date | null;
  /** True while `scheduledAt` lies ahead, by the database's clock. */
  early: boolean;
  endAfterSequence: number;
  logSeq: number;
  unitsTotal: number;
  totalItems: number;
  doneItems: number;
}

/** The answer for a job that does not exist, is deleted, or belongs to somebody else. */
export const jobNotFound = (): AppError => notFound('JOB_NOT_FOUND');

const columns = (sql: Queryable) => sql`
  id, org_id as "orgId", type, status, version, source_tenant_id as "sourceTenantId", dest_tenant_id as "destTenantId", dry_run as "dryRun", scope, pass_id as "passId", failure,
  started_at as "startedAt", completed_at as "completedAt", deleted_at as "deletedAt", coalesce(scheduled_at > now(), false) as early, end_after_sequence as "endAfterSequence", log_seq as "logSeq",
  units_total as "unitsTotal", units_pending as "unitsPending", units_claimed as "unitsClaimed", units_done as "unitsDone", units_failed as "unitsFailed", units_skipped as "unitsSkipped",
  total_items as "totalItems", done_items as "doneItems", error_items as "errorItems", skipped_items as "skippedItems"`;

/** Locks a job of an organisation until the end of the transaction; JOB_NOT_FOUND otherwise. */
export async function lockJobOf(tx: TransactionSql, orgId: string, jobId: string): Promise<LockedJob> {
  const [row] = await tx<LockedJob[]>`select ${columns(tx)} from jobs.jobs where id = ${jobId} and org_id = ${orgId} and deleted_at is null for no key update`;
  if (row === undefined) throw jobNotFound();
  return row;
}

/** Locks a job by its id alone, deleted or not: for workers and the sweeper. The job is always locked before its units. */
export async function lockJob(tx: TransactionSql, jobId: string): Promise<LockedJob | null> {
  const [row] = await tx<LockedJob[]>`select ${columns(tx)} from jobs.jobs where id = ${jobId} for no key update`;
  return row ?? null;
}

/** What a transition may set besides the status; what is left out stays. */
export interface TransitionChange {
  startedAt?: Date;
  completedAt?: Date | null;
  failure?: UnitFailureDetail | null;
  outcome?: 'clean' | 'with_errors' | 'with_skips' | null;
  passId?: string;
  liveDonePending?: boolean;
}

/** Compare-and-set on id and version. The row is locked by now, so a miss is a bug and throws. */
export async function setStatus(tx: TransactionSql, job: LockedJob, to: JobStatus, change: TransitionChange): Promise<LockedJob> {
  const { failure = job.failure, outcome } = change;
  const rows = await tx<LockedJob[]>`
    update jobs.jobs set
      status = ${to}, version = version + 1,
      started_at = coalesce(started_at, ${change.startedAt ?? null}::timestamptz),
      completed_at = ${change.completedAt === undefined ? job.completedAt : change.completedAt}::timestamptz,
      failure = ${failure === null ? null : JSON.stringify(failure)}::text::jsonb,
      outcome = case when ${outcome !== undefined} then ${outcome ?? null}::text else outcome end,
      pass_id = ${change.passId ?? job.passId},
      live_done_pending = case when ${change.liveDonePending !== undefined} then ${change.liveDonePending ?? false} else live_done_pending end
    where id = ${job.id} and version = ${job.version}
    returning ${columns(tx)}`;
  const [row] = rows;
  if (row === undefined) throw new Error(`Job ${job.id} changed although it was locked.`);
  return row;
}

/** Marks a job as being stopped by a failure of a whole tenant; its status changes when no worker holds a unit any more. */
export async function setStopping(tx: TransactionSql, jobId: string, failure: UnitFailureDetail): Promise<void> {
  await tx`update jobs.jobs set failure = ${JSON.stringify(failure)}::text::jsonb, version = version + 1 where id = ${jobId}`;
}

/** The job may not end before the projector has passed this sequence. */
export async function raiseEndBarrier(tx: TransactionSql, jobId: string, sequence: number): Promise<void> {
  await tx`update jobs.jobs set end_after_sequence = greatest(end_after_sequence, ${sequence}) where id = ${jobId}`;
}

/** Turns a job into a tombstone and queues its rows for removal. */
export async function setDeleted(tx: TransactionSql, jobId: string, at: Date, by: string): Promise<void> {
  await tx`update jobs.jobs set deleted_at = ${at}, deleted_by = ${by}, version = version + 1, live_done_pending = true, live_seq = log_seq where id = ${jobId}`;
  await tx`insert into jobs.purges (job_id) values (${jobId})`;
}

/** Jobs that use a tenant and are under way, or still have a worker on a unit. */
export async function listJobsOfTenant(sql: Queryable, orgId: string, tenantId: string): Promise<{ id: string; status: JobStatus }[]> {
  return sql`
    select id, status from jobs.jobs
    where org_id = ${orgId} and deleted_at is null and (source_tenant_id = ${tenantId} or dest_tenant_id = ${tenantId})
      and (status in ('QUEUED', 'RUNNING') or units_claimed > 0)
    order by id`;
}

/** Jobs that look as if they could end; the caller locks each and looks again. */
export async function listJobsThatMayEnd(sql: Queryable): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from jobs.jobs
    where status in ('QUEUED', 'RUNNING') and deleted_at is null and units_claimed = 0 and (units_pending = 0 or failure is not null) and (scheduled_at is null or scheduled_at <= now())
    limit 200`;
  return rows.map(({ id }) => id);
}

/** QUEUED jobs whose worker went on over a pause and a resume. */
export async function listQueuedJobsUnderWay(sql: Queryable): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`select id from jobs.jobs where status in ('QUEUED', 'RUNNING') and status = 'QUEUED' and deleted_at is null and units_claimed > 0 limit 200`;
  return rows.map(({ id }) => id);
}

export interface NewJob {
  id: string;
  passId: string;
  orgId: string;
  type: WorkloadName;
  name: string | null;
  sourceTenantId: string;
  destTenantId: string;
  /** Microsoft's ids of both. */
  sourceMicrosoftTenantId: string;
  destMicrosoftTenantId: string;
  scope: Record<string, boolean>;
  options: Record<string, unknown>;
  dryRun: boolean;
  scheduledAt: string | null;
  createdBy: string;
  createdAt: Date;
}

/** Inserts a job, QUEUED, with its first pass. */
export async function insertJob(tx: TransactionSql, job: NewJob): Promise<void> {
  await tx`
    insert into jobs.jobs (id, org_id, type, status, name, source_tenant_id, dest_tenant_id, source_microsoft_tenant_id, dest_microsoft_tenant_id, scope, options, dry_run, scheduled_at, created_by, created_at, pass_id)
    values (${job.id}, ${job.orgId}, ${job.type}, 'QUEUED', ${job.name}, ${job.sourceTenantId}, ${job.destTenantId}, ${job.sourceMicrosoftTenantId}, ${job.destMicrosoftTenantId}, ${JSON.stringify(job.scope)}::text::jsonb, ${JSON.stringify(job.options)}::text::jsonb,
      ${job.dryRun}, ${job.scheduledAt}::timestamptz, ${job.createdBy}, ${job.createdAt}, ${job.passId})`;
  await tx`insert into jobs.passes (id, job_id, mode, status, created_by, created_at) values (${job.passId}, ${job.id}, 'full', 'QUEUED', ${job.createdBy}, ${job.createdAt})`;
}
