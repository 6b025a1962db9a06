-- As before (0002, 0007); a claim of an item that has no copy yet also says as what it is claimed now: should the answer to its write be lost and
-- the item be renamed, the copy is looked for under that name. An outcome with a copy says what the copy is known by from now on: one that was
-- renamed with its item is looked for under its new name.
create or replace function worker.store(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer,
  c_container bigint[], c_key uuid[], c_match bigint[], c_version bigint[],
  o_container bigint[], o_key uuid[], o_match bigint[], o_version bigint[], o_state smallint[], o_code smallint[], o_dest text[], o_dest_version text[], o_bytes bigint[], o_counted smallint[],
  n_container bigint[], n_key uuid[], n_counted smallint[],
  r_container bigint[], r_key uuid[], r_counted smallint[], r_bytes bigint[],
  p_rest jsonb)
  returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  -- A claim never forgets the copy that a row names, nor how the item was counted.
  if cardinality(c_key) > 0 then
    insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state)
      select c.container_no, c.item_key, worker.match_key(p_destination, c.match_hash), c.version_hash, p_unit_no, 1 from unnest(c_container, c_key, c_match, c_version) as c (container_no, item_key, match_hash, version_hash)
      on conflict (container_no, item_key) do update set state = 1, version_hash = excluded.version_hash,
        match_hash = case when l.dest_id is null then excluded.match_hash else l.match_hash end;
  end if;
  if cardinality(o_key) > 0 then
    insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state, code, dest_id, dest_version, bytes, counted)
      select o.container_no, o.item_key, worker.match_key(p_destination, o.match_hash), o.version_hash, p_unit_no, o.state, o.code, o.dest_id::bytea, o.dest_version::bytea, o.bytes, o.counted
      from unnest(o_container, o_key, o_match, o_version, o_state, o_code, o_dest, o_dest_version, o_bytes, o_counted) as o (container_no, item_key, match_hash, version_hash, state, code, dest_id, dest_version, bytes, counted)
      on conflict (container_no, item_key) do update set state = excluded.state, code = excluded.code, version_hash = excluded.version_hash,
        match_hash = case when excluded.dest_id is null then l.match_hash else excluded.match_hash end,
        dest_id = coalesce(excluded.dest_id, l.dest_id), dest_version = coalesce(excluded.dest_version, l.dest_version),
        counted = case when l.unit_no = excluded.unit_no then excluded.counted else l.counted end,
        bytes = case when l.unit_no = excluded.unit_no then l.bytes + excluded.bytes else l.bytes end;
  end if;
  if cardinality(n_key) > 0 then
    update worker.ledger l set counted = n.counted from unnest(n_container, n_key, n_counted) as n (container_no, item_key, counted)
      where l.container_no = n.container_no and l.item_key = n.item_key and l.unit_no = p_unit_no;
  end if;
  if cardinality(r_key) > 0 then
    insert into worker.recounts as r (unit_no, container_no, item_key, counted, bytes)
      select p_unit_no, c.container_no, c.item_key, c.counted, c.bytes from unnest(r_container, r_key, r_counted, r_bytes) as c (container_no, item_key, counted, bytes)
      on conflict (unit_no, container_no, item_key) do update set counted = excluded.counted, bytes = r.bytes + excluded.bytes;
  end if;
  -- Most changes bring only some of these, and a statement costs something also when there is nothing for it.
  if jsonb_array_length(p_rest->'tallies') > 0 then
    update worker.unit_containers uc set done = uc.done + t.done, error = uc.error + t.error, skipped = uc.skipped + t.skipped, bytes = uc.bytes + t.bytes, removed = uc.removed + t.removed
      from jsonb_to_recordset(p_rest->'tallies') as t ("containerNo" bigint, done bigint, error bigint, skipped bigint, bytes bigint, removed bigint)
      where uc.unit_no = p_unit_no and uc.container_no = t."containerNo";
  end if;
  if jsonb_array_length(p_rest->'listings') > 0 then
    update worker.unit_containers uc set checkpoint = t.checkpoint, complete = t.complete, listed = t.listed, delta_token = t."deltaToken"
      from jsonb_to_recordset(p_rest->'listings') as t ("containerNo" bigint, checkpoint text, complete boolean, listed boolean, "deltaToken" text)
      where uc.unit_no = p_unit_no and uc.container_no = t."containerNo";
  end if;
  if jsonb_array_length(p_rest->'dests') > 0 then
    update worker.containers c set dest_id = t."destId", ensured_path = t.path
      from jsonb_to_recordset(p_rest->'dests') as t ("containerNo" bigint, "destId" text, path text) where c.container_no = t."containerNo";
  end if;
  if jsonb_array_length(p_rest->'reports') > 0 then
    insert into worker.item_reports (unit_no, report) select p_unit_no, value from jsonb_array_elements(p_rest->'reports') as e (value);
  end if;
end $$;
