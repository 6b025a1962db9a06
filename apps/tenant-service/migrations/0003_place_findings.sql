-- What a running discovery has found of sites and teams so far; the snapshot in discovered_places stays until it ends.
create table tenants.discovery_place_findings (
  discovery_id text not null references tenants.discoveries (id) on delete cascade,
  kind text not null check (kind in ('site', 'team')),
  microsoft_id text not null,
  name text not null,
  detail jsonb not null,
  primary key (discovery_id, kind, microsoft_id)
);

-- Parts that Microsoft did not let the run look at: [{ part, reason }].
alter table tenants.discoveries add column skipped jsonb not null default '[]';
