-- What verify passes found: counts by unit and container, and every difference. No content: ids, container paths, classes, field names.

create table jobs.verified_units (
  pass_id text not null references jobs.passes,
  unit_id text not null,
  job_id text not null,
  -- waiting, verifying, verified; failed: could not be verified; skipped: has no destination.
  state text not null check (state in ('waiting', 'verifying', 'verified', 'failed', 'skipped')),
  -- Reports of an older claim are not counted.
  claim integer not null default 0,
  failure jsonb,
  items_read bigint not null default 0,
  source_items bigint not null default 0,
  source_bytes bigint not null default 0,
  dest_items bigint not null default 0,
  dest_bytes bigint not null default 0,
  own_items bigint not null default 0,
  left_out bigint not null default 0,
  matched bigint not null default 0,
  missing bigint not null default 0,
  extra bigint not null default 0,
  differs bigint not null default 0,
  not_comparable bigint not null default 0,
  -- Differences of containers themselves, which no item's count shows.
  containers_differ bigint not null default 0,
  primary key (pass_id, unit_id)
);

create table jobs.verified_containers (
  pass_id text not null,
  unit_id text not null,
  container_key text not null,
  path text not null,
  dest_path text,
  kind text not null,
  counts jsonb not null,
  primary key (pass_id, unit_id, container_key)
);

create table jobs.differences (
  pass_id text not null,
  unit_id text not null,
  difference_key text not null,
  code text not null,
  because text,
  container text not null,
  kind text not null,
  fields text[] not null,
  source_item_id text,
  dest_item_id text,
  found_in text,
  primary key (pass_id, unit_id, difference_key)
);

-- Sums over a pass's units, kept in the statement that changes them: a list of jobs must not add up a hundred thousand units.
alter table jobs.passes
  add column verified_units integer not null default 0, add column verifying_units integer not null default 0, add column unverified_units integer not null default 0,
  add column items_read bigint not null default 0, add column source_items bigint not null default 0, add column matched bigint not null default 0, add column missing bigint not null default 0,
  add column extra bigint not null default 0, add column differs bigint not null default 0, add column not_comparable bigint not null default 0, add column containers_differ bigint not null default 0;

create function jobs.add_to_pass() returns trigger language plpgsql as $$
begin
  update jobs.passes p set
    verified_units = p.verified_units + d.verified, verifying_units = p.verifying_units + d.verifying, unverified_units = p.unverified_units + d.failed, items_read = p.items_read + d.items_read,
    source_items = p.source_items + d.source_items, matched = p.matched + d.matched, missing = p.missing + d.missing, extra = p.extra + d.extra, differs = p.differs + d.differs,
    not_comparable = p.not_comparable + d.not_comparable, containers_differ = p.containers_differ + d.containers_differ
  from (
    select pass_id, sum(sign * (state = 'verified')::int)::int as verified, sum(sign * (state in ('waiting', 'verifying'))::int)::int as verifying, sum(sign * (state = 'failed')::int)::int as failed,
      sum(sign * items_read) as items_read, sum(sign * source_items) as source_items, sum(sign * matched) as matched, sum(sign * missing) as missing, sum(sign * extra) as extra, sum(sign * differs) as differs,
      sum(sign * not_comparable) as not_comparable, sum(sign * containers_differ) as containers_differ
    from (
      select 1 as sign, n.pass_id, n.state, n.items_read, n.source_items, n.matched, n.missing, n.extra, n.differs, n.not_comparable, n.containers_differ from after_rows n
      union all
      select -1, o.pass_id, o.state, o.items_read, o.source_items, o.matched, o.missing, o.extra, o.differs, o.not_comparable, o.containers_differ from before_rows o
    ) changes group by pass_id
  ) d where p.id = d.pass_id;
  return null;
end $$;

create function jobs.add_new_to_pass() returns trigger language plpgsql as $$
begin
  update jobs.passes p set verified_units = p.verified_units + d.verified, verifying_units = p.verifying_units + d.verifying, unverified_units = p.unverified_units + d.failed
  from (
    select pass_id, count(*) filter (where state = 'verified')::int as verified, count(*) filter (where state in ('waiting', 'verifying'))::int as verifying, count(*) filter (where state = 'failed')::int as failed
    from after_rows group by pass_id
  ) d where p.id = d.pass_id;
  return null;
end $$;

create trigger verified_units_inserted after insert on jobs.verified_units referencing new table as after_rows for each statement execute function jobs.add_new_to_pass();
create trigger verified_units_updated after update on jobs.verified_units referencing old table as before_rows new table as after_rows for each statement execute function jobs.add_to_pass();
