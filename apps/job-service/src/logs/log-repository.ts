/** SQL for the log of a job. */
import type { LogLevel } from '@migrator/contracts/api/logs';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';

export interface NewLine {
  level: LogLevel;
  message: string;
  at: Date;
}

export interface StoredLine extends NewLine {
  seq: number;
}

/**
 * Adds lines to a job's log and returns them with their seqs. The update of the job row takes its lock, so seqs have no gaps and
 * their order is the order of the commits. The lines of a deleted job are dropped.
 */
export async function appendLines(tx: TransactionSql, jobId: string, lines: readonly NewLine[]): Promise<StoredLine[]> {
  if (lines.length === 0) return [];
  const [row] = await tx<{ last: number }[]>`
    update jobs.jobs set log_seq = log_seq + ${lines.length}, log_at = now() where id = ${jobId} and deleted_at is null returning log_seq as last`;
  if (row === undefined) return [];
  const first = row.last - lines.length + 1;
  const stored = lines.map((line, index) => ({ ...line, seq: first + index }));
  await insertLines(
    tx,
    stored.map((line) => ({ ...line, jobId })),
  );
  return stored;
}

/** Stores lines whose seqs are settled, in one statement per 5,000. */
export async function insertLines(tx: TransactionSql, lines: readonly (StoredLine & { jobId: string })[]): Promise<void> {
  for (let from = 0; from < lines.length; from += 5_000) {
    const chunk = lines.slice(from, from + 5_000);
    await tx`
      insert into jobs.log_lines (job_id, seq, level, message, at)
      select job_id, seq, level, message, at::timestamptz from unnest(
        ${chunk.map((line) => line.jobId)}::text[], ${chunk.map((line) => line.seq)}::bigint[], ${chunk.map((line) => line.level)}::text[],
        ${chunk.map((line) => line.message)}::text[], ${chunk.map((line) => line.at.toISOString())}::text[]) as l (job_id, seq, level, message, at)`;
  }
}

/** Lines after `after`, up to and including `upTo`, in order. */
export async function listLines(sql: Queryable, jobId: string, after: number, upTo: number, limit: number): Promise<StoredLine[]> {
  return sql<StoredLine[]>`select seq, level, message, at from jobs.log_lines where job_id = ${jobId} and seq > ${after} and seq <= ${upTo} order by seq limit ${limit}`;
}
