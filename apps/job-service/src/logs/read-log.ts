/** A page of a job's log, for gateways, and where the job stands at that moment. */
import type { JobStatus } from '@migrator/contracts/api/jobs';
import type { InternalLogsAnswer } from '@migrator/contracts/internal';
import type { Sql } from '@migrator/service-kit/database';
import { invalid } from '../jobs/job-input.js';
import { jobNotFound } from '../jobs/job-repository.js';
import { logId, seqOfLogId } from './log-id.js';
import { listLines } from './log-repository.js';

export interface ReadLog {
  orgId: string;
  jobId: string;
  after: { seq: number } | { id: string };
  limit: number;
}

/** JOB_NOT_FOUND; VALIDATION_ERROR for an id that is not of this log. */
export const makeReadLog =
  ({ sql }: { sql: Sql }) =>
  async ({ orgId, jobId, after, limit }: ReadLog): Promise<InternalLogsAnswer> => {
    // The status is read before the lines: when it says DONE, every line up to lastSeq is there.
    const [job] = await sql<{ status: JobStatus; completedAt: Date | null; lastSeq: number }[]>`
      select status, completed_at as "completedAt", log_seq as "lastSeq" from jobs.jobs where id = ${jobId} and org_id = ${orgId} and deleted_at is null`;
    if (job === undefined) throw jobNotFound();
    const from = 'seq' in after ? after.seq : seqOfLogId(jobId, after.id);
    if (from === null || ('id' in after && from > job.lastSeq)) throw invalid([{ path: 'after', message: 'must be the id of a log line of this job' }]);
    const lines = await listLines(sql, jobId, from, job.lastSeq, limit);
    return {
      lines: lines.map(({ seq, level, message, at }) => ({ seq, id: logId(jobId, seq, at), level, message, ts: at.toISOString() })),
      status: job.status,
      completedAt: job.completedAt?.toISOString() ?? null,
      lastSeq: job.lastSeq,
    };
  };
