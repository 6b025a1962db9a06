/** The ledger's part on items that have left their container. Every change is fenced like the rest of the ledger's. */
import type { DepartureCounts } from '@migrator/contracts/events';
import type { Sql } from '@migrator/service-kit/database';
import { copyFates, verdicts, type CopyFate, type DepartureVerdict } from './departures.js';
import type { HeldClaim } from './ledger-sql.js';
import { countedAs, itemStates, type CountedAs, type ItemState } from './outcome-codes.js';
import { packName, unpackName } from './packed-name.js';
import type { ContainerEntry, LedgerRow } from './unit-ledger.js';

/** A row that fits and was met after the departed item was last seen. */
export interface Arrival {
  readonly containerNo: number;
  readonly mark: string;
  /** Done as well where its own copy has gone because the item moved on: it stands further on the way. */
  readonly state: ItemState;
  /** The item has left there too: it is a station on the way of one that moved again and again. */
  readonly left: boolean;
}

export interface OpenDeparture {
  readonly containerNo: number;
  readonly mark: string;
  /** As the ledger keeps it: only its last 40 bits are the item's (see matchBits). */
  readonly matchHash: string;
  readonly row: LedgerRow;
  readonly verdict: DepartureVerdict;
  readonly copy: CopyFate;
  readonly arrivals: readonly Arrival[];
}

export interface Settlement {
  readonly containerNo: number;
  readonly mark: string;
  readonly verdict: DepartureVerdict;
  readonly copy: CopyFate;
  readonly to: Pick<Arrival, 'containerNo' | 'mark'> | null;
}

/** Of a unit that nothing has left. */
export const noDepartures: DepartureCounts = { moved: 0, deleted: 0, removed: 0, kept: 0 };

export interface DepartureLedger {
  /** Notes that a pass of the unit begins or goes on; true when an earlier run has been at work on it. */
  begin(passId: string): Promise<boolean>;
  /** Notes that the pass has listed every container to its end. */
  listed(passId: string): Promise<void>;
  /** Of these containers, those that some pass of some unit has listed before. */
  listedBefore(containerNos: readonly number[]): Promise<Set<number>>;
  /** Of these containers, those that the ledger has items of: a listing that never came to its end may have left them. */
  knownBefore(containerNos: readonly number[]): Promise<Set<number>>;
  /** Marks of a container's rows in order, after one of them; an empty list ends. `metInPass`: only of rows that were first met since that pass began. */
  marksAfter(entry: ContainerEntry, metInPass: string | null, after: string | null, max: number): Promise<string[]>;
  /** Items that are not in the container any more. Items that the ledger does not know are passed over. */
  depart(passId: string, entry: ContainerEntry, marks: readonly string[]): Promise<void>;
  /** Items that are in the container again. */
  comeBack(entry: ContainerEntry, marks: readonly string[]): Promise<void>;
  /** Marks whose departure is open, by container. */
  openIn(containerNos: readonly number[]): Promise<Map<number, Set<string>>>;
  /**
   * Open departures of these containers in order, after one of them; arrivals are looked for in the same containers. An item is met when
   * its write is claimed, which may be long after its page was listed: what was met in the same pass may have come later, whatever was
   * claimed first. Of stations on the way only later ones count, so that none of two explains the other.
   */
  open(containerNos: readonly number[], after: Pick<OpenDeparture, 'containerNo' | 'mark'> | null, max: number): Promise<OpenDeparture[]>;
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Opens departures again that were taken for deletions, and whose item was met elsewhere since. */
  reopen(containerNos: readonly number[]): Promise<void>;
  /** Of these match hashes of departures, those under which an item that has not left may have a copy without our knowing. */
  doubtedToo(matchHashes: readonly string[]): Promise<Set<string>>;
  /** A copy that a departed item had without our knowing is known from now on. `matchHash`: what it was last written as; null: as the row says. */
  adopt(departure: Pick<OpenDeparture, 'containerNo' | 'mark'>, dest: { id: string; version: string }, matchHash: string | null): Promise<void>;
  /** Settled departures of the unit over all its passes. */
  counts(): Promise<DepartureCounts>;
}

/** `fenced` turns the database's refusal of a lost claim into ClaimLost. */
export function createDepartureLedger(sql: Sql, { destinationNo, unitNo, unitId, claim }: HeldClaim, fenced: <T>(work: Promise<T>) => Promise<T>): DepartureLedger {
  return {
    async begin(passId) {
      const begun = await sql`insert into worker.unit_passes (unit_no, pass_id) values (${unitNo}, ${passId}) on conflict do nothing returning 1`;
      return begun.length === 0;
    },
    async listed(passId) {
      await sql`update worker.unit_passes set listed = true where unit_no = ${unitNo} and pass_id = ${passId} and not listed`;
    },
    async listedBefore(containerNos) {
      const rows = await sql<{ no: number }[]>`select distinct container_no as no from worker.unit_containers where container_no = any(${list(containerNos)}::text::bigint[]) and listed`;
      return new Set(rows.map(({ no }) => no));
    },
    async knownBefore(containerNos) {
      // As in `lookup`: left to itself the planner reads the whole ledger.
      const rows = await sql<{ no: number }[]>`select c.no from unnest(${list(containerNos)}::text::bigint[]) as c (no) cross join lateral (select 1 from worker.ledger where container_no = c.no order by item_key limit 1) l`;
      return new Set(rows.map(({ no }) => no));
    },
    async marksAfter({ containerNo }, metInPass, after, max) {
      const rows = await sql<{ mark: string }[]>`
        select encode(uuid_send(item_key), 'hex') as mark from worker.ledger where container_no = ${containerNo} ${after === null ? sql`` : sql`and item_key > ${after}::text::uuid`}
          ${metInPass === null ? sql`` : sql`and met_at >= (select begun_at from worker.unit_passes where unit_no = ${unitNo} and pass_id = ${metInPass})`} order by item_key limit ${max}`;
      return rows.map(({ mark }) => mark);
    },
    async depart(passId, { containerNo }, marks) {
      if (marks.length === 0) return;
      await fenced(sql`select worker.depart(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${unitNo}::integer, ${passId}, ${containerNo}::bigint, ${list(marks)}::text::uuid[])`.then(() => undefined));
    },
    async comeBack({ containerNo }, marks) {
      if (marks.length === 0) return;
      await fenced(sql`select worker.come_back(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${unitNo}::integer, ${containerNo}::bigint, ${list(marks)}::text::uuid[])`.then(() => undefined));
    },
    async openIn(containerNos) {
      const rows = await sql<{ no: number; mark: string }[]>`
        select container_no as no, encode(uuid_send(item_key), 'hex') as mark from worker.departures where unit_no = ${unitNo} and copy < 2 and container_no = any(${list(containerNos)}::text::bigint[])`;
      const open = new Map<number, Set<string>>();
      for (const { no, mark } of rows) open.set(no, (open.get(no) ?? new Set<string>()).add(mark));
      return open;
    },
    async open(containerNos, after, max) {
      // Nearly always there are none, and planning what follows takes longer than a batch of items.
      if (after === null && (await sql`select 1 from worker.departures where unit_no = ${unitNo} and copy < 2 limit 1`).length === 0) return [];
      const rows = await sql<OpenRow[]>`
        select d.container_no, encode(uuid_send(d.item_key), 'hex') as mark, d.verdict, d.copy, l.state, l.code, l.match_hash::text as match_hash, l.version_hash::text as version_hash, l.dest_id, l.dest_version, l.unit_no, l.counted,
          case when l.unit_no <> ${unitNo} then (select r.counted from worker.recounts r where r.unit_no = ${unitNo} and r.container_no = l.container_no and r.item_key = l.item_key) end as recounted, a.arrivals
        from (
          select * from worker.departures where unit_no = ${unitNo} and copy < 2 and container_no = any(${list(containerNos)}::text::bigint[])
            ${after === null ? sql`` : sql`and (container_no, item_key) > (${after.containerNo}::bigint, ${after.mark}::text::uuid)`}
          order by container_no, item_key limit ${max}
        ) d
        cross join lateral (select * from worker.ledger where container_no = d.container_no and item_key = d.item_key limit 1) l
        cross join lateral (select max(p.begun_at) as begun_at from worker.unit_passes p where p.unit_no = l.unit_no and p.begun_at <= l.met_at) m
        cross join lateral (
          select coalesce(jsonb_agg(jsonb_build_object('containerNo', s.container_no, 'mark', encode(uuid_send(s.item_key), 'hex'), 'state', case when o.copy > 0 then ${itemStates.done} else s.state end, 'left', o.copy is not null) order by s.met_at), '[]') as arrivals
          from (select container_no, item_key, state, met_at from worker.ledger where match_hash = l.match_hash offset 0) s
          left join worker.departures o on o.unit_no = ${unitNo} and o.container_no = s.container_no and o.item_key = s.item_key
          where d.verdict = 0 and s.container_no = any(${list(containerNos)}::text::bigint[]) and (s.container_no, s.item_key) <> (d.container_no, d.item_key)
            and case
              when o.copy is null then s.met_at > greatest(coalesce(m.begun_at, l.met_at, '-infinity'), coalesce(d.seen_at, '-infinity'))
              when (s.met_at, s.container_no, s.item_key) <= (l.met_at, l.container_no, l.item_key) or l.met_at is null then false
              when o.copy = ${copyFates.open} then s.state in (${itemStates.claimed}, ${itemStates.done})
              else o.verdict = ${verdicts.moved} or o.copy in (${copyFates.kept}, ${copyFates.changed})
            end
            and not exists (select 1 from worker.departures e where e.to_container = s.container_no and e.to_key = s.item_key and (e.container_no, e.item_key) <> (d.container_no, d.item_key))
        ) a order by d.container_no, d.item_key`;
      return rows.map((row) => ({
        containerNo: row.container_no,
        mark: row.mark,
        matchHash: row.match_hash,
        row: {
          state: row.state,
          code: row.code,
          versionHash: row.version_hash,
          dest: row.dest_id === null ? null : { id: unpackName(row.dest_id), version: row.dest_version === null ? '' : unpackName(row.dest_version) },
          counted: row.unit_no === unitNo ? row.counted : (row.recounted ?? countedAs.nothing),
          own: row.unit_no === unitNo,
          matchHash: row.match_hash,
        },
        verdict: row.verdict,
        copy: row.copy,
        arrivals: row.arrivals,
      }));
    },
    async settle(settlements) {
      if (settlements.length === 0) return;
      await fenced(
        sql`select worker.settle(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${unitNo}::integer,
          ${list(settlements.map((s) => s.containerNo))}::text::bigint[], ${list(settlements.map((s) => s.mark))}::text::uuid[], ${list(settlements.map((s) => s.verdict))}::text::smallint[], ${list(settlements.map((s) => s.copy))}::text::smallint[],
          ${list(settlements.map((s) => s.to?.containerNo ?? 'null'))}::text::bigint[], ${list(settlements.map((s) => s.to?.mark ?? 'null'))}::text::uuid[])`.then(() => undefined),
      );
    },
    async reopen(containerNos) {
      if ((await sql`select 1 from worker.departures where unit_no = ${unitNo} and verdict = 2 and copy = 3 limit 1`).length === 0) return;
      await fenced(sql`select worker.reopen(${destinationNo}::bigint, ${unitId}, ${claim}::bigint, ${unitNo}::integer, ${list(containerNos)}::text::bigint[])`.then(() => undefined));
    },
    async doubtedToo(matchHashes) {
      if (matchHashes.length === 0) return new Set();
      const rows = await sql<{ hash: string }[]>`
        select h.hash::text as hash from unnest(${list(matchHashes)}::text::bigint[]) as h (hash) where exists (
          select 1 from (select container_no, item_key, state, dest_id from worker.ledger where match_hash = h.hash offset 0) l
          where l.dest_id is null and l.state in (${itemStates.claimed}, ${itemStates.failed}) and not exists (select 1 from worker.departures d where d.unit_no = ${unitNo} and d.container_no = l.container_no and d.item_key = l.item_key))`;
      return new Set(rows.map(({ hash }) => hash));
    },
    async adopt({ containerNo, mark }, { id, version }, matchHash) {
      await fenced(
        sql`with held as materialized (select worker.assert_holder(${destinationNo}::bigint, ${unitId}, ${claim}::bigint))
          update worker.ledger set dest_id = ${packName(id)}, dest_version = ${packName(version)}, state = 2, code = 3,
            match_hash = coalesce(worker.match_key(${destinationNo}::bigint, ${matchHash}::text::bigint), match_hash) from held where container_no = ${containerNo} and item_key = ${mark}::text::uuid`.then(() => undefined),
      );
    },
    async counts() {
      const [row] = await sql<DepartureCounts[]>`
        select count(*) filter (where verdict = 1)::int as moved, count(*) filter (where verdict = 2)::int as deleted, count(*) filter (where copy = 2)::int as removed, count(*) filter (where copy = 4)::int as kept
        from worker.departures where unit_no = ${unitNo} and copy >= 2`;
      return row === undefined ? noDepartures : { ...row };
    },
  };
}

interface OpenRow {
  container_no: number;
  mark: string;
  verdict: DepartureVerdict;
  copy: CopyFate;
  state: ItemState;
  code: number;
  match_hash: string;
  version_hash: string;
  dest_id: Buffer | null;
  dest_version: Buffer | null;
  unit_no: number;
  counted: CountedAs;
  recounted: CountedAs | null;
  arrivals: Arrival[];
}

const list = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;

/** What a dry run has: nothing leaves, nothing is removed. */
export const noDepartureLedger: DepartureLedger = {
  begin: () => Promise.resolve(false),
  listed: () => Promise.resolve(),
  listedBefore: () => Promise.resolve(new Set()),
  knownBefore: () => Promise.resolve(new Set()),
  marksAfter: () => Promise.resolve([]),
  depart: () => Promise.resolve(),
  comeBack: () => Promise.resolve(),
  openIn: () => Promise.resolve(new Map()),
  open: () => Promise.resolve([]),
  settle: () => Promise.resolve(),
  reopen: () => Promise.resolve(),
  doubtedToo: () => Promise.resolve(new Set()),
  adopt: () => Promise.resolve(),
  counts: () => Promise.resolve(noDepartures),
};
