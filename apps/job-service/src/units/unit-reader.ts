/** Units as people read them: as mailboxes for EMAIL jobs, as units for every type. */
import type { JobStatus, mailboxSchema, unitSchema, UnitStatus } from '@migrator/contracts/api/jobs';
import type { Id } from '@migrator/contracts/ids';
import type { Database } from '@migrator/service-kit/database';
import { and, desc, eq, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { z } from 'zod';
import { unitsTable } from '../schema.js';
import { describeFailure, shownStatus } from './unit.js';

export type UnitRead = typeof unitsTable.$inferSelect;

export function createUnitReader({ drizzle: db }: Database) {
  return {
    /** Up to `limit` units of a job, newest first, after the unit `afterId`. The caller has checked whose job it is. */
    list: (job: { id: string; status: JobStatus }, status: UnitStatus | undefined, afterId: string | null, limit: number): Promise<UnitRead[]> =>
      db
        .select()
        .from(unitsTable)
        .where(and(eq(unitsTable.jobId, job.id), withStatus(status, job.status), afterId === null ? undefined : lt(unitsTable.id, afterId)))
        .orderBy(desc(unitsTable.id))
        .limit(limit),
  };
}
export type UnitReader = ReturnType<typeof createUnitReader>;

/** PAUSED is not stored (see unit.ts). */
function withStatus(status: UnitStatus | undefined, job: JobStatus): SQL | undefined {
  if (status === undefined) return undefined;
  const waiting = eq(unitsTable.status, 'PENDING');
  if (status === 'PAUSED') return job === 'PAUSED' ? and(waiting, isNotNull(unitsTable.startedAt)) : sql`false`;
  if (status === 'PENDING') return job === 'PAUSED' ? and(waiting, isNull(unitsTable.startedAt)) : waiting;
  return eq(unitsTable.status, status);
}

/** A mailbox has its unit's ULID under a prefix of its own. */
export function describeMailbox(row: UnitRead, job: JobStatus): z.infer<typeof mailboxSchema> {
  return {
    id: `mbp_${row.id.slice('unt_'.length)}`,
    email: row.sourceAddress,
    destEmail: row.destAddress,
    ...counters(row),
    status: shownStatus(row.status, row.startedAt !== null, job),
    sizeBytes: row.sizeBytes,
    ...times(row),
  };
}

export function describeUnit(row: UnitRead, job: JobStatus): z.infer<typeof unitSchema> {
  return {
    id: row.id as Id<'unt'>,
    source: row.sourceAddress,
    dest: row.destAddress,
    status: shownStatus(row.status, row.startedAt !== null, job),
    ...counters(row),
    bytesTransferred: row.bytes,
    failure: row.failure === null ? null : describeFailure(row.failure),
    ...times(row),
  };
}

const counters = (row: UnitRead) => ({ totalItems: row.total, doneItems: row.done, errorItems: row.error + row.unreached, skippedItems: row.skipped });
const times = (row: UnitRead) => ({ startedAt: row.startedAt?.toISOString() ?? null, completedAt: row.completedAt?.toISOString() ?? null });
