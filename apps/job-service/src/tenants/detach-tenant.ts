/** A tenant is being disconnected: every job that uses it is paused. */
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import type { ChangeJobs } from '../jobs/job-change.js';
import { listJobsOfTenant, lockJob } from '../jobs/job-repository.js';
import { nextStatus } from '../jobs/job.js';
import { noteDetached } from './detached-tenants.js';

/**
 * Pauses what is queued or running. May be called again to see whether the workers are idle: `draining` names the jobs that are not.
 * `erased`: the tenant is gone for good, and nothing begins with it any more.
 */
export const makeDetachTenant =
  ({ sql, change }: { sql: Sql; change: ChangeJobs }) =>
  async ({ orgId, tenantId, erased }: { orgId: string; tenantId: string; erased: boolean }): Promise<{ paused: Id<'job'>[]; draining: Id<'job'>[] }> => {
    if (erased) await noteDetached(sql, tenantId);
    const paused: Id<'job'>[] = [];
    const draining: Id<'job'>[] = [];
    for (const { id } of await listJobsOfTenant(sql, orgId, tenantId))
      await change(async ({ tx, transition, say, tellWorkers }) => {
        const job = await lockJob(tx, id);
        if (job === null || job.deletedAt !== null) return;
        if (nextStatus(job.status, 'detach') !== null) {
          await transition(job, 'detach');
          await say(id, 'WARN', 'Job paused: one of its tenants was disconnected');
          tellWorkers(id);
          paused.push(id as Id<'job'>);
        }
        if (job.unitsClaimed > 0) draining.push(id as Id<'job'>);
      });
    return { paused, draining };
  };
