/** Jobs as people read them. */
import type { Job, JobStatus, PassMode } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { notFound } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import { describeDepartures } from '../units/departures.js';
import { summaryOf, type VerificationSums } from '../verification/summary.js';
import { describeFailure, type UnitFailureDetail } from '../units/unit.js';

export interface JobFilter {
  status?: JobStatus | undefined;
  type?: WorkloadName | undefined;
}

/** Where a page begins: after this job. */
export interface JobPosition {
  createdAt: string;
  id: string;
}

/** In a list, options this large (as stored) come without their lists of sources and mappings: a page must not weigh 100 MiB. */
const listedOptionsBytesMax = 8_192;
const longOptions = ['mailboxes', 'mailboxMappings', 'users', 'userMappings', 'sites', 'siteMappings', 'teams', 'teamMappings'];

interface Row {
  id: Id<'job'>;
  type: WorkloadName;
  status: JobStatus;
  source_tenant_id: Id<'ten'>;
  dest_tenant_id: Id<'ten'>;
  scope: Record<string, boolean>;
  options: Record<string, unknown>;
  total_items: number;
  done_items: number;
  error_items: number;
  skipped_items: number;
  bytes_transferred: number;
  dry_run: boolean;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  name: string | null;
  scheduled_at: Date | null;
  outcome: Job['outcome'];
  failure: UnitFailureDetail | null;
  units_claimed: number;
  /** Times as PostgreSQL writes them into JSON. */
  passes: { id: Id<'pas'>; mode: PassMode; status: 'QUEUED' | 'RUNNING' | 'DONE' | 'ERROR'; created_at: string; started_at: string | null; completed_at: string | null; moved: number; deleted: number; removed: number; sums: VerificationSums }[];
}

export function createJobReader(sql: Sql) {
  const columns = sql`j.id, j.type, j.status, j.source_tenant_id, j.dest_tenant_id, j.scope, j.total_items, j.done_items, j.error_items, j.skipped_items, j.bytes_transferred, j.dry_run, j.created_at, j.started_at, j.completed_at,
    j.name, j.scheduled_at, j.outcome, j.failure, j.units_claimed,
    (select coalesce(json_agg(json_build_object('id', p.id, 'mode', p.mode, 'status', p.status, 'created_at', p.created_at, 'started_at', p.started_at, 'completed_at', p.completed_at, 'moved', p.moved, 'deleted', p.deleted, 'removed', p.removed, 'sums',
      json_build_object('verifiedUnits', p.verified_units, 'verifyingUnits', p.verifying_units, 'unverifiedUnits', p.unverified_units, 'itemsRead', p.items_read, 'sourceItems', p.source_items, 'matched', p.matched,
        'missing', p.missing, 'extra', p.extra, 'differs', p.differs, 'notComparable', p.not_comparable, 'containersDiffer', p.containers_differ)) order by p.id), '[]') from jobs.passes p where p.job_id = j.id) as passes`;
  return {
    /** One job; JOB_NOT_FOUND. Counters are the sums at this moment. */
    async get(orgId: string, id: string): Promise<Job> {
      const [row] = await sql<Row[]>`select ${columns}, j.options from jobs.jobs j where j.id = ${id} and j.org_id = ${orgId} and j.deleted_at is null`;
      if (row === undefined) throw notFound('JOB_NOT_FOUND');
      return describeJob(row);
    },

    /** Throws JOB_NOT_FOUND unless the job is this organisation's; what other lists of a job need of it. */
    async identify(orgId: string, id: string): Promise<{ type: WorkloadName; status: JobStatus; logSeq: number }> {
      const [row] = await sql<{ type: WorkloadName; status: JobStatus; log_seq: number }[]>`select type, status, log_seq from jobs.jobs where id = ${id} and org_id = ${orgId} and deleted_at is null`;
      if (row === undefined) throw notFound('JOB_NOT_FOUND');
      return { type: row.type, status: row.status, logSeq: row.log_seq };
    },

    /** Up to `limit` jobs, newest first. Each combination of filters has its index (0002_lists.sql), so a page costs its rows. */
    async list(orgId: string, { status, type }: JobFilter, after: JobPosition | null, limit: number): Promise<Job[]> {
      const rows = await sql<Row[]>`
        select ${columns}, case when pg_column_size(j.options) > ${listedOptionsBytesMax} then j.options - ${longOptions}::text[] else j.options end as options
        from jobs.jobs j where j.org_id = ${orgId} and j.deleted_at is null
          ${status === undefined ? sql`` : sql`and j.status = ${status}`} ${type === undefined ? sql`` : sql`and j.type = ${type}`}
          ${after === null ? sql`` : sql`and (j.created_at, j.id) < (${after.createdAt}::timestamptz, ${after.id})`}
        order by j.created_at desc, j.id desc limit ${limit}`;
      return rows.map(describeJob);
    },
  };
}
export type JobReader = ReturnType<typeof createJobReader>;

const inJson = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString());

function describeJob(row: Row): Job {
  return {
    ...{ id: row.id, type: row.type, status: row.status, sourceTenantId: row.source_tenant_id, destTenantId: row.dest_tenant_id, scope: row.scope, options: row.options },
    ...{ totalItems: row.total_items, doneItems: row.done_items, errorItems: row.error_items, skippedItems: row.skipped_items, bytesTransferred: row.bytes_transferred },
    ...{ dryRun: row.dry_run, name: row.name, outcome: row.outcome, draining: row.status === 'PAUSED' && row.units_claimed > 0 },
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    completedAt: row.completed_at?.toISOString() ?? null,
    scheduledAt: row.scheduled_at?.toISOString() ?? null,
    failure: row.status === 'ERROR' && row.failure !== null ? describeFailure(row.failure) : null,
    passes: row.passes.map(({ id, mode, status, sums, ...pass }) => ({ id, mode, status, createdAt: new Date(pass.created_at).toISOString(), startedAt: inJson(pass.started_at), completedAt: inJson(pass.completed_at), ...describeDepartures(pass), verification: summaryOf({ mode, status }, sums) })),
  };
}
