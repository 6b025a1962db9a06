-- What the last finished discovery learnt of a tenant besides numbers: with whom its people may share (null: not shown), and which parts
-- it could not look at, [{ part, reason }].
alter table tenants.tenants
  add column sharing_capability text,
  add column skipped_parts jsonb not null default '[]';
