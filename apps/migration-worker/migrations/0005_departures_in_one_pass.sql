-- Departures of items that were met, and left, while one and the same pass went on. Reasons: docs/adr/0006-moves-and-deletions.md.

-- As before; but only passes count as having seen the item whose unit has not noted, itself, that it left.
create or replace function worker.depart(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer, p_pass text, p_container bigint, p_keys uuid[]) returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  insert into worker.departures as d (unit_no, container_no, item_key, seen_at)
    select p_unit_no, l.container_no, l.item_key, (
        select max(p.begun_at) from worker.unit_containers c join worker.unit_passes p on p.unit_no = c.unit_no
        where c.container_no = p_container and p.listed and (p.unit_no, p.pass_id) <> (p_unit_no, p_pass)
          and not exists (select 1 from worker.departures o where o.unit_no = p.unit_no and o.unit_no <> p_unit_no and o.container_no = l.container_no and o.item_key = l.item_key)
      )
    from unnest(p_keys) as k (item_key)
    cross join lateral (select * from worker.ledger where container_no = p_container and item_key = k.item_key limit 1) l
    where l.dest_id is not null or l.state = 1 or (l.unit_no = p_unit_no and l.counted <> 0)
      or exists (select 1 from worker.recounts r where r.unit_no = p_unit_no and r.container_no = l.container_no and r.item_key = l.item_key and r.counted <> 0)
    on conflict (unit_no, container_no, item_key) do update set seen_at = excluded.seen_at, verdict = 0, copy = 0, to_container = null, to_key = null
      where d.copy >= 2;
end $$;

-- When the verdict was stored; null: before this was kept.
alter table worker.departures add column settled_at timestamptz;
create index departures_kept on worker.departures (unit_no) where verdict = 2 and copy = 3;

-- As before; and when.
create or replace function worker.settle(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer,
  p_container bigint[], p_key uuid[], p_verdict smallint[], p_copy smallint[], p_to_container bigint[], p_to_key uuid[])
  returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  update worker.departures d set verdict = s.verdict, copy = s.copy, to_container = s.to_container, to_key = s.to_key, settled_at = clock_timestamp()
    from unnest(p_container, p_key, p_verdict, p_copy, p_to_container, p_to_key) as s (container_no, item_key, verdict, copy, to_container, to_key)
    where d.unit_no = p_unit_no and d.container_no = s.container_no and d.item_key = s.item_key;
  update worker.ledger l set state = 4, code = 102, dest_id = null, dest_version = null
    from unnest(p_container, p_key, p_copy) as s (container_no, item_key, copy)
    where l.container_no = s.container_no and l.item_key = s.item_key and s.copy in (2, 5);
end $$;

-- Items that were taken for deleted, and are met again elsewhere: their departure is open again. One that is moved on and on while all
-- containers are listed may be seen in none of them; one that was deleted may be recovered.
create function worker.reopen(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer, p_containers bigint[]) returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  update worker.departures d set verdict = 0, copy = 0, settled_at = null
    where d.unit_no = p_unit_no and d.verdict = 2 and d.copy = 3 and d.container_no = any (p_containers)
      and exists (
        select 1 from (select match_hash from worker.ledger where container_no = d.container_no and item_key = d.item_key limit 1) l
        cross join lateral (select container_no, item_key, met_at from worker.ledger where match_hash = l.match_hash offset 0) s
        where s.met_at > d.settled_at and s.container_no = any (p_containers)
          and not exists (select 1 from worker.departures o where o.unit_no = p_unit_no and o.container_no = s.container_no and o.item_key = s.item_key and o.copy >= 2 and o.verdict = 2)
          and not exists (select 1 from worker.departures e where e.to_container = s.container_no and e.to_key = s.item_key)
      );
end $$;
