-- A copy whose key is no item's may have got another name or another place, or be one too many: it is known by what it is like. Workloads
-- whose keys survive everything give no likeness of items.
create function worker.pair_alike(p_unit_no integer, p_place uuid) returns void language plpgsql volatile as $$
begin
  -- What is alike and alone on both sides comes under one key: the comparing pairs those that differ least.
  with alone as materialized (
    select p.side, p.id_key, p.pair_key, p.likeness from worker.verify_prints p
    where p.unit_no = p_unit_no and p.place = p_place and p.part = 1 and p.likeness is not null and p.pair_key is not null
      and not exists (select 1 from worker.verify_prints o where o.unit_no = p_unit_no and o.place = p_place and o.side = 3 - p.side and o.part = 1 and o.pair_key = p.pair_key)
  ), alike as (
    select likeness, min(pair_key::text) filter (where side = 1) as pair_key from alone group by likeness having count(*) filter (where side = 1) > 0 and count(*) filter (where side = 2) > 0
  )
  update worker.verify_prints p set pair_key = k.pair_key::uuid from alone a join alike k on k.likeness = a.likeness
  where p.unit_no = p_unit_no and p.place = p_place and p.side = a.side and p.part = 1 and p.id_key = a.id_key;
  -- What is like an item that has its copy is one too many, if there is anything in it.
  update worker.verify_prints c set pair_key = s.pair_key
  from (select likeness, min(pair_key::text)::uuid as pair_key from worker.verify_prints where unit_no = p_unit_no and place = p_place and side = 1 and part = 1 and likeness is not null and pair_key is not null group by likeness) s
  where c.unit_no = p_unit_no and c.place = p_place and c.side = 2 and c.part = 1 and c.bytes > 0 and c.likeness = s.likeness
    and not exists (select 1 from worker.verify_prints o where o.unit_no = p_unit_no and o.place = p_place and o.side = 1 and o.part = 1 and o.pair_key = c.pair_key);
end $$;
