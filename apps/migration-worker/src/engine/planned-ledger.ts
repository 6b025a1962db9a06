/** The ledger of a dry run: reads what there is, stores nothing, counts in memory. */
import type { ItemReport, UnitCounters } from '@migrator/contracts/events';
import type { Sql } from '@migrator/service-kit/database';
import { noDepartureLedger } from './departure-ledger.js';
import { containerKey, type Route } from './item-keys.js';
import * as bulk from './ledger-sql.js';
import { countedAs } from './outcome-codes.js';
import { nothingUnfinished } from './unfinished-ledger.js';
import type { ContainerEntry, LedgerRow, UnitLedger } from './unit-ledger.js';

/** A dry run begins anew each time; it holds nothing, so it never waits for anybody and nobody waits for it. */
export async function openPlannedLedger(sql: Sql, route: Route): Promise<UnitLedger> {
  const counters: UnitCounters = { total: 0, done: 0, error: 0, skipped: 0, bytes: 0 };
  const [mapping] = await sql<{ mapping_no: number }[]>`
    select mapping_no from worker.mappings where org_id = ${route.orgId} and workload = ${route.workload} and source_tenant = ${route.sourceTenant} and source_owner = ${route.sourceOwner}
      and dest_tenant = ${route.destTenant} and dest_owner = ${route.destOwner}`;
  const reports: { no: number; report: ItemReport }[] = [];
  let reportNo = 0;
  let unknown = 0;
  return {
    counters,
    swept: false,
    unfinished: nothingUnfinished,
    departures: noDepartureLedger,
    async register(_passId, containers) {
      const keys = containers.map((container) => containerKey(route, container.key));
      const rows =
        mapping === undefined
          ? []
          : await sql<{ container_no: number; key: string; dest_id: string | null }[]>`
              select container_no, container_key::text as key, dest_id from worker.containers where mapping_no = ${mapping.mapping_no} and container_key = any(${keys}::uuid[])`;
      const byKey = new Map(rows.map((row) => [row.key.replaceAll('-', ''), row]));
      return keys.map((key): ContainerEntry => {
        const row = byKey.get(key);
        // Containers the ledger does not know get numbers below zero, where it has no rows.
        return { containerNo: row?.container_no ?? --unknown, key, destId: row?.dest_id ?? null, ensuredPath: null, checkpoint: null, complete: false, listed: false, deltaToken: null, counts: { done: 0, error: 0, skipped: 0, bytes: 0 } };
      });
    },
    async lookup(entry, marks) {
      const rows = entry.containerNo < 0 || marks.length === 0 ? [] : await bulk.lookup(sql, 0, entry.containerNo, marks);
      return new Map(
        rows.map((row): [string, LedgerRow] => [
          row.mark,
          { state: row.state, code: row.code, versionHash: row.version_hash, dest: row.dest_id === null ? null : { id: row.dest_id, version: row.dest_version ?? '' }, counted: countedAs.nothing, own: true, matchHash: row.match_hash },
        ]),
      );
    },
    pending: () => Promise.resolve(null),
    named: () => Promise.resolve(new Set()),
    copiesAmong: () => Promise.resolve(new Set()),
    commit(change) {
      // Nothing is made, so nothing has a new address.
      for (const { links: _none, ...report } of change.reports) reports.push({ no: ++reportNo, report });
      return Promise.resolve();
    },
    markSwept: () => Promise.resolve(),
    reports: (max) => Promise.resolve(reports.slice(0, max)),
    dropReports: (upTo) => {
      while (reports[0] !== undefined && reports[0].no <= upTo) reports.shift();
      return Promise.resolve();
    },
    renew: () => Promise.resolve(true),
    release: () => Promise.resolve(),
  };
}
