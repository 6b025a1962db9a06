/** Passes as people read them. */
import type { Pass } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { Database } from '@migrator/service-kit/database';
import { eq, sql } from 'drizzle-orm';
import { passesTable } from '../schema.js';
import type { PassRow } from './pass-repository.js';

export const describePass = ({ id, mode, status, createdAt, startedAt, completedAt }: PassRow): Pass => ({
  id: id as Id<'pas'>,
  mode,
  status,
  createdAt: createdAt.toISOString(),
  startedAt: startedAt?.toISOString() ?? null,
  completedAt: completedAt?.toISOString() ?? null,
});

export function createPassReader({ drizzle: db }: Database) {
  const ofJob = db.select().from(passesTable).where(eq(passesTable.jobId, sql.placeholder('jobId'))).orderBy(passesTable.id).prepare('passes_of_job_in_order');
  return {
    /** The passes of a job, first one first. The caller has checked whose job it is. */
    list: async (jobId: string): Promise<Pass[]> => (await ofJob.execute({ jobId })).map(describePass),
  };
}
export type PassReader = ReturnType<typeof createPassReader>;
