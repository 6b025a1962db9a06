-- What people corrected in the automatic match, by the name of the source as it was written (folded). dest null: do not migrate.
create table jobs.mapping_corrections (
  org_id text not null,
  source_tenant_id text not null,
  dest_tenant_id text not null,
  type text not null,
  source text not null,
  dest text,
  corrected_by text not null,
  corrected_at timestamptz not null,
  primary key (org_id, source_tenant_id, dest_tenant_id, type, source)
);
