/** Makes good what a crash between commit and publish left unsaid, so that an open stream never misses a line or its end. */
import type { JobStatus } from '@migrator/contracts/api/jobs';
import type { Sql } from '@migrator/service-kit/database';
import { listLines } from '../logs/log-repository.js';
import type { LivePublisher } from './live-publisher.js';

/** Lines published again per job and turn. */
const linesPerTurn = 2_000;

/** Notes on the job rows what this instance has published. */
export async function recordPublished(sql: Sql, live: LivePublisher): Promise<void> {
  const { seqs, done } = live.takePublished();
  const ids = [...new Set([...seqs.keys(), ...done])];
  if (ids.length === 0) return;
  // Rows are locked in the order of their ids, as the projector does.
  await sql`
    with published as (
      select * from unnest(${ids}::text[], ${ids.map((id) => seqs.get(id) ?? 0)}::bigint[]) as p (id, seq)
    ), locked as (
      select j.id from jobs.jobs j where j.id = any(${ids}::text[]) order by j.id for no key update
    )
    update jobs.jobs j set live_seq = greatest(j.live_seq, p.seq), live_done_pending = j.live_done_pending and j.id <> all(${[...done]}::text[])
    from published p join locked l on l.id = p.id where j.id = p.id`;
}

/** Publishes again what is stored for longer than `afterMs` and was not noted as published. Readers drop what they have by seq. */
export async function repairLive(sql: Sql, live: LivePublisher, afterMs = 2_000): Promise<void> {
  const jobs = await sql<{ id: string; liveSeq: number; logSeq: number; donePending: boolean; status: JobStatus; completedAt: Date | null; deleted: boolean }[]>`
    select id, live_seq as "liveSeq", log_seq as "logSeq", live_done_pending as "donePending", status, completed_at as "completedAt", deleted_at is not null as deleted
    from jobs.jobs where (live_seq < log_seq or live_done_pending) and log_at < now() - ${afterMs} * interval '1 millisecond' order by log_at limit 50`;
  for (const job of jobs) {
    const lines = await listLines(sql, job.id, job.liveSeq, job.logSeq, linesPerTurn);
    live.lines(job.id, lines);
    if (!job.donePending) continue;
    if (job.deleted) live.done(job.id, { lastSeq: job.logSeq, status: 'CANCELLED', completedAt: null });
    else if (job.status === 'DONE' || job.status === 'ERROR') live.done(job.id, { lastSeq: job.logSeq, status: job.status, completedAt: job.completedAt });
  }
}
