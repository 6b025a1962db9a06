/** Creates one job or a batch of them: all or none. */
import type { CreateJobBody, EmailOptions, EmailScope } from '@migrator/contracts/api/jobs';
import { AppError, type FieldError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import { skipCauses } from '@migrator/contracts/outcomes';
import type { Outbox } from '@migrator/messaging/outbox';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql, type TransactionSql } from '@migrator/service-kit/database';
import type { Ids } from '@migrator/service-kit/ids';
import { appendLines, type NewLine } from '../logs/log-repository.js';
import type { TenantDirectory } from '../tenants/tenant-directory.js';
import { insertUnits, type NewUnit } from '../units/unit-repository.js';
import { wakeDispatcher } from './job-change.js';
import { invalid, parseEmailOptions, parseEmailScope, runnableWorkload } from './job-input.js';
import { insertJob } from './job-repository.js';
import { Directory, matchMailboxes, type Match } from './match-mailboxes.js';

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
  options: EmailOptions;
  matches: Match[];
}

/** Ids of the new jobs, in the order of the entries. Throws VALIDATION_ERROR naming every problem, or TENANT_NOT_FOUND. */
export const makeCreateJobs =
  ({ sql, outbox, ids, clock, tenants }: { sql: Sql; outbox: Outbox; ids: Ids; clock: Clock; tenants: TenantDirectory }) =>
  async (command: CreateJobs): Promise<Id<'job'>[]> => {
    const { shared, orgId } = command;
    const workload = runnableWorkload(shared.type);
    const scope = parseEmailScope(shared.scope);
    const options = readOptions(command);
    if (shared.sourceTenantId === shared.destTenantId) throw invalid([{ path: 'destTenantId', message: 'source and destination tenant must not be the same' }]);
    const { source, dest } = await loadDirectories(tenants, command);

    const plans: Plan[] = [];
    const problems: FieldError[] = [];
    let units = 0;
    command.entries.forEach((entry, index) => {
      const wanted = options[index] ?? {};
      const found = matchMailboxes(source, dest, wanted, optionsPath(entry.path));
      problems.push(...found.problems);
      units += found.matches.length;
      if (units <= unitsMax) plans.push({ name: entry.name ?? shared.name ?? null, scheduledAt: entry.scheduledAt ?? shared.scheduledAt ?? null, options: wanted, matches: found.matches });
    });
    if (problems.length > 0) throw invalid(problems, 'Some mailboxes cannot be migrated like this.');
    if (units > unitsMax) throw invalid([{ path: 'batches', message: `one call may create ${unitsMax} units at most; list the mailboxes of each job, or send several calls` }]);

    return inTransaction(sql, async (tx) => {
      const jobIds: Id<'job'>[] = [];
      for (const plan of plans) jobIds.push(await insertPlan(tx, { plan, scope, command, workload }));
      await wakeDispatcher(tx);
      return jobIds;
    });

    async function insertPlan(tx: TransactionSql, { plan, scope, command: { shared: body, actor }, workload: type }: { plan: Plan; scope: EmailScope; command: CreateJobs; workload: 'EMAIL' }): Promise<Id<'job'>> {
      const id = ids.next('job');
      const at = clock.now();
      await insertJob(tx, {
        ...{ id, passId: ids.next('pas'), orgId, type, name: plan.name, sourceTenantId: body.sourceTenantId, destTenantId: body.destTenantId, scope, options: plan.options },
        ...{ dryRun: body.dryRun, scheduledAt: plan.scheduledAt, createdBy: actor, createdAt: at },
      });
      await insertUnits(tx, plan.matches.map((match) => newUnit(ids.next('unt'), id, match)), at);
      await appendLines(tx, id, openingLines(plan, body.dryRun, at));
      // Nobody can be listening yet: what is stored here counts as published.
      await tx`update jobs.jobs set live_seq = log_seq where id = ${id}`;
      await outbox.add(tx, 'job.created', { orgId: orgId as Id<'org'>, jobId: id, at: at.toISOString() });
      return id;
    }
  };

const optionsPath = (entryPath: string): string => (entryPath === '' ? 'options' : `${entryPath}.options`);

function readOptions({ shared, entries }: CreateJobs): EmailOptions[] {
  const common = parseEmailOptions(shared.options, 'options');
  return entries.map((entry) => (entry.options === undefined ? common : { ...common, ...parseEmailOptions(entry.options, optionsPath(entry.path)) }));
}

async function loadDirectories(tenants: TenantDirectory, { orgId, requestId, signal, shared }: CreateJobs): Promise<{ source: Directory; dest: Directory }> {
  const [source, dest] = await Promise.all([tenants.find(orgId, shared.sourceTenantId, requestId), tenants.find(orgId, shared.destTenantId, requestId)]);
  if (source === null) throw new AppError('TENANT_NOT_FOUND', { publicMessage: 'There is no such source tenant.' });
  if (dest === null) throw new AppError('TENANT_NOT_FOUND', { publicMessage: 'There is no such destination tenant.' });
  const problems: FieldError[] = [];
  if (source.role !== 'source') problems.push({ path: 'sourceTenantId', message: `${source.domain} is connected as a destination; the source is never written, so connect it with role source first` });
  if (dest.role !== 'destination') problems.push({ path: 'destTenantId', message: `${dest.domain} is connected as a source; connect it with role destination first` });
  if (source.discoveredAt === null) problems.push({ path: 'sourceTenantId', message: `${source.domain} has not been discovered yet; wait until discoveredAt is set` });
  if (dest.discoveredAt === null) problems.push({ path: 'destTenantId', message: `${dest.domain} has not been discovered yet; wait until discoveredAt is set` });
  if (problems.length > 0) throw invalid(problems);
  const [sourcePeople, destPeople] = await Promise.all([tenants.listPeople(orgId, source.id, requestId, signal), tenants.listPeople(orgId, dest.id, requestId, signal)]);
  return { source: new Directory(sourcePeople, source.domain), dest: new Directory(destPeople, dest.domain) };
}

function newUnit(id: string, jobId: string, { source, dest }: Match): NewUnit {
  return {
    ...{ id, jobId, sourceMicrosoftId: source.microsoftId, sourceAddress: source.upn, destMicrosoftId: dest?.microsoftId ?? null, destAddress: dest?.upn ?? null },
    ...{ sizeBytes: source.sizeBytes, status: dest === null ? 'SKIPPED' : 'PENDING' },
  };
}

function openingLines({ matches, scheduledAt }: Plan, dryRun: boolean, at: Date): NewLine[] {
  const without = matches.filter(({ dest }) => dest === null);
  const { cause, remedy } = skipCauses.NO_DESTINATION;
  const when = scheduledAt === null ? '' : `; it begins at ${scheduledAt}`;
  const first: NewLine =
    matches.length === 0
      ? { level: 'WARN', message: 'Job created, and there is nothing to migrate: no mailbox was discovered in the source tenant', at }
      : { level: 'INFO', message: `Job created${dryRun ? ' (dry run)' : ''}: ${matches.length - without.length} mailboxes to migrate, ${without.length} without a destination${when}`, at };
  return [first, ...without.map(({ source }): NewLine => ({ level: 'WARN', message: `${source.upn} is skipped. ${cause} ${remedy}`, at }))];
}
