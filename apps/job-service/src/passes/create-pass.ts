/** Begins a later pass over a job that has ended: only what is new or changed, only what failed, or compare only. */
import type { PassMode } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { AppError } from '@migrator/contracts/errors';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Sql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import type { KeepIdentities } from '../identities/keep-identities.js';
import { asksForIdentities } from '../identities/match-identities.js';
import type { ChangeJobs } from '../jobs/job-change.js';
import { jobNotFound, lockJobOf } from '../jobs/job-repository.js';
import { assertConnected, tenantDisconnected } from '../jobs/resume-job.js';
import { holdTenants } from '../tenants/detached-tenants.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { insertVerifiedUnits } from '../verification/verification-repository.js';
import { insertPass, notePassBase, passColumns, reopenUnits, type PassRow } from './pass-repository.js';

export interface CreatePass {
  orgId: string;
  jobId: string;
  mode: Exclude<PassMode, 'full'>;
  actor: string;
  requestId: string;
  signal: AbortSignal;
}

/** JOB_NOT_FOUND, CONFLICT while the job is under way or when a dry run is to be verified, TENANT_DISCONNECTED. A pass with nothing to do ends at once. */
export const makeCreatePass =
  ({ sql, change, outbox, ids, tenants, keepIdentities }: { sql: Sql; change: ChangeJobs; outbox: Outbox; ids: Ids; tenants: TenantDirectory; keepIdentities: KeepIdentities }) =>
  async ({ orgId, jobId, mode, actor, requestId, signal }: CreatePass): Promise<PassRow> => {
    const [seen] = await sql<{ type: WorkloadName; scope: Record<string, boolean>; source: string; dest: string; dryRun: boolean }[]>`
      select type, scope, source_tenant_id as source, dest_tenant_id as dest, dry_run as "dryRun" from jobs.jobs where id = ${jobId} and org_id = ${orgId} and deleted_at is null`;
    if (seen === undefined) throw jobNotFound();
    if (mode === 'verify' && seen.dryRun) throw new AppError('CONFLICT', { publicMessage: 'A dry run has written nothing that could be verified. Run the job for real first.' });
    await assertConnected(tenants, orgId, [seen.source, seen.dest], requestId);
    if (asksForIdentities(seen.type, seen.scope)) await keepIdentities({ orgId, requestId, signal, sourceTenantId: seen.source, destTenantId: seen.dest });
    return change(async ({ tx, at, transition, say }) => {
      const job = await lockJobOf(tx, orgId, jobId);
      await holdTenants(tx, [seen.source, seen.dest], tenantDisconnected);
      const pass = { id: ids.next('pas'), jobId, mode, createdBy: actor, createdAt: at };
      await insertPass(tx, pass);
      if (mode === 'verify') await insertVerifiedUnits(tx, pass.id, jobId);
      await transition(job, 'begin_pass', { passId: pass.id, completedAt: null, failure: null, outcome: null, liveDonePending: false });
      const units = await reopenUnits(tx, job, mode);
      await notePassBase(tx, jobId);
      await say(jobId, 'INFO', `${mode.charAt(0).toUpperCase()}${mode.slice(1)} pass asked for: ${units} units`);
      await outbox.add(tx, 'pass.created', { orgId: orgId as Id<'org'>, jobId: jobId as Id<'job'>, passId: pass.id, mode, at: at.toISOString() });
      const [row] = await tx<PassRow[]>`select ${passColumns(tx)} from jobs.passes where id = ${pass.id}`;
      if (row === undefined) throw new Error(`Pass ${pass.id} is missing.`);
      return row;
    });
  };
