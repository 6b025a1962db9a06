/** A worker extends its lease and learns what should happen. */
import type { desiredStates } from '@migrator/contracts/internal';
import type { JobStatus } from '@migrator/contracts/api/jobs';
import type { Sql } from '@migrator/service-kit/database';
import { renewLease } from './unit-repository.js';

export type DesiredState = (typeof desiredStates)[number];

/** What a worker should do with a unit of a job in this state. A job that is being stopped lets its workers end in order. */
export function desiredState(job: { status: JobStatus; deleted: boolean; stopping: boolean }): DesiredState {
  if (job.deleted) return 'cancel';
  return job.stopping || job.status === 'PAUSED' ? 'pause' : 'run';
}

export interface RenewUnit {
  unitId: string;
  claim: number;
  leaseSeconds: number;
}

/** `lost` when the claim is not the unit's current one. */
export const makeRenewUnit =
  ({ sql }: { sql: Sql }) =>
  async ({ unitId, claim, leaseSeconds }: RenewUnit): Promise<{ desired: DesiredState }> => {
    const unit = await renewLease(sql, unitId, claim, leaseSeconds);
    if (unit === null) return { desired: 'lost' };
    const [job] = await sql<{ status: JobStatus; deleted: boolean; stopping: boolean }[]>`
      select status, deleted_at is not null as deleted, failure is not null as stopping from jobs.jobs where id = ${unit.jobId}`;
    return { desired: job === undefined ? 'lost' : desiredState(job) };
  };
