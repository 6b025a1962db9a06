-- What discovery finds besides mailboxes. Null: not looked at, or not allowed to look.
alter table tenants.tenants
  add column site_count bigint,
  add column sharepoint_quota_bytes bigint,
  add column sharepoint_used_bytes bigint,
  add column onedrive_quota_per_user_bytes bigint;

alter table tenants.discovered_users
  add column account_enabled boolean,
  add column mailbox_licensed boolean,
  add column drive_licensed boolean,
  add column mailbox_quota_bytes bigint,
  -- { state, driveId, usedBytes, quotaBytes }
  add column drive jsonb;

alter table tenants.discovery_findings
  add column account_enabled boolean,
  add column mailbox_licensed boolean,
  add column drive_licensed boolean,
  add column mailbox_quota_bytes bigint,
  add column drive jsonb;

-- Sites and teams of the last finished snapshot; ids survive rediscovery.
create table tenants.discovered_places (
  id text primary key,
  tenant_id text not null references tenants.tenants (id),
  kind text not null check (kind in ('site', 'team')),
  microsoft_id text not null,
  name text not null,
  -- Of a site: url, sizeBytes. Of a team: description, mailNickname, memberCount.
  detail jsonb not null,
  unique (tenant_id, kind, microsoft_id)
);
create index discovered_places_by_tenant on tenants.discovered_places (tenant_id, kind, id);
create index discovered_users_with_mailbox on tenants.discovered_users (tenant_id, id) where has_mailbox;

-- A disconnection that was begun: it is completed even if the service dies in the middle.
alter table tenants.tenants add column disconnecting_at timestamptz;
create index tenants_disconnecting on tenants.tenants (disconnecting_at) where disconnecting_at is not null;
