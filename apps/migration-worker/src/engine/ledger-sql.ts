/** The ledger's bulk statements: arrays go in as one parameter each and are unnested by the server. No rules here. */
import type { Sql } from '@migrator/service-kit/database';
import type { CountedAs, ItemState } from './outcome-codes.js';
import { packName, unpackName } from './packed-name.js';
import type { ItemReport } from '@migrator/contracts/events';
import type { LedgerChange } from './unit-ledger.js';

export interface ItemRow {
  mark: string;
  state: ItemState;
  code: number;
  version_hash: string;
  match_hash: string;
  dest_id: string | null;
  dest_version: string | null;
  unit_no: number;
  counted: CountedAs;
  recounted: CountedAs | null;
}

/**
 * Rows of one container by item key: one probe of the key's index an item, in one partition. `limit` keeps the planner from turning
 * the probes into a scan of the container, which it does (at a thousand times the cost) while it has no statistics.
 */
export function lookup(sql: Sql, unitNo: number, containerNo: number, marks: readonly string[]): Promise<ItemRow[]> {
  return sql<(Omit<ItemRow, 'dest_id' | 'dest_version'> & { dest_id: Buffer | null; dest_version: Buffer | null })[]>`
    select encode(uuid_send(l.item_key), 'hex') as mark, l.state, l.code, l.version_hash::text as version_hash, l.match_hash::text as match_hash, l.dest_id, l.dest_version, l.unit_no, l.counted,
      case when l.unit_no <> ${unitNo} then (select r.counted from worker.recounts r where r.unit_no = ${unitNo} and r.container_no = l.container_no and r.item_key = l.item_key) end as recounted
    from unnest(${list(marks)}::text::uuid[]) as m (item_key) cross join lateral (
      select * from worker.ledger where container_no = ${containerNo} and item_key = m.item_key limit 1
    ) l`.then((rows) => rows.map((row) => ({ ...row, dest_id: row.dest_id === null ? null : unpackName(row.dest_id), dest_version: row.dest_version === null ? null : unpackName(row.dest_version) })));
}

export interface HeldClaim {
  destinationNo: number;
  unitNo: number;
  unitId: string;
  claim: number;
}

/** Stores one change in one statement (worker.store). Not `sql.begin`: postgres.js 3.4 ends the process, or worse, when a connection dies in one. */
export async function store(sql: Sql, { destinationNo, unitId, claim, unitNo }: HeldClaim, { claims, outcomes, counts, tallies, listings, dests, reports }: Omit<LedgerChange, 'reports'> & { readonly reports: readonly ItemReport[] }): Promise<void> {
  const own = counts.filter((count) => count.own);
  const recounts = [...outcomes.filter((o) => !o.own).map(({ containerNo, mark, counted, bytes }) => ({ containerNo, mark, counted, bytes })), ...counts.filter((c) => !c.own).map((c) => ({ ...c, bytes: 0 }))];
  await sql`select worker.store(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${unitNo}::integer,
    ${list(claims.map((c) => c.containerNo))}::text::bigint[], ${list(claims.map((c) => c.mark))}::text::uuid[], ${list(claims.map((c) => c.matchHash))}::text::bigint[], ${list(claims.map((c) => c.versionHash))}::text::bigint[],
    ${list(outcomes.map((o) => o.containerNo))}::text::bigint[], ${list(outcomes.map((o) => o.mark))}::text::uuid[], ${list(outcomes.map((o) => o.matchHash))}::text::bigint[], ${list(outcomes.map((o) => o.versionHash))}::text::bigint[],
    ${list(outcomes.map((o) => o.state))}::text::smallint[], ${list(outcomes.map((o) => o.code))}::text::smallint[], ${names(outcomes.map((o) => o.dest?.id ?? null))}::text::text[], ${names(outcomes.map((o) => o.dest?.version ?? null))}::text::text[],
    ${list(outcomes.map((o) => o.bytes))}::text::bigint[], ${list(outcomes.map((o) => o.counted))}::text::smallint[],
    ${list(own.map((c) => c.containerNo))}::text::bigint[], ${list(own.map((c) => c.mark))}::text::uuid[], ${list(own.map((c) => c.counted))}::text::smallint[],
    ${list(recounts.map((c) => c.containerNo))}::text::bigint[], ${list(recounts.map((c) => c.mark))}::text::uuid[], ${list(recounts.map((c) => c.counted))}::text::smallint[], ${list(recounts.map((c) => c.bytes))}::text::bigint[],
    ${JSON.stringify({ tallies, listings, dests, reports })}::text::jsonb)`;
}

/** Begins or continues a pass in containers (worker.register). */
export async function register(sql: Sql, { destinationNo, unitId, claim }: HeldClaim, passId: string, keys: readonly string[], kinds: readonly string[]): Promise<ContainerRow[]> {
  return [...(await sql<ContainerRow[]>`select * from worker.register(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${passId}, ${list(keys)}::text::uuid[], ${texts(kinds)}::text::text[])`)];
}

/** An array literal of values that need no quotes; several times cheaper than having the driver quote each of them. */
const list = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;
const texts = (values: readonly (string | null)[]): string => `{${values.map((value) => (value === null ? 'null' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)).join(',')}}`;
/** Packed, as PostgreSQL writes bytes. */
const names = (values: readonly (string | null)[]): string => `{${values.map((value) => (value === null ? 'null' : `"\\\\x${packName(value).toString('hex')}"`)).join(',')}}`;

/** Which of these ids some row of the destination names already: one probe of the match key's index a candidate. */
export async function named(sql: Sql, destinationNo: number, candidates: readonly { matchHash: string; destId: string }[]): Promise<string[]> {
  const rows = await sql<{ dest_id: Buffer }[]>`
    select a.dest_id::bytea as dest_id from unnest(${list(candidates.map((c) => c.matchHash))}::text::bigint[], ${names(candidates.map((c) => c.destId))}::text::text[]) as a (match_hash, dest_id)
    where exists (
      select 1 from (select container_no, dest_id from worker.ledger where match_hash = worker.match_key(${destinationNo}::bigint, a.match_hash) offset 0) l join worker.containers c on c.container_no = l.container_no join worker.mappings m on m.mapping_no = c.mapping_no
      where l.dest_id = a.dest_id::bytea and m.destination_no = ${destinationNo})`;
  return rows.map((row) => unpackName(row.dest_id));
}

/** Which of these ids rows of the destination name, read from one end to the other. */
export async function copiesAmong(sql: Sql, destinationNo: number, destIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ dest_id: Buffer }[]>`
    select dest_id from worker.ledger where dest_id in (select n::bytea from unnest(${names(destIds)}::text::text[]) as a (n))
      and container_no = any(array(select c.container_no from worker.containers c join worker.mappings m on m.mapping_no = c.mapping_no where m.destination_no = ${destinationNo}))`;
  return rows.map((row) => unpackName(row.dest_id));
}

export interface ContainerRow {
  container_no: number;
  key: string;
  dest_id: string | null;
  ensured_path: string | null;
  checkpoint: string | null;
  complete: boolean;
  listed: boolean;
  delta_token: string | null;
  done: number;
  error: number;
  skipped: number;
  bytes: number;
}
