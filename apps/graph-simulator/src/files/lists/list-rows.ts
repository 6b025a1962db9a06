/** The items of a list: what the seed made, and over it whatever has been written since. */
import { stableGuid } from '../../world/ids.js';
import { DeltaWalk } from '../delta-walk.js';
import type { Actor } from '../drives/item.js';
import type { FieldValues, Row, Rows } from './row.js';

/** Makes items from their numbers alone; undefined for one that is not, or no longer, there. */
export interface SeededRows {
  /** Ids run from 1 to this. */
  readonly last: number;
  readonly count: number;
  has(id: number): boolean;
  row(id: number): Row | undefined;
}

/** As many versions as a list keeps unless somebody says otherwise. */
const versionsMax = 50;

export class ListRows implements Rows {
  readonly delta: DeltaWalk<Row>;
  readonly #overlay = new Map<number, Row>();
  readonly removed: Row[] = [];
  readonly #removed = new Set<number>();
  #last: number;
  #count: number;

  constructor(
    private readonly listId: string,
    private readonly seeded: SeededRows | null,
    private readonly now: () => string,
  ) {
    this.delta = new DeltaWalk(listId, this, ({ id }) => id);
    this.#last = seeded?.last ?? 0;
    this.#count = seeded?.count ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  item(id: number): Row | undefined {
    if (this.#removed.has(id)) return undefined;
    return this.#overlay.get(id) ?? this.seeded?.row(id);
  }

  *items(after: number): Generator<Row> {
    for (let id = this.nextId(after); id !== null; id = this.nextId(id)) {
      const row = this.item(id);
      if (row !== undefined) yield row;
    }
  }

  nextId(after: number): number | null {
    for (let id = Math.max(0, after) + 1; id <= this.#last; id += 1) if (!this.#removed.has(id) && (this.#overlay.has(id) || this.seeded?.has(id) === true)) return id;
    return null;
  }

  add = (values: FieldValues, contentTypeId: string, by: Actor): Row => {
    const now = this.now();
    this.#last += 1;
    this.#count += 1;
    return this.#put({ id: this.#last, guid: stableGuid('list item', this.listId, String(this.#last)), contentTypeId, values, createdAt: now, modifiedAt: now, createdBy: by, modifiedBy: by, version: 1, changes: 1, earlier: [], hasAttachments: false });
  };

  change(row: Row, values: FieldValues, by: Actor): Row {
    const earlier = [...row.earlier, { number: row.version, values: row.values, modifiedAt: row.modifiedAt, modifiedBy: row.modifiedBy }].slice(-versionsMax);
    return this.#put({ ...row, values: { ...row.values, ...values }, modifiedAt: this.now(), modifiedBy: by, version: row.version + 1, changes: row.changes + 1, earlier });
  }

  remove(row: Row): void {
    this.#overlay.delete(row.id);
    this.#removed.add(row.id);
    this.removed.push(row);
    this.#count -= 1;
    this.delta.log.record(row.id, 'deleted');
  }

  #put(row: Row): Row {
    this.#overlay.set(row.id, row);
    this.delta.log.record(row.id, 'upsert');
    return row;
  }
}
