-- Lists with filters must cost their page and not their filter, at a million jobs, items or units.
create index jobs_listed_by_status on jobs.jobs (org_id, status, created_at desc, id desc) where deleted_at is null;
create index jobs_listed_by_type on jobs.jobs (org_id, type, created_at desc, id desc) where deleted_at is null;
create index jobs_listed_by_type_and_status on jobs.jobs (org_id, type, status, created_at desc, id desc) where deleted_at is null;
create index units_by_status on jobs.units (job_id, status, id desc);
create index items_by_status on jobs.items (job_id, status, id desc);
