/** Estimates as people read them. */
import type { Estimate, Job } from '@migrator/contracts/api/jobs';
import type { Clock } from '@migrator/service-kit/clock';
import type { LimitOverrides } from '@migrator/graph-client/limits';
import type { Sql } from '@migrator/service-kit/database';
import type { HoursOf } from '../tenants/recent-hours.js';
import { hasEnded } from '../jobs/job.js';
import { throughHours } from './business-hours.js';
import { readJob, readRealRun, type JobInQuestion } from './estimate-facts.js';
import { estimateJob, estimateUnits, type JobFacts } from './estimate-job.js';
import { passLimits, type MicrosoftTenants } from './pass-limits.js';
import type { Range } from './range.js';

/** The job in question, as the caller has read it of its organisation. */
export type EstimatedJob = { readonly orgId: string } & Pick<Job, 'id' | 'status' | 'passes'>;

/** `overrides`: what the operator knows better than Microsoft's published limits, the same as the workers'. `tenantHours`: when less of a tenant's limits may be used. */
export function createEstimateReader({ sql, clock, overrides, tenantHours }: { sql: Sql; clock: Clock; overrides: LimitOverrides; tenantHours: HoursOf }) {
  const limitsOf = (job: MicrosoftTenants & Pick<JobInQuestion, 'type'>) => passLimits(job.type, overrides, job);
  const moving = ({ status }: Pick<JobInQuestion, 'status'>): boolean => status === 'QUEUED' || status === 'RUNNING';
  const describe = (range: Range, { pace }: JobFacts, from: Date | null): Estimate => {
    const lowSeconds = Math.floor(range.low / 1_000);
    const highSeconds = Math.ceil(range.high / 1_000);
    const at = (seconds: number): string | null => (from === null ? null : new Date(from.getTime() + seconds * 1_000).toISOString());
    return { lowSeconds, highSeconds, earliestEnd: at(lowSeconds), latestEnd: at(highSeconds), basis: pace.basis };
  };
  type Hours = Pick<JobInQuestion, 'sourceTenantId' | 'destTenantId' | 'businessHours'>;
  /** What becomes of time from `from` on in the job's business hours and in those of its tenants. */
  const hoursFor = async (orgId: string, { sourceTenantId, destTenantId, businessHours }: Hours, { pace }: JobFacts, from: Date): Promise<(range: Range) => Range | null> => {
    const hours = [businessHours, ...(await Promise.all([sourceTenantId, destTenantId].map((id) => tenantHours(orgId, id))))].filter((each) => each !== null);
    return throughHours(from.getTime(), hours, pace.basis !== 'limits');
  };
  /** From when the remaining time counts: now, or the time for which the job is scheduled; null while nothing moves. */
  const startOf = (job: JobInQuestion): Date | null => {
    if (!moving(job)) return null;
    const now = clock.now();
    return job.scheduledAt !== null && job.scheduledAt > now ? job.scheduledAt : now;
  };
  return {
    /** How long the job's current pass will still take; null when it has ended or nothing can be said. */
    async ofJob(wanted: EstimatedJob): Promise<Estimate | null> {
      if (hasEnded(wanted.status)) return null;
      const job = await readJob(sql, wanted.orgId, wanted.id);
      if (job === null || hasEnded(job.status)) return null;
      const work = estimateJob(job.facts, limitsOf(job));
      const range = work === null ? null : (await hoursFor(job.orgId, job, job.facts, startOf(job) ?? clock.now()))(work);
      return range === null ? null : describe(range, job.facts, startOf(job));
    },

    /** The same for single units, by their ids: waiting for their turn included. */
    async ofUnits(wanted: Omit<EstimatedJob, 'passes'>): Promise<(unitId: string) => Estimate | null> {
      if (hasEnded(wanted.status)) return () => null;
      const job = await readJob(sql, wanted.orgId, wanted.id);
      if (job === null || hasEnded(job.status)) return () => null;
      const ranges = estimateUnits(job.facts, limitsOf(job));
      if (ranges === null) return () => null;
      const byId = new Map(job.unitIds.map((id, index) => [id, ranges.units[index]]));
      const from = startOf(job);
      const inTime = await hoursFor(job.orgId, job, job.facts, from ?? clock.now());
      return (unitId) => {
        const range = inTime(byId.get(unitId) ?? ranges.rest);
        return range === null ? null : describe(range, job.facts, from);
      };
    },

    /** How long the real run of what a dry run counted would take; null without workers. */
    async ofRealRun({ orgId, id }: EstimatedJob): Promise<Estimate | null> {
      const job = await readRealRun(sql, orgId, id);
      const work = job === null ? null : estimateJob(job.facts, limitsOf(job));
      const range = job === null || work === null ? null : (await hoursFor(orgId, job, job.facts, clock.now()))(work);
      return job === null || range === null ? null : describe(range, job.facts, null);
    },
  };
}
export type EstimateReader = ReturnType<typeof createEstimateReader>;
