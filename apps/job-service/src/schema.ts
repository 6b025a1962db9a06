/** Tables of the schema `jobs` as drizzle sees them; the truth is migrations/*.sql. */
import { bigint, boolean, integer, jsonb, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';
import type { JobStatus, Pass } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { StoredUnitStatus, UnitFailureDetail } from './units/unit.js';

const schema = pgSchema('jobs');
const count = (name: string) => bigint(name, { mode: 'number' }).notNull();
const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

export const jobsTable = schema.table('jobs', {
  id: text('id').primaryKey(),
  orgId: text('org_id').notNull(),
  type: text('type').$type<WorkloadName>().notNull(),
  status: text('status').$type<JobStatus>().notNull(),
  version: integer('version').notNull(),
  name: text('name'),
  sourceTenantId: text('source_tenant_id').notNull(),
  destTenantId: text('dest_tenant_id').notNull(),
  scope: jsonb('scope').$type<Record<string, boolean>>().notNull(),
  options: jsonb('options').$type<Record<string, unknown>>().notNull(),
  dryRun: boolean('dry_run').notNull(),
  scheduledAt: time('scheduled_at'),
  createdAt: time('created_at').notNull(),
  startedAt: time('started_at'),
  completedAt: time('completed_at'),
  failure: jsonb('failure').$type<UnitFailureDetail>(),
  outcome: text('outcome').$type<'clean' | 'with_errors' | 'with_skips'>(),
  passId: text('pass_id').notNull(),
  deletedAt: time('deleted_at'),
  unitsClaimed: integer('units_claimed').notNull(),
  totalItems: count('total_items'),
  doneItems: count('done_items'),
  errorItems: count('error_items'),
  skippedItems: count('skipped_items'),
  bytesTransferred: count('bytes_transferred'),
  logSeq: count('log_seq'),
});

export const passesTable = schema.table('passes', {
  id: text('id').primaryKey(),
  jobId: text('job_id').notNull(),
  mode: text('mode').$type<Pass['mode']>().notNull(),
  status: text('status').$type<Pass['status']>().notNull(),
  createdAt: time('created_at').notNull(),
  startedAt: time('started_at'),
  completedAt: time('completed_at'),
});

export const unitsTable = schema.table('units', {
  id: text('id').primaryKey(),
  jobId: text('job_id').notNull(),
  sourceAddress: text('source_address').notNull(),
  destAddress: text('dest_address'),
  sizeBytes: bigint('size_bytes', { mode: 'number' }),
  status: text('status').$type<StoredUnitStatus>().notNull(),
  total: count('total'),
  done: count('done'),
  error: count('error'),
  skipped: count('skipped'),
  unreached: count('unreached'),
  bytes: count('bytes'),
  failure: jsonb('failure').$type<UnitFailureDetail>(),
  startedAt: time('started_at'),
  completedAt: time('completed_at'),
});

export const itemsTable = schema.table('items', {
  jobId: text('job_id').notNull(),
  itemKey: text('item_key').notNull(),
  id: text('id').notNull(),
  unitId: text('unit_id').notNull(),
  status: text('status').$type<'failed' | 'skipped'>().notNull(),
  container: text('container').notNull(),
  kind: text('kind').notNull(),
  sourceItemId: text('source_item_id').notNull(),
  code: text('code').notNull(),
  graphCode: text('graph_code'),
  requestId: text('request_id'),
  at: time('at').notNull(),
});
