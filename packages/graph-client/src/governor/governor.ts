/**
 * The governor: the one place that decides when a request may go. It keeps to the published limits by itself, together with every other
 * process of the fleet; obeys `Retry-After` for everything that shares the budget, wherever it was heard; learns from refusals, headers
 * and slow answers; and serves jobs, workloads and organisations that share a budget by turns.
 */
import type { BusinessHours } from '@migrator/contracts/api/throttling';
import type { Budget } from '../graph-port.js';
import type { AnswerHeaders } from '../answer-headers.js';
import { BudgetQueue, type Permit, type QueueFlow } from './budget-queue.js';
import { HoursCurve } from './business-hours.js';
import type { Fleet, Over } from './fleet.js';
import { budgetKey, scopesOf, unitsPerRequest, type LimitOverrides, type ScopeLimits } from './limits.js';
import { Scope, type ScopeWorld } from './scope.js';

export type { Permit } from './budget-queue.js';

/** Whose requests they are: what shares a budget is served by turns. */
export interface Flow {
  readonly organisation: string;
  /** Null: the work of the platform itself for that organisation, such as discovery. */
  readonly job: string | null;
  readonly workload: string;
  /** Default 1: twice the weight is twice the share. */
  readonly weight?: number;
  /** What of the budget the job may use at which time of day. */
  readonly businessHours?: BusinessHours | null;
}

/** Who asks: an application in a tenant, for a flow. */
export interface Asker {
  readonly app: string;
  readonly tenantId: string;
  readonly flow: Flow;
  /** What of the tenant's budgets all jobs together may use at which time of day. */
  readonly businessHours?: BusinessHours | null;
}

/** What the governor tells whoever watches (metrics, log lines). */
export interface GovernorObserver {
  /** A request waited for its budget. */
  onWait?(budget: Budget, workload: string, waitedMs: number): void;
  /** Microsoft told this process to wait. */
  onThrottled?(budget: Budget, restMs: number): void;
  /** A budget that this process uses rests, whoever was told; `tenantId` and `resource` say whose. */
  onRest?(rest: { kind: string; tenantId: string; resource: string | null; restMs: number; told: boolean }): void;
  /** A request was answered (or not: status 0). */
  onRequest?(budget: Budget, status: number, tookMs: number): void;
}

/** What a request takes of its budget. */
export interface Cost {
  /** Requests it counts for: a batch counts for each of its items. */
  requests: number;
  /** Size of its body; 0 when unknown or empty. */
  bytes: number;
  write: boolean;
  /** Microsoft's resource units; by default what such a request usually costs. */
  units?: number;
}

/** The governor as one asker sees it. */
export interface Governed {
  /** Resolves when the request may go. Rejects when `signal` aborts. */
  acquire(budget: Budget, cost: Cost, signal: AbortSignal | undefined): Promise<Permit>;
  /** Counts body bytes that only became known while they were sent. */
  sent(budget: Budget, bytes: number): void;
  /** The budget was refused a request: nobody who shares it goes before `restMs` are over. */
  throttled(budget: Budget, restMs: number, over?: Over): void;
  /** An answer came (status 0: none): what its headers and its time say is learned from. */
  answered(budget: Budget, cost: Cost, status: number, tookMs: number, headers: AnswerHeaders | null): void;
}

export interface Governor {
  /** Cheap; keep it for as long as the flow lasts. */
  governed(asker: Asker): Governed;
  /** Forgets everything; what waits is left waiting. */
  close(): Promise<void>;
}

export interface GovernorOptions {
  observer?: GovernorObserver;
  overrides?: LimitOverrides;
  /** Without one this process keeps to the limits for itself. */
  fleet?: Fleet | null;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
  /** The time of day, in milliseconds since 1970. */
  wallClock?: () => number;
}

const budgetsMax = 50_000;
/** Larger bodies take their time. */
const smallBytes = 64 * 1024;

export function createGovernor({ observer = {}, overrides = {}, fleet = null, now = () => performance.now(), wallClock = Date.now }: GovernorOptions = {}): Governor {
  const scopes = new Map<string, Scope>();
  const queues = new Map<string, BudgetQueue>();
  const curves = new Map<string, HoursCurve>();
  /** The business hours of tenants that have any, by tenant and by the organisation that set them. */
  const tenantHours = new Map<string, Map<string, HoursCurve>>();
  /** Those of jobs, by the key of the scope that keeps a job to them. */
  const jobHours = new Map<string, HoursCurve>();

  const world: ScopeWorld = {
    fleet,
    now,
    shareOf: ({ key, tenantId }) => {
      const own = jobHours.get(key);
      if (own !== undefined) return own.shareAt(wallClock());
      let share = 1;
      for (const hours of tenantHours.get(tenantId)?.values() ?? []) share = Math.min(share, hours.shareAt(wallClock()));
      return share;
    },
    onRest: ({ limits: { kind, tenantId, resource, key } }, restMs, told) => {
      if (!jobHours.has(key)) observer.onRest?.({ kind, tenantId, resource, restMs, told });
    },
  };
  const scopeOf = (limits: ScopeLimits): Scope => {
    let scope = scopes.get(limits.key);
    if (scope === undefined) scopes.set(limits.key, (scope = new Scope(limits, world)));
    return scope;
  };
  const queueOf = (app: string, tenantId: string, budget: Budget): BudgetQueue => {
    const key = budgetKey(app, tenantId, budget);
    let queue = queues.get(key);
    if (queue === undefined) {
      if (queues.size >= budgetsMax) forgetIdle();
      queues.set(key, (queue = new BudgetQueue(scopesOf(app, tenantId, budget, overrides).map(scopeOf), now, (flow, waitedMs) => observer.onWait?.(budget, flow.workload, waitedMs))));
    }
    return queue;
  };
  const forgetIdle = (): void => {
    for (const [key, queue] of queues) if (queue.isIdle) {
      queue.forgotten = true;
      queues.delete(key);
    }
    const used = new Set([...queues.values()].flatMap((queue) => queue.scopes));
    for (const [key, scope] of scopes) if (!used.has(scope) && scope.isIdle) {
      scope.stop();
      scopes.delete(key);
      jobHours.delete(key);
    }
  };
  const curveOf = (hours: BusinessHours): HoursCurve => {
    const key = JSON.stringify(hours);
    let curve = curves.get(key);
    if (curve === undefined) curves.set(key, (curve = new HoursCurve(hours)));
    return curve;
  };

  fleet?.onTurn((lost) => {
    for (const scope of scopes.values()) scope.turn(lost);
  });
  fleet?.onRest((key, restMs) => {
    scopes.get(key)?.restWith(restMs);
  });

  return {
    governed({ app, tenantId, flow, businessHours = null }) {
      const hours = tenantHours.get(tenantId) ?? new Map<string, HoursCurve>();
      if (businessHours === null) hours.delete(flow.organisation);
      else hours.set(flow.organisation, curveOf(businessHours));
      if (hours.size > 0) tenantHours.set(tenantId, hours);
      else tenantHours.delete(tenantId);
      const own = flow.businessHours == null ? null : curveOf(flow.businessHours);
      const key = `${flow.organisation}/${flow.job ?? ''}/${flow.workload}`;
      const known = new Map<string, { queue: BudgetQueue; flow: QueueFlow }>();
      const none: readonly Scope[] = [];
      /** The same again, by the budget as it was given: those who send much keep theirs, and its name need not be put together for each request. */
      const given = new WeakMap<Budget, { queue: BudgetQueue; flow: QueueFlow }>();
      const find = (budget: Budget): { queue: BudgetQueue; flow: QueueFlow } => {
        const before = given.get(budget);
        if (before?.queue.forgotten === false) return before;
        const name = budgetKey('', '', budget);
        let found = known.get(name);
        if (found?.queue.forgotten !== false) {
          const queue = queueOf(app, tenantId, budget);
          const limited = own === null ? none : scopesOf(app, tenantId, budget, overrides).slice(0, 1).map((limits): Scope => {
            const jobKey = `${limits.key}/job/${key}`;
            jobHours.set(jobKey, own);
            return scopeOf({ ...limits, key: jobKey, tenantId: '' });
          });
          found = { queue, flow: { key, weight: flow.weight ?? 1, workload: flow.workload, extra: () => (own === null || own.shareAt(wallClock()) >= 1 ? none : limited) } };
          if (known.size > 1_000) known.clear();
          known.set(name, found);
        }
        given.set(budget, found);
        return found;
      };
      const narrowest = (budget: Budget): Scope | undefined => find(budget).queue.scopes[0];
      return {
        acquire(budget, { requests, bytes, write, units }, signal) {
          if (signal?.aborted === true) return Promise.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
          const found = find(budget);
          return found.queue.acquire({ requests, bytes, writes: write ? requests : 0, units: units ?? requests * unitsPerRequest[budget.kind] }, found.flow, signal);
        },
        sent: (budget, bytes) => {
          for (const scope of find(budget).queue.scopes) scope.takeMore({ bytes });
        },
        throttled: (budget, restMs, over = 'unknown') => {
          observer.onThrottled?.(budget, restMs);
          narrowest(budget)?.rest(restMs, over);
        },
        answered: (budget, { requests, bytes, units }, status, tookMs, headers) => {
          observer.onRequest?.(budget, status, tookMs);
          if (status === 0 || headers === null) return;
          for (const scope of find(budget).queue.scopes) scope.unitsTold(units ?? requests * unitsPerRequest[budget.kind], headers);
          narrowest(budget)?.answered(tookMs, status < 400 && bytes <= smallBytes, headers);
        },
      };
    },
    async close() {
      for (const scope of scopes.values()) scope.stop();
      await fleet?.close();
    },
  };
}
