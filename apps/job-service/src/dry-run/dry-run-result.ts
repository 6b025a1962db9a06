/** What a dry run found: the mapping at its creation, what would be left out and why at its end, and how long the real run would take. */
import type { DryRunResult, Job } from '@migrator/contracts/api/jobs';
import type { PreflightCheck, PreflightCheckId } from '@migrator/contracts/api/preflight';
import { explain, type ItemFailure, type SkipCause } from '@migrator/contracts/outcomes';
import type { Sql, TransactionSql } from '@migrator/service-kit/database';
import type { EstimatedJob, EstimateReader } from '../estimate/estimate-reader.js';
import { hasEnded } from '../jobs/job.js';

/** Findings on what goes where; roles and the age of the discovery are the preflight's. */
const notOfTheMapping: readonly PreflightCheckId[] = ['roles-source', 'roles-destination', 'discovery-fresh', 'discovery-whole'];
/** So many of what a finding affects are kept with the job; their number is whole. The preflight lists more. */
const affectedMax = 100;

export const mappingFindings = (checks: readonly PreflightCheck[]): PreflightCheck[] => checks.filter(({ id }) => !notOfTheMapping.includes(id)).map((check) => ({ ...check, affected: check.affected.slice(0, affectedMax) }));

/** Kept with the job when it is created. */
export async function storeMappingFindings(tx: TransactionSql, jobId: string, findings: readonly PreflightCheck[]): Promise<void> {
  await tx`update jobs.jobs set mapping_findings = ${JSON.stringify(findings)}::text::jsonb where id = ${jobId}`;
}

interface Cause {
  code: ItemFailure | SkipCause;
  status: 'failed' | 'skipped';
  items: number;
}

/** Sums up why items would be left out. Once, when the job ends: there may be millions of them. */
export async function storeCauses(tx: TransactionSql, jobId: string): Promise<void> {
  await tx`
    update jobs.jobs set dry_run_causes = (
      select coalesce(jsonb_agg(jsonb_build_object('code', code, 'status', status, 'items', items) order by items desc, code), '[]')
      from (select code, status, count(*) as items from jobs.items where job_id = ${jobId} group by code, status) causes
    ) where id = ${jobId}`;
}

export function createDryRunReader({ sql, estimates }: { sql: Sql; estimates: EstimateReader }) {
  return {
    /** Null for a job that is no dry run, or has not ended. The caller has read it of its organisation. */
    async find(job: EstimatedJob & Pick<Job, 'dryRun'>): Promise<DryRunResult | null> {
      if (!job.dryRun || !hasEnded(job.status)) return null;
      const [row] = await sql<{ findings: PreflightCheck[] | null; causes: Cause[]; items: number; bytes: number; skipped: number; failed: number }[]>`
        select mapping_findings as findings, dry_run_causes as causes, done_items as items, bytes_transferred as bytes, skipped_items as skipped, error_items as failed
        from jobs.jobs where id = ${job.id} and dry_run and status in ('DONE', 'ERROR') and dry_run_causes is not null`;
      if (row === undefined) return null;
      return {
        wouldCopy: { items: row.items, bytes: row.bytes },
        ...{ wouldSkip: row.skipped, wouldFail: row.failed },
        causes: row.causes.map(({ code, status, items }) => ({ code, status, ...explain(code), items })),
        mapping: row.findings ?? [],
        realRun: await estimates.ofRealRun(job),
      };
    },
  };
}
export type DryRunReader = ReturnType<typeof createDryRunReader>;
