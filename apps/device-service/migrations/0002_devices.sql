-- Devices and their commands. Written by device-service alone.
create table devices.devices (
  id text primary key,
  org_id text not null,
  hostname text not null,
  domain text not null,
  ip_address text not null,
  os text,
  serial text,
  agent_version text,
  -- SHA-256 of the secret: 256 random bits need no slow hash.
  secret_hash bytea not null,
  -- What tells machines apart (machine.ts): the serial number where it is one, and the name in its domain.
  serial_key text,
  name_key text not null,
  created_at timestamptz not null,
  last_seen_at timestamptz,
  -- Calls in the minute that began at minute_began_at: the device's own limit, kept where the device is read anyhow.
  minute_began_at timestamptz,
  minute_calls integer not null default 0
) with (fillfactor = 60);
-- No index on what a check-in changes, so that its update stays on the page.
create index devices_listed on devices.devices (org_id, created_at desc, id desc);
create index devices_by_name on devices.devices (org_id, name_key);
create index devices_by_serial on devices.devices (org_id, serial_key) where serial_key is not null;

create table devices.commands (
  id text primary key,
  device_id text not null references devices.devices (id) on delete cascade,
  type text not null,
  payload jsonb not null,
  status text not null check (status in ('PENDING', 'RUNNING', 'DONE', 'ERROR', 'CANCELLED')),
  result jsonb,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  handed_out_at timestamptz,
  -- Until then the agent has time to say that it works on it; afterwards it is handed out again.
  lease_until timestamptz,
  acknowledged boolean not null default false,
  constraint commands_running_have_lease check ((status = 'RUNNING') <= (lease_until is not null))
) with (fillfactor = 80);
create index commands_by_device on devices.commands (device_id, created_at desc, id desc);
create index commands_open on devices.commands (device_id, created_at, id) where status in ('PENDING', 'RUNNING');
-- One command at a time, whatever the code does.
create unique index commands_one_running on devices.commands (device_id) where status = 'RUNNING';

create table devices.enrollment (
  org_id text primary key,
  required boolean not null default false,
  token_hash bytea,
  token_last4 text,
  token_created_at timestamptz,
  constraint enrollment_demands_a_token check (not required or token_hash is not null)
);
