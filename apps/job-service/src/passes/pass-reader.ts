/** Passes as people read them. */
import type { Pass } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import { describeDepartures } from '../units/departures.js';
import { summaryOf } from '../verification/summary.js';
import { passColumns, type PassRow } from './pass-repository.js';

export const describePass = ({ id, mode, status, createdAt, startedAt, completedAt, sums, ...departures }: PassRow): Pass => ({
  ...{ id: id as Id<'pas'>, mode, status, createdAt: createdAt.toISOString(), startedAt: startedAt?.toISOString() ?? null, completedAt: completedAt?.toISOString() ?? null, ...describeDepartures(departures) },
  verification: summaryOf({ mode, status }, sums),
});

export function createPassReader(sql: Sql) {
  return {
    /** The passes of a job, first one first. The caller has checked whose job it is. */
    list: async (jobId: string): Promise<Pass[]> =>
      (await sql<PassRow[]>`select ${passColumns(sql)} from jobs.passes where job_id = ${jobId} order by id`).map(describePass),
  };
}
export type PassReader = ReturnType<typeof createPassReader>;
