/** Resumes a paused job: it goes on where it stopped. */
import { AppError } from '@migrator/contracts/errors';
import type { Sql } from '@migrator/service-kit/database';
import { holdTenants } from '../tenants/detached-tenants.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import type { ChangeJobs } from './job-change.js';
import { jobNotFound, lockJobOf } from './job-repository.js';
import { transition as next } from './job.js';
import type { JobStatus } from '@migrator/contracts/api/jobs';

/** JOB_NOT_FOUND, JOB_NOT_PAUSED, or TENANT_DISCONNECTED when one of its tenants is gone. */
export const makeResumeJob =
  ({ sql, change, tenants }: { sql: Sql; change: ChangeJobs; tenants: TenantDirectory }) =>
  async ({ orgId, jobId, requestId }: { orgId: string; jobId: string; requestId: string }): Promise<void> => {
    // Asked before the transaction: no row is locked while another service answers.
    const [seen] = await sql<{ status: JobStatus; source: string; dest: string }[]>`
      select status, source_tenant_id as source, dest_tenant_id as dest from jobs.jobs where id = ${jobId} and org_id = ${orgId} and deleted_at is null`;
    if (seen === undefined) throw jobNotFound();
    next(seen.status, 'resume');
    await assertConnected(tenants, orgId, [seen.source, seen.dest], requestId);
    await change(async ({ tx, transition, say, tellWorkers }) => {
      const job = await lockJobOf(tx, orgId, jobId);
      await holdTenants(tx, [seen.source, seen.dest], tenantDisconnected);
      await transition(job, 'resume', { failure: null });
      await say(job.id, 'INFO', 'Job resumed');
      tellWorkers(job.id);
    });
  };

/** TENANT_DISCONNECTED unless every tenant is connected. */
export async function assertConnected(tenants: TenantDirectory, orgId: string, tenantIds: readonly string[], requestId: string): Promise<void> {
  const found = await Promise.all(tenantIds.map((id) => tenants.find(orgId, id, requestId)));
  if (found.some((tenant) => tenant === null)) throw tenantDisconnected();
}

export const tenantDisconnected = (): AppError => new AppError('TENANT_DISCONNECTED', { publicMessage: 'One of the job’s tenants was disconnected. Connect it again and create a new job: what has arrived already is not written again.' });
