-- A smaller ledger whose size does not slow it down. Reasons and figures: docs/adr/0005-compact-ledger.md.

-- The match key of an item in the index: 12 bits of the destination's number, 52 of the item's hash. What is written to one
-- destination lies together, so that the index is written page by page and not all over. More bits for the destination would gather
-- no more (a partition has a few pages for each of 4,096), and cost certainty about items.
create function worker.match_key(p_destination bigint, p_match bigint) returns bigint language sql immutable parallel safe
  return (p_destination << 52) | (p_match & 4503599627370495);

-- Names at the destination (ids, change keys) as engine/packed-name.ts packs them. Used once, for rows of before.
create function worker.pack_name(p_name text) returns bytea language plpgsql immutable as $$
declare
  digits constant text := case when right(p_name, 2) = '==' then left(p_name, -2) when right(p_name, 1) = '=' then left(p_name, -1) else p_name end;
  standard constant boolean := digits ~ '[+/]';
  kind constant integer := 1 + length(p_name) - length(digits) + case when standard then 3 else 0 end;
  bytes bytea;
begin
  if digits ~ '^[A-Za-z0-9+/_-]*$' and not (standard and digits ~ '[_-]') and length(digits) % 4 <> 1 then
    bytes := decode(rpad(translate(digits, '-_', '+/'), (length(digits) + 3) / 4 * 4, '='), 'base64');
    if rtrim(translate(encode(bytes, 'base64'), E'\n', ''), '=') = translate(digits, '-_', '+/') then
      return set_byte('\x00'::bytea, 0, kind) || bytes;
    end if;
  end if;
  return '\x00'::bytea || convert_to(p_name, 'UTF8');
end $$;

create function worker.destination_of(p_container bigint) returns bigint language sql stable
  return (select m.destination_no from worker.containers c join worker.mappings m on m.mapping_no = c.mapping_no where c.container_no = p_container);

-- One pass over the table, which it writes anew: densely, because its rows are complete. Afterwards there is room again for the names
-- that arrive at completion (measured: at 30 a page takes 22 claims and, in one transaction, their completions with Exchange's names).
do $$
begin
  for i in 0..31 loop
    execute format('alter table worker.ledger_%s set (fillfactor = 90)', lpad(i::text, 2, '0'));
  end loop;
end $$;

-- When the ledger met the item: only what was met after another item was last seen can be where that one went. Takes the place of the
-- time of the last change, which nothing read; null in rows of before.
alter table worker.ledger rename column updated_at to met_at;

alter table worker.ledger
  alter column met_at drop not null,
  alter column met_at type timestamptz using null::timestamptz,
  alter column match_hash type bigint using worker.match_key(coalesce(worker.destination_of(container_no), 0), match_hash),
  alter column dest_id type bytea using worker.pack_name(dest_id),
  alter column dest_version type bytea using worker.pack_name(dest_version);

do $$
begin
  for i in 0..31 loop
    execute format('alter table worker.ledger_%s set (fillfactor = 30)', lpad(i::text, 2, '0'));
  end loop;
end $$;

drop function worker.pack_name(text);
drop function worker.destination_of(bigint);

-- As before; match keys and names in their new form. Names come as PostgreSQL writes bytes (hex), because an array of text costs the
-- driver nothing.
create or replace function worker.store(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer,
  c_container bigint[], c_key uuid[], c_match bigint[], c_version bigint[],
  o_container bigint[], o_key uuid[], o_match bigint[], o_version bigint[], o_state smallint[], o_code smallint[], o_dest text[], o_dest_version text[], o_bytes bigint[], o_counted smallint[],
  n_container bigint[], n_key uuid[], n_counted smallint[],
  r_container bigint[], r_key uuid[], r_counted smallint[], r_bytes bigint[],
  p_rest jsonb)
  returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  -- A claim never forgets the copy that a row names, nor how the item was counted.
  if cardinality(c_key) > 0 then
    insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state)
      select c.container_no, c.item_key, worker.match_key(p_destination, c.match_hash), c.version_hash, p_unit_no, 1 from unnest(c_container, c_key, c_match, c_version) as c (container_no, item_key, match_hash, version_hash)
      on conflict (container_no, item_key) do update set state = 1, version_hash = excluded.version_hash;
  end if;
  if cardinality(o_key) > 0 then
    insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state, code, dest_id, dest_version, bytes, counted)
      select o.container_no, o.item_key, worker.match_key(p_destination, o.match_hash), o.version_hash, p_unit_no, o.state, o.code, o.dest_id::bytea, o.dest_version::bytea, o.bytes, o.counted
      from unnest(o_container, o_key, o_match, o_version, o_state, o_code, o_dest, o_dest_version, o_bytes, o_counted) as o (container_no, item_key, match_hash, version_hash, state, code, dest_id, dest_version, bytes, counted)
      on conflict (container_no, item_key) do update set state = excluded.state, code = excluded.code, version_hash = excluded.version_hash,
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
  update worker.unit_containers uc set done = uc.done + t.done, error = uc.error + t.error, skipped = uc.skipped + t.skipped, bytes = uc.bytes + t.bytes, removed = uc.removed + t.removed
    from jsonb_to_recordset(p_rest->'tallies') as t ("containerNo" bigint, done bigint, error bigint, skipped bigint, bytes bigint, removed bigint)
    where uc.unit_no = p_unit_no and uc.container_no = t."containerNo";
  update worker.unit_containers uc set checkpoint = t.checkpoint, complete = t.complete, listed = t.listed, delta_token = t."deltaToken"
    from jsonb_to_recordset(p_rest->'listings') as t ("containerNo" bigint, checkpoint text, complete boolean, listed boolean, "deltaToken" text)
    where uc.unit_no = p_unit_no and uc.container_no = t."containerNo";
  update worker.containers c set dest_id = t."destId", ensured_path = t.path
    from jsonb_to_recordset(p_rest->'dests') as t ("containerNo" bigint, "destId" text, path text) where c.container_no = t."containerNo";
  insert into worker.item_reports (unit_no, report) select p_unit_no, value from jsonb_array_elements(p_rest->'reports') as e (value);
end $$;
