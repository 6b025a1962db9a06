/** Jobs as people read them. */
import type { Job, JobStatus } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { Id } from '@migrator/contracts/ids';
import type { Database } from '@migrator/service-kit/database';
import { and, desc, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm';
import { jobsTable, passesTable } from '../schema.js';
import { describePass } from '../passes/pass-reader.js';
import type { PassRow } from '../passes/pass-repository.js';
import { describeFailure } from '../units/unit.js';
import { jobNotFound } from './job-repository.js';

export interface JobFilter {
  status?: JobStatus | undefined;
  type?: WorkloadName | undefined;
}

/** Where a page begins: after this job. */
export interface JobPosition {
  createdAt: string;
  id: string;
}

/** In a list, options this large (as stored) come without their lists of mailboxes and mappings: a page must not weigh 100 MiB. */
const listedOptionsBytesMax = 8_192;

const columns = {
  id: jobsTable.id,
  type: jobsTable.type,
  status: jobsTable.status,
  sourceTenantId: jobsTable.sourceTenantId,
  destTenantId: jobsTable.destTenantId,
  scope: jobsTable.scope,
  totalItems: jobsTable.totalItems,
  doneItems: jobsTable.doneItems,
  errorItems: jobsTable.errorItems,
  skippedItems: jobsTable.skippedItems,
  bytesTransferred: jobsTable.bytesTransferred,
  dryRun: jobsTable.dryRun,
  createdAt: jobsTable.createdAt,
  startedAt: jobsTable.startedAt,
  completedAt: jobsTable.completedAt,
  name: jobsTable.name,
  scheduledAt: jobsTable.scheduledAt,
  outcome: jobsTable.outcome,
  failure: jobsTable.failure,
  unitsClaimed: jobsTable.unitsClaimed,
};
const briefOptions = sql<Record<string, unknown>>`case when pg_column_size(${jobsTable.options}) > ${sql.raw(String(listedOptionsBytesMax))} then ${jobsTable.options} - 'mailboxes' - 'mailboxMappings' else ${jobsTable.options} end`;
const passColumns = { id: passesTable.id, jobId: passesTable.jobId, mode: passesTable.mode, status: passesTable.status, createdAt: passesTable.createdAt, startedAt: passesTable.startedAt, completedAt: passesTable.completedAt };

export function createJobReader({ drizzle: db }: Database) {
  const byId = db
    .select({ ...columns, options: jobsTable.options })
    .from(jobsTable)
    .where(and(eq(jobsTable.id, sql.placeholder('id')), eq(jobsTable.orgId, sql.placeholder('orgId')), isNull(jobsTable.deletedAt)))
    .prepare('job_by_id');
  const passesOf = db.select(passColumns).from(passesTable).where(eq(passesTable.jobId, sql.placeholder('jobId'))).orderBy(passesTable.id).prepare('passes_of_job');

  return {
    /** One job; JOB_NOT_FOUND. Counters are the sums at this moment. */
    async get(orgId: string, id: string): Promise<Job> {
      const [[row], passes] = await Promise.all([byId.execute({ orgId, id }), passesOf.execute({ jobId: id })]);
      if (row === undefined) throw jobNotFound();
      return describeJob(row, passes);
    },

    /** Throws JOB_NOT_FOUND unless the job is this organisation's; what other lists of a job need of it. */
    async identify(orgId: string, id: string): Promise<{ type: WorkloadName; status: JobStatus; logSeq: number }> {
      const [row] = await db
        .select({ type: jobsTable.type, status: jobsTable.status, logSeq: jobsTable.logSeq })
        .from(jobsTable)
        .where(and(eq(jobsTable.id, id), eq(jobsTable.orgId, orgId), isNull(jobsTable.deletedAt)));
      if (row === undefined) throw jobNotFound();
      return row;
    },

    /** Up to `limit` jobs, newest first. */
    async list(orgId: string, { status, type }: JobFilter, after: JobPosition | null, limit: number): Promise<Job[]> {
      const wanted: (SQL | undefined)[] = [
        eq(jobsTable.orgId, orgId),
        isNull(jobsTable.deletedAt),
        status === undefined ? undefined : eq(jobsTable.status, status),
        type === undefined ? undefined : eq(jobsTable.type, type),
        after === null ? undefined : sql`(${jobsTable.createdAt}, ${jobsTable.id}) < (${after.createdAt}::timestamptz, ${after.id})`,
      ];
      const rows = await db
        .select({ ...columns, options: briefOptions })
        .from(jobsTable)
        .where(and(...wanted))
        .orderBy(desc(jobsTable.createdAt), desc(jobsTable.id))
        .limit(limit);
      if (rows.length === 0) return [];
      const passes = await db
        .select(passColumns)
        .from(passesTable)
        .where(inArray(passesTable.jobId, rows.map((row) => row.id)))
        .orderBy(passesTable.id);
      return rows.map((row) => describeJob(row, passes.filter((pass) => pass.jobId === row.id)));
    },
  };
}
export type JobReader = ReturnType<typeof createJobReader>;

type JobRow = Pick<typeof jobsTable.$inferSelect, keyof typeof columns | 'options'>;

function describeJob({ unitsClaimed, failure, ...row }: JobRow, passes: readonly PassRow[]): Job {
  return {
    ...row,
    id: row.id as Id<'job'>,
    sourceTenantId: row.sourceTenantId as Id<'ten'>,
    destTenantId: row.destTenantId as Id<'ten'>,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    completedAt: row.completedAt?.toISOString() ?? null,
    scheduledAt: row.scheduledAt?.toISOString() ?? null,
    draining: row.status === 'PAUSED' && unitsClaimed > 0,
    failure: row.status === 'ERROR' && failure !== null ? describeFailure(failure) : null,
    passes: passes.map(describePass),
  };
}
