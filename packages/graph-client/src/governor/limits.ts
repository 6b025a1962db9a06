/**
 * Microsoft's published limits, as data: one line a limit, with its source. Where a limit depends on the tenant's size the smallest
 * tenant's number stands here; an operator whose tenant has more says so in GRAPH_LIMITS.
 */
import type { Budget } from '../graph-port.js';

export type BudgetKind = Budget['kind'];

/** What a limit counts. `units` are Microsoft's resource units; `inFlight` are requests under way at once, without a window. */
export type Measure = 'requests' | 'writes' | 'units' | 'bytes' | 'inFlight';

export interface PublishedLimit {
  readonly name: string;
  /** The budgets whose requests count; `all` of them for a limit of Graph itself. */
  readonly budget: Exclude<BudgetKind, 'none'> | 'all';
  /** What has this limit for itself: a resource (mailbox, report, thread) in a tenant, a tenant, or the application over all tenants. */
  readonly per: 'resource' | 'tenant' | 'app';
  readonly measure: Measure;
  readonly max: number;
  /** Null for `inFlight`. */
  readonly windowMs: number | null;
  /**
   * The second half of the window is spent little faster than it comes back, so that long work goes on steadily: spent at once, all of it is
   * spent at once again a window later, and nothing moves in between.
   */
  readonly even?: true;
  readonly source: string;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const megabyte = 1024 * 1024;
const throttlingLimits = 'https://learn.microsoft.com/graph/throttling-limits';
const sharepoint = 'https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online';
const ours = 'not published; our own care';

export const publishedLimits: readonly PublishedLimit[] = [
  { name: 'graph.requests', budget: 'all', per: 'app', measure: 'requests', max: 130_000, windowMs: 10 * second, source: throttlingLimits },
  { name: 'outlook.requests', budget: 'outlook', per: 'resource', measure: 'requests', max: 10_000, windowMs: 10 * minute, source: `${throttlingLimits}#outlook-service-limits` },
  { name: 'outlook.inFlight', budget: 'outlook', per: 'resource', measure: 'inFlight', max: 4, windowMs: null, source: `${throttlingLimits}#outlook-service-limits` },
  { name: 'outlook.bytes', budget: 'outlook', per: 'resource', measure: 'bytes', max: 150 * megabyte, windowMs: 5 * minute, source: `${throttlingLimits}#outlook-service-limits` },
  { name: 'reports.requests', budget: 'reports', per: 'resource', measure: 'requests', max: 14, windowMs: 10 * minute, source: `${throttlingLimits}#reports-service-limits` },
  { name: 'reports.inFlight', budget: 'reports', per: 'resource', measure: 'inFlight', max: 2, windowMs: null, source: ours },
  { name: 'directory.units', budget: 'directory', per: 'tenant', measure: 'units', max: 3_500, windowMs: 10 * second, source: `${throttlingLimits}#identity-and-access-service-limits (tenants under 50 users; 5,000 to 500, 8,000 above)` },
  { name: 'directory.writes', budget: 'directory', per: 'tenant', measure: 'writes', max: 3_000, windowMs: 150 * second, source: `${throttlingLimits}#identity-and-access-service-limits` },
  { name: 'directory.inFlight', budget: 'directory', per: 'tenant', measure: 'inFlight', max: 16, windowMs: null, source: ours },
  { name: 'files.unitsPerMinute', budget: 'files', per: 'tenant', measure: 'units', max: 1_250, windowMs: minute, even: true, source: `${sharepoint} (up to 1,000 licences; 6,250 above 50,000)` },
  { name: 'files.unitsPerDay', budget: 'files', per: 'tenant', measure: 'units', max: 1_200_000, windowMs: 24 * hour, source: `${sharepoint} (up to 1,000 licences; 6,000,000 above 50,000)` },
  { name: 'files.bytes', budget: 'files', per: 'tenant', measure: 'bytes', max: 400 * 1024 * megabyte, windowMs: hour, source: sharepoint },
  { name: 'files.sharing', budget: 'files', per: 'resource', measure: 'requests', max: 300, windowMs: 5 * minute, source: `${throttlingLimits}#files-and-lists-service-limits (invitations and links)` },
  { name: 'files.inFlight', budget: 'files', per: 'tenant', measure: 'inFlight', max: 32, windowMs: null, source: ours },
  { name: 'teams.requests', budget: 'teams', per: 'tenant', measure: 'requests', max: 30, windowMs: second, source: `${throttlingLimits}#microsoft-teams-service-limits (most calls; reading messages 20)` },
  { name: 'teams.threadRequests', budget: 'teams', per: 'resource', measure: 'requests', max: 1, windowMs: second, source: `${throttlingLimits}#microsoft-teams-service-limits` },
];

/** Resource units of a request that does not say what it costs: a read of several items (graph throttling pages, as above). */
export const unitsPerRequest: Record<BudgetKind, number> = { outlook: 1, directory: 2, reports: 1, files: 2, teams: 1, none: 0 };

/**
 * How much of a window is used. Microsoft counts a request and its body when they arrive, we from when they leave until a window after the
 * answer, so this is for clocks and for what is told us only afterwards. Together with the windows' own care 97 % are used.
 */
export const plannedShare = 0.98;

export interface LimitChange {
  max?: number;
  windowMs?: number;
}

/** What an operator knows better than the published table. */
export interface LimitOverrides {
  /** Divides the length of every window: ten minutes become one with 10. */
  windowsShorterBy?: number;
  /** By the limit's name. */
  limits?: Record<string, LimitChange>;
  /** The same for one tenant, by Microsoft's tenant id. */
  tenants?: Record<string, Record<string, LimitChange>>;
}

/** The overrides of GRAPH_LIMITS; throws with a sentence that says what is wrong. Empty: none. */
export function parseLimitOverrides(text: string): LimitOverrides {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('must be JSON such as {"limits":{"outlook.requests":{"max":20000}}}');
  }
  const { windowsShorterBy, limits, tenants, ...rest } = object(value, 'it');
  for (const key of Object.keys(rest)) throw new Error(`knows no "${key}"; it takes windowsShorterBy, limits and tenants`);
  return {
    ...(windowsShorterBy === undefined ? {} : { windowsShorterBy: positive(windowsShorterBy, 'windowsShorterBy') }),
    ...(limits === undefined ? {} : { limits: changes(limits, 'limits') }),
    ...(tenants === undefined ? {} : { tenants: Object.fromEntries(Object.entries(object(tenants, 'tenants')).map(([tenant, each]) => [tenant.toLowerCase(), changes(each, `tenants.${tenant}`)])) }),
  };
}

function changes(value: unknown, where: string): Record<string, LimitChange> {
  const entries = Object.entries(object(value, where)).map(([name, change]): [string, LimitChange] => {
    const limit = publishedLimits.find((each) => each.name === name);
    if (limit === undefined) throw new Error(`${where}.${name} is no limit; there are ${publishedLimits.map((each) => each.name).join(', ')}`);
    const { max, windowMs, ...rest } = object(change, `${where}.${name}`);
    if (Object.keys(rest).length > 0 || (windowMs !== undefined && limit.windowMs === null)) throw new Error(`${where}.${name} takes max${limit.windowMs === null ? '' : ' and windowMs'}`);
    return [name, { ...(max === undefined ? {} : { max: positive(max, `${where}.${name}.max`) }), ...(windowMs === undefined ? {} : { windowMs: positive(windowMs, `${where}.${name}.windowMs`) }) }];
  });
  return Object.fromEntries(entries);
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must be an object`);
  return value as Record<string, unknown>;
}

function positive(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw new Error(`${what} must be a number above zero`);
  return value;
}

/** One limit as it is kept to: with overrides. */
export interface KeptLimit {
  readonly name: string;
  readonly measure: Measure;
  /** As published or overridden. */
  readonly max: number;
  readonly windowMs: number;
  /** As published. */
  readonly even: boolean;
}

/** Everything that is counted together: a mailbox of a tenant, a tenant's directory, the application. */
export interface ScopeLimits {
  readonly key: string;
  readonly kind: PublishedLimit['budget'];
  /** Empty for the application's own scope. */
  readonly tenantId: string;
  /** The mailbox, report or thread; null when the scope is wider. */
  readonly resource: string | null;
  readonly windows: readonly KeptLimit[];
  readonly inFlight: number | null;
}

function resourceOf(budget: Budget): string | null {
  switch (budget.kind) {
    case 'outlook':
      return budget.mailbox.toLowerCase();
    case 'reports':
      return budget.report;
    case 'teams':
      return budget.thread;
    case 'files':
      return budget.sharing === true ? 'sharing' : null;
    default:
      return null;
  }
}

/** Two requests share a budget when their keys are equal. */
export function budgetKey(app: string, tenantId: string, budget: Budget): string {
  const resource = resourceOf(budget);
  return resource === null ? `${app}/${tenantId}/${budget.kind}` : `${app}/${tenantId}/${budget.kind}/${resource}`;
}

/** The scopes a request of this budget counts against, the narrowest first. */
export function scopesOf(app: string, tenantId: string, budget: Budget, overrides: LimitOverrides): ScopeLimits[] {
  const own = overrides.tenants?.[tenantId.toLowerCase()] ?? {};
  const resource = resourceOf(budget);
  const places = [
    { per: 'resource', key: `${app}/${tenantId}/${budget.kind}/${resource ?? ''}`, tenantId, resource },
    { per: 'tenant', key: `${app}/${tenantId}/${budget.kind}`, tenantId, resource: null },
    { per: 'app', key: `${app}/graph`, tenantId: '', resource: null },
  ] as const;
  return places.flatMap(({ per, ...place }): ScopeLimits[] => {
    if (per === 'resource' && resource === null) return [];
    const limits = publishedLimits.filter((limit) => limit.per === per && budget.kind !== 'none' && (limit.budget === budget.kind || limit.budget === 'all'));
    const [first] = limits;
    if (first === undefined) return [];
    const kept = limits.map(({ name, measure, max, windowMs, even = false }): KeptLimit => {
      const change = { ...overrides.limits?.[name], ...(per === 'app' ? {} : own[name]) };
      return { name, measure, max: change.max ?? max, windowMs: (change.windowMs ?? windowMs ?? 0) / (overrides.windowsShorterBy ?? 1), even };
    });
    return [{ ...place, kind: first.budget, windows: kept.filter(({ measure }) => measure !== 'inFlight'), inFlight: kept.find(({ measure }) => measure === 'inFlight')?.max ?? null }];
  });
}
