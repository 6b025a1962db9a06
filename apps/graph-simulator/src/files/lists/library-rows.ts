/** A library's files and folders as the items of its list. */
import type { Drive } from '../drives/drive.js';
import type { Actor, Item } from '../drives/item.js';
import type { FieldValues, Row, Rows } from './row.js';

/** What a library's columns hold of an item that the seed made. */
export type SeededFields = (key: number) => FieldValues;

export class LibraryRows implements Rows {
  /** Files are remembered by their drive. */
  readonly removed: readonly Row[] = [];
  /** A file comes with its bytes, through the drive. */
  readonly add = null;
  readonly delta: Rows['delta'];

  constructor(
    readonly drive: Drive,
    private readonly types: { document: string; folder: string },
    private readonly seeded: SeededFields,
  ) {
    this.delta = {
      latestToken: () => drive.latestToken(),
      page: (token, size) => {
        const page = drive.delta(token, size);
        // The root is no item of the list.
        return page === null ? null : { ...page, entries: page.entries.filter(({ key }) => key !== 0).map(({ key, item }) => ({ key, item: item === null ? null : this.#row(item) })) };
      },
      manners: drive.manners,
      log: drive.log,
    };
  }

  get count(): number {
    let count = 0;
    // A folder more or less does not matter to a threshold; the items are not walked for it.
    for (const _item of this.drive.items(0)) if ((count += 1) > 5_000) break;
    return count;
  }

  item(id: number): Row | undefined {
    const item = id === 0 ? undefined : this.drive.item(id);
    return item === undefined ? undefined : this.#row(item);
  }

  *items(after: number): Generator<Row> {
    for (const item of this.drive.items(Math.max(0, after))) yield this.#row(item);
  }

  nextId(after: number): number | null {
    for (const { key } of this.drive.items(Math.max(0, after))) return key;
    return null;
  }

  change(row: Row, values: FieldValues, by: Actor): Row {
    const item = this.drive.item(row.id);
    if (item === undefined) throw new Error('The item of a row is there');
    return this.#row(this.drive.setFields(item, values, by));
  }

  /** As somebody sets it; Graph sets none. */
  setType(row: Row, contentTypeId: string, by: Actor): void {
    const item = this.drive.item(row.id);
    if (item === undefined) throw new Error('The item of a row is there');
    this.drive.own(item).contentTypeId = contentTypeId;
    this.drive.setFields(item, {}, by);
  }

  remove(row: Row): void {
    const item = this.drive.item(row.id);
    if (item !== undefined) this.drive.remove(item);
  }

  #row(item: Item): Row {
    const seeded = this.seeded(item.key);
    return {
      id: item.key, guid: this.drive.ids.guid(item.key), contentTypeId: item.contentTypeId ?? (item.kind === 'file' ? this.types.document : this.types.folder), values: { ...seeded, ...item.fields },
      createdAt: item.createdAt, modifiedAt: item.modifiedAt, createdBy: item.createdBy, modifiedBy: item.modifiedBy, version: item.version, changes: item.changes,
      earlier: item.earlier.map((each) => ({ number: each.number, values: { ...seeded, ...each.fields }, modifiedAt: each.modifiedAt, modifiedBy: each.modifiedBy })), hasAttachments: false,
    };
  }
}
