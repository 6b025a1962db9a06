/** POST /v1/preflight: what stands in the way of a job, without creating it. */
import type { CreateJobBody } from '@migrator/contracts/api/jobs';
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import { findIdentities } from '../identities/find-identities.js';
import { asksForIdentities } from '../identities/match-identities.js';
import { foldType, invalid, makesSites, parseOptions, parseScope, wishesOf } from '../jobs/job-input.js';
import { readCorrections } from '../mappings/correction-repository.js';
import { Directory } from '../matching/directory.js';
import { orNewSite } from '../matching/new-site.js';
import { matchSources } from '../matching/match-sources.js';
import { findPair, loadDirectories } from '../matching/tenant-pair.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { checksOfJob, worstLevel } from './checks-of-job.js';

export interface RunPreflight {
  orgId: string;
  requestId: string;
  signal: AbortSignal;
  body: CreateJobBody;
}

/** VALIDATION_ERROR for a body that no job could be made of; everything else is a check. */
export const makeRunPreflight =
  ({ sql, clock, tenants }: { sql: Sql; clock: Clock; tenants: TenantDirectory }) =>
  async ({ orgId, requestId, signal, body }: RunPreflight): Promise<{ checks: PreflightCheck[]; level: PreflightCheck['level'] }> => {
    const workload = foldType(body.type);
    const scope = parseScope(workload, body.scope, body.type);
    const options = parseOptions(workload, body.options, 'options');
    const wish = { orgId, requestId, signal, workload, sourceTenantId: body.sourceTenantId, destTenantId: body.destTenantId };
    const pair = await findPair(tenants, wish);
    const discovered = pair.source.discoveredAt !== null && pair.dest.discoveredAt !== null;
    const { source, dest } = discovered ? await loadDirectories(tenants, pair, wish) : { source: new Directory([], pair.source.domain), dest: new Directory([], pair.dest.domain) };
    const wishes = wishesOf(workload, options);
    const { matches, problems } = matchSources(source, dest, wishes, await readCorrections(sql, wish), 'options', ...(makesSites(options) ? [orNewSite(dest)] : []));
    // Without a discovery every name is unknown, and that is what the check says.
    const unknown = problems.filter(({ kind }) => kind === 'unknown').map(({ path, message }) => ({ path, message }));
    if (discovered && unknown.length > 0) throw invalid(unknown, 'Some sources or destinations are not known.');
    const identities = discovered && asksForIdentities(workload, scope) ? await findIdentities({ sql, tenants }, pair, wish) : null;
    const checks = checksOfJob({ workload, scope, pair, matches, identities, listed: wishes.listed !== undefined, merge: options.merge === true, now: clock.now() });
    return { checks, level: worstLevel(checks) };
  };
