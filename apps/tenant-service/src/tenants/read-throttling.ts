/** What the workers share about Microsoft's limits on a tenant, for people. */
import type { ThrottlingAnswer } from '@migrator/contracts/api/throttling';
import { readScopes, type FleetStore, type ScopeReading } from '@migrator/graph-client';
import type { Clock } from '@migrator/service-kit/clock';
import type { TenantRow } from './tenant.js';

export interface ReadThrottlingDeps {
  store: FleetStore;
  /** The workers' namespace. */
  namespace: string;
  clock: Clock;
}

export const makeReadThrottling =
  ({ store, namespace, clock }: ReadThrottlingDeps) =>
  async ({ microsoftTenantId, businessHours }: TenantRow): Promise<ThrottlingAnswer> => {
    let scopes: ScopeReading[];
    try {
      scopes = await readScopes(store, namespace, microsoftTenantId);
    } catch {
      // Redis is away: said in the answer; the governor says it in the log and in a metric.
      return { shared: false, businessHours, budgets: [] };
    }
    const now = clock.now().getTime();
    return { shared: true, businessHours, budgets: scopes.map((scope) => toBudget(scope, now)) };
  };

function toBudget({ about, windows, slots, level, pace, restMs, processes, lately }: ScopeReading, now: number): ThrottlingAnswer['budgets'][number] {
  return {
    service: about.kind,
    resource: about.resource,
    limits: about.limits.map(({ name, measure, max, windowMs }) => {
      const window = windows.find((each) => each.name === name);
      return { name, measure, max, windowSeconds: windowMs / 1_000, used: Math.round(window?.used ?? 0), reserved: Math.round(window?.held ?? 0) };
    }),
    inFlight: about.inFlight === null ? null : { max: about.inFlight, allowed: level ?? about.inFlight, now: slots },
    plannedShare: pace,
    pausedUntil: restMs > 0 ? new Date(now + restMs).toISOString() : null,
    workers: processes,
    lately: { requests: lately.requests, refused: lately.refused, waitedSeconds: Object.fromEntries(Object.entries(lately.waited).map(([workload, ms]) => [workload, Math.round(ms) / 1_000])) },
  };
}
