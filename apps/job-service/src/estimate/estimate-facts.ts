/** What an estimate needs of the rows: SQL, no rules. */
import type { JobStatus, PassMode } from '@migrator/contracts/api/jobs';
import type { WorkloadName } from '@migrator/contracts/api/tenants';
import type { BusinessHours } from '@migrator/contracts/api/throttling';
import { workerSilentSeconds } from '@migrator/contracts/internal';
import type { Queryable } from '@migrator/service-kit/database';
import type { JobFacts, OpenUnit } from './estimate-job.js';
import { learnPace, type EarlierPass, type Progress } from './pace.js';
import { profileOf, type LoadProfile, type PassKind } from './load-profile.js';
import type { MicrosoftTenants } from './pass-limits.js';
import { stepsBehind } from './unit-load.js';

/** Units that are looked at singly; what comes after them is smaller and counts as a sum. */
const singlyMax = 500;
const rivalsMax = 100;
const earlierPassesMax = 5;
/** Newest jobs among which earlier passes are looked for. */
const earlierJobsMax = 50;

export interface JobInQuestion extends MicrosoftTenants {
  id: string;
  orgId: string;
  status: JobStatus;
  scheduledAt: Date | null;
  type: WorkloadName;
  sourceTenantId: string;
  destTenantId: string;
  /** The job's own; its tenants may have some besides. */
  businessHours: BusinessHours | null;
  /** The units that are looked at singly, as `facts.units` has them. */
  unitIds: string[];
  facts: JobFacts;
}

interface JobRow extends MicrosoftTenants {
  id: string;
  orgId: string;
  type: WorkloadName;
  versions: boolean;
  status: JobStatus;
  scheduledAt: Date | null;
  businessHours: BusinessHours | null;
  sourceTenantId: string;
  destTenantId: string;
  dryRun: boolean;
  partial: boolean;
  passId: string;
  mode: PassMode;
  openUnits: number;
  openSteps: number;
  base: Counted;
  baseSteps: number;
  now: Counted & { slotMs: number };
}

interface Counted {
  items: number;
  bytes: number;
  /** Units whose folders are known, ended ones included. */
  begun: number;
}

interface UnitRow {
  id: string;
  status: string;
  itemCount: number | null;
  sizeBytes: number | null;
  expectedSteps: number;
  total: number;
  done: number;
  error: number;
  skipped: number;
  bytes: number;
  atWorkMs: number | null;
}

/** How a pass's work is counted. */
export const kindOf = (mode: PassMode, dryRun: boolean): PassKind => (mode === 'full' && dryRun ? 'dry' : mode);

/** A job with its open units as they stand; null when the organisation has no such job. */
export async function readJob(sql: Queryable, orgId: string, jobId: string): Promise<JobInQuestion | null> {
  const job = await jobRow(sql, orgId, jobId);
  if (job === null) return null;
  const kind = kindOf(job.mode, job.dryRun);
  const profile = profileOf(job.type, job.versions);
  const [rows, seen, earlier, places, rivals] = await Promise.all([openUnits(sql, jobId), samples(sql, job, profile, kind), earlierPasses(sql, job, profile, job.mode, job.dryRun), placesOf(sql), rivalsOf(sql, jobId)]);
  const listed = rows.reduce((sum, { expectedSteps }) => sum + expectedSteps, 0);
  return {
    ...{ id: job.id, orgId: job.orgId, type: job.type, status: job.status, scheduledAt: job.scheduledAt, sourceMicrosoftTenantId: job.sourceMicrosoftTenantId, destMicrosoftTenantId: job.destMicrosoftTenantId },
    ...hoursOf(job),
    unitIds: rows.map(({ id }) => id),
    facts: {
      org: job.orgId,
      kind,
      profile,
      units: rows.map((row): OpenUnit => ({ ...factsOf(row, job.partial), begun: row.total > 0, atWorkMs: row.atWorkMs })),
      rest: { units: Math.max(0, job.openUnits - rows.length), steps: job.openUnits > rows.length ? Math.max(0, job.openSteps - listed) : 0 },
      pace: learnPace(earlier, seen),
      places,
      rivals,
    },
  };
}

/** The real run of what a dry run has counted: every unit exactly, none begun. Null when the organisation has no such job. */
export async function readRealRun(sql: Queryable, orgId: string, jobId: string): Promise<(MicrosoftTenants & Pick<JobInQuestion, 'type' | 'facts' | 'sourceTenantId' | 'destTenantId' | 'businessHours'>) | null> {
  const job = await jobRow(sql, orgId, jobId);
  if (job === null) return null;
  const profile = profileOf(job.type, job.versions);
  const rows = await sql<{ items: number; bytes: number }[]>`select done as items, bytes from jobs.units where job_id = ${jobId} and status = 'DONE' order by expected_steps desc, id limit ${singlyMax}`;
  const [all] = await sql<{ units: number; items: number; bytes: number }[]>`select count(*)::int as units, coalesce(sum(done), 0)::bigint as items, coalesce(sum(bytes), 0)::bigint as bytes from jobs.units where job_id = ${jobId} and status = 'DONE'`;
  const left = (key: 'items' | 'bytes'): number => (all?.[key] ?? 0) - rows.reduce((sum, row) => sum + row[key], 0);
  const units = (all?.units ?? 0) - rows.length;
  const facts: JobFacts = {
    org: job.orgId,
    kind: 'full',
    profile,
    units: rows.map(({ items, bytes }) => ({ discoveredItems: items, sizeBytes: bytes, total: items, settled: 0, errors: 0, moved: 0, begun: false, partial: false, atWorkMs: null })),
    rest: { units, steps: stepsBehind(profile, 'full', { items: left('items'), bytes: left('bytes'), begun: units, expected: 0 }) },
    pace: learnPace(await earlierPasses(sql, job, profile, 'full', false), []),
    places: await placesOf(sql),
    rivals: await rivalsOf(sql, jobId),
  };
  return { type: job.type, sourceMicrosoftTenantId: job.sourceMicrosoftTenantId, destMicrosoftTenantId: job.destMicrosoftTenantId, ...hoursOf(job), facts };
}

const hoursOf = ({ sourceTenantId, destTenantId, businessHours }: JobRow) => ({ sourceTenantId, destTenantId, businessHours });

const factsOf = (row: UnitRow, partial: boolean) => ({ discoveredItems: row.itemCount, sizeBytes: row.sizeBytes, total: row.total, settled: row.done + row.error + row.skipped, errors: row.error, moved: row.bytes, partial });

async function jobRow(sql: Queryable, orgId: string, jobId: string): Promise<JobRow | null> {
  const [row] = await sql<JobRow[]>`
    select j.id, j.org_id as "orgId", j.type, j.status, j.scheduled_at as "scheduledAt", j.source_tenant_id as "sourceTenantId", j.dest_tenant_id as "destTenantId", j.source_microsoft_tenant_id as "sourceMicrosoftTenantId", j.dest_microsoft_tenant_id as "destMicrosoftTenantId",
      coalesce((j.scope->>'versions')::boolean, false) and coalesce((j.options->>'versionsMax')::int, 2) > 1 as versions, j.dry_run as "dryRun", j.options->'businessHours' as "businessHours",
      j.pass_id as "passId", p.mode, j.units_pending + j.units_claimed as "openUnits", j.open_steps as "openSteps",
      j.scope::text like '%false%' or coalesce(j.options->'filters', '{}') <> '{}' as partial,
      json_build_object('items', p.base_items, 'bytes', p.base_bytes, 'begun', p.base_ended) as base, p.base_steps as "baseSteps",
      json_build_object('items', j.done_items + j.error_items + j.skipped_items, 'bytes', j.bytes_transferred, 'begun', j.units_done + j.units_failed + running.begun, 'slotMs', p.slot_ms + running.ms) as now
    from jobs.jobs j join jobs.passes p on p.id = j.pass_id
    cross join lateral (select coalesce(sum(extract(epoch from now() - u.claimed_at) * 1000), 0)::bigint as ms, count(*) filter (where u.total > 0)::int as begun from jobs.units u where u.job_id = j.id and u.status = 'RUNNING') running
    where j.id = ${jobId} and j.org_id = ${orgId} and j.deleted_at is null`;
  return row ?? null;
}

/** Units at work first, then as they are handed out. */
async function openUnits(sql: Queryable, jobId: string): Promise<UnitRow[]> {
  return sql<UnitRow[]>`
    select id, status, item_count as "itemCount", size_bytes as "sizeBytes", expected_steps as "expectedSteps", total, done, error, skipped, bytes,
      case when status = 'RUNNING' then (extract(epoch from now() - claimed_at) * 1000)::float8 end as "atWorkMs"
    from (
      select * from jobs.units where job_id = ${jobId} and status = 'RUNNING'
      union all
      (select * from jobs.units where job_id = ${jobId} and status = 'PENDING' order by expected_steps desc, id limit ${singlyMax})
    ) u order by status <> 'RUNNING', expected_steps desc, id`;
}

async function samples(sql: Queryable, job: JobRow, profile: LoadProfile, kind: PassKind): Promise<Progress[]> {
  const rows = await sql<(Counted & { slotMs: number; openSteps: number })[]>`select items, bytes, begun, open_steps as "openSteps", slot_ms as "slotMs" from jobs.pace_samples where pass_id = ${job.passId} order by at`;
  return [...rows, { ...job.now, openSteps: job.openSteps }].map(({ items, bytes, begun, openSteps, slotMs }) => ({
    steps: Math.max(0, stepsBehind(profile, kind, { items: items - job.base.items, bytes: bytes - job.base.bytes, begun: begun - job.base.begun, expected: job.baseSteps - openSteps })),
    slotMs,
  }));
}

/** Whole passes of the organisation, those of the same kind between the same tenants first, then the newest. */
async function earlierPasses(sql: Queryable, job: JobRow, profile: LoadProfile, mode: PassMode, dryRun: boolean): Promise<EarlierPass[]> {
  const rows = await sql<(Counted & { mode: PassMode; dryRun: boolean; alike: boolean; expected: number; slotMs: number })[]>`
    select p.mode, j.dry_run as "dryRun", p.end_items - p.base_items as items, p.end_bytes - p.base_bytes as bytes, p.end_ended - p.base_ended as begun, p.base_steps as expected, p.slot_ms as "slotMs",
      j.source_tenant_id = ${job.sourceTenantId} and j.dest_tenant_id = ${job.destTenantId} and j.dry_run = ${dryRun} and p.mode = ${mode} as alike
    from (
      select id, dry_run, source_tenant_id, dest_tenant_id from jobs.jobs
      where org_id = ${job.orgId} and type = ${job.type} and status in ('QUEUED', 'RUNNING', 'PAUSED', 'DONE') and deleted_at is null order by created_at desc, id desc limit ${earlierJobsMax}
    ) j join jobs.passes p on p.job_id = j.id
    where p.status = 'DONE' and p.end_items is not null and p.id <> ${job.passId}
    order by alike desc, p.completed_at desc limit ${earlierPassesMax}`;
  return rows.map(({ alike, slotMs, ...counted }) => ({ steps: Math.max(0, stepsBehind(profile, kindOf(counted.mode, counted.dryRun), counted)), slotMs, alike }));
}

async function placesOf(sql: Queryable): Promise<number> {
  const [row] = await sql<{ places: number }[]>`select coalesce(sum(units), 0)::int as places from jobs.workers where seen_at > now() - make_interval(secs => ${workerSilentSeconds})`;
  return row?.places ?? 0;
}

/** Other jobs that want places now. Sums of the job rows: one row each, whatever their size. */
async function rivalsOf(sql: Queryable, jobId: string): Promise<JobFacts['rivals']> {
  return sql<{ org: string; steps: number; units: number }[]>`
    select org_id as org, open_steps as steps, units_pending + units_claimed as units from jobs.jobs
    where status in ('QUEUED', 'RUNNING') and deleted_at is null and id <> ${jobId} and open_steps > 0 and failure is null and (scheduled_at is null or scheduled_at <= now())
    order by open_steps desc limit ${rivalsMax}`;
}
