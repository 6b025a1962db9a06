/** The ledger's bulk statements: arrays go in as one parameter each and are unnested by the server. No rules here. */
import type { Sql, TransactionSql } from '@migrator/service-kit/database';
import { countedAs, type CountedAs, type ItemState } from './outcome-codes.js';
import type { LedgerChange } from './unit-ledger.js';

export interface ItemRow {
  mark: string;
  state: ItemState;
  code: number;
  version_hash: string;
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
  return sql<ItemRow[]>`
    select encode(uuid_send(l.item_key), 'hex') as mark, l.state, l.code, l.version_hash::text as version_hash, l.dest_id, l.dest_version, l.unit_no, l.counted,
      case when l.unit_no <> ${unitNo} then (select r.counted from worker.recounts r where r.unit_no = ${unitNo} and r.container_no = l.container_no and r.item_key = l.item_key) end as recounted
    from unnest(${list(marks)}::text::uuid[]) as m (item_key) cross join lateral (
      select * from worker.ledger where container_no = ${containerNo} and item_key = m.item_key limit 1
    ) l`.then((rows) => [...rows]);
}

/** The statements of one change, in the order in which they must run. Empty parts cost nothing. */
export function statements(tx: TransactionSql, unitNo: number, change: LedgerChange): PromiseLike<unknown>[] {
  const { claims, outcomes, counts, tallies, listings, dests, reports } = change;
  const sent: PromiseLike<unknown>[] = [];
  if (claims.length > 0)
    // A claim never forgets the copy that a row names, nor how the item was counted.
    sent.push(tx`
      insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state)
      select c.container_no, c.item_key, c.match_hash, c.version_hash, ${unitNo}, 1
      from unnest(${list(claims.map((c) => c.containerNo))}::text::bigint[], ${list(claims.map((c) => c.mark))}::text::uuid[], ${list(claims.map((c) => c.matchHash))}::text::bigint[], ${list(claims.map((c) => c.versionHash))}::text::bigint[]) as c (container_no, item_key, match_hash, version_hash)
      on conflict (container_no, item_key) do update set state = 1, version_hash = excluded.version_hash, updated_at = now()`);
  if (outcomes.length > 0)
    sent.push(tx`
      insert into worker.ledger as l (container_no, item_key, match_hash, version_hash, unit_no, state, code, dest_id, dest_version, bytes, counted)
      select o.container_no, o.item_key, o.match_hash, o.version_hash, ${unitNo}, o.state, o.code, o.dest_id, o.dest_version, o.bytes, o.counted
      from unnest(${list(outcomes.map((o) => o.containerNo))}::text::bigint[], ${list(outcomes.map((o) => o.mark))}::text::uuid[], ${list(outcomes.map((o) => o.matchHash))}::text::bigint[], ${list(outcomes.map((o) => o.versionHash))}::text::bigint[],
        ${list(outcomes.map((o) => o.state))}::text::smallint[], ${list(outcomes.map((o) => o.code))}::text::smallint[], ${texts(outcomes.map((o) => o.dest?.id ?? null))}::text::text[], ${texts(outcomes.map((o) => o.dest?.version ?? null))}::text::text[], ${list(outcomes.map((o) => o.bytes))}::text::bigint[], ${list(outcomes.map((o) => o.counted))}::text::smallint[])
        as o (container_no, item_key, match_hash, version_hash, state, code, dest_id, dest_version, bytes, counted)
      on conflict (container_no, item_key) do update set state = excluded.state, code = excluded.code, version_hash = excluded.version_hash,
        dest_id = coalesce(excluded.dest_id, l.dest_id), dest_version = coalesce(excluded.dest_version, l.dest_version), updated_at = now(),
        counted = case when l.unit_no = excluded.unit_no then excluded.counted else l.counted end,
        bytes = case when l.unit_no = excluded.unit_no then l.bytes + excluded.bytes else l.bytes end`);
  const ownCounts = counts.filter((c) => c.own);
  if (ownCounts.length > 0)
    sent.push(tx`
      update worker.ledger l set counted = c.counted from unnest(${list(ownCounts.map((c) => c.containerNo))}::text::bigint[], ${list(ownCounts.map((c) => c.mark))}::text::uuid[], ${list(ownCounts.map((c) => c.counted))}::text::smallint[]) as c (container_no, item_key, counted)
      where l.container_no = c.container_no and l.item_key = c.item_key and l.unit_no = ${unitNo}`);
  const recounts = [...outcomes.filter((o) => !o.own).map(({ containerNo, mark, counted, bytes }) => ({ containerNo, mark, counted, bytes })), ...counts.filter((c) => !c.own).map((c) => ({ ...c, bytes: 0 }))];
  if (recounts.length > 0)
    sent.push(tx`
      insert into worker.recounts as r (unit_no, container_no, item_key, counted, bytes)
      select ${unitNo}, c.container_no, c.item_key, c.counted, c.bytes
      from unnest(${list(recounts.map((c) => c.containerNo))}::text::bigint[], ${list(recounts.map((c) => c.mark))}::text::uuid[], ${list(recounts.map((c) => c.counted))}::text::smallint[], ${list(recounts.map((c) => c.bytes))}::text::bigint[]) as c (container_no, item_key, counted, bytes)
      where c.counted <> ${countedAs.nothing}
      on conflict (unit_no, container_no, item_key) do update set counted = excluded.counted, bytes = r.bytes + excluded.bytes`);
  for (const t of tallies)
    sent.push(tx`
      update worker.unit_containers set done = done + ${t.done}, error = error + ${t.error}, skipped = skipped + ${t.skipped}, bytes = bytes + ${t.bytes}, removed = removed + ${t.removed}
      where unit_no = ${unitNo} and container_no = ${t.containerNo}`);
  for (const l of listings)
    sent.push(tx`
      update worker.unit_containers set checkpoint = ${l.checkpoint}, complete = ${l.complete}, listed = ${l.listed}, delta_token = ${l.deltaToken}
      where unit_no = ${unitNo} and container_no = ${l.containerNo}`);
  for (const d of dests) sent.push(tx`update worker.containers set dest_id = ${d.destId}, ensured_path = ${d.path} where container_no = ${d.containerNo}`);
  if (reports.length > 0)
    sent.push(tx`insert into worker.item_reports (unit_no, report) select ${unitNo}, value from jsonb_array_elements(${JSON.stringify(reports)}::text::jsonb) as r (value)`);
  return sent;
}

/** An array literal of values that need no quotes; several times cheaper than having the driver quote each of them. */
const list = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;
const texts = (values: readonly (string | null)[]): string => `{${values.map((value) => (value === null ? 'null' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)).join(',')}}`;

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

/** Adds what is missing, begins the pass in each container (or goes on with it), and reads how things stand. */
export function registerStatements(tx: TransactionSql, unitId: string, unitNo: number, passId: string, keys: readonly string[], kinds: readonly string[]): PromiseLike<unknown>[] {
  return [
    tx`
      insert into worker.containers (mapping_no, container_key, kind)
      select u.mapping_no, k.container_key, k.kind from worker.units u, unnest(${keys as string[]}::uuid[], ${kinds as string[]}::text[]) as k (container_key, kind) where u.unit_id = ${unitId}
      on conflict (mapping_no, container_key) do nothing`,
    tx`
      insert into worker.unit_containers as uc (unit_no, container_no, pass_id)
      select ${unitNo}, c.container_no, ${passId} from worker.units u join worker.containers c on c.mapping_no = u.mapping_no where u.unit_id = ${unitId} and c.container_key = any(${keys as string[]}::uuid[])
      on conflict (unit_no, container_no) do update set pass_id = excluded.pass_id, checkpoint = null, complete = false where uc.pass_id <> excluded.pass_id`,
    tx<ContainerRow[]>`
      select c.container_no, c.container_key::text as key, c.dest_id, c.ensured_path, uc.checkpoint, uc.complete, uc.listed, uc.delta_token, uc.done, uc.error, uc.skipped, uc.bytes
      from worker.units u join worker.containers c on c.mapping_no = u.mapping_no join worker.unit_containers uc on uc.container_no = c.container_no and uc.unit_no = u.unit_no
      where u.unit_id = ${unitId} and c.container_key = any(${keys as string[]}::uuid[])`,
  ];
}
