/** Creates one job or a batch of them: all or none. */
import type { CreateJobBody } from '@migrator/contracts/api/jobs';
import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import { notFound, type FieldError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import { skipCauses } from '@migrator/contracts/outcomes';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { mappingFindings, storeMappingFindings } from '../dry-run/dry-run-result.js';
import { findIdentities } from '../identities/find-identities.js';
import type { IdentityCounts } from '../identities/identity-repository.js';
import type { KeepIdentities } from '../identities/keep-identities.js';
import { asksForIdentities } from '../identities/match-identities.js';
import { profileOf } from '../estimate/load-profile.js';
import { expectedSteps } from '../estimate/unit-load.js';
import { appendLines, type NewLine } from '../logs/log-repository.js';
import { readCorrections } from '../mappings/correction-repository.js';
import { workloadWords } from '../matching/candidate.js';
import { orNewSite } from '../matching/new-site.js';
import { matchSources, problemsOf, type Match } from '../matching/match-sources.js';
import { assertDiscovered, findPair, loadDirectories } from '../matching/tenant-pair.js';
import { checksOfJob } from '../preflight/checks-of-job.js';
import { holdTenants } from '../tenants/detached-tenants.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { notePassBase } from '../passes/pass-repository.js';
import { insertUnits, type NewUnit } from '../units/unit-repository.js';
import { wakeDispatcher } from './job-change.js';
import { invalid, makesSites, parseOptions, parseScope, runnableWorkload, wishesOf, type JobOptions } from './job-input.js';
import { insertJob } from './job-repository.js';

export interface CreateJobs {
  orgId: string;
  actor: string;
  requestId: string;
  signal: AbortSignal;
  shared: CreateJobBody;
  /** One per job; its options stand over the shared ones, key by key. `path` is where the entry stands in the body. */
  entries: { path: string; name?: string | undefined; scheduledAt?: string | undefined; options?: Record<string, unknown> | undefined }[];
}

/** Units in one call, over all its jobs. */
const unitsMax = 200_000;

interface Plan {
  name: string | null;
  scheduledAt: string | null;
  options: JobOptions;
  matches: Match[];
  /** What a dry run tells of them; empty otherwise. */
  findings: PreflightCheck[];
}

export interface CreateJobsDeps {
  sql: Sql;
  outbox: Outbox;
  ids: Ids;
  clock: Clock;
  tenants: TenantDirectory;
  /** Workloads that jobs may be created of. */
  runnable: readonly WorkloadName[];
  keepIdentities: KeepIdentities;
}

/** Ids of the new jobs, in the order of the entries. Throws VALIDATION_ERROR naming every problem, or TENANT_NOT_FOUND. */
export const makeCreateJobs =
  ({ sql, outbox, ids, clock, tenants, runnable, keepIdentities }: CreateJobsDeps) =>
  async (command: CreateJobs): Promise<Id<'job'>[]> => {
    const { shared, orgId, requestId, signal } = command;
    const workload = runnableWorkload(shared.type, runnable);
    const scope = parseScope(workload, shared.scope, shared.type);
    const options = readOptions(workload, command);
    const wish = { orgId, requestId, signal, workload, sourceTenantId: shared.sourceTenantId, destTenantId: shared.destTenantId };
    const pair = await findPair(tenants, wish);
    assertDiscovered(pair);
    const { source, dest } = await loadDirectories(tenants, pair, wish);
    const corrections = await readCorrections(sql, wish);
    const checked = shared.enforcePreflight || shared.dryRun;
    const people = checked && asksForIdentities(workload, scope) ? await findIdentities({ sql, tenants }, pair, wish) : null;

    const plans: Plan[] = [];
    const problems: FieldError[] = [];
    let units = 0;
    command.entries.forEach((entry, index) => {
      const wanted = options[index] ?? {};
      const path = optionsPath(entry.path);
      const wishes = wishesOf(workload, wanted);
      const found = matchSources(source, dest, wishes, corrections, path, ...(makesSites(wanted) ? [orNewSite(dest)] : []));
      problems.push(...problemsOf(found, wanted.merge === true, path));
      const checks = checked ? checksOfJob({ workload, scope, pair, matches: found.matches, identities: people, listed: wishes.listed !== undefined, merge: wanted.merge === true, now: clock.now() }) : [];
      if (shared.enforcePreflight) problems.push(...refusals(checks, entry.path));
      units += found.matches.length;
      if (units <= unitsMax) plans.push({ name: entry.name ?? shared.name ?? null, scheduledAt: entry.scheduledAt ?? shared.scheduledAt ?? null, options: wanted, matches: found.matches, findings: mappingFindings(checks) });
    });
    if (problems.length > 0) throw invalid(problems, `Some ${workloadWords[workload].many} cannot be migrated like this.`);
    if (units > unitsMax) throw invalid([{ path: 'batches', message: `one call may create ${unitsMax} units at most; list the ${workloadWords[workload].many} of each job, or send several calls` }]);

    const identities = asksForIdentities(workload, scope) ? await keepIdentities(wish) : null;
    return inTransaction(sql, async (tx) => {
      await holdTenants(tx, [shared.sourceTenantId, shared.destTenantId], () => notFound('TENANT_NOT_FOUND'));
      const jobIds: Id<'job'>[] = [];
      for (const plan of plans) jobIds.push(await insertPlan(tx, { plan, scope, command, workload, identities }));
      await wakeDispatcher(tx);
      return jobIds;
    });

    async function insertPlan(tx: TransactionSql, { plan, scope, command: { shared: body, actor }, workload: type, identities }: { plan: Plan; scope: Record<string, boolean>; command: CreateJobs; workload: WorkloadName; identities: IdentityCounts | null }): Promise<Id<'job'>> {
      const id = ids.next('job');
      const at = clock.now();
      await insertJob(tx, {
        ...{ id, passId: ids.next('pas'), orgId, type, name: plan.name, sourceTenantId: body.sourceTenantId, destTenantId: body.destTenantId, sourceMicrosoftTenantId: pair.source.microsoftTenantId, destMicrosoftTenantId: pair.dest.microsoftTenantId, scope, options: plan.options },
        ...{ dryRun: body.dryRun, scheduledAt: plan.scheduledAt, createdBy: actor, createdAt: at },
      });
      await insertUnits(tx, plan.matches.filter(({ how }) => how !== 'excluded').map((match) => newUnit(ids.next('unt'), id, type, match, body.dryRun)), at);
      await notePassBase(tx, id);
      if (body.dryRun) await storeMappingFindings(tx, id, plan.findings);
      await appendLines(tx, id, [...openingLines(plan, type, body.dryRun, at), ...identityLines(identities, at)]);
      // Nobody can be listening yet: what is stored here counts as published.
      await tx`update jobs.jobs set live_seq = log_seq where id = ${id}`;
      await outbox.add(tx, 'job.created', { orgId: orgId as Id<'org'>, jobId: id, at: at.toISOString() });
      return id;
    }
  };

const optionsPath = (entryPath: string): string => (entryPath === '' ? 'options' : `${entryPath}.options`);

/** The checks that failed, as problems of the entry that stands at `path`. */
function refusals(checks: readonly PreflightCheck[], path: string): FieldError[] {
  return checks
    .filter(({ level }) => level === 'fail')
    .map(({ title, detail, remedy }) => ({ path: path === '' ? 'enforcePreflight' : path, message: `${title}: ${detail} ${remedy}` }));
}

function readOptions(workload: WorkloadName, { shared, entries }: CreateJobs): JobOptions[] {
  const common = parseOptions(workload, shared.options, 'options');
  return entries.map((entry) => (entry.options === undefined ? common : { ...common, ...parseOptions(workload, entry.options, optionsPath(entry.path)) }));
}

function newUnit(id: string, jobId: string, workload: WorkloadName, { source, dest }: Match, dryRun: boolean): NewUnit {
  return {
    ...{ id, jobId, sourceMicrosoftId: source.microsoftId, sourceAddress: source.name, destMicrosoftId: dest?.microsoftId ?? null, destAddress: dest?.name ?? null },
    ...{ sizeBytes: source.sizeBytes, itemCount: source.itemCount, expectedSteps: expectedSteps(profileOf(workload, false), dryRun ? 'dry' : 'full', { discoveredItems: source.itemCount, sizeBytes: source.sizeBytes }) },
    ...{ status: dest === null ? 'SKIPPED' : 'PENDING' },
  };
}

function openingLines({ matches, scheduledAt }: Plan, workload: WorkloadName, dryRun: boolean, at: Date): NewLine[] {
  const { one, many } = workloadWords[workload];
  const wanted = matches.filter(({ how }) => how !== 'excluded');
  const without = wanted.filter(({ dest }) => dest === null);
  const { cause, remedy } = skipCauses.NO_DESTINATION;
  const when = scheduledAt === null ? '' : `; it begins at ${scheduledAt}`;
  const excluded = matches.length === wanted.length ? '' : `, ${matches.length - wanted.length} left out by the uploaded mapping`;
  const first: NewLine =
    wanted.length === 0
      ? { level: 'WARN', message: `Job created, and there is nothing to migrate: ${matches.length === 0 ? `no ${one} was discovered in the source tenant` : `the uploaded mapping leaves out every ${one}`}`, at }
      : { level: 'INFO', message: `Job created${dryRun ? ' (dry run)' : ''}: ${wanted.length - without.length} ${many} to migrate, ${without.length} without a destination${excluded}${when}`, at };
  return [first, ...without.map(({ source }): NewLine => ({ level: 'WARN', message: `${source.name} is skipped. ${cause} ${remedy}`, at }))];
}

/** Who cannot be told at the destination gets no permission there, and that is said before the start. */
function identityLines(counts: IdentityCounts | null, at: Date): NewLine[] {
  if (counts === null || counts.unmatched === 0) return [];
  return [{ level: 'WARN', message: `${counts.unmatched} of ${counts.total} people and groups of the source have no counterpart at the destination: what is shared with them is shared with nobody there. Map them in the mapping of type IDENTITY.`, at }];
}
