/** A job's log: without gap or duplicate in the rows, and the same lines for who followed it through the storm. */
import type { LogLine } from '@migrator/contracts/api/logs';
import { followLog } from '@migrator/demo/follow-log';
import type { Sql } from 'postgres';
import type { PatientApi } from './patient-api.js';

/** `followed`: what a client saw that never looked back. */
export async function checkLog(sql: Sql, api: PatientApi, jobId: string, followed: readonly LogLine[]): Promise<string[]> {
  const found: string[] = [];
  const [rows] = await sql<{ lines: number; last: number; said: number }[]>`
    select count(l.seq)::int as lines, coalesce(max(l.seq), 0)::int as last, (select log_seq::int from jobs.jobs where id = ${jobId}) as said from jobs.log_lines l where l.job_id = ${jobId}`;
  if (rows === undefined || rows.lines !== rows.last || rows.last !== rows.said) found.push(`the log has ${rows?.lines ?? 0} lines, the last is number ${rows?.last ?? 0}, the job says ${rows?.said ?? 0}`);
  const whole: string[] = [];
  await followLog(api.client, jobId, (line) => whole.push(line.id), AbortSignal.timeout(30_000));
  if (new Set(whole).size !== whole.length) found.push(`the log tells ${whole.length - new Set(whole).size} lines twice`);
  if (whole.length !== rows?.lines) found.push(`the log tells ${whole.length} lines and the database holds ${rows?.lines ?? 0}`);
  const seen = followed.map(({ id }) => id);
  const differs = whole.findIndex((id, index) => id !== seen[index]);
  if (differs >= 0 || seen.length !== whole.length) found.push(`who followed the log saw ${seen.length} lines of ${whole.length}${differs >= 0 ? `; they differ from line ${differs + 1} on` : ''}`);
  return found;
}
