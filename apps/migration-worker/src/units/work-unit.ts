/** One delivery of a unit: claim it, run the engine over it, tell what became of it. Delivered twice it is worked once: the claim decides. */
import { AppError } from '@migrator/contracts/errors';
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { DepartureCounts } from '@migrator/contracts/events';
import type { ClaimUnitAnswer, FinishUnitBody, UnitWork } from '@migrator/contracts/internal';
import { explain } from '@migrator/contracts/outcomes';
import type { UnitPayload } from '@migrator/contracts/queues';
import { readOnly, type Flow } from '@migrator/graph-client';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import type { Logger } from '@migrator/service-kit/logger';
import type { Budget } from '../engine/budget.js';
import type { EngineMode } from '../engine/decide.js';
import { Halt, Stopped } from '../engine/halt.js';
import type { Route } from '../engine/item-keys.js';
import { openLedger } from '../engine/ledger.js';
import { openPlannedLedger } from '../engine/planned-ledger.js';
import { runUnit, unitEndOf, type UnitEnd } from '../engine/run-unit.js';
import { runVerify, type VerifyEnd } from '../engine/verify/run-verify.js';
import type { LedgerSeals } from '../engine/ledger-seals.js';
import { ClaimLost, type UnitLedger } from '../engine/unit-ledger.js';
import { placeOf } from '../workloads/path-filter.js';
import type { Workload } from '../workloads/workload.js';
import type { ActiveUnits } from './active-units.js';
import type { JobService } from './job-service.js';
import { keepLease, type Lease } from './lease.js';
import { peopleOf } from './people.js';
import type { TenantPorts } from './tenant-ports.js';
import { UnitReporter, type Publish } from './unit-reporter.js';
import { VerifyReporter } from './verify-reporter.js';

export interface WorkUnitDeps {
  sql: Sql;
  jobs: JobService;
  ports: TenantPorts;
  workloads: ReadonlyMap<string, Workload>;
  publish: Publish;
  active: ActiveUnits;
  /** Bytes under way, of all units. */
  bytes: Budget;
  seals: LedgerSeals;
  clock: Clock;
  logger: Logger;
  workerId: string;
  leaseSeconds: number;
  written(workload: string, items: number, bytes: number): void;
}

/** How long a batch in hand may take when the unit is told to stop. */
const graceMs = 12_000;
/** How long to wait for another unit (of another job) that writes to the same destination. */
const busyWaitMs = 20_000;
const pollMs = 500;

export type WorkUnit = (payload: UnitPayload) => Promise<void>;

/** Never throws for what becomes of a unit; whatever is not finished here comes back when its lease has run out. */
export const makeWorkUnit = (deps: WorkUnitDeps): WorkUnit => async (payload) => {
  const { jobs, logger, workerId, leaseSeconds, active } = deps;
  if (active.stopping) return;
  const claimedAt = performance.now();
  let claimed: ClaimUnitAnswer;
  try {
    claimed = await jobs.claim(payload, workerId, leaseSeconds);
  } catch (error) {
    logger.warn({ unitId: payload.unitId, err: error }, 'a unit could not be claimed and is queued again');
    return;
  }
  if (!claimed.granted) {
    logger.debug({ unitId: payload.unitId, reason: claimed.reason }, 'a unit was not granted');
    return;
  }
  const { claim, work } = claimed;
  const log = logger.child({ jobId: work.jobId, unitId: work.unitId, workload: work.workload, claim });
  const halt = new Halt(graceMs);
  let ledger: UnitLedger | null = null;
  const renewJob = (): ReturnType<JobService['renew']> => {
    followTenants(deps, work, log);
    return jobs.renew(work.unitId, claim, leaseSeconds);
  };
  const lease = keepLease(
    { leaseSeconds, renewJob, renewLedger: () => ledger?.renew(leaseSeconds) ?? Promise.resolve(true), halt, logger: log },
    claimedAt,
  );
  const reporter = new UnitReporter({ publish: deps.publish, work, claim, holds: () => lease.holds(), clock: deps.clock, logger: log });
  const ends = { source: { owner: work.source.microsoftId, microsoftTenantId: null as string | null }, destination: { owner: work.dest.microsoftId, microsoftTenantId: null as string | null } };
  const leave = active.enter({ jobId: work.jobId, ends, halt, look: () => lease.renewNow(), note: (level, sentence) => { reporter.line(level, `${work.source.address}: ${sentence}`); } });
  try {
    log.info({ mode: work.mode, dryRun: work.dryRun }, 'unit claimed');
    reporter.line('INFO', `${work.source.address}: ${work.mode === 'full' ? 'started' : `${work.mode} pass started`}${work.dryRun ? ' (dry run)' : ''}`);
    let end: UnitEnd | VerifyEnd;
    let departures: DepartureCounts | undefined;
    try {
      const opened = await open(deps, work, claim, halt, (source, dest) => {
        ends.source.microsoftTenantId = source;
        ends.destination.microsoftTenantId = dest;
      });
      ledger = opened.ledger;
      reporter.attach(opened.ledger);
      if (work.mode === 'verify') end = await verify({ ...deps, logger: log }, opened.work, claim, opened, halt, reporter);
      else {
        end = await run(deps, opened.work, work.mode, opened, halt, lease, reporter);
        departures = await opened.ledger.departures.counts();
      }
    } catch (error) {
      end = unitEndOf(halt.reason ?? error, work.counters);
    }
    if (end.unexpected !== null) log.error({ err: end.unexpected }, 'a unit ended unexpectedly');
    await tell({ ...deps, logger: log }, work, claim, { ...end, departures }, lease, reporter);
    log.info({ result: end.result, counters: end.counters }, 'unit ended');
  } finally {
    leave();
    lease.end();
    halt.end();
    // If this fails the hold on the destination ends with its lease.
    await ledger?.release().catch((error: unknown) => {
      log.warn({ err: error }, 'a destination could not be released and is free when its lease ends');
    });
  }
};

const flowOf = ({ orgId, jobId, workload, businessHours }: UnitWork): Flow => ({ organisation: orgId, job: jobId, workload, businessHours });

/** A unit may be at work for days: what is said of its tenants meanwhile, such as other business hours, holds for it too. What is said of the unit comes from job-service. */
function followTenants({ ports }: WorkUnitDeps, work: UnitWork, log: Logger): void {
  for (const [tenantId, side] of [[work.sourceTenantId, 'source'], [work.destTenantId, 'dest']] as const)
    ports.get(tenantId, side, flowOf(work)).catch((error: unknown) => {
      log.debug({ err: error, side }, 'a tenant could not be looked at again');
    });
}

interface Opened {
  /** As the job has it, with the destination that is really there. */
  work: UnitWork;
  route: Route;
  ledger: UnitLedger;
  source: Awaited<ReturnType<TenantPorts['get']>>;
  dest: Awaited<ReturnType<TenantPorts['get']>>;
}

async function open(deps: WorkUnitDeps, asked: UnitWork, claim: number, halt: Halt, tenants: (source: string, dest: string) => void): Promise<Opened> {
  const { sql, ports, leaseSeconds, seals } = deps;
  const flow = flowOf(asked);
  const [source, dest] = await Promise.all([ports.get(asked.sourceTenantId, 'source', flow), ports.get(asked.destTenantId, 'dest', flow)]);
  tenants(source.microsoftTenantId, dest.microsoftTenantId);
  const work = await withDestination(deps, asked, { source, dest }, halt);
  const route: Route = { orgId: work.orgId, workload: work.workload, sourceTenant: source.microsoftTenantId, sourceOwner: work.source.microsoftId, destTenant: dest.microsoftTenantId, destOwner: work.dest.microsoftId, ...(work.destFolderPrefix === null ? {} : { place: placeOf(work.destFolderPrefix) }) };
  if (work.dryRun) return { work, route, ledger: await openPlannedLedger(sql, route), source, dest };
  const until = performance.now() + busyWaitMs;
  for (;;) {
    halt.soft.throwIfAborted();
    const opened = await openLedger(sql, { route, jobId: work.jobId, unitId: work.unitId, claim, leaseSeconds, seals });
    if (opened.state === 'held') return { work, route, ledger: opened.ledger, source, dest };
    if (opened.state === 'stale') throw new ClaimLost('a newer claim of this unit has been here');
    // Another job's unit writes there; it ends some day, and meanwhile this one goes back to the queue.
    if (performance.now() > until) throw new Stopped('the destination is in use by another unit');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The unit with the destination that it really writes to: one that is still to be made is made first, so that the ledger knows it by its own id. */
async function withDestination(deps: WorkUnitDeps, work: UnitWork, { source, dest }: Pick<Opened, 'source' | 'dest'>, halt: Halt): Promise<UnitWork> {
  const dryRun = work.dryRun || work.mode === 'verify';
  const ports = { source: readOnly(source.port), destination: dryRun ? readOnly(dest.port) : dest.port, people: peopleOf(deps.jobs, work.unitId) };
  const microsoftId = await workloadOf(deps, work).destination?.({ microsoftId: work.dest.microsoftId, sourceAddress: work.source.address, dryRun }, ports, halt.soft);
  return microsoftId == null ? work : { ...work, dest: { ...work.dest, microsoftId } };
}

function workloadOf(deps: WorkUnitDeps, work: UnitWork): Workload {
  const workload = deps.workloads.get(work.workload);
  if (workload === undefined) throw new Error(`This build has no workload ${work.workload}.`);
  return workload;
}

/** Holds the destination as any pass does, so that nobody writes there while it is compared, and writes nothing itself. */
function verify(deps: WorkUnitDeps, work: UnitWork, claim: number, { route, source, dest }: Opened, halt: Halt, reporter: UnitReporter): Promise<VerifyEnd> {
  const { unitId, passId, counters, filters } = work;
  const findings = new VerifyReporter({ publish: deps.publish, work, claim, clock: deps.clock, logger: deps.logger, signal: halt.soft });
  return runVerify({
    ...{ sql: deps.sql, route, unitId, passId, claim, filters, counters, halt, workload: workloadOf(deps, work) },
    scope: { source: work.source, dest: work.dest, scope: work.scope, filters, merge: work.merge, versionsMax: work.versionsMax, deletions: work.deletions, destPrefix: work.destFolderPrefix, dryRun: true },
    ports: { source: source.port, destination: dest.port, people: peopleOf(deps.jobs, work.unitId) },
    observer: {
      tell: (event) => findings.tell(event),
      progress: (read) => { findings.progress(read); },
      note: (level, sentence) => { reporter.line(level, `${work.source.address}: ${sentence}`); },
    },
  });
}

function run(deps: WorkUnitDeps, work: UnitWork, mode: EngineMode, { ledger, source, dest }: Opened, halt: Halt, lease: Lease, reporter: UnitReporter): Promise<UnitEnd> {
  const workload = workloadOf(deps, work);
  return runUnit({
    unitId: work.unitId,
    passId: work.passId,
    mode,
    scope: { source: work.source, dest: work.dest, scope: work.scope, filters: work.filters, merge: work.merge, versionsMax: work.versionsMax, deletions: work.deletions, destPrefix: work.destFolderPrefix, dryRun: work.dryRun },
    workload,
    ports: { source: readOnly(source.port, workload.can.readsByPost), destination: work.dryRun ? readOnly(dest.port) : dest.port, people: peopleOf(deps.jobs, work.unitId) },
    ledger,
    halt,
    bytes: deps.bytes,
    holds: () => lease.holds(),
    observer: {
      counters: (now) => { reporter.counters(now); },
      reports: () => { reporter.reports(); },
      note: (level, sentence) => { reporter.line(level, `${work.source.address}: ${sentence}`); },
      written: (items, bytes) => { deps.written(work.workload, items, bytes); },
    },
  });
}

/** Publishes what is left, then ends the claim: job-service may count on every report that came before `finish`. */
async function tell({ jobs, logger }: Pick<WorkUnitDeps, 'jobs' | 'logger'>, work: UnitWork, claim: number, end: (UnitEnd | VerifyEnd) & { departures: DepartureCounts | undefined }, lease: Lease, reporter: UnitReporter): Promise<void> {
  if (end.result === 'lost') {
    reporter.drop();
    return;
  }
  let result: FinishUnitBody['result'] = end.result;
  try {
    await reporter.close(closingLines(work, end));
  } catch (error) {
    // The outcomes wait in the ledger; the next attempt of the unit publishes them and finds nothing else to do.
    reporter.drop();
    logger.warn({ err: error }, 'the last reports of a unit could not be published');
    if (result === 'done') result = 'retry';
  }
  const body: FinishUnitBody = { claim, result, counters: end.counters, departures: end.departures, failure: end.failure ?? (result === 'retry' ? { code: 'INTERNAL', graphCode: null, requestId: null, side: null } : null) };
  while (lease.holds()) {
    try {
      await jobs.finish(work.unitId, body);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'SERVICE_UNAVAILABLE') {
        logger.warn({ err: error }, 'a claim could not be ended; it ends with its lease');
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function closingLines(work: UnitWork, end: UnitEnd | VerifyEnd): [LogLevel, string][] {
  const { address } = work.source;
  const { result, counters, failure } = end;
  switch (result) {
    case 'done': {
      if ('compared' in end) return [[end.differences === 0 ? 'OK' : 'WARN', `${address}: ${end.compared} items compared, ${end.differences === 0 ? 'no differences' : `${end.differences} differences`}.`]];
      const rest = [counters.error > 0 ? `${counters.error} items failed` : null, counters.skipped > 0 ? `${counters.skipped} items were skipped` : null].filter((part) => part !== null);
      const lines: [LogLevel, string][] = rest.length === 0 ? [] : [['WARN', `${address}: ${rest.join(', ')}.`]];
      return [...lines, ['OK', `${address} → ${counters.done} items ${work.dryRun ? 'would be migrated' : 'migrated'}`]];
    }
    case 'released':
      if ('compared' in end) return [['INFO', `${address}: the verification stopped in order; reading goes on from there.`]];
      return [['INFO', `${address}: stopped in order at ${counters.done} of ${counters.total} items; goes on from there.`]];
    case 'failed': {
      if (failure === null) return [];
      const { cause, remedy } = explain(failure.code);
      return [['ERROR', `${address}: ${cause}${failure.graphCode === null ? '' : ` Graph said ${failure.graphCode}.`} ${remedy}`]];
    }
    default:
      return [];
  }
}
