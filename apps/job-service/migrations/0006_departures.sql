-- Items that moved or were deleted at the source, and copies removed: of a unit over all its passes, and of all units in one pass.
alter table jobs.units add column moved bigint not null default 0, add column deleted bigint not null default 0, add column removed bigint not null default 0;
alter table jobs.passes add column moved bigint not null default 0, add column deleted bigint not null default 0, add column removed bigint not null default 0;
