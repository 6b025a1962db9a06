/** A number of something per window. */
export interface Rate { max: number; windowMs: number }

/** The limits one tenant answers with. null switches that limit off. */
export interface LimitProfile {
  name: string;
  /** Per app and mailbox. */
  outlook: { requests: Rate | null; concurrent: number | null; uploadBytes: Rate | null };
  /** Resource units per app and tenant; `'bySize'` picks the published number for the tenant's user count. */
  directory: { units: { max: number | 'bySize'; windowMs: number } | null; writes: Rate | null };
  /**
   * SharePoint and OneDrive, resource units per app and tenant in a minute and in a day (`'bySize'`: the published numbers for the tenant's
   * licences), and calls that share something.
   */
  files: { units: { perMinute: number; perDay: number } | 'bySize' | null; sharing: Rate | null };
  /** CSV requests per report, app and tenant. */
  reports: Rate | null;
  /** Per app over all tenants. The first tenant's profile that sets it decides. */
  global: Rate | null;
  /** Graph sometimes leaves Retry-After out, sometimes always says 1 (graph/exchange.md 9). */
  retryAfter: 'exact' | 'missing' | 'one';
}

/** What an answer takes, in real milliseconds: `fixedMs` plus up to `jitterMs`. */
export interface Latency { fixedMs: number; jitterMs: number }

/** No limit at all. */
export const noLimits: LimitProfile = {
  name: 'none',
  outlook: { requests: null, concurrent: null, uploadBytes: null },
  directory: { units: null, writes: null },
  files: { units: null, sharing: null },
  reports: null,
  global: null,
  retryAfter: 'exact',
};

const minute = 60_000;

/** The published numbers (graph/platform.md 6.4, graph/files.md 10; https://learn.microsoft.com/graph/throttling-limits). */
export const publishedLimits: LimitProfile = {
  name: 'published',
  outlook: { requests: { max: 10_000, windowMs: 10 * minute }, concurrent: 4, uploadBytes: { max: 150 * 1024 * 1024, windowMs: 5 * minute } },
  directory: { units: { max: 'bySize', windowMs: 10_000 }, writes: { max: 3_000, windowMs: 150_000 } },
  files: { units: 'bySize', sharing: { max: 300, windowMs: 5 * minute } },
  reports: { max: 14, windowMs: 10 * minute },
  global: { max: 130_000, windowMs: 10_000 },
  retryAfter: 'exact',
};

/** Published resource units per 10 s for a tenant of this many users: S below 50, L above 500. */
export function directoryUnits(users: number): number {
  if (users < 50) return 3_500;
  return users <= 500 ? 5_000 : 8_000;
}

/** Published resource units of SharePoint and OneDrive for a tenant with this many licences (graph/files.md 10.1). */
export function fileUnits(licences: number): { perMinute: number; perDay: number } {
  const steps: readonly [number, number, number][] = [[1_000, 1_250, 1_200_000], [5_000, 2_500, 2_400_000], [15_000, 3_750, 3_600_000], [50_000, 5_000, 4_800_000]];
  const [, perMinute, perDay] = steps.find(([most]) => licences <= most) ?? [0, 6_250, 6_000_000];
  return { perMinute, perDay };
}
