-- What an estimate is made of, and the order in which a job's units are handed out: the largest first, so that a huge mailbox is not
-- the last one, alone.

alter table jobs.units
  -- As discovery found it; null when the usage report did not say.
  add column item_count bigint,
  -- Steps the unit's pass is expected to take (src/estimate/unit-load.ts).
  add column expected_steps bigint not null default 1,
  -- When the current claim began, or the last one.
  add column claimed_at timestamptz;

alter table jobs.jobs
  -- Sum of expected_steps over the units that are not final, kept by the triggers.
  add column open_steps bigint not null default 0,
  -- Of a dry run: what matching found when it was created, and why items would be left out, stored at its end.
  add column mapping_findings jsonb,
  add column dry_run_causes jsonb;

alter table jobs.passes
  -- Time that workers held units of this pass, ended claims only.
  add column slot_ms bigint not null default 0,
  -- The job's sums when the pass began, and when it ended.
  add column base_items bigint not null default 0,
  add column base_bytes bigint not null default 0,
  add column base_ended integer not null default 0,
  add column base_steps bigint not null default 0,
  add column end_items bigint,
  add column end_bytes bigint,
  add column end_ended integer;

-- How far a pass had come at several moments of the last quarter of an hour: longer than the longest of Microsoft's windows.
create table jobs.pace_samples (
  pass_id text not null,
  at timestamptz not null,
  items bigint not null,
  bytes bigint not null,
  -- Units whose folders are known, ended ones included: most of a unit's fixed cost is behind it then.
  begun integer not null,
  open_steps bigint not null,
  slot_ms bigint not null,
  primary key (pass_id, at)
);

-- Workers that announced themselves, and how many units each works at once.
create table jobs.workers (
  worker_id text primary key,
  units integer not null,
  seen_at timestamptz not null
);

create or replace function jobs.add_to_job() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update jobs.jobs j set
      units_total = j.units_total + d.units_total, units_pending = j.units_pending + d.units_pending, units_claimed = j.units_claimed + d.units_claimed,
      units_done = j.units_done + d.units_done, units_failed = j.units_failed + d.units_failed, units_skipped = j.units_skipped + d.units_skipped,
      total_items = j.total_items + d.total, done_items = j.done_items + d.done, error_items = j.error_items + d.error,
      skipped_items = j.skipped_items + d.skipped, bytes_transferred = j.bytes_transferred + d.bytes, open_steps = j.open_steps + d.steps
    from (
      select job_id, count(*)::int as units_total, count(*) filter (where status = 'PENDING')::int as units_pending, count(*) filter (where status = 'RUNNING')::int as units_claimed,
        count(*) filter (where status = 'DONE')::int as units_done, count(*) filter (where status = 'ERROR')::int as units_failed, count(*) filter (where status = 'SKIPPED')::int as units_skipped,
        sum(total) as total, sum(done) as done, sum(error + unreached) as error, sum(skipped) as skipped, sum(bytes) as bytes,
        coalesce(sum(expected_steps) filter (where status in ('PENDING', 'RUNNING')), 0) as steps
      from after_rows group by job_id
    ) d where j.id = d.job_id;
  else
    update jobs.jobs j set
      units_pending = j.units_pending + d.units_pending, units_claimed = j.units_claimed + d.units_claimed,
      units_done = j.units_done + d.units_done, units_failed = j.units_failed + d.units_failed, units_skipped = j.units_skipped + d.units_skipped,
      total_items = j.total_items + d.total, done_items = j.done_items + d.done, error_items = j.error_items + d.error,
      skipped_items = j.skipped_items + d.skipped, bytes_transferred = j.bytes_transferred + d.bytes, open_steps = j.open_steps + d.steps
    from (
      select job_id, sum(sign * (status = 'PENDING')::int)::int as units_pending, sum(sign * (status = 'RUNNING')::int)::int as units_claimed,
        sum(sign * (status = 'DONE')::int)::int as units_done, sum(sign * (status = 'ERROR')::int)::int as units_failed, sum(sign * (status = 'SKIPPED')::int)::int as units_skipped,
        sum(sign * total) as total, sum(sign * done) as done, sum(sign * (error + unreached)) as error, sum(sign * skipped) as skipped, sum(sign * bytes) as bytes,
        coalesce(sum(sign * expected_steps) filter (where status in ('PENDING', 'RUNNING')), 0) as steps
      from (
        select job_id, 1 as sign, status, total, done, error, unreached, skipped, bytes, expected_steps from after_rows
        union all
        select job_id, -1, status, total, done, error, unreached, skipped, bytes, expected_steps from before_rows
      ) changes group by job_id
    ) d where j.id = d.job_id
      and (d.units_pending, d.units_claimed, d.units_done, d.units_failed, d.units_skipped, d.total, d.done, d.error, d.skipped, d.bytes, d.steps) is distinct from (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  end if;
  return null;
end $$;

-- Units of an earlier release: by their size, as if an item had 64 KiB. A job's row is counted anew, because its sum began at zero.
update jobs.units set expected_steps = 330 + coalesce(size_bytes, 0) / 65536 where status in ('PENDING', 'RUNNING');
update jobs.jobs j set open_steps = u.steps
from (select job_id, sum(expected_steps) as steps from jobs.units where status in ('PENDING', 'RUNNING') group by job_id) u where u.job_id = j.id;

drop index jobs.units_due;
create index units_open on jobs.units (job_id, expected_steps desc, id) where status in ('PENDING', 'RUNNING');
