/** Units as people read them: as mailboxes for EMAIL jobs, as units for every type. */
import type { Estimate, JobStatus, mailboxSchema, unitSchema, UnitStatus } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { Sql } from '@migrator/service-kit/database';
import type { z } from 'zod';
import { describeDepartures } from './departures.js';
import { describeFailure, shownStatus, type StoredUnitStatus, type UnitFailureDetail } from './unit.js';

export interface UnitRead {
  id: Id<'unt'>;
  source_address: string;
  dest_address: string | null;
  size_bytes: number | null;
  status: StoredUnitStatus;
  total: number;
  done: number;
  error: number;
  skipped: number;
  unreached: number;
  bytes: number;
  failure: UnitFailureDetail | null;
  started_at: Date | null;
  completed_at: Date | null;
  moved: number;
  deleted: number;
  removed: number;
}

export function createUnitReader(sql: Sql) {
  /** PAUSED is not stored (see unit.ts). */
  const withStatus = (status: UnitStatus, job: JobStatus) => {
    if (status === 'PAUSED') return job === 'PAUSED' ? sql`and status = 'PENDING' and started_at is not null` : sql`and false`;
    if (status === 'PENDING') return job === 'PAUSED' ? sql`and status = 'PENDING' and started_at is null` : sql`and status = 'PENDING'`;
    return sql`and status = ${status}`;
  };
  return {
    /** Up to `limit` units of a job, newest first, after the unit `afterId`. The caller has checked whose job it is. */
    list: (job: { id: string; status: JobStatus }, status: UnitStatus | undefined, afterId: string | null, limit: number): Promise<UnitRead[]> => sql<UnitRead[]>`
      select id, source_address, dest_address, size_bytes, status, total, done, error, skipped, unreached, bytes, failure, started_at, completed_at, moved, deleted, removed from jobs.units
      where job_id = ${job.id} ${status === undefined ? sql`` : withStatus(status, job.status)} ${afterId === null ? sql`` : sql`and id < ${afterId}`} order by id desc limit ${limit}`,
  };
}
export type UnitReader = ReturnType<typeof createUnitReader>;

/** A mailbox has its unit's ULID under a prefix of its own. */
export function describeMailbox(row: UnitRead, job: JobStatus): z.infer<typeof mailboxSchema> {
  return { id: `mbp_${row.id.slice('unt_'.length)}`, email: row.source_address, destEmail: row.dest_address, ...counters(row), status: shownStatus(row.status, row.started_at !== null, job), sizeBytes: row.size_bytes, ...times(row), ...describeDepartures(row) };
}

/** `estimateOf` is asked for units that are not final. */
export function describeUnit(row: UnitRead, job: JobStatus, estimateOf: (unitId: string) => Estimate | null): z.infer<typeof unitSchema> {
  return {
    ...{ id: row.id, source: row.source_address, dest: row.dest_address, status: shownStatus(row.status, row.started_at !== null, job), bytesTransferred: row.bytes },
    ...{ ...counters(row), failure: row.failure === null ? null : describeFailure(row.failure), ...times(row), ...describeDepartures(row), estimate: row.status === 'PENDING' || row.status === 'RUNNING' ? estimateOf(row.id) : null },
  };
}

const counters = (row: UnitRead) => ({ totalItems: row.total, doneItems: row.done, errorItems: row.error + row.unreached, skippedItems: row.skipped });
const times = (row: UnitRead) => ({ startedAt: row.started_at?.toISOString() ?? null, completedAt: row.completed_at?.toISOString() ?? null });
