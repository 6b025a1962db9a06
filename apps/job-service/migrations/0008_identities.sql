-- Who the people and groups of a source tenant are at a destination tenant: worked out when a job or pass begins and when the mapping is
-- corrected, read by workers while they copy permissions. One map per pair of tenants, replaced as a whole.
create table jobs.identity_maps (
  id bigint generated always as identity primary key,
  org_id text not null,
  source_tenant_id text not null,
  dest_tenant_id text not null,
  -- A hash of what it was worked out from: while that is the same, so is the map.
  basis text not null,
  made_at timestamptz not null,
  total integer not null,
  -- Without a counterpart, those left out by the mapping not counted.
  unmatched integer not null,
  unique (org_id, source_tenant_id, dest_tenant_id)
);
create index identity_maps_by_source on jobs.identity_maps (source_tenant_id);
create index identity_maps_by_dest on jobs.identity_maps (dest_tenant_id);

create table jobs.identities (
  map_id bigint not null references jobs.identity_maps on delete cascade,
  source_microsoft_id text not null,
  source_kind text not null check (source_kind in ('user', 'guest', 'group')),
  source_name text not null,
  dest_microsoft_id text,
  dest_kind text check (dest_kind in ('user', 'guest', 'group')),
  dest_name text,
  how text not null check (how in ('automatic', 'corrected', 'excluded', 'unmatched')),
  primary key (map_id, source_microsoft_id),
  constraint identities_dest_whole check (num_nulls(dest_microsoft_id, dest_kind, dest_name) in (0, 3))
);

-- Every name by which one may be asked for, folded: object id, UPN, address. Each stands for one alone.
create table jobs.identity_names (
  map_id bigint not null,
  name text not null,
  source_microsoft_id text not null,
  primary key (map_id, name),
  foreign key (map_id, source_microsoft_id) references jobs.identities on delete cascade
);
create index identity_names_by_source on jobs.identity_names (map_id, source_microsoft_id);
