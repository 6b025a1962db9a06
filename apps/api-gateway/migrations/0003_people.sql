-- People: who they are, how they sign in, which organisation they belong to. Written by api-gateway alone.

-- users, sessions and accounts have the shape that the credentials library asks for; their SQL is in src/people/credentials.
create table gateway.users (
  id text primary key,
  name text not null,
  -- Lower case.
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table gateway.sessions (
  id text primary key,
  user_id text not null references gateway.users (id) on delete cascade,
  -- SHA-256 of the token in the cookie; the token itself is nowhere.
  token bytea not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index sessions_by_user on gateway.sessions (user_id);
create index sessions_by_expiry on gateway.sessions (expires_at);

create table gateway.accounts (
  id text primary key,
  user_id text not null references gateway.users (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  -- scrypt with a salt of its own.
  password text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (provider_id, account_id)
);
create index accounts_by_user on gateway.accounts (user_id);

-- One person belongs to one organisation.
create table gateway.members (
  user_id text primary key references gateway.users (id) on delete cascade,
  org_id text not null references gateway.organisations (id),
  role text not null check (role in ('owner', 'admin', 'operator', 'viewer')),
  created_at timestamptz not null,
  -- To the minute.
  last_seen_at timestamptz
);
create index members_by_org on gateway.members (org_id, created_at desc, user_id desc);

create table gateway.invitations (
  id text primary key,
  org_id text not null references gateway.organisations (id),
  email text not null,
  role text not null check (role in ('owner', 'admin', 'operator', 'viewer')),
  -- SHA-256 of the token in the link.
  token_hash bytea not null unique,
  -- The address of the person, the name of the key, or `operator`.
  invited_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  unique (org_id, email)
);
create index invitations_by_org on gateway.invitations (org_id, created_at desc, id desc);

create table gateway.password_resets (
  -- SHA-256 of the token in the link.
  token_hash bytea primary key,
  user_id text not null references gateway.users (id) on delete cascade,
  expires_at timestamptz not null
);
create index password_resets_by_user on gateway.password_resets (user_id);

-- How often something was tried: wrong passwords, requests for links. Shared by all instances.
create table gateway.attempts (
  -- HMAC of what is counted and for whom, so that addresses do not stand here.
  key_hash bytea primary key,
  taken integer not null,
  until timestamptz not null
);
create index attempts_by_end on gateway.attempts (until);
