/** Why a difference is there: asked of the ledger after both sides were compared without it. */
import type { Sql } from '@migrator/service-kit/database';
import type { DifferenceCause, ItemFailure, SkipCause } from '@migrator/contracts/outcomes';
import { copyFates } from '../departures.js';
import { hash64, itemMark } from '../item-keys.js';
import { lookup, type ItemRow } from '../ledger-sql.js';
import { failureNumbers, itemStates, skipNumbers } from '../outcome-codes.js';
import { MarkSet } from '../mark-set.js';
import { packName } from '../packed-name.js';
import type { Verdict } from './compare-group.js';
import type { StoredPrint, VerifyStore } from './verify-store.js';

/** What the ledger knows of a container of the source: null when no pass has met it. */
export interface KnownContainer {
  readonly containerNo: number;
  /** A pass has made, or found, its counterpart. */
  readonly ensured: boolean;
}

export interface Explained {
  readonly code: DifferenceCause;
  readonly because: ItemFailure | SkipCause | null;
  /** Place where the copy is instead. */
  readonly foundIn: string | null;
}

/** Departures read at once. */
const departuresMax = 5_000;

const reasons = new Map<number, ItemFailure | SkipCause>([...Object.entries(skipNumbers), ...Object.entries(failureNumbers)].map(([code, number]) => [number, code as ItemFailure | SkipCause]));

export class Explainer {
  #departed: Promise<MarkSet> | null = null;

  constructor(
    private readonly sql: Sql,
    private readonly store: VerifyStore,
    private readonly mappingNo: number | null,
    /** Fields that say what an item is called and where it lies. */
    private readonly placeFields: ReadonlySet<string>,
  ) {}

  /** Containers of the source by their ledger keys. */
  async containers(keys: readonly string[]): Promise<Map<string, KnownContainer>> {
    if (this.mappingNo === null || keys.length === 0) return new Map();
    const rows = await this.sql<{ key: string; no: number; ensured: boolean }[]>`
      select replace(container_key::text, '-', '') as key, container_no as no, dest_id is not null as ensured from worker.containers where mapping_no = ${this.mappingNo} and container_key = any (${[...keys]}::uuid[])`;
    return new Map(rows.map(({ key, no, ensured }) => [key, { containerNo: no, ensured }]));
  }

  /** One explanation for each verdict that needs one, in their order; null for what is no difference: the destination's own, or what another finding names. */
  async explain(place: string, container: KnownContainer | null, verdicts: readonly Verdict[]): Promise<(Explained | null)[]> {
    const sources = verdicts.flatMap((verdict) => (verdict.is === 'missing' || verdict.is === 'differs' ? [verdict.source] : []));
    const unknown = verdicts.flatMap((verdict) => (verdict.is === 'unknown' ? [verdict.dest] : []));
    const missingKeys = verdicts.flatMap((verdict) => (verdict.is === 'missing' ? [verdict.source.key] : []));
    const rows = await this.rowsOf(container, sources);
    const moved = await this.store.elsewhere(place, 'dest', missingKeys);
    const counterparts = await this.store.elsewhere(place, 'source', unknown.map(({ key }) => key));
    const written = await this.writtenByUs(unknown);
    return verdicts.map((verdict): Explained | null => {
      switch (verdict.is) {
        case 'missing': {
          const row = verdict.source.mark === null ? undefined : rows.get(verdict.source.mark);
          const foundIn = moved.get(verdict.source.key) ?? null;
          if (foundIn !== null) return { code: 'VERIFY_MOVED', because: null, foundIn };
          if (row === undefined) return plain('VERIFY_NOT_YET_COPIED');
          if (row.state === itemStates.done) return plain('VERIFY_COPY_GONE');
          return { code: 'VERIFY_NOT_COPIED', because: row.state === itemStates.claimed ? 'WRITE_UNRESOLVED' : (reasons.get(row.code) ?? null), foundIn: null };
        }
        case 'differs': {
          const row = verdict.source.mark === null ? undefined : rows.get(verdict.source.mark);
          if (row === undefined) return plain('VERIFY_COPY_DIFFERS');
          if (row.version_hash !== verdict.source.versionHash) return plain('VERIFY_SOURCE_CHANGED');
          // Only a part of it could be carried, and the job said why.
          if (row.state === itemStates.failed || row.state === itemStates.skipped) return { code: 'VERIFY_PARTLY_COPIED', because: reasons.get(row.code) ?? null, foundIn: null };
          const asWritten = row.dest_id === verdict.dest.id && hash64(row.dest_version ?? '') === verdict.dest.versionHash;
          // It lies where we put it, under the name that was free: what was renamed above it is named by a finding of its own.
          if (asWritten && verdict.fields.every((field) => this.placeFields.has(field))) return null;
          return plain(asWritten ? 'VERIFY_COPY_DIFFERS' : 'VERIFY_COPY_CHANGED');
        }
        case 'not_comparable':
          return plain(verdict.code);
        case 'doubled':
          return plain('VERIFY_DOUBLED');
        case 'unknown':
          // The finding at the item that misses it says where it is.
          if (counterparts.has(verdict.dest.key)) return null;
          return verdict.dest.mark !== null || written.has(verdict.dest.id) ? plain('VERIFY_LEFT_BEHIND') : null;
        default:
          return null;
      }
    });
  }

  private async rowsOf(container: KnownContainer | null, prints: readonly StoredPrint[]): Promise<Map<string, ItemRow>> {
    const marks = prints.flatMap(({ mark }) => (mark === null ? [] : [mark]));
    if (container === null || marks.length === 0) return new Map();
    const rows = await lookup(this.sql, this.store.claim.unitNo, container.containerNo, marks);
    return new Map(rows.map((row) => [row.mark, row]));
  }

  /** Ids that a row of this mapping names as its copy, of items that the source does not have any more. */
  private async writtenByUs(prints: readonly StoredPrint[]): Promise<Set<string>> {
    if (this.mappingNo === null || prints.length === 0) return new Set();
    const { destinationNo, unitNo } = this.store.claim;
    const packed = prints.map(({ id }) => packName(id).toString('hex'));
    const rows = await this.sql<{ packed: string }[]>`
      select p.packed from unnest(${prints.map(({ matchHash }) => matchHash)}::bigint[], ${packed}::text[]) as p (match_hash, packed)
      where exists (
        select 1 from (select container_no, item_key, dest_id from worker.ledger where match_hash = worker.match_key(${destinationNo}::bigint, p.match_hash) offset 0) l join worker.containers c on c.container_no = l.container_no
        where l.dest_id = decode(p.packed, 'hex') and c.mapping_no = ${this.mappingNo}
          and not exists (select 1 from worker.verify_prints s where s.unit_no = ${unitNo} and s.mark = l.item_key and s.side = 1))`;
    const found = new Set(rows.map((row) => row.packed));
    // A copy that had to lie beside another thing is not called what its item was.
    const departed = found.size === prints.length ? null : await (this.#departed ??= this.#copiesOfDeparted());
    return new Set(prints.filter((_print, index) => found.has(packed[index] ?? '') || departed?.has(copyMark(packed[index] ?? '')) === true).map(({ id }) => id));
  }

  /** The copies that stand of items that have left, whatever they are called. */
  async #copiesOfDeparted(): Promise<MarkSet> {
    const copies = new MarkSet();
    let after: { unit_no: number; container_no: number; item_key: string } | null = null;
    for (;;) {
      const rows: { unit_no: number; container_no: number; item_key: string; packed: string | null }[] = await this.sql`
        select d.unit_no, d.container_no, d.item_key::text as item_key, case when not exists (select 1 from worker.verify_prints s where s.unit_no = ${this.store.claim.unitNo} and s.mark = d.item_key and s.side = 1) then encode(l.dest_id, 'hex') end as packed
        from (
          select * from worker.departures where unit_no in (select unit_no from worker.units where mapping_no = ${this.mappingNo}) and copy not in (${copyFates.removed}, ${copyFates.none})
            ${after === null ? this.sql`` : this.sql`and (unit_no, container_no, item_key) > (${after.unit_no}::integer, ${after.container_no}::bigint, ${after.item_key}::text::uuid)`}
          order by unit_no, container_no, item_key limit ${departuresMax}
        ) d
        left join lateral (select dest_id from worker.ledger where container_no = d.container_no and item_key = d.item_key limit 1) l on true order by d.unit_no, d.container_no, d.item_key`;
      for (const { packed } of rows) if (packed !== null) copies.add(copyMark(packed));
      after = rows.at(-1) ?? null;
      if (after === null) return copies;
    }
  }
}

/** A copy's id among many. */
const copyMark = (packed: string): string => itemMark('copy', packed);

const plain = (code: DifferenceCause): Explained => ({ code, because: null, foundIn: null });
