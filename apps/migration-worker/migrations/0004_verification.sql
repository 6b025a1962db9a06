-- What a verify pass has read of both sides, until it has compared it. Hashes of fixed width and ids, no content. Unlogged: losing
-- it costs reading again. Written by migration-worker alone.

-- How far each side of each place has been read. A place is a container of the source with its counterpart, or a container that the
-- destination alone has (`place` is a hash of its key).
create unlogged table worker.verify_places (
  unit_no integer not null,
  place uuid not null,
  side smallint not null,
  pass_id text not null,
  checkpoint text,
  complete boolean not null default false,
  touched_at timestamptz not null default now(),
  primary key (unit_no, place, side)
);

create unlogged table worker.verify_prints (
  unit_no integer not null,
  place uuid not null,
  -- 1 source, 2 destination
  side smallint not null,
  -- 1 item, 2 detail
  part smallint not null,
  id_key uuid not null,
  pair_key uuid,
  join_key uuid,
  mark uuid,
  likeness uuid,
  match_hash bigint not null,
  version_hash bigint not null,
  bytes bigint not null,
  -- 1 left out by a filter, 2 a detail is expected, 4 copied in the lesser way, 8 the owner's choice
  flags smallint not null,
  id text not null,
  kind text not null,
  -- Number of the field and 64 bits of the hash of its value, for each field.
  fields bytea not null,
  lesser bytea not null,
  primary key (unit_no, place, side, part, id_key)
);
create index verify_prints_by_key on worker.verify_prints (unit_no, pair_key, place, side, part);
create index verify_prints_by_mark on worker.verify_prints (unit_no, mark) where mark is not null;

-- Stores a page and the checkpoint behind it: both or neither, and only under the claim that may.
create function worker.store_prints(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer, p_place uuid, p_side smallint, p_pass text, p_checkpoint text, p_complete boolean,
  r_part smallint[], r_id_key uuid[], r_pair uuid[], r_join uuid[], r_mark uuid[], r_likeness uuid[], r_match bigint[], r_version bigint[], r_bytes bigint[], r_flags smallint[], r_id text[], r_kind text[], r_fields text[], r_lesser text[])
  returns void language plpgsql volatile as $$
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  insert into worker.verify_prints (unit_no, place, side, part, id_key, pair_key, join_key, mark, likeness, match_hash, version_hash, bytes, flags, id, kind, fields, lesser)
    select p_unit_no, p_place, p_side, r.part, r.id_key, r.pair_key, r.join_key, r.mark, r.likeness, r.match_hash, r.version_hash, r.bytes, r.flags, r.id, r.kind, decode(r.fields, 'hex'), decode(r.lesser, 'hex')
    from unnest(r_part, r_id_key, r_pair, r_join, r_mark, r_likeness, r_match, r_version, r_bytes, r_flags, r_id, r_kind, r_fields, r_lesser) as r (part, id_key, pair_key, join_key, mark, likeness, match_hash, version_hash, bytes, flags, id, kind, fields, lesser)
    -- A listing of a container that changes meanwhile may show an item twice: once is right.
    on conflict (unit_no, place, side, part, id_key) do nothing;
  insert into worker.verify_places (unit_no, place, side, pass_id, checkpoint, complete) values (p_unit_no, p_place, p_side, p_pass, p_checkpoint, p_complete)
    on conflict (unit_no, place, side) do update set checkpoint = excluded.checkpoint, complete = excluded.complete, touched_at = now();
end $$;

-- Makes the sides of a place comparable, once both sides of every place are read: details find their item, and copies that carry a mark, or nothing at all, find the item
-- they were made from. Says nothing of equality. May run again.
create function worker.pair_prints(p_unit_no integer, p_place uuid) returns void language plpgsql volatile as $$
begin
  update worker.verify_prints p set pair_key = i.pair_key
  from (
    select id_key, join_key, row_number() over (partition by join_key order by id_key) as turn from worker.verify_prints where unit_no = p_unit_no and place = p_place and side = 1 and part = 2 and pair_key is null
  ) d join (
    select pair_key, join_key, row_number() over (partition by join_key order by id_key) as turn from worker.verify_prints where unit_no = p_unit_no and place = p_place and side = 1 and part = 1 and join_key is not null
  ) i on i.join_key = d.join_key and i.turn = d.turn
  where p.unit_no = p_unit_no and p.place = p_place and p.side = 1 and p.part = 2 and p.id_key = d.id_key;
  -- Several items may share a join: a detail goes to the one whose original it equals, if there is one.
  update worker.verify_prints p set pair_key = i.pair_key
  from (
    select id_key, join_key, fields, row_number() over (partition by join_key, fields order by id_key) as turn from worker.verify_prints where unit_no = p_unit_no and place = p_place and side = 2 and part = 2 and pair_key is null
  ) d join (
    select c.pair_key, c.join_key, s.fields, row_number() over (partition by c.join_key, s.fields order by c.id_key) as turn
    from worker.verify_prints c join worker.verify_prints s on s.unit_no = p_unit_no and s.place = p_place and s.side = 1 and s.part = 2 and s.pair_key = c.pair_key
    where c.unit_no = p_unit_no and c.place = p_place and c.side = 2 and c.part = 1 and c.join_key is not null
  ) i on i.join_key = d.join_key and i.fields = d.fields and i.turn = d.turn
  where p.unit_no = p_unit_no and p.place = p_place and p.side = 2 and p.part = 2 and p.id_key = d.id_key;
  update worker.verify_prints p set pair_key = i.pair_key
  from (
    select id_key, join_key, row_number() over (partition by join_key order by id_key) as turn from worker.verify_prints where unit_no = p_unit_no and place = p_place and side = 2 and part = 2 and pair_key is null
  ) d join (
    select c.pair_key, c.join_key, row_number() over (partition by c.join_key order by c.id_key) as turn from worker.verify_prints c
    where c.unit_no = p_unit_no and c.place = p_place and c.side = 2 and c.part = 1 and c.join_key is not null
      and not exists (select 1 from worker.verify_prints o where o.unit_no = p_unit_no and o.place = p_place and o.side = 2 and o.part = 2 and o.pair_key = c.pair_key)
  ) i on i.join_key = d.join_key and i.turn = d.turn
  where p.unit_no = p_unit_no and p.place = p_place and p.side = 2 and p.part = 2 and p.id_key = d.id_key;
  -- The mark of an item of the source is computed, the one of a copy is read from it.
  update worker.verify_prints c set pair_key = s.pair_key, flags = c.flags | 4 from worker.verify_prints s
  where c.unit_no = p_unit_no and c.place = p_place and c.side = 2 and c.mark is not null and s.unit_no = p_unit_no and s.side = 1 and s.part = 1 and s.mark = c.mark
    and c.pair_key is distinct from s.pair_key;
  with alone as (
    select p.side, p.pair_key, p.likeness, row_number() over (partition by p.side, p.likeness order by p.pair_key) as turn from worker.verify_prints p
    where p.unit_no = p_unit_no and p.place = p_place and p.part = 2 and p.likeness is not null and p.pair_key is not null
      and not exists (select 1 from worker.verify_prints o where o.unit_no = p_unit_no and o.place = p_place and o.side = 3 - p.side and o.part = 1 and o.pair_key = p.pair_key)
  )
  update worker.verify_prints c set pair_key = s.pair_key, flags = c.flags | 4 from alone d join alone s on s.side = 1 and s.likeness = d.likeness and s.turn = d.turn
  where d.side = 2 and c.unit_no = p_unit_no and c.place = p_place and c.side = 2 and c.pair_key = d.pair_key;
end $$;
