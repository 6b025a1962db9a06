-- When less of Microsoft's limits on a tenant may be used (contracts: BusinessHours); null: always all.
alter table tenants.tenants add column business_hours jsonb;
