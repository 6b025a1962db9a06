/**
 * The ledger in PostgreSQL. Everything is bulk: a page is looked up in one statement, a transaction stores what several batches
 * brought. Each transaction checks first that our claim still holds the destination (docs/adr/0002-ledger.md).
 */
import type { ItemReport, UnitCounters } from '@migrator/contracts/events';
import type { Sql } from '@migrator/service-kit/database';
import type { Seal } from '@migrator/service-kit/seal';
import type { Container } from '../workloads/workload.js';
import { createDepartureLedger } from './departure-ledger.js';
import { containerKey, type Route } from './item-keys.js';
import * as bulk from './ledger-sql.js';
import { countedAs, itemStates, skipNumbers } from './outcome-codes.js';
import type { LedgerSeals } from './ledger-seals.js';
import { createUnfinishedLedger } from './unfinished-ledger.js';
import { ClaimLost, type ContainerEntry, type LedgerReport, type LedgerRow, type UnitLedger } from './unit-ledger.js';

export interface LedgerClaim {
  route: Route;
  jobId: string;
  unitId: string;
  claim: number;
  leaseSeconds: number;
  seals: LedgerSeals;
}

/** `busy`: another unit writes to the same destination now. `stale`: a newer claim of this unit has been here. */
export type OpenedLedger = { state: 'held'; ledger: UnitLedger } | { state: 'busy' } | { state: 'stale' };

/** SQLSTATE raised by worker.assert_holder. */
const claimLostState = 'MG001';

/** Takes hold of the unit's destination. Safe to repeat under the same claim. */
export async function openLedger(sql: Sql, { route, jobId, unitId, claim, leaseSeconds, seals }: LedgerClaim): Promise<OpenedLedger> {
  const destinationNo = await numberOf(
    sql,
    (q) => q`select destination_no as no from worker.destinations where route = ${destinationRoute(route)}`,
    (q) => q`insert into worker.destinations (route) values (${destinationRoute(route)}) on conflict (route) do nothing`,
  );
  const { orgId, workload, sourceTenant, sourceOwner, destTenant, destOwner } = route;
  const mappingNo = await numberOf(
    sql,
    (q) => q`select mapping_no as no from worker.mappings where org_id = ${orgId} and workload = ${workload} and source_tenant = ${sourceTenant} and source_owner = ${sourceOwner} and dest_tenant = ${destTenant} and dest_owner = ${destOwner}`,
    (q) => q`insert into worker.mappings (org_id, workload, source_tenant, source_owner, dest_tenant, dest_owner, destination_no) values (${orgId}, ${workload}, ${sourceTenant}, ${sourceOwner}, ${destTenant}, ${destOwner}, ${destinationNo}) on conflict do nothing`,
  );
  const [unit] = await sql<{ unit_no: number; swept: boolean }[]>`
    insert into worker.units (unit_id, job_id, mapping_no, claim) values (${unitId}, ${jobId}, ${mappingNo}, ${claim})
    on conflict (unit_id) do update set claim = excluded.claim where worker.units.claim <= excluded.claim
    returning unit_no, swept`;
  if (unit === undefined) return { state: 'stale' };
  const [acquired] = await sql<{ state: 'held' | 'busy' | 'stale' }[]>`select worker.acquire(${destinationNo}, ${unitId}, ${claim}, make_interval(secs => ${leaseSeconds})) as state`;
  if (acquired === undefined) throw new Error('worker.acquire gave no answer');
  if (acquired.state !== 'held') return { state: acquired.state };
  const [sums] = await sql<UnitCounters[]>`
    select coalesce(sum(done), 0)::bigint as done, coalesce(sum(error), 0)::bigint as error, coalesce(sum(skipped), 0)::bigint as skipped,
      coalesce(sum(bytes), 0)::bigint as bytes, coalesce(sum(done + error + skipped), 0)::bigint as total
    from worker.unit_containers where unit_no = ${unit.unit_no}`;
  const counters = sums ?? { total: 0, done: 0, error: 0, skipped: 0, bytes: 0 };
  return { state: 'held', ledger: createUnitLedger(sql, route, { destinationNo, unitNo: unit.unit_no, unitId, claim }, { ...counters }, unit.swept, seals) };
}

/** The counters of a unit counted again from its items' rows: what the stored ones must equal. */
export async function recountUnit(sql: Sql, unitId: string): Promise<UnitCounters> {
  const [row] = await sql<UnitCounters[]>`
    with own as (
      select l.counted, l.bytes from worker.units u join worker.unit_containers c on c.unit_no = u.unit_no join worker.ledger l on l.container_no = c.container_no and l.unit_no = u.unit_no where u.unit_id = ${unitId}
      union all
      select r.counted, r.bytes from worker.units u join worker.unit_containers c on c.unit_no = u.unit_no join worker.recounts r on r.unit_no = u.unit_no and r.container_no = c.container_no where u.unit_id = ${unitId}
    )
    select count(*) filter (where counted > 0) as total, count(*) filter (where counted = ${countedAs.done}) as done, count(*) filter (where counted = ${countedAs.error}) as error,
      count(*) filter (where counted = ${countedAs.skipped}) as skipped, coalesce(sum(bytes), 0)::bigint as bytes from own`;
  if (row === undefined) throw new Error('an aggregate without a row');
  return { ...row };
}

/** Units that write to the same drive or site exclude each other, whatever their source and job. */
const destinationRoute = ({ orgId, workload, destTenant, destOwner }: Route): string => JSON.stringify([orgId, workload, destTenant, destOwner]);

async function numberOf(sql: Sql, find: (q: Sql) => PromiseLike<readonly { no?: number }[]>, add: (q: Sql) => PromiseLike<unknown>): Promise<number> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const no = (await find(sql))[0]?.no;
    if (no !== undefined) return no;
    await add(sql);
  }
  const no = (await find(sql))[0]?.no;
  if (no === undefined) throw new Error('a row that was just added is not there');
  return no;
}

function createUnitLedger(sql: Sql, route: Route, holder: bulk.HeldClaim, counters: UnitCounters, swept: boolean, seals: LedgerSeals): UnitLedger {
  const { destinationNo, unitNo, unitId, claim } = holder;

  /** Turns the database's refusal into ClaimLost. */
  const fenced = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isClaimLost(error)) throw new ClaimLost('the claim has been given to another worker', { cause: error });
      throw error;
    }
  };

  return {
    counters,
    swept,
    unfinished: createUnfinishedLedger(sql, holder, seals.notes, fenced),
    departures: createDepartureLedger(sql, holder, fenced),
    async register(passId, containers) {
      const entries: ContainerEntry[] = [];
      for (let from = 0; from < containers.length; from += 500) entries.push(...(await registerChunk(passId, containers.slice(from, from + 500))));
      return entries;
    },
    async lookup(entry, marks) {
      if (marks.length === 0) return new Map();
      const rows = await bulk.lookup(sql, unitNo, entry.containerNo, marks);
      return new Map(
        rows.map((row): [string, LedgerRow] => [
          row.mark,
          {
            state: row.state,
            code: row.code,
            versionHash: row.version_hash,
            dest: row.dest_id === null ? null : { id: row.dest_id, version: row.dest_version ?? '' },
            counted: row.unit_no === unitNo ? row.counted : (row.recounted ?? countedAs.nothing),
            own: row.unit_no === unitNo,
            matchHash: row.match_hash,
          },
        ]),
      );
    },
    async pending(entry, max) {
      const rows = await sql<{ mark: string }[]>`
        select l.item_key::text as mark from worker.ledger l
        left join worker.recounts r on r.unit_no = ${unitNo} and r.container_no = l.container_no and r.item_key = l.item_key
        where l.container_no = ${entry.containerNo} and (
          l.state = ${itemStates.claimed}
          or (case when l.unit_no = ${unitNo} then l.counted else r.counted end) = ${countedAs.error}
          or ((case when l.unit_no = ${unitNo} then l.counted else r.counted end) = ${countedAs.skipped} and l.code not in (${skipNumbers.FILTERED_OUT}, ${skipNumbers.DEPARTED_COPY_CHANGED})))
        limit ${max + 1}`;
      return rows.length > max ? null : new Set(rows.map((row) => row.mark.replaceAll('-', '')));
    },
    async named(candidates) {
      if (candidates.length === 0) return new Set();
      return new Set(await bulk.named(sql, destinationNo, candidates));
    },
    async copiesAmong(destIds) {
      if (destIds.length === 0) return new Set();
      return new Set(await bulk.copiesAmong(sql, destinationNo, destIds));
    },
    async commit(change) {
      await fenced(bulk.store(sql, holder, { ...change, reports: change.reports.map((report) => sealed(report, seals.links)) }));
    },
    async markSwept() {
      await sql`update worker.units set swept = true where unit_no = ${unitNo} and claim = ${claim}`;
    },
    async reports(max) {
      const rows = await sql<{ no: number; report: ItemReport }[]>`select report_no as no, report from worker.item_reports where unit_no = ${unitNo} order by report_no limit ${max}`;
      return rows.map(({ no, report }) => ({ no, report }));
    },
    async dropReports(upTo) {
      await sql`delete from worker.item_reports where unit_no = ${unitNo} and report_no <= ${upTo}`;
    },
    async renew(leaseSeconds) {
      const rows = await sql`update worker.destinations set lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}) where destination_no = ${destinationNo} and holder_unit = ${unitId} and holder_claim = ${claim}`;
      return rows.count === 1;
    },
    async release() {
      await sql`update worker.destinations set lease_until = '-infinity' where destination_no = ${destinationNo} and holder_unit = ${unitId} and holder_claim = ${claim}`;
    },
  };

  async function registerChunk(passId: string, containers: readonly Container[]): Promise<ContainerEntry[]> {
    const keys = containers.map((container) => containerKey(route, container.key));
    const rows = await fenced(bulk.register(sql, holder, passId, keys, containers.map((container) => container.kind)));
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return keys.map((key) => {
      const row = byKey.get(key);
      if (row === undefined) throw new Error('a container that was just registered is not there');
      return {
        containerNo: row.container_no,
        key,
        destId: row.dest_id,
        ensuredPath: row.ensured_path,
        checkpoint: row.checkpoint,
        complete: row.complete,
        listed: row.listed,
        deltaToken: row.delta_token,
        counts: { done: row.done, error: row.error, skipped: row.skipped, bytes: row.bytes },
      };
    });
  }
}

/** As it leaves the process: with its addresses sealed. */
function sealed({ links, ...report }: LedgerReport, seal: Seal): ItemReport {
  if (links === undefined) return report;
  return { ...report, sealedLinks: links === null ? null : seal.seal(JSON.stringify(links), report.itemKey).toString('base64') };
}

function isClaimLost(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === claimLostState;
}
