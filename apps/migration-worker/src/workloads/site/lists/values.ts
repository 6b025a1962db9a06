/** Values of a list's items: as Graph shows them, as it takes them, and as verification compares them. Pure. */
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';
import type { Column } from './columns.js';

/** A number as Graph writes it, as a text or as a number. */
const idOf = (value: unknown): string | null => (typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' && value !== '0' ? value : null);

/** What an item's lookup or people column points at: ids in the other list, in their order. */
export function pointedAt({ name, many }: Column, fields: Raw): string[] {
  if (many) return listOf(fields[name]).flatMap((each) => idOf(objectOf(each)?.['LookupId']) ?? []);
  const id = idOf(fields[`${name}LookupId`]);
  return id === null ? [] : [id];
}

/** The texts shown for a lookup. */
export function shownTexts({ name, many }: Column, fields: Raw): string[] {
  if (many) return listOf(fields[name]).map((each) => textOf(objectOf(each)?.['LookupValue']) ?? '');
  const shown = fields[name];
  return idOf(fields[`${name}LookupId`]) === null ? [] : [typeof shown === 'string' || typeof shown === 'number' ? String(shown) : ''];
}

export const hasValue = ({ name }: Pick<Column, 'name'>, fields: Raw): boolean => {
  const value = fields[name];
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
};

export const saysSomething = (column: Column, fields: Raw): boolean => hasValue(column, fields) || pointedAt(column, fields).length > 0;

/** There is a value in a column that the destination did not take. */
export const lacksValue = (columns: readonly Column[], there: ReadonlySet<string>, fields: Raw): boolean => columns.some((column) => !there.has(column.name) && column.kind !== 'lost' && column.kind !== 'calculated' && saysSomething(column, fields));

/** Fields of a write. Null clears; a new item needs that only where the column would fill itself. */
export function plainFields(columns: readonly Column[], fields: Raw, clear: boolean): Raw {
  const body: Raw = {};
  for (const column of columns) {
    if (column.kind !== 'value' && column.kind !== 'choices') continue;
    if (!hasValue(column, fields)) {
      if (clear || objectOf(column.raw['defaultValue']) !== null) body[column.name] = null;
    } else if (column.kind === 'choices') {
      body[`${column.name}@odata.type`] = 'Collection(Edm.String)';
      body[column.name] = fields[column.name];
    } else body[column.name] = fields[column.name];
  }
  return body;
}

/** Fields that point at `ids` of the destination. */
export function pointingFields({ name, many }: Column, ids: readonly string[], clear: boolean): Raw {
  if (ids.length === 0 && !clear) return {};
  if (many) return { [`${name}LookupId@odata.type`]: 'Collection(Edm.Int32)', [`${name}LookupId`]: ids.map(Number) };
  return { [`${name}LookupId`]: ids[0] ?? null };
}

/** All plain values in one text, equal for equal values: what verification compares. */
export function valuesText(columns: readonly Column[], fields: Raw): string {
  const values = columns.filter(({ kind, name }) => (kind === 'value' || kind === 'choices') && name !== 'Title').map((column): [string, unknown] => [column.name, hasValue(column, fields) ? fields[column.name] : null]);
  return JSON.stringify(values.filter(([, value]) => value !== null).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function lookupsText(columns: readonly Column[], fields: Raw): string {
  const values = columns.filter(({ kind }) => kind === 'lookup').map((column): [string, string[]] => [column.name, shownTexts(column, fields)]);
  return JSON.stringify(values.filter(([, texts]) => texts.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
