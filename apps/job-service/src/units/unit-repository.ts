/** SQL for units: claim, renew, finish, free. No rules. The caller has locked the job first; leases run by the database's clock. */
import type { UnitCounters } from '@migrator/contracts/events';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import type { StoredUnitStatus, UnitFailureDetail } from './unit.js';

export interface UnitRow extends UnitCounters {
  id: string;
  jobId: string;
  status: StoredUnitStatus;
  claim: number;
  retries: number;
  expiries: number;
  settledAtClaim: number;
  failure: UnitFailureDetail | null;
  sourceMicrosoftId: string;
  sourceAddress: string;
  destMicrosoftId: string | null;
  destAddress: string | null;
  startedAt: Date | null;
}

const columns = (sql: Queryable) => sql`
  id, job_id as "jobId", status, claim, retries, expiries, settled_at_claim as "settledAtClaim", failure, total, done, error, skipped, bytes,
  source_microsoft_id as "sourceMicrosoftId", source_address as "sourceAddress", dest_microsoft_id as "destMicrosoftId", dest_address as "destAddress", started_at as "startedAt"`;

/** The job of a unit, or null; takes no lock. */
export async function findJobOfUnit(sql: Queryable, unitId: string): Promise<string | null> {
  const [row] = await sql<{ jobId: string }[]>`select job_id as "jobId" from jobs.units where id = ${unitId}`;
  return row?.jobId ?? null;
}

/**
 * Atomic: a waiting unit that is due becomes RUNNING with the next fencing number. Null when it is not to be had, or when another unit
 * works on its destination; two jobs that ask in the same moment are told apart by the worker's ledger.
 */
export async function claimUnitRow(tx: TransactionSql, unitId: string, workerId: string, leaseSeconds: number, at: Date): Promise<UnitRow | null> {
  const [row] = await tx<UnitRow[]>`
    update jobs.units set
      status = 'RUNNING', claim = claim + 1, worker_id = ${workerId}, lease_until = now() + make_interval(secs => ${leaseSeconds}),
      settled_at_claim = done + error + skipped, started_at = coalesce(started_at, ${at}), claimed_at = now()
    where id = ${unitId} and status = 'PENDING' and due_at <= now()
      and not exists (
        select from jobs.jobs mine join jobs.jobs j on j.type = mine.type and coalesce(j.dest_microsoft_tenant_id, j.dest_tenant_id) = coalesce(mine.dest_microsoft_tenant_id, mine.dest_tenant_id)
          join jobs.units held on held.job_id = j.id and held.status = 'RUNNING' and held.dest_microsoft_id = units.dest_microsoft_id
        where mine.id = units.job_id and not mine.dry_run and not j.dry_run
      )
    returning ${columns(tx)}`;
  return row ?? null;
}

/** Extends a lease, also one that ran out and was not taken away yet. Null when the claim is not the unit's current one. */
export async function renewLease(sql: Queryable, unitId: string, claim: number, leaseSeconds: number): Promise<{ jobId: string } | null> {
  const [row] = await sql<{ jobId: string }[]>`
    update jobs.units set lease_until = now() + make_interval(secs => ${leaseSeconds})
    where id = ${unitId} and claim = ${claim} and status = 'RUNNING' returning job_id as "jobId"`;
  return row ?? null;
}

/** Locks a unit. */
export async function lockUnit(tx: TransactionSql, unitId: string): Promise<UnitRow | null> {
  const [row] = await tx<UnitRow[]>`select ${columns(tx)} from jobs.units where id = ${unitId} for no key update`;
  return row ?? null;
}

/** What a unit becomes when a claim ends. */
export interface ClaimEnd {
  status: Exclude<StoredUnitStatus, 'RUNNING'>;
  counters: UnitCounters;
  unreached: number;
  failure: UnitFailureDetail | null;
  retries: number;
  expiries: number;
  /** Not to be claimed before this time from now. */
  delayMs: number;
  completedAt: Date | null;
  /** Adds one to the fencing number: the claim was taken away, so that a late `finish` of it is refused. */
  fence: boolean;
}

/** Ends a claim, and adds the time it lasted to its pass. */
export async function endClaim(tx: TransactionSql, unitId: string, end: ClaimEnd): Promise<void> {
  const { counters, failure } = end;
  await tx`
    with ended as (update jobs.units set
      status = ${end.status}, worker_id = null, lease_until = null, claim = claim + ${end.fence ? 1 : 0},
      total = ${counters.total}, done = ${counters.done}, error = ${counters.error}, skipped = ${counters.skipped}, bytes = ${counters.bytes}, unreached = ${end.unreached},
      failure = ${failure === null ? null : JSON.stringify(failure)}::text::jsonb, retries = ${end.retries}, expiries = ${end.expiries},
      due_at = now() + ${end.delayMs} * interval '1 millisecond', completed_at = ${end.completedAt}::timestamptz
    where id = ${unitId} returning job_id, claimed_at)
    update jobs.passes p set slot_ms = p.slot_ms + coalesce(greatest(0, extract(epoch from now() - ended.claimed_at) * 1000), 0)::bigint
    from ended join jobs.jobs j on j.id = ended.job_id where p.id = j.pass_id`;
}

/** Ends everything of a stopped job that is not final: the units keep what they reached and share the job's failure. */
export async function failOpenUnits(tx: TransactionSql, jobId: string, failure: UnitFailureDetail, at: Date): Promise<void> {
  await tx`
    update jobs.units set status = 'ERROR', failure = ${JSON.stringify(failure)}::text::jsonb, unreached = total - done - error - skipped, completed_at = ${at}
    where job_id = ${jobId} and status = 'PENDING'`;
}

/** Jobs that have units whose lease ran out. */
export async function listJobsWithExpiredLeases(sql: Queryable): Promise<string[]> {
  const rows = await sql<{ jobId: string }[]>`select distinct job_id as "jobId" from jobs.units where status = 'RUNNING' and lease_until < now() limit 200`;
  return rows.map(({ jobId }) => jobId);
}

/** Locks the units of a job whose lease ran out. */
export async function lockExpiredUnits(tx: TransactionSql, jobId: string): Promise<UnitRow[]> {
  return tx<UnitRow[]>`select ${columns(tx)} from jobs.units where job_id = ${jobId} and status = 'RUNNING' and lease_until < now() order by id limit 500 for no key update`;
}

/** The failure that most of a job's failed units share. */
export async function commonestFailure(tx: TransactionSql, jobId: string): Promise<UnitFailureDetail | null> {
  const [row] = await tx<{ failure: UnitFailureDetail | null }[]>`
    select (array_agg(failure order by completed_at))[1] as failure from jobs.units where job_id = ${jobId} and status = 'ERROR' and failure is not null
    group by failure->>'code' order by count(*) desc limit 1`;
  return row?.failure ?? null;
}

export interface NewUnit {
  id: string;
  jobId: string;
  sourceMicrosoftId: string;
  sourceAddress: string;
  destMicrosoftId: string | null;
  destAddress: string | null;
  sizeBytes: number | null;
  itemCount: number | null;
  /** By how much work a unit is expected to be, the job's units are ordered. */
  expectedSteps: number;
  status: 'PENDING' | 'SKIPPED';
}

/** Inserts units, 5,000 per statement. A SKIPPED one has no destination and is final at once. */
export async function insertUnits(tx: TransactionSql, units: readonly NewUnit[], at: Date): Promise<void> {
  const noDestination: UnitFailureDetail = { code: 'NO_DESTINATION', graphCode: null, requestId: null, side: null };
  for (let from = 0; from < units.length; from += 5_000) {
    const chunk = units.slice(from, from + 5_000);
    await tx`
      insert into jobs.units (id, job_id, source_microsoft_id, source_address, dest_microsoft_id, dest_address, size_bytes, item_count, expected_steps, status, failure, completed_at)
      select id, job_id, source_microsoft_id, source_address, dest_microsoft_id, dest_address, size_bytes, item_count, expected_steps, status,
        case when status = 'SKIPPED' then ${JSON.stringify(noDestination)}::text::jsonb end, case when status = 'SKIPPED' then ${at}::timestamptz end
      from unnest(
        ${chunk.map((unit) => unit.id)}::text[], ${chunk.map((unit) => unit.jobId)}::text[], ${chunk.map((unit) => unit.sourceMicrosoftId)}::text[], ${chunk.map((unit) => unit.sourceAddress)}::text[],
        ${chunk.map((unit) => unit.destMicrosoftId)}::text[], ${chunk.map((unit) => unit.destAddress)}::text[], ${chunk.map((unit) => unit.sizeBytes)}::bigint[],
        ${chunk.map((unit) => unit.itemCount)}::bigint[], ${chunk.map((unit) => unit.expectedSteps)}::bigint[], ${chunk.map((unit) => unit.status)}::text[]
      ) as u (id, job_id, source_microsoft_id, source_address, dest_microsoft_id, dest_address, size_bytes, item_count, expected_steps, status)`;
  }
}
