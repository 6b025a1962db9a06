create table tenants.tenants (
  id text primary key,
  org_id text not null,
  domain text not null,
  role text not null check (role in ('source', 'destination')),
  microsoft_tenant_id text not null,
  -- Null: the platform's own app registration.
  client_id text,
  granted_roles text[] not null,
  connected_at timestamptz not null,
  disconnected_at timestamptz,
  -- The last finished discovery.
  discovered_at timestamptz,
  mailbox_count bigint,
  total_size_bytes bigint
);
create unique index tenants_connected on tenants.tenants (org_id, domain, role) where disconnected_at is null;
create index tenants_by_org on tenants.tenants (org_id, connected_at desc, id desc) where disconnected_at is null;

create table tenants.consent_states (
  -- SHA-256 of the state: the state itself is a bearer secret.
  state_hash bytea primary key,
  org_id text not null,
  domain text not null,
  role text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table tenants.credentials (
  tenant_id text primary key references tenants.tenants (id),
  -- AES-256-GCM under SECRETS_KEY: version, key id, nonce, tag, cipher text.
  sealed text not null
);

create table tenants.discoveries (
  id text primary key,
  tenant_id text not null references tenants.tenants (id),
  status text not null check (status in ('QUEUED', 'RUNNING', 'DONE', 'ERROR')),
  created_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz,
  lease_until timestamptz,
  attempts integer not null default 0,
  error text
);
create index discoveries_by_tenant on tenants.discoveries (tenant_id, created_at desc);
create index discoveries_open on tenants.discoveries (created_at) where status in ('QUEUED', 'RUNNING');

-- The last finished snapshot; ids survive rediscovery.
create table tenants.discovered_users (
  id text primary key,
  tenant_id text not null references tenants.tenants (id),
  microsoft_id text not null,
  upn text not null,
  mail text,
  display_name text not null,
  kind text not null,
  has_mailbox boolean not null,
  size_bytes bigint,
  item_count bigint,
  unique (tenant_id, microsoft_id)
);
create index discovered_users_by_tenant on tenants.discovered_users (tenant_id, id);

-- What a running discovery has found so far.
create table tenants.discovery_findings (
  discovery_id text not null references tenants.discoveries (id) on delete cascade,
  microsoft_id text not null,
  upn text not null,
  mail text,
  display_name text not null,
  kind text not null,
  has_mailbox boolean not null,
  size_bytes bigint,
  item_count bigint,
  primary key (discovery_id, microsoft_id)
);

create table tenants.outbox (
  position bigint generated always as identity primary key,
  event_id text not null unique,
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
