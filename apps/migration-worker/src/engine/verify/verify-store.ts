/** Where a verify pass keeps what it has read until it is compared: tables of its own, under the same claim as the ledger's. */
import { hash } from 'node:crypto';
import type { Sql } from '@migrator/service-kit/database';
import type { Fingerprint, FingerprintPage, Side } from '../../workloads/workload.js';
import { hash64 } from '../item-keys.js';
import { ClaimLost } from '../unit-ledger.js';
import type { PrintGroup } from './compare-group.js';
import type { FieldHashes } from './field-hashes.js';

export const printFlags = { leftOut: 1, detailed: 2, lesserWay: 4, ownersChoice: 8, hidden: 16 } as const;
export const sideNumbers = { source: 1, dest: 2 } as const satisfies Record<Side, number>;

/** An item or detail as stored. */
export interface StoredPrint {
  readonly id: string;
  readonly kind: string;
  readonly bytes: number;
  readonly flags: number;
  /** 128 bits, hex; of the source computed, of a copy read from it; null when it has none. */
  readonly mark: string | null;
  /** 128 bits, hex: what pairs it. */
  readonly key: string;
  readonly versionHash: string;
  readonly matchHash: string;
  readonly fields: Buffer;
  readonly lesser: Buffer;
}

export interface VerifyClaim {
  readonly destinationNo: number;
  readonly unitNo: number;
  readonly unitId: string;
  readonly claim: number;
  readonly passId: string;
}

/** What of a page only the engine knows. */
export interface PrintContext {
  /** The item's mark, for items of the source. */
  markOf(id: string): string | null;
  leftOut(print: Pick<Fingerprint, 'at' | 'sizeBytes' | 'filterBytes' | 'path' | 'carries'>): boolean;
}

/** Rows that were read and never compared, because their unit was given up, go after this time. */
const keptFor = '7 days';
const cursorRows = 1_000;

const key128 = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);
/** A place: the container of the source it stands for, or one that the destination alone has. */
export const placeOf = (containerKey: string): string => key128(`place ${containerKey}`);
export const strangerPlace = (destId: string): string => key128(`stranger ${destId}`);

export class VerifyStore {
  constructor(
    private readonly sql: Sql,
    readonly claim: VerifyClaim,
    private readonly hashes: FieldHashes,
  ) {}

  /** Forgets what other passes of the unit read, and what nobody came back for. */
  async begin(): Promise<void> {
    const { unitNo, passId } = this.claim;
    await this.sql`
      with old as (delete from worker.verify_places where (unit_no = ${unitNo} and pass_id <> ${passId}) or touched_at < now() - ${keptFor}::interval returning unit_no, place, side)
      delete from worker.verify_prints p using old where p.unit_no = old.unit_no and p.place = old.place and p.side = old.side`;
  }

  /** Forgets everything of the unit: it has been compared. */
  async clear(): Promise<void> {
    const { unitNo } = this.claim;
    await this.sql`with places as (delete from worker.verify_places where unit_no = ${unitNo}) delete from worker.verify_prints where unit_no = ${unitNo}`;
  }

  /** Where the reading of a side stands. */
  async progress(place: string, side: Side): Promise<{ checkpoint: string | null; complete: boolean }> {
    const [row] = await this.sql<{ checkpoint: string | null; complete: boolean }[]>`select checkpoint, complete from worker.verify_places where unit_no = ${this.claim.unitNo} and place = ${place}::uuid and side = ${sideNumbers[side]}`;
    return row ?? { checkpoint: null, complete: false };
  }

  /** Reads the side from its beginning again. */
  async forget(place: string, side: Side): Promise<void> {
    await this.sql`
      with progress as (delete from worker.verify_places where unit_no = ${this.claim.unitNo} and place = ${place}::uuid and side = ${sideNumbers[side]})
      delete from worker.verify_prints where unit_no = ${this.claim.unitNo} and place = ${place}::uuid and side = ${sideNumbers[side]}`;
  }

  /** Stores a page with its checkpoint. Throws ClaimLost. */
  async add(place: string, side: Side, { prints, checkpoint, complete }: FingerprintPage, context: PrintContext): Promise<void> {
    const { destinationNo, unitId, claim, unitNo, passId } = this.claim;
    const rows = prints.map((print) => {
      const mark = side === 'source' && print.part === 'item' ? context.markOf(print.id) : print.mark;
      const leftOut = side === 'source' && print.part === 'item' && context.leftOut(print);
      return { print, mark, flags: (leftOut ? printFlags.leftOut : 0) | (print.content === 'detail' ? printFlags.detailed : 0) | (print.content === 'hidden' ? printFlags.hidden : 0) | (print.ownersChoice ? printFlags.ownersChoice : 0) };
    });
    const hashed = (text: string | null): string | null => (text === null ? null : key128(text));
    try {
      await this.sql`select worker.store_prints(${destinationNo}, ${unitId}, ${claim}, ${unitNo}, ${place}::uuid, ${sideNumbers[side]}::smallint, ${passId}, ${checkpoint}, ${complete},
        ${rows.map(({ print }) => (print.part === 'item' ? 1 : 2))}::smallint[], ${rows.map(({ print }) => key128(print.id))}::uuid[],
        ${rows.map(({ print, mark }) => hashed(print.key) ?? (print.part === 'item' ? key128(`id ${mark ?? `${side} ${print.id}`}`) : null))}::uuid[], ${rows.map(({ print }) => hashed(print.join))}::uuid[],
        ${rows.map(({ mark }) => (mark !== null && /^[0-9a-f]{32}$/.test(mark) ? mark : null))}::uuid[], ${rows.map(({ print }) => hashed(print.likeness))}::uuid[],
        ${rows.map(({ print, mark }) => hash64(print.matchKey ?? print.key ?? mark ?? ''))}::bigint[], ${rows.map(({ print }) => hash64(print.version))}::bigint[], ${rows.map(({ print }) => print.sizeBytes)}::bigint[],
        ${rows.map(({ flags }) => flags)}::smallint[], ${rows.map(({ print }) => print.id)}::text[], ${rows.map(({ print }) => print.kind)}::text[],
        ${rows.map(({ print }) => this.hashes.encode(print.fields))}::text[], ${rows.map(({ print }) => this.hashes.encode(print.lesser))}::text[])`;
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'MG001') throw new ClaimLost('the claim has been given to another worker', { cause: error });
      throw error;
    }
  }

  /** Makes details and copies find their items; say it once both sides are read. */
  async pair(place: string): Promise<void> {
    await this.sql`select worker.pair_prints(${this.claim.unitNo}, ${place}::uuid)`;
    await this.sql`select worker.pair_alike(${this.claim.unitNo}, ${place}::uuid)`;
  }

  /** What was read of a place, key by key. Memory holds one key. */
  async *groups(place: string): AsyncGenerator<PrintGroup> {
    interface Row {
      side: number;
      part: number;
      key: string;
      id: string;
      kind: string;
      bytes: number;
      flags: number;
      mark: string | null;
      version_hash: string;
      match_hash: string;
      fields: string;
      lesser: string;
    }
    const rows = this.sql<Row[]>`
      select side, part, replace(pair_key::text, '-', '') as key, id, kind, bytes, flags, replace(mark::text, '-', '') as mark, version_hash::text, match_hash::text, encode(fields, 'hex') as fields, encode(lesser, 'hex') as lesser
      from worker.verify_prints where unit_no = ${this.claim.unitNo} and place = ${place}::uuid and pair_key is not null order by pair_key, side, part, id_key`.cursor(cursorRows);
    let key: string | null = null;
    let group: PrintGroup = emptyGroup();
    for await (const chunk of rows) {
      for (const row of chunk) {
        if (row.key !== key) {
          if (key !== null) yield group;
          key = row.key;
          group = emptyGroup();
        }
        const list = row.side === sideNumbers.source ? (row.part === 1 ? group.sourceItems : group.sourceDetails) : row.part === 1 ? group.destItems : group.destDetails;
        list.push({ ...{ id: row.id, kind: row.kind, bytes: row.bytes, flags: row.flags, mark: row.mark, key: row.key, versionHash: row.version_hash, matchHash: row.match_hash }, fields: Buffer.from(row.fields, 'hex'), lesser: Buffer.from(row.lesser, 'hex') });
      }
    }
    if (key !== null) yield group;
  }

  /** Whether some item of the source has no counterpart in its place. */
  async somethingIsMissing(): Promise<boolean> {
    const [row] = await this.sql<{ missing: boolean }[]>`
      select exists (select 1 from worker.verify_prints s where s.unit_no = ${this.claim.unitNo} and s.side = 1 and s.part = 1 and s.flags & ${printFlags.leftOut} = 0
        and not exists (select 1 from worker.verify_prints d where d.unit_no = s.unit_no and d.place = s.place and d.side = 2 and d.part = 1 and d.pair_key = s.pair_key)) as missing`;
    return row?.missing ?? false;
  }

  /** For places of the source without a counterpart: places of the destination alone by how many keys they share, most first. */
  async likeness(orphans: readonly string[], strangers: readonly string[]): Promise<{ orphan: string; stranger: string; shared: number; items: number }[]> {
    if (orphans.length === 0 || strangers.length === 0) return [];
    return await this.sql<{ orphan: string; stranger: string; shared: number; items: number }[]>`
      select replace(s.place::text, '-', '') as orphan, replace(d.place::text, '-', '') as stranger, count(distinct s.id_key)::int as shared,
        (select count(*)::int from worker.verify_prints a where a.unit_no = ${this.claim.unitNo} and a.place = s.place and a.side = 1 and a.part = 1) as items
      from worker.verify_prints s join worker.verify_prints d on d.unit_no = s.unit_no and d.side = 2 and d.part = 1 and d.pair_key = s.pair_key and d.place = any (${[...strangers]}::uuid[])
      where s.unit_no = ${this.claim.unitNo} and s.side = 1 and s.part = 1 and s.place = any (${[...orphans]}::uuid[])
      group by s.place, d.place order by 3 desc, 1, 2`;
  }

  /** Of these keys of a place: where on the other side the item lies without a counterpart of its own. */
  async elsewhere(place: string, side: Side, keys: readonly string[]): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const rows = await this.sql<{ key: string; place: string }[]>`
      select distinct on (o.pair_key) replace(o.pair_key::text, '-', '') as key, replace(o.place::text, '-', '') as place
      from worker.verify_prints o where o.unit_no = ${this.claim.unitNo} and o.place <> ${place}::uuid and o.side = ${sideNumbers[side]} and o.part = 1 and o.pair_key = any (${[...keys]}::uuid[])
        and not exists (select 1 from worker.verify_prints m where m.unit_no = o.unit_no and m.place = o.place and m.side = ${3 - sideNumbers[side]} and m.part = 1 and m.pair_key = o.pair_key)
      order by o.pair_key, o.place`;
    return new Map(rows.map(({ key, place: found }) => [key, found]));
  }
}

const emptyGroup = (): PrintGroup => ({ sourceItems: [], sourceDetails: [], destItems: [], destDetails: [] });
