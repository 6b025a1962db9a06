create table devices.outbox (
  position bigint generated always as identity primary key,
  event_id text not null unique,
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
