-- The ledger: what became of every item of every source container, over all jobs, and how far each unit has come.
-- Written by migration-worker alone. Reasons: docs/adr/0002-ledger.md.

-- Where units write. One unit at a time writes to a destination, whatever jobs and workers there are: the row names the claim
-- that may, and every ledger transaction checks it (assert_holder). `route` is the exclusive resource, such as one mailbox.
create table worker.destinations (
  destination_no bigint generated always as identity primary key,
  route text not null unique,
  holder_unit text,
  holder_claim bigint,
  lease_until timestamptz not null default '-infinity'
);

-- Source -> destination, between two Microsoft tenants (their own ids, so that a tenant connected again finds its ledger).
create table worker.mappings (
  mapping_no bigint generated always as identity primary key,
  org_id text not null,
  workload text not null,
  source_tenant text not null,
  source_owner text not null,
  dest_tenant text not null,
  dest_owner text not null,
  destination_no bigint not null references worker.destinations,
  unique (org_id, workload, source_tenant, source_owner, dest_tenant, dest_owner)
);

create table worker.containers (
  container_no bigint generated always as identity primary key,
  mapping_no bigint not null references worker.mappings,
  -- 128-bit hash of the container's key at the source.
  container_key uuid not null,
  kind text not null,
  -- Path at the source when the counterpart was last made sure of; null until then.
  ensured_path text,
  dest_id text,
  unique (mapping_no, container_key)
);

-- A unit of a job. Lives over all its passes.
create table worker.units (
  unit_no integer generated always as identity primary key,
  unit_id text not null unique,
  job_id text not null,
  mapping_no bigint not null references worker.mappings,
  -- The newest claim seen; an older one is not let in again.
  claim bigint not null,
  -- True once a pass has listed every container to its end.
  swept boolean not null default false
);

-- How far a unit has come in a container, and its counters there; the sum over the containers is what people see.
create table worker.unit_containers (
  unit_no integer not null references worker.units on delete cascade,
  container_no bigint not null references worker.containers,
  pass_id text not null,
  -- Continues the listing of this pass; null at its beginning.
  checkpoint text,
  -- The listing of this pass came to its end.
  complete boolean not null default false,
  -- Some pass listed the container to its end.
  listed boolean not null default false,
  -- Where the next delta pass begins.
  delta_token text,
  done bigint not null default 0,
  error bigint not null default 0,
  skipped bigint not null default 0,
  bytes bigint not null default 0,
  removed bigint not null default 0,
  primary key (unit_no, container_no),
  check (done >= 0 and error >= 0 and skipped >= 0 and bytes >= 0)
) with (fillfactor = 50);

-- One row an item. Fixed-width columns first, widest first, so that no padding is stored. `uuid` is PostgreSQL's 16-byte type.
-- The only index besides the key never changes after the claim, so that completing a row is a heap-only update: no index is
-- written twice. The fill factor leaves room on the page for the destination's ids, which arrive at completion (measured: 28 makes
-- 99.9 % of completions heap-only with ids as long as Exchange's; 45 half of them, and a larger table).
create table worker.ledger (
  container_no bigint not null,
  item_key uuid not null,
  -- 64-bit hash of what survives the copy (or of the item's mark): finds who else could own a copy.
  match_hash bigint not null,
  -- 64-bit hash of the source version that was copied, or tried.
  version_hash bigint not null,
  -- Bytes written for the unit that counts the item here.
  bytes bigint not null default 0,
  updated_at timestamptz not null default now(),
  -- The unit that met the item first; other units count it in worker.recounts.
  unit_no integer not null,
  -- 1 claimed, 2 done, 3 failed, 4 skipped
  state smallint not null,
  -- 0 none, otherwise a number of engine/outcome-codes.ts
  code smallint not null default 0,
  -- How unit_no counted it: 0 not yet, 1 done, 2 error, 3 skipped
  counted smallint not null default 0,
  dest_id text,
  dest_version text,
  primary key (container_no, item_key)
) partition by hash (container_no);

do $$
begin
  for i in 0..31 loop
    execute format('create table worker.ledger_%s partition of worker.ledger for values with (modulus 32, remainder %s) with (fillfactor = 28, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_insert_scale_factor = 0.2)', lpad(i::text, 2, '0'), i);
  end loop;
end $$;

create index ledger_by_match on worker.ledger (match_hash);

-- How further units (of other jobs over the same source) counted an item that is in the ledger already.
create table worker.recounts (
  unit_no integer not null,
  container_no bigint not null,
  item_key uuid not null,
  counted smallint not null,
  bytes bigint not null default 0,
  primary key (unit_no, container_no, item_key)
) partition by hash (container_no);

do $$
begin
  for i in 0..7 loop
    execute format('create table worker.recounts_%s partition of worker.recounts for values with (modulus 8, remainder %s)', i, i);
  end loop;
end $$;

-- Failed, skipped and resolved items that job-service has not been told of yet: stored with the outcome, removed when the
-- message stream has taken them.
create table worker.item_reports (
  report_no bigint generated always as identity primary key,
  unit_no integer not null references worker.units on delete cascade,
  report jsonb not null
);
create index item_reports_by_unit on worker.item_reports (unit_no, report_no);

-- Refuses a transaction of a worker whose claim has been given to somebody else. The shared lock makes a new holder wait until
-- transactions that passed this check have ended; the statement after it sees what the holder before us committed.
create function worker.assert_holder(destination bigint, unit text, claim bigint) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('worker.destination', destination));
  if not exists (select 1 from worker.destinations where destination_no = destination and holder_unit = unit and holder_claim = claim) then
    raise exception 'the claim has been lost' using errcode = 'MG001';
  end if;
end $$;

-- Gives a destination to a claim, unless another unit's lease on it still runs or this unit already has a newer claim.
create function worker.acquire(destination bigint, unit text, claim bigint, lease interval) returns text language plpgsql volatile as $$
declare held worker.destinations;
begin
  perform pg_advisory_xact_lock(hashtextextended('worker.destination', destination));
  select * into strict held from worker.destinations where destination_no = destination;
  if held.holder_unit = unit and held.holder_claim > claim then return 'stale'; end if;
  if held.holder_unit is distinct from unit and held.lease_until > clock_timestamp() then return 'busy'; end if;
  update worker.destinations set holder_unit = unit, holder_claim = claim, lease_until = clock_timestamp() + lease where destination_no = destination;
  return 'held';
end $$;

-- Begins a pass in containers (or goes on with it) and tells how things stand there.
create function worker.register(p_destination bigint, p_unit text, p_claim bigint, p_pass text, p_keys uuid[], p_kinds text[])
  returns table (container_no bigint, key text, dest_id text, ensured_path text, checkpoint text, complete boolean, listed boolean, delta_token text, done bigint, error bigint, skipped bigint, bytes bigint)
  language plpgsql volatile as $$
#variable_conflict use_column
declare
  v_unit worker.units;
begin
  perform worker.assert_holder(p_destination, p_unit, p_claim);
  select * into strict v_unit from worker.units u where u.unit_id = p_unit;
  insert into worker.containers (mapping_no, container_key, kind)
    select v_unit.mapping_no, k.container_key, k.kind from unnest(p_keys, p_kinds) as k (container_key, kind)
    on conflict (mapping_no, container_key) do nothing;
  insert into worker.unit_containers as uc (unit_no, container_no, pass_id)
    select v_unit.unit_no, c.container_no, p_pass from worker.containers c where c.mapping_no = v_unit.mapping_no and c.container_key = any (p_keys)
    on conflict (unit_no, container_no) do update set pass_id = excluded.pass_id, checkpoint = null, complete = false where uc.pass_id <> excluded.pass_id;
  return query
    select c.container_no, encode(uuid_send(c.container_key), 'hex'), c.dest_id, c.ensured_path, uc.checkpoint, uc.complete, uc.listed, uc.delta_token, uc.done, uc.error, uc.skipped, uc.bytes
    from worker.containers c join worker.unit_containers uc on uc.container_no = c.container_no and uc.unit_no = v_unit.unit_no
    where c.mapping_no = v_unit.mapping_no and c.container_key = any (p_keys);
end $$;

-- Stores one change under a claim: everything or nothing, in one statement of the client. Not a transaction of several statements:
-- the driver can carry the rest of a transaction whose connection died over to another one. Arrays of one group run in parallel;
-- `p_rest` holds what is few. The ledger's statements probe the key's index for each item; without statistics the planner would scan
-- and hash instead, hence the settings.
create function worker.store(p_destination bigint, p_unit text, p_claim bigint, p_unit_no integer,
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
      select c.container_no, c.item_key, c.match_hash, c.version_hash, p_unit_no, 1 from unnest(c_container, c_key, c_match, c_version) as c (container_no, item_key, match_hash, version_hash)
      on conflict (container_no, item_key) do update set state = 1, version_hash = excluded.version_hash, updated_at = now();
  end if;
  if cardinality(o_key) > 0 then
    insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state, code, dest_id, dest_version, bytes, counted)
      select o.container_no, o.item_key, o.match_hash, o.version_hash, p_unit_no, o.state, o.code, o.dest_id, o.dest_version, o.bytes, o.counted
      from unnest(o_container, o_key, o_match, o_version, o_state, o_code, o_dest, o_dest_version, o_bytes, o_counted) as o (container_no, item_key, match_hash, version_hash, state, code, dest_id, dest_version, bytes, counted)
      on conflict (container_no, item_key) do update set state = excluded.state, code = excluded.code, version_hash = excluded.version_hash,
        dest_id = coalesce(excluded.dest_id, l.dest_id), dest_version = coalesce(excluded.dest_version, l.dest_version), updated_at = now(),
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
