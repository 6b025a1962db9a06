-- Microsoft's ids of a job's tenants, by which an operator's limits are told apart (GRAPH_LIMITS); null for jobs of an earlier release.
alter table jobs.jobs
  add column source_microsoft_tenant_id text,
  add column dest_microsoft_tenant_id text;
