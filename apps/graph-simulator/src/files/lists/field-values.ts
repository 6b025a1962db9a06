/** Values of an item's columns as Graph shows them, and as it takes them (graph/files.md 8.3). */
import { GraphFault } from '../../http/route.js';
import type { Actor } from '../drives/item.js';
import { isLookup, isMultiple, type Column } from './column.js';
import { parseFormula } from './formula.js';
import type { FieldValues, Row } from './row.js';
import type { SiteList } from './site-list.js';
import type { SiteLists } from './site-lists.js';

/** As many lookups, people and terms as one query may name. */
export const lookupsMax = 12;
/** How SharePoint counts an application among people. */
const applicationAccount = '1073741822';
const systemAccount = '1073741823';

export const rowTag = ({ guid, changes }: Pick<Row, 'guid' | 'changes'>): string => `"${guid},${String(changes)}"`;

function personNumber(lists: SiteLists, actor: Actor): string {
  if (actor.kind === 'user') return String(lists.people.ensure({ kind: 'user', id: actor.id }));
  return actor.clientId === 'system' ? systemAccount : applicationAccount;
}

/** A lookup whose target has been deleted shows nothing. */
const leadsSomewhere = (lists: SiteLists, column: Column, id: unknown): boolean => column.kind !== 'lookup' || lists.find(String(column.facet['listId']))?.rows.item(Number(id)) !== undefined;

/** What a lookup's target is called. */
function lookupText(lists: SiteLists, column: Column, id: unknown): string {
  const value = lists.find(String(column.facet['listId']))?.rows.item(Number(id))?.values[String(column.facet['columnName'])];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function calculated(list: SiteList, column: Column, values: FieldValues): unknown {
  return parseFormula(String(column.facet['formula']))((name) => {
    const source = list.column(name) ?? list.columns.find(({ displayName }) => displayName === name);
    return source === undefined ? null : values[source.name];
  });
}

/** The fields of one column; none for an empty one. `named`: the column itself was selected, not only its number. */
function shown(lists: SiteLists, list: SiteList, column: Column, values: FieldValues, named: boolean): [string, unknown][] {
  if (column.kind === 'calculated') {
    const value = calculated(list, column, values);
    return value === null ? [] : [[column.name, value]];
  }
  const value = values[column.name];
  if (value === undefined || value === null) return [];
  const text = (id: unknown): { LookupId: number; LookupValue: string; Email?: string } => {
    if (column.kind === 'lookup') return { LookupId: Number(id), LookupValue: lookupText(lists, column, id) };
    const { title, email } = lists.people.names(Number(id));
    return { LookupId: Number(id), LookupValue: title, ...(email === null ? {} : { Email: email }) };
  };
  if (column.kind !== 'user' && column.kind !== 'lookup') return [[column.name, value]];
  if (isMultiple(column)) return [[column.name, (value as number[]).filter((id) => leadsSomewhere(lists, column, id)).map(text)]];
  if (!leadsSomewhere(lists, column, value)) return [];
  return [...(named ? [[column.name, text(value).LookupValue] as [string, unknown]] : []), [`${column.name}LookupId`, String(value as number)]];
}

/** What SharePoint keeps of an item by itself. */
function ownFields(lists: SiteLists, list: SiteList, row: Row, contentType: string): Record<string, unknown> {
  const app = (actor: Actor): boolean => actor.kind === 'app' && actor.clientId !== 'system';
  const file = list.library === null ? undefined : fileFields(lists, list, row);
  const title = row.values['Title'];
  return {
    ...(list.library === null && title !== undefined && title !== null ? { LinkTitle: title } : {}),
    ...file,
    ContentType: contentType,
    Modified: row.modifiedAt,
    Created: row.createdAt,
    AuthorLookupId: personNumber(lists, row.createdBy),
    EditorLookupId: personNumber(lists, row.modifiedBy),
    ...(app(row.createdBy) ? { AppAuthorLookupId: '2' } : {}),
    ...(app(row.modifiedBy) ? { AppEditorLookupId: '2' } : {}),
    _UIVersionString: `${String(row.version)}.0`,
    ...(list.library === null ? { Attachments: row.hasAttachments, Edit: '' } : {}),
    ItemChildCount: '0',
    FolderChildCount: '0',
  };
}

function fileFields(lists: SiteLists, list: SiteList, row: Row): Record<string, unknown> {
  const found = lists.fileOf(list, row.id);
  if (found === null) return {};
  const ending = /\.([^.]+)$/.exec(found.name)?.[1] ?? '';
  return { FileLeafRef: found.name, LinkFilename: found.name, ...(found.bytes === null ? {} : { DocIcon: ending, FileSizeDisplay: String(found.bytes) }) };
}

/** Throws GraphFault 400 for a query that names more lookups than SharePoint joins. */
export function checkLookups(list: SiteList, select: readonly string[] | null): void {
  const named = new Set((select ?? []).map((name) => name.replace(/LookupId$/, '')));
  const count = list.columns.filter((column) => isLookup(column) && named.has(column.name)).length;
  if (count > lookupsMax) throw new GraphFault(400, 'invalidRequest', 'The query cannot be completed because the number of lookup columns it contains exceeds the lookup column threshold.');
}

/** Author and editor are two of the twelve. */
const counts = (column: Column): boolean => isLookup(column) && (column.isDeletable || column.kind === 'user');

/**
 * An item's fields. Without `$select` hidden columns are left out, and so are those lookups that are more than a query joins: they have
 * to be named to be seen.
 */
export function fieldsView(lists: SiteLists, list: SiteList, row: Row, select: readonly string[] | null): Record<string, unknown> {
  const own = ownFields(lists, list, row, list.contentType(row.contentTypeId)?.name ?? 'Item');
  const all: Record<string, unknown> = { '@odata.etag': rowTag(row), id: String(row.id) };
  const wanted = select === null ? null : new Set(select);
  let joined = 0;
  for (const column of list.columns) {
    const named = wanted?.has(column.name) === true;
    if (wanted !== null && !named && !wanted.has(`${column.name}LookupId`)) continue;
    if (wanted === null && (column.hidden || (counts(column) && (joined += 1) > lookupsMax))) continue;
    if (column.isDeletable || column.name in row.values) for (const [name, value] of shown(lists, list, column, row.values, named)) all[name] = value;
  }
  for (const [name, value] of Object.entries(own)) if (wanted === null || wanted.has(name)) all[name] = value;
  for (const [name, actor] of [['Author', row.createdBy], ['Editor', row.modifiedBy]] as const) if (wanted?.has(name) === true) all[name] = lists.people.names(Number(personNumber(lists, actor))).title;
  return all;
}

const fault = (message: string): GraphFault => new GraphFault(400, 'invalidRequest', message);
/** What the server answers to values of the wrong shape. */
const general = (): GraphFault => new GraphFault(500, 'generalException', 'General exception while processing');
/** Written by SharePoint alone; what an application gives is passed over. */
const ignored = new Set(['Created', 'Modified', 'Author', 'Editor', 'AuthorLookupId', 'EditorLookupId']);
const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$|^\d{4}-\d{2}-\d{2}$/;

function plainValue(column: Column, value: unknown): unknown {
  const refuse = (): GraphFault => fault(`The value of field '${column.name}' is not valid.`);
  switch (column.kind) {
    case 'text': case 'choice':
      if (typeof value !== 'string') throw refuse();
      if (value.length > Number(column.facet['maxLength'] ?? 255)) throw fault(`The value of field '${column.name}' is too long.`);
      return value;
    case 'note':
      if (typeof value !== 'string') throw refuse();
      return value;
    case 'number': case 'currency':
      if (typeof value !== 'number') throw refuse();
      if (value < Number(column.facet['minimum'] ?? -Infinity) || value > Number(column.facet['maximum'] ?? Infinity)) throw refuse();
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw refuse();
      return value;
    case 'dateTime': {
      if (typeof value !== 'string' || !moment.test(value) || Number.isNaN(Date.parse(value))) throw refuse();
      const at = `${new Date(value).toISOString().slice(0, 19)}Z`;
      return column.facet['format'] === 'dateOnly' ? `${at.slice(0, 10)}T00:00:00Z` : at;
    }
    default:
      throw general();
  }
}

function lookupIds(lists: SiteLists, column: Column, ids: readonly number[]): readonly number[] {
  for (const id of ids) {
    const found = column.kind === 'user' ? lists.people.principal(id) !== undefined : lists.find(String(column.facet['listId']))?.rows.item(id) !== undefined;
    if (!found) throw fault(`The value of field '${column.name}' leads to nothing: ${String(id)}.`);
  }
  return ids;
}

/** One entry of a body's `fields`. */
function readValue(lists: SiteLists, column: Column, name: string, value: unknown, type: unknown): unknown {
  if (column.kind === 'user' || column.kind === 'lookup') {
    if (name === column.name) throw general();
    if (value === null) return null;
    if (!isMultiple(column)) {
      if (typeof value !== 'string' || !/^\d{1,10}$/.test(value)) throw general();
      return lookupIds(lists, column, [Number(value)])[0];
    }
    if (type !== 'Collection(Edm.Int32)' || !Array.isArray(value) || !value.every((each) => Number.isInteger(each))) throw general();
    return value.length === 0 ? null : lookupIds(lists, column, value as number[]);
  }
  if (value === null) return null;
  if (column.kind === 'multichoice') {
    if (type !== 'Collection(Edm.String)' || !Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw general();
    return value.length === 0 ? null : (value as string[]);
  }
  return plainValue(column, value);
}

/** What a body's `fields` change. Throws GraphFault; `row` is the item that is changed, null for a new one. */
export function readFields(lists: SiteLists, list: SiteList, given: Readonly<Record<string, unknown>>, row: Row | null): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name.includes('@') || ignored.has(name)) continue;
    const column = list.column(name) ?? (name.endsWith('LookupId') ? list.column(name.slice(0, -'LookupId'.length)) : undefined);
    if (column === undefined || (name !== column.name && column.kind !== 'user' && column.kind !== 'lookup')) throw fault(`Field '${name}' is not recognized`);
    if (column.readOnly || (!column.isDeletable && column.name !== 'Title')) throw fault(`Field '${name}' is read-only`);
    values[column.name] = readValue(lists, column, name, value, given[`${name}@odata.type`]);
  }
  for (const column of list.columns) {
    if (row === null && column.defaultValue?.value !== undefined && !(column.name in values)) values[column.name] = defaultOf(column, column.defaultValue.value);
    if (column.enforceUniqueValues && values[column.name] !== undefined && values[column.name] !== null) checkUnique(list, column, values[column.name], row);
  }
  return values;
}

/** A default is given as text, whatever the column holds. */
function defaultOf(column: Column, text: string): unknown {
  switch (column.kind) {
    case 'number': case 'currency': return Number(text);
    case 'boolean': return text === '1' || text === 'true';
    case 'multichoice': return [text];
    default: return text;
  }
}

function checkUnique(list: SiteList, column: Column, value: unknown, row: Row | null): void {
  for (const other of list.rows.items(0)) if (other.id !== row?.id && other.values[column.name] === value) throw fault('The list item could not be added or updated because duplicate values were found in the following field(s) in the list: ' + `[${column.displayName}].`);
}
