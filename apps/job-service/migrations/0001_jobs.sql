-- Jobs, passes, units, item outcomes and logs. Written by job-service alone.

create table jobs.outbox (
  position bigint generated always as identity primary key,
  event_id text not null unique,
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);

create table jobs.jobs (
  id text primary key,
  org_id text not null,
  type text not null,
  status text not null check (status in ('QUEUED', 'RUNNING', 'PAUSED', 'DONE', 'ERROR')),
  -- Every transition adds one: compare-and-set.
  version integer not null default 1,
  name text,
  source_tenant_id text not null,
  dest_tenant_id text not null,
  scope jsonb not null,
  options jsonb not null,
  dry_run boolean not null,
  scheduled_at timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz,
  -- Set while the job is being stopped by a failure of a whole tenant, and kept when it ended by ERROR.
  failure jsonb,
  outcome text check (outcome in ('clean', 'with_errors', 'with_skips')),
  pass_id text not null,
  -- A tombstone: the row stays for the audit log, everything else about the job goes.
  deleted_at timestamptz,
  deleted_by text,

  -- Sums over the units, kept by the triggers below in the same statement that changes a unit.
  units_total integer not null default 0,
  units_pending integer not null default 0,
  units_claimed integer not null default 0,
  units_done integer not null default 0,
  units_failed integer not null default 0,
  units_skipped integer not null default 0,
  total_items bigint not null default 0,
  done_items bigint not null default 0,
  error_items bigint not null default 0,
  skipped_items bigint not null default 0,
  bytes_transferred bigint not null default 0,

  -- Seq of the last line of the log; the row lock of this update makes the order of lines the order of commits.
  log_seq bigint not null default 0,
  log_at timestamptz,
  -- What has been published live, so that a crash between commit and publish is made good.
  live_seq bigint not null default 0,
  live_done_pending boolean not null default false,
  -- The job may end only when the projector has passed this sequence of the work stream.
  end_after_sequence bigint not null default 0
) with (fillfactor = 80);

create index jobs_listed on jobs.jobs (org_id, created_at desc, id desc) where deleted_at is null;
create index jobs_runnable on jobs.jobs (id) where status in ('QUEUED', 'RUNNING') and deleted_at is null;
create index jobs_by_source_tenant on jobs.jobs (org_id, source_tenant_id) where deleted_at is null;
create index jobs_by_dest_tenant on jobs.jobs (org_id, dest_tenant_id) where deleted_at is null;
create index jobs_unpublished on jobs.jobs (log_at) where live_seq < log_seq or live_done_pending;

-- Deleted jobs whose units, items and lines are still to be removed.
create table jobs.purges (
  job_id text primary key,
  asked_at timestamptz not null default now()
);

create table jobs.passes (
  id text primary key,
  job_id text not null references jobs.jobs,
  mode text not null check (mode in ('full', 'delta', 'retry', 'verify')),
  status text not null check (status in ('QUEUED', 'RUNNING', 'DONE', 'ERROR')),
  created_by text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz
);
create index passes_by_job on jobs.passes (job_id, id);

create table jobs.units (
  id text primary key,
  job_id text not null references jobs.jobs,
  -- How Graph addresses both ends, and how people name them.
  source_microsoft_id text not null,
  source_address text not null,
  dest_microsoft_id text,
  dest_address text,
  size_bytes bigint,
  -- PAUSED is not stored: it is what a begun, waiting unit of a paused job is called.
  status text not null check (status in ('PENDING', 'RUNNING', 'DONE', 'ERROR', 'SKIPPED')),
  -- Fencing number: grows with every claim and with every claim that was taken away.
  claim integer not null default 0,
  worker_id text,
  lease_until timestamptz,
  -- Not to be claimed before.
  due_at timestamptz not null default now(),
  -- Attempts in a row that ended in `retry` or in silence without any progress.
  retries integer not null default 0,
  expiries integer not null default 0,
  settled_at_claim bigint not null default 0,
  total bigint not null default 0,
  done bigint not null default 0,
  error bigint not null default 0,
  skipped bigint not null default 0,
  -- Items that were listed and never reached because the unit failed; shown as errors, taken back by the next pass.
  unreached bigint not null default 0,
  bytes bigint not null default 0,
  failure jsonb,
  started_at timestamptz,
  completed_at timestamptz,
  constraint units_counters_fit check (done >= 0 and error >= 0 and skipped >= 0 and unreached >= 0 and done + error + skipped + unreached <= total),
  constraint units_claimed_have_lease check ((status = 'RUNNING') = (lease_until is not null))
) with (fillfactor = 85);
create index units_by_job on jobs.units (job_id, id desc);
create index units_due on jobs.units (job_id, due_at, id) where status = 'PENDING';
create index units_leased on jobs.units (lease_until) where status = 'RUNNING';

create table jobs.items (
  job_id text not null,
  item_key text not null,
  id text not null,
  unit_id text not null,
  claim integer not null,
  status text not null check (status in ('failed', 'skipped')),
  container text not null,
  kind text not null,
  source_item_id text not null,
  code text not null,
  graph_code text,
  request_id text,
  at timestamptz not null,
  primary key (job_id, item_key)
);
create unique index items_by_job on jobs.items (job_id, id desc);

create table jobs.log_lines (
  job_id text not null,
  seq bigint not null,
  level text not null,
  message text not null,
  at timestamptz not null,
  primary key (job_id, seq)
);

-- How far the work stream has been stored. `incarnation` is the moment the stream was made: a stream that was lost and made again
-- begins at 1, and must be read from its beginning.
create table jobs.positions (
  stream text primary key,
  incarnation text not null,
  sequence bigint not null
);

-- The sums on the job row. A trigger and not a query over the units: a list of a hundred jobs with a hundred thousand units each
-- must cost a hundred rows; and not code in each use case: no statement can forget it.
create function jobs.add_to_job() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    update jobs.jobs j set
      units_total = j.units_total + d.units_total, units_pending = j.units_pending + d.units_pending, units_claimed = j.units_claimed + d.units_claimed,
      units_done = j.units_done + d.units_done, units_failed = j.units_failed + d.units_failed, units_skipped = j.units_skipped + d.units_skipped,
      total_items = j.total_items + d.total, done_items = j.done_items + d.done, error_items = j.error_items + d.error,
      skipped_items = j.skipped_items + d.skipped, bytes_transferred = j.bytes_transferred + d.bytes
    from (
      select job_id, count(*)::int as units_total, count(*) filter (where status = 'PENDING')::int as units_pending, count(*) filter (where status = 'RUNNING')::int as units_claimed,
        count(*) filter (where status = 'DONE')::int as units_done, count(*) filter (where status = 'ERROR')::int as units_failed, count(*) filter (where status = 'SKIPPED')::int as units_skipped,
        sum(total) as total, sum(done) as done, sum(error + unreached) as error, sum(skipped) as skipped, sum(bytes) as bytes
      from after_rows group by job_id
    ) d where j.id = d.job_id;
  else
    update jobs.jobs j set
      units_pending = j.units_pending + d.units_pending, units_claimed = j.units_claimed + d.units_claimed,
      units_done = j.units_done + d.units_done, units_failed = j.units_failed + d.units_failed, units_skipped = j.units_skipped + d.units_skipped,
      total_items = j.total_items + d.total, done_items = j.done_items + d.done, error_items = j.error_items + d.error,
      skipped_items = j.skipped_items + d.skipped, bytes_transferred = j.bytes_transferred + d.bytes
    from (
      select job_id, sum(sign * (status = 'PENDING')::int)::int as units_pending, sum(sign * (status = 'RUNNING')::int)::int as units_claimed,
        sum(sign * (status = 'DONE')::int)::int as units_done, sum(sign * (status = 'ERROR')::int)::int as units_failed, sum(sign * (status = 'SKIPPED')::int)::int as units_skipped,
        sum(sign * total) as total, sum(sign * done) as done, sum(sign * (error + unreached)) as error, sum(sign * skipped) as skipped, sum(sign * bytes) as bytes
      from (
        select job_id, 1 as sign, status, total, done, error, unreached, skipped, bytes from after_rows
        union all
        select job_id, -1, status, total, done, error, unreached, skipped, bytes from before_rows
      ) changes group by job_id
    ) d where j.id = d.job_id
      and (d.units_pending, d.units_claimed, d.units_done, d.units_failed, d.units_skipped, d.total, d.done, d.error, d.skipped, d.bytes) is distinct from (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  end if;
  return null;
end $$;

create trigger units_inserted after insert on jobs.units referencing new table as after_rows for each statement execute function jobs.add_to_job();
create trigger units_updated after update on jobs.units referencing old table as before_rows new table as after_rows for each statement execute function jobs.add_to_job();
