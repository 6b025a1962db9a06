/** Estimates as people read them. */
import type { Estimate, Job } from '@migrator/contracts/api/jobs';
import type { Clock } from '@migrator/service-kit/clock';
import type { Sql } from '@migrator/service-kit/database';
import { hasEnded } from '../jobs/job.js';
import { readJob, readRealRun, type JobInQuestion } from './estimate-facts.js';
import { estimateJob, estimateUnits, type JobFacts } from './estimate-job.js';
import type { MailboxLimits } from './mail-limits.js';
import type { Range } from './range.js';

/** The job in question, as the caller has read it of its organisation. */
export type EstimatedJob = { readonly orgId: string } & Pick<Job, 'id' | 'status' | 'passes'>;

export function createEstimateReader({ sql, clock, limits }: { sql: Sql; clock: Clock; limits: MailboxLimits }) {
  const moving = ({ status }: Pick<JobInQuestion, 'status'>): boolean => status === 'QUEUED' || status === 'RUNNING';
  const describe = (range: Range, { pace }: JobFacts, from: Date | null): Estimate => {
    const lowSeconds = Math.floor(range.low / 1_000);
    const highSeconds = Math.ceil(range.high / 1_000);
    const at = (seconds: number): string | null => (from === null ? null : new Date(from.getTime() + seconds * 1_000).toISOString());
    return { lowSeconds, highSeconds, earliestEnd: at(lowSeconds), latestEnd: at(highSeconds), basis: pace.basis };
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
      const range = estimateJob(job.facts, limits);
      return range === null ? null : describe(range, job.facts, startOf(job));
    },

    /** The same for single units, by their ids: waiting for their turn included. */
    async ofUnits(wanted: Omit<EstimatedJob, 'passes'>): Promise<(unitId: string) => Estimate | null> {
      if (hasEnded(wanted.status)) return () => null;
      const job = await readJob(sql, wanted.orgId, wanted.id);
      if (job === null || hasEnded(job.status)) return () => null;
      const ranges = estimateUnits(job.facts, limits);
      if (ranges === null) return () => null;
      const byId = new Map(job.unitIds.map((id, index) => [id, ranges.units[index]]));
      const from = startOf(job);
      return (unitId) => describe(byId.get(unitId) ?? ranges.rest, job.facts, from);
    },

    /** How long the real run of what a dry run counted would take; null without workers. */
    async ofRealRun({ orgId, id }: EstimatedJob): Promise<Estimate | null> {
      const facts = await readRealRun(sql, orgId, id);
      const range = facts === null ? null : estimateJob(facts, limits);
      return facts === null || range === null ? null : describe(range, facts, null);
    },
  };
}
export type EstimateReader = ReturnType<typeof createEstimateReader>;
