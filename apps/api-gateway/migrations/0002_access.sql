-- Plans, the audit log and idempotency records. Written by api-gateway alone.
alter table gateway.organisations
  add column plan text not null default 'pro' check (plan in ('starter', 'pro', 'enterprise')),
  -- Requests a minute; null: what the plan gives.
  add column rate_limit_per_minute integer check (rate_limit_per_minute > 0);

alter table gateway.api_keys add column created_by text not null default 'operator';
drop index gateway.api_keys_by_org;
create index api_keys_by_org on gateway.api_keys (org_id, created_at desc, id desc);

create table gateway.audit (
  id text primary key,
  org_id text not null references gateway.organisations (id),
  at timestamptz not null,
  actor text not null,
  actor_name text,
  action text not null,
  target text,
  address text,
  request_id text not null,
  -- 'unknown' from the moment the call is let through until its answer is there; a refused call leaves no row.
  outcome text not null check (outcome in ('done', 'unknown'))
);
create index audit_by_org on gateway.audit (org_id, id desc);
create index audit_by_target on gateway.audit (org_id, target, id desc);
create index audit_by_actor on gateway.audit (org_id, actor, id desc);
create index audit_by_action on gateway.audit (org_id, action, id desc);

create table gateway.idempotency (
  org_id text not null,
  -- SHA-256 of the client's key.
  key_hash bytea not null,
  -- SHA-256 of method, address and body.
  fingerprint bytea not null,
  state text not null check (state in ('running', 'done', 'unknown')),
  status integer,
  -- The answer under AES-256-GCM; the key is derived from the client's own key, which is stored nowhere.
  sealed bytea,
  created_at timestamptz not null,
  -- A gateway that died with the request in hand is known by this having passed.
  running_until timestamptz not null,
  primary key (org_id, key_hash)
);
create index idempotency_by_age on gateway.idempotency (created_at);
