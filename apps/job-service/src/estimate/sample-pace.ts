/** Notes how far running passes have come, every few seconds: what an estimate reads the pace of the last minutes from. */
import { workerSilentSeconds } from '@migrator/contracts/internal';
import type { Sql } from '@migrator/service-kit/database';

const everyMs = 3_000;
/** Longer than the longest of Microsoft's windows. */
const keepMinutes = 15;

/** Does something every few seconds at most, however often it is called. May run in two instances at once. */
export const makeSamplePace = ({ sql, now = () => performance.now() }: { sql: Sql; now?: () => number }): (() => Promise<void>) => {
  let sampledAt = -Infinity;
  return async () => {
    if (now() - sampledAt < everyMs) return;
    sampledAt = now();
    await sql`
      insert into jobs.pace_samples (pass_id, at, items, bytes, begun, open_steps, slot_ms)
      select j.pass_id, clock_timestamp(), j.done_items + j.error_items + j.skipped_items, j.bytes_transferred, j.units_done + j.units_failed + running.begun, j.open_steps, p.slot_ms + running.ms
      from jobs.jobs j join jobs.passes p on p.id = j.pass_id
      cross join lateral (select coalesce(sum(extract(epoch from now() - u.claimed_at) * 1000), 0)::bigint as ms, count(*) filter (where u.total > 0)::int as begun from jobs.units u where u.job_id = j.id and u.status = 'RUNNING') running
      where j.status in ('QUEUED', 'RUNNING') and j.status = 'RUNNING' and j.deleted_at is null and j.units_claimed > 0
      on conflict do nothing`;
    await sql`delete from jobs.pace_samples where at < now() - make_interval(mins => ${keepMinutes})`;
    await sql`delete from jobs.workers where seen_at < now() - make_interval(secs => ${10 * workerSilentSeconds})`;
  };
};
