/** Runs the engine over a unit in a test: real PostgreSQL for the ledger, any workload, and a process that can be killed at any step. */
import { join } from 'node:path';
import { Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database, type Sql } from '@migrator/service-kit/database';
import type { ItemReport } from '@migrator/contracts/events';
import type { GraphPort } from '@migrator/graph-client';
import type { Filters } from '@migrator/contracts/api/jobs';
import { freshDatabase, type TestDatabase } from '@migrator/testing/servers';
import { Budget } from '../engine/budget.js';
import type { EngineMode } from '../engine/decide.js';
import { Halt } from '../engine/halt.js';
import type { Route } from '../engine/item-keys.js';
import { openLedger } from '../engine/ledger.js';
import { openPlannedLedger } from '../engine/planned-ledger.js';
import { runUnit, type UnitEnd } from '../engine/run-unit.js';
import type { UnitLedger } from '../engine/unit-ledger.js';
import { createLedgerSeals } from '../engine/ledger-seals.js';
import { placeOf } from '../workloads/path-filter.js';
import type { People, UnitPorts, UnitScope, Workload } from '../workloads/workload.js';

export interface LedgerDatabase {
  sql: Sql;
  close(): Promise<void>;
}

export async function ledgerDatabase(): Promise<LedgerDatabase> {
  const folder = join(__dirname, '../../migrations');
  const database: TestDatabase = await freshDatabase({ template: 'worker', migrate: (url) => migrateDatabase({ url, schema: 'worker', folder }) });
  const open: Database = openDatabase(database.url, { max: 6, applicationName: 'engine test' });
  return {
    sql: open.sql,
    close: async () => {
      await open.close();
      await database.drop();
    },
  };
}

/** The process died here. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

export interface Attempt {
  unitId?: string;
  jobId?: string;
  passId?: string;
  mode?: EngineMode;
  filters?: Filters;
  deletions?: 'keep' | 'apply';
  dryRun?: boolean;
  claim?: number;
  halt?: Halt;
  /** Called before and after everything the ledger does; may throw to kill the process there. */
  step?: (name: string) => void;
  ports?: AttemptPorts;
  scope?: Partial<UnitScope>;
}

/** Without `people` nobody has a counterpart. */
export type AttemptPorts = Pick<UnitPorts, 'source' | 'destination'> & Partial<UnitPorts>;
const nobody: People = { find: () => Promise.resolve(new Map()) };
export const portsOf = (ports: AttemptPorts | undefined): UnitPorts => (ports === undefined ? (undefined as unknown as UnitPorts) : { people: nobody, ...ports });

export interface AttemptEnd extends UnitEnd {
  notes: string[];
  reports: ItemReport[];
  /** The counters at every moment they were shown. */
  shown: UnitEnd['counters'][];
}

export const testRoute = (owner: string): Route => ({ orgId: 'org_test', workload: 'EMAIL', sourceTenant: 'tenant-a', destTenant: 'tenant-b', sourceOwner: `source ${owner}`, destOwner: `dest ${owner}` });

export const testSeals = createLedgerSeals(new Secret('a key that every worker of a test shares'));

let claims = 0;
export const nextClaim = (): number => ++claims;

/** One claim of a unit, to its end (or its death). */
export async function attempt(sql: Sql, owner: string, workload: Workload, options: Attempt = {}): Promise<AttemptEnd> {
  const { unitId = `unit ${owner}`, jobId = 'job', passId = 'pass 1', mode = 'full', filters = {}, deletions = 'keep', dryRun = false, claim = nextClaim(), halt = new Halt(1_000), step, ports } = options;
  const prefix = options.scope?.destPrefix ?? null;
  const route = { ...testRoute(owner), ...(prefix === null ? {} : { place: placeOf(prefix) }) };
  let ledger: UnitLedger;
  if (dryRun) ledger = await openPlannedLedger(sql, route);
  else {
    const opened = await openLedger(sql, { route, jobId, unitId, claim, leaseSeconds: 30, seals: testSeals });
    if (opened.state !== 'held') throw new Error(`the destination is ${opened.state}`);
    ledger = opened.ledger;
  }
  const watched = step === undefined ? ledger : withSteps(ledger, step);
  const notes: string[] = [];
  const shown: UnitEnd['counters'][] = [];
  const end = await runUnit({
    unitId,
    passId,
    mode,
    scope: { source: { microsoftId: 's', address: 's@example.com' }, dest: { microsoftId: 'd', address: 'd@example.com' }, scope: { email: true, calendar: true, contacts: true, tasks: true }, filters, merge: true, versionsMax: null, destPrefix: null, deletions, dryRun, ...options.scope },
    workload,
    ports: portsOf(ports),
    ledger: watched,
    halt,
    observer: { counters: (now) => shown.push(now), reports: () => undefined, note: (level, sentence) => notes.push(`${level} ${sentence}`), written: () => undefined },
    bytes: new Budget(10_000),
    holds: () => true,
  });
  if (end.result === 'failed' && end.unexpected !== null && !(end.unexpected instanceof Killed)) throw new Error('the unit failed unexpectedly', { cause: end.unexpected });
  // A process that was killed, or whose database is away, releases nothing.
  const gone = end.unexpected instanceof Killed || end.result === 'retry';
  if (!gone) await ledger.release();
  return { ...end, notes, shown, reports: gone ? [] : (await ledger.reports(10_000)).map(({ report }) => report) };
}

/** Kills at every boundary of the ledger: before a transaction, and after it was stored but before anybody heard. */
function withSteps(ledger: UnitLedger, step: (name: string) => void): UnitLedger {
  return {
    ...ledger,
    lookup: async (entry, marks) => {
      step('lookup');
      return ledger.lookup(entry, marks);
    },
    commit: async (change) => {
      step(change.outcomes.some(({ dest }) => dest !== null) ? 'before copies' : 'before a commit');
      await ledger.commit(change);
      step('after a commit');
    },
    register: async (passId, containers) => {
      const entries = await ledger.register(passId, containers);
      step('after register');
      return entries;
    },
    unfinished: {
      ...ledger.unfinished,
      keep: async (entry, mark, note) => {
        step('before a note');
        await ledger.unfinished.keep(entry, mark, note);
        step('after a note');
      },
    },
    departures: {
      ...ledger.departures,
      depart: async (...args) => {
        step('before a departure');
        await ledger.departures.depart(...args);
        step('after a departure');
      },
      settle: async (settlements) => {
        step('before settling');
        await ledger.departures.settle(settlements);
        step('after settling');
      },
    },
    markSwept: async () => {
      step('before swept');
      await ledger.markSwept();
    },
  };
}

/** A port about each of whose requests a test has something to do: before it is sent, after it was answered. Pages are as they were. */
export function portWith(port: GraphPort, around: (name: keyof GraphPort, args: readonly unknown[], send: () => Promise<unknown>) => Promise<unknown>): GraphPort {
  return new Proxy(port, {
    get: (target, name: keyof GraphPort) => {
      const value = target[name];
      if (typeof value !== 'function') return value;
      // Pages come one by one, not as one answer.
      if (name === 'pages') return value.bind(target);
      return (...args: never[]) => around(name, args, () => (value as (...given: never[]) => Promise<unknown>).apply(target, args));
    },
  });
}

/** What a call of a port writes with, in capitals; null when it only reads. A batch may do either. */
function writesBy(name: keyof GraphPort, args: readonly unknown[]): string | null {
  const method = (name === 'raw' || name === 'preauthorised' ? String(args[0]) : name).toUpperCase();
  return ['POST', 'PATCH', 'PUT', 'DELETE'].includes(method) ? method : null;
}

/** A process that dies as soon as it has written something: from then on nothing of it reaches anybody. */
export function dyingAtWrite(port: GraphPort): { step: () => void; destination: GraphPort; dead: () => boolean } {
  let dead = false;
  const step = (): void => {
    if (dead) throw new Killed('after it died');
  };
  const destination = portWith(port, async (name, args, send) => {
    step();
    const answer = await send();
    // A session that is open has written nothing.
    if (writesBy(name, args) === null || String(args[0]).endsWith('/createUploadSession')) return answer;
    dead = true;
    throw new Killed('after a write');
  });
  return { step, destination, dead: () => dead };
}

/** A process that dies when what it has written by then is to be recorded: it is at the destination, and nobody knows. */
export function dyingUnrecorded(port: GraphPort): { step: (name: string) => void; destination: GraphPort } {
  let written = false;
  const destination = portWith(port, async (name, args, send) => {
    const answer = await send();
    written ||= writesBy(name, args) !== null;
    return answer;
  });
  return {
    destination,
    step: (name) => {
      if (written && name === 'before copies') throw new Killed(name);
    },
  };
}

/** A process that dies at step `at`, and to which nothing succeeds afterwards. */
export function dyingAt(at: number): { step: (name: string) => void; steps: () => number; dead: () => boolean } {
  let count = 0;
  return {
    step: (name) => {
      if (++count >= at) throw new Killed(`at step ${count}: ${name}`);
    },
    steps: () => count,
    dead: () => count >= at,
  };
}

