-- What has left its container at the source since the ledger met it: moved, or deleted. Reasons: docs/adr/0006-moves-and-deletions.md.

-- The passes of a unit; `listed`: every container was listed to its end.
create table worker.unit_passes (
  unit_no integer not null references worker.units on delete cascade,
  pass_id text not null,
  begun_at timestamptz not null default clock_timestamp(),
  listed boolean not null default false,
  primary key (unit_no, pass_id)
);

-- Who has listed a container, over all units.
create index unit_containers_by_container on worker.unit_containers (container_no);

create table worker.departures (
  unit_no integer not null references worker.units on delete cascade,
  container_no bigint not null,
  item_key uuid not null,
  -- When a pass that still saw the item began; null: nobody knows.
  seen_at timestamptz,
  -- 0 open, 1 moved, 2 deleted
  verdict smallint not null default 0,
  -- The copy: 0 not looked at, 1 about to be removed, 2 removed, 3 kept, 4 kept because somebody changed it, 5 there was none
  copy smallint not null default 0,
  -- Where it was moved to: an arrival explains one departure.
  to_container bigint,
  to_key uuid,
  primary key (unit_no, container_no, item_key)
);
create index departures_open on worker.departures (unit_no, container_no, item_key) where copy < 2;
create index departures_by_arrival on worker.departures (to_container, to_key) where to_container is not null;

-- Notes that items of a container are not there any more: those that have a copy, may have one, or are counted by this unit. One
-- that was settled before and came back meanwhile is open again.
create function worker.depart(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer, p_pass text, p_container bigint, p_keys uuid[]) returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  insert into worker.departures as d (unit_no, container_no, item_key, seen_at)
    select p_unit_no, l.container_no, l.item_key, s.seen_at
    from unnest(p_keys) as k (item_key)
    cross join lateral (select * from worker.ledger where container_no = p_container and item_key = k.item_key limit 1) l
    cross join (
      select max(p.begun_at) as seen_at from worker.unit_containers c join worker.unit_passes p on p.unit_no = c.unit_no
      where c.container_no = p_container and p.listed and (p.unit_no, p.pass_id) <> (p_unit_no, p_pass)
    ) s
    where l.dest_id is not null or l.state = 1 or (l.unit_no = p_unit_no and l.counted <> 0)
      or exists (select 1 from worker.recounts r where r.unit_no = p_unit_no and r.container_no = l.container_no and r.item_key = l.item_key and r.counted <> 0)
    on conflict (unit_no, container_no, item_key) do update set seen_at = excluded.seen_at, verdict = 0, copy = 0, to_container = null, to_key = null
      where d.copy >= 2;
end $$;

-- Stores verdicts, and what became of the copies. A copy that is gone is none: should the item come back, it is new.
create function worker.settle(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer,
  p_container bigint[], p_key uuid[], p_verdict smallint[], p_copy smallint[], p_to_container bigint[], p_to_key uuid[])
  returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  update worker.departures d set verdict = s.verdict, copy = s.copy, to_container = s.to_container, to_key = s.to_key
    from unnest(p_container, p_key, p_verdict, p_copy, p_to_container, p_to_key) as s (container_no, item_key, verdict, copy, to_container, to_key)
    where d.unit_no = p_unit_no and d.container_no = s.container_no and d.item_key = s.item_key;
  update worker.ledger l set state = 4, code = 102, dest_id = null, dest_version = null
    from unnest(p_container, p_key, p_copy) as s (container_no, item_key, copy)
    where l.container_no = s.container_no and l.item_key = s.item_key and s.copy in (2, 5);
end $$;

-- Items that are listed in their container again: nothing has left.
create function worker.come_back(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer, p_container bigint, p_keys uuid[]) returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  delete from worker.departures where unit_no = p_unit_no and container_no = p_container and item_key = any (p_keys) and copy <> 1;
end $$;
