/** What lists are made of, wherever it comes from. */
import type { DeltaWalk } from '../delta-walk.js';
import type { Actor } from '../drives/item.js';

/** By internal names. People and lookups are numbers, hyperlinks `{ Url, Description }`, terms `{ Label, TermGuid, WssId }`; what can hold several holds a list. */
export type FieldValues = Readonly<Record<string, unknown>>;

export interface RowVersion {
  /** The n of `n.0`. */
  readonly number: number;
  readonly values: FieldValues;
  readonly modifiedAt: string;
  readonly modifiedBy: Actor;
}

export interface Row {
  /** Within its list, from 1, in the order of their making. */
  readonly id: number;
  readonly guid: string;
  readonly contentTypeId: string;
  readonly values: FieldValues;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly createdBy: Actor;
  readonly modifiedBy: Actor;
  readonly version: number;
  /** The count of the eTag. */
  readonly changes: number;
  /** Oldest first. */
  readonly earlier: readonly RowVersion[];
  readonly hasAttachments: boolean;
}

/** The items of one list. */
export interface Rows {
  /** How many there are, as thresholds count. */
  readonly count: number;
  item(id: number): Row | undefined;
  /** By ascending id above `after`. */
  items(after: number): Iterable<Row>;
  /** The first id above `after`; null when there is none. */
  nextId(after: number): number | null;
  /** Null: items are not made here by themselves. */
  add: ((values: FieldValues, contentTypeId: string, by: Actor) => Row) | null;
  /** What has been deleted, as it was. */
  readonly removed: readonly Row[];
  change(row: Row, values: FieldValues, by: Actor): Row;
  remove(row: Row): void;
  readonly delta: Pick<DeltaWalk<Row>, 'latestToken' | 'page' | 'manners' | 'log'>;
}
