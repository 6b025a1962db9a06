/** Which units should be on the queue now: the ones whose turn it is, interleaved over organisations and then over their jobs. */
import type { Sql } from '@migrator/service-kit/database';

export interface DueUnit {
  orgId: string;
  jobId: string;
  unitId: string;
  claim: number;
  /** Grows every two minutes that the unit waits in vain. */
  generation: number;
  /** Units that the organisation has or gets before this one: the fewer, the sooner. */
  rank: number;
}

/**
 * The first `window` due units by rank. A unit's rank is how many units its organisation has running, plus its place among the
 * organisation's due units; that place is taken in turn by the organisation's jobs, the ones with fewer running units first.
 * An organisation with ten thousand units so gets every second place beside one with five, as long as both have any.
 * Within a job the unit with the most expected work comes first: the one that takes longest must not be begun last.
 * A unit whose destination another one works on is not due: it would hold a worker's place and wait there.
 */
export async function listDueUnits(sql: Sql, window: number): Promise<DueUnit[]> {
  return sql<DueUnit[]>`
    with active as (
      select id, org_id, type, dry_run, coalesce(dest_microsoft_tenant_id, dest_tenant_id) as dest_tenant, units_claimed, sum(units_claimed) over (partition by org_id) as org_claimed, greatest(2, 4 * ${window}::int / (count(*) over ())::int) as taken
      from jobs.jobs
      where status in ('QUEUED', 'RUNNING') and deleted_at is null and units_pending > 0 and failure is null and (scheduled_at is null or scheduled_at <= now())
    ), held as (
      select distinct j.type, coalesce(j.dest_microsoft_tenant_id, j.dest_tenant_id) as dest_tenant, u.dest_microsoft_id as dest
      from jobs.units u join jobs.jobs j on j.id = u.job_id where u.status = 'RUNNING' and not j.dry_run
    ), due as (
      select a.org_id, a.id as job_id, a.org_claimed, u.id as unit_id, u.claim, floor(extract(epoch from now() - u.due_at) / 120)::int as generation, a.units_claimed + row_number() over (partition by a.id order by u.expected_steps desc, u.id) as turn
      from active a
      cross join lateral (
        select id, claim, due_at, expected_steps from jobs.units where job_id = a.id and status = 'PENDING' and due_at <= now()
          and (a.dry_run or not exists (select from held h where h.type = a.type and h.dest_tenant = a.dest_tenant and h.dest = dest_microsoft_id))
        order by expected_steps desc, id limit least(a.taken, ${window}::int)
      ) u
    )
    select org_id as "orgId", job_id as "jobId", unit_id as "unitId", claim, generation, (org_claimed + row_number() over (partition by org_id order by turn, job_id))::int as rank
    from due order by rank, org_id limit ${window}`;
}

/** Milliseconds until the next scheduled job begins; null when none is waiting. */
export async function nextScheduledInMs(sql: Sql): Promise<number | null> {
  const [row] = await sql<{ ms: number | null }[]>`
    select (extract(epoch from min(scheduled_at) - now()) * 1000)::float8 as ms from jobs.jobs
    where status in ('QUEUED', 'RUNNING') and deleted_at is null and units_pending > 0 and scheduled_at > now()`;
  return row?.ms ?? null;
}
