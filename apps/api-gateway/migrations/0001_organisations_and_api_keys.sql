create table gateway.organisations (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table gateway.api_keys (
  id text primary key,
  org_id text not null references gateway.organisations (id),
  name text not null,
  -- HMAC-SHA-256 of the key under API_KEY_PEPPER; the key itself is nowhere.
  key_hash bytea not null unique,
  last4 text not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_keys_by_org on gateway.api_keys (org_id, created_at desc);
