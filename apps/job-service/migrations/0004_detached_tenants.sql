-- Tenants that were disconnected and erased: nothing may begin with one again. A tenant that is connected anew has a new id.
create table jobs.detached_tenants (
  tenant_id text primary key,
  at timestamptz not null default now()
);
