-- Sharing links that workers made anew, by the item that has them. Sealed: some of the addresses let in whoever has them
-- (docs/adr/0011-addresses-of-links.md). A row lives as long as its job.
create table jobs.links (
  job_id text not null,
  unit_id text not null,
  item_key text not null,
  claim integer not null,
  sealed bytea not null,
  at timestamptz not null,
  primary key (job_id, unit_id, item_key)
);
