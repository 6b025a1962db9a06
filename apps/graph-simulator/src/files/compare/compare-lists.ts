/** The lists of two sites held against each other: columns by name, items by what they say, since numbers and order are the server's. */
import { hash } from 'node:crypto';
import { isMultiple, type Column } from '../lists/column.js';
import type { FieldValues, Row } from '../lists/row.js';
import type { SiteList } from '../lists/site-list.js';
import type { SiteLists } from '../lists/site-lists.js';
import type { PrincipalMap } from '../named-places.js';
import { said } from './compare-pages.js';
import type { Rewrite } from './rewritten.js';
import { judge, newTally, note, type Tally } from './tally.js';

export interface ListComparison {
  readonly lists: Tally;
  readonly columns: Tally;
  readonly items: Tally & {
    /** Values that Graph does not carry: hyperlinks, terms, places, pictures. */
    withheldValues: number;
    /** Items whose attached files Graph does not show. */
    withheldAttachments: number;
    /** Copies of items that were deleted at the source. */
    kept: number;
    /** Items that stand there more often than the source ever held what they say. */
    doubled: number;
    /** People who have a counterpart that the destination's site does not know: nobody can write them. */
    unknownPeople: number;
  };
  readonly contentTypes: Tally;
}

export interface ListEnds {
  readonly source: SiteLists;
  readonly dest: SiteLists;
  readonly principal: PrincipalMap;
  readonly rewrite: Rewrite;
  readonly examplesMax: number;
}

/** Kinds whose values no application writes. */
const valueless = new Set<Column['kind']>(['url', 'term', 'multiterm', 'location', 'geolocation', 'thumbnail', 'approvalStatus', 'computed']);
/** Kinds that an application cannot make, or cannot tell from others: they come back without a facet. */
const unmakeable = valueless;

const own = (list: SiteList): Column[] => list.columns.filter(({ isDeletable }) => isDeletable);
const carried = (lists: SiteLists): SiteList[] => lists.all.filter(({ parts }) => !parts.system);

export function compareLists(ends: ListEnds): ListComparison {
  const result: ListComparison = { lists: newTally(), columns: newTally(), items: { ...newTally(), withheldValues: 0, withheldAttachments: 0, kept: 0, doubled: 0, unknownPeople: 0 }, contentTypes: newTally() };
  const left = new Set(carried(ends.dest));
  const unknown = new Set<string>();
  for (const list of carried(ends.source)) {
    const title = list.parts.displayName;
    result.lists.expected += 1;
    const copy = carried(ends.dest).find(({ parts }) => parts.displayName.toLowerCase() === title.toLowerCase());
    if (copy === undefined) {
      note(result.lists, 'missing', title, ends.examplesMax);
      continue;
    }
    left.delete(copy);
    const differences = (['displayName', 'description', 'template'] as const).filter((name) => list.parts[name] !== copy.parts[name]);
    judge(result.lists, title, differences, ends.examplesMax);
    compareColumns(list, copy, ends, result.columns);
    // A library's items are its files, which are compared with their bytes.
    if (list.library === null) compareItems(list, copy, ends, result.items, unknown);
  }
  for (const list of left) note(result.lists, 'extra', list.parts.displayName, ends.examplesMax);
  result.items.unknownPeople = unknown.size;
  compareContentTypes(ends, result.contentTypes);
  return result;
}

/** An application may keep something for itself where no person sees it. */
const isKeptByApplication = ({ name, hidden }: Column, list: SiteList): boolean => hidden && !list.columns.some((each) => each.name === name);

/** What stands below a column's facet, lookups by the title of their list. */
function facetOf(lists: SiteLists, { kind, facet }: Column): string {
  return said(kind === 'lookup' ? { ...facet, listId: lists.find(String(facet['listId']))?.parts.displayName ?? '', primaryLookupColumnId: null } : facet);
}

function compareColumns(list: SiteList, copy: SiteList, { source, dest, examplesMax }: ListEnds, tally: Tally): void {
  const left = new Map(own(copy).map((column) => [column.name, column]));
  for (const column of own(list)) {
    const what = `${list.parts.displayName}/${column.name}`;
    const other = left.get(column.name);
    left.delete(column.name);
    if (unmakeable.has(column.kind)) {
      tally.withheld += 1;
      continue;
    }
    tally.expected += 1;
    if (other === undefined) {
      note(tally, 'missing', what, examplesMax);
      continue;
    }
    const differences: string[] = (['kind', 'displayName', 'description', 'columnGroup', 'required', 'indexed', 'enforceUniqueValues', 'hidden'] as const).filter((name) => column[name] !== other[name]);
    if (facetOf(source, column) !== facetOf(dest, other)) differences.push('facet');
    for (const name of ['defaultValue', 'validation'] as const) if (said(column[name]) !== said(other[name])) differences.push(name);
    judge(tally, what, differences, examplesMax);
  }
  for (const [name, column] of left) if (!isKeptByApplication(column, list)) note(tally, 'extra', `${list.parts.displayName}/${name}`, examplesMax);
}

/** One side's way of telling what an item says, in words that both sides share. */
interface Reader {
  readonly lists: SiteLists;
  readonly columns: readonly Column[];
  readonly person: (id: number) => string | null;
  readonly text: Rewrite;
}

function plain({ columns, person, text }: Reader, values: FieldValues): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const column of columns) {
    const value = values[column.name];
    if (value === undefined || value === null || column.kind === 'lookup' || column.kind === 'calculated' || valueless.has(column.kind)) continue;
    if (column.kind === 'user') {
      const people = (isMultiple(column) ? (value as number[]) : [value as number]).map(person).filter((each) => each !== null).sort();
      if (people.length > 0) out[column.name] = people;
    } else if (column.kind === 'multichoice') out[column.name] = [...(value as string[])].sort();
    else out[column.name] = column.kind === 'note' ? text(String(value as string)) : value;
  }
  return out;
}

/** What something said that has been deleted since: when it went, and before anybody changed it. */
const lastWords = ({ values }: Row): FieldValues => values;
const firstWords = ({ values, earlier }: Row): FieldValues => earlier[0]?.values ?? values;

/** What a lookup leads to: what people see of its target; `words`: or saw, when that was deleted since. */
function lookups({ lists, columns }: Reader, values: FieldValues, words: ((gone: Row) => FieldValues) | null = null): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const column of columns) {
    const value = values[column.name];
    if (column.kind !== 'lookup' || value === undefined || value === null) continue;
    const target = lists.find(String(column.facet['listId']));
    const led = (isMultiple(column) ? (value as number[]) : [value as number]).flatMap((id): FieldValues[] => {
      const now = target?.rows.item(id);
      const gone = words === null ? undefined : target?.rows.removed.find((row) => row.id === id);
      return now !== undefined ? [now.values] : gone === undefined || words === null ? [] : [words(gone)];
    });
    if (led.length > 0) out[column.name] = led.map((shown) => String(shown[String(column.facet['columnName'])] ?? '')).sort();
  }
  return out;
}

function readersOf(ends: ListEnds, list: SiteList, copy: SiteList, unknown: Set<string>): { source: Reader; dest: Reader } {
  const compared = ({ columns }: SiteList): Column[] => columns.filter((column) => (column.isDeletable || column.name === 'Title') && !isKeptByApplication(column, list));
  return {
    source: {
      lists: ends.source, columns: compared(list), text: ends.rewrite,
      person: (id) => {
        const principal = ends.source.people.principal(id);
        const other = principal === undefined ? null : ends.principal(principal);
        if (other === null || ends.dest.people.idOf(other) !== null) return other;
        unknown.add(other);
        return null;
      },
    },
    dest: { lists: ends.dest, columns: compared(copy), text: (text) => text, person: (id) => ends.dest.people.principal(id)?.id ?? '' },
  };
}

interface Seen { readonly id: number; readonly title: string; readonly plain: string }

/** All that an item said, now and before, without what it leads to. */
const everSaid = (reader: Reader, { values, earlier }: Row): Set<string> => new Set([values, ...earlier.map((version) => version.values)].map((each) => plainHash(reader, each)));
const plainHash = (reader: Reader, values: FieldValues): string => hash('sha256', said(plain(reader, values)), 'base64');

function compareItems(list: SiteList, copy: SiteList, ends: ListEnds, tally: ListComparison['items'], unknown: Set<string>): void {
  const readers = readersOf(ends, list, copy, unknown);
  const keys = (reader: Reader, of: SiteList, row: Row, words: Parameters<typeof lookups>[2] = null): { whole: string; seen: Seen } => {
    const plainly = plainHash(reader, row.values);
    const whole = `${of.contentType(row.contentTypeId)?.name ?? ''} ${plainly} ${said(lookups(reader, row.values, words))}`;
    return { whole, seen: { id: row.id, title: String(row.values['Title'] ?? ''), plain: plainly } };
  };
  const there = new Map<string, Seen[]>();
  for (const row of copy.rows.items(0)) {
    const { whole, seen } = keys(readers.dest, copy, row);
    const same = there.get(whole);
    if (same === undefined) there.set(whole, [seen]);
    else same.push(seen);
  }
  const missing: Seen[] = [];
  for (const row of list.rows.items(0)) {
    tally.expected += 1;
    tally.withheldValues += list.columns.filter(({ name, kind }) => kind !== 'computed' && valueless.has(kind) && row.values[name] !== undefined && row.values[name] !== null).length;
    if (row.hasAttachments) tally.withheldAttachments += 1;
    const { whole, seen } = keys(readers.source, list, row);
    // What leads to something that was deleted may still lead to the copy that was kept of it.
    const asSeen = [null, lastWords, firstWords].some((words) => there.get(words === null ? whole : keys(readers.source, list, row, words).whole)?.pop() !== undefined);
    if (asSeen) tally.matched += 1;
    else missing.push(seen);
  }
  const extra = [...there.values()].flat();
  // What is left over on both sides and says the same but for what it leads to, or has the same title, is one item that differs.
  for (const sameness of ['plain', 'title'] as const) {
    for (const seen of [...missing]) {
      const at = extra.findIndex((other) => other[sameness] === seen[sameness] && (sameness === 'plain' || seen.title !== ''));
      if (at < 0) continue;
      extra.splice(at, 1);
      missing.splice(missing.indexOf(seen), 1);
      note(tally, 'differs', `${list.parts.displayName}/${String(seen.id)}: ${sameness === 'plain' ? 'lookups or content type' : 'values'}`, ends.examplesMax);
    }
  }
  for (const { id } of missing) note(tally, 'missing', `${list.parts.displayName}/${String(id)}`, ends.examplesMax);
  const gone = list.rows.removed.map((row) => everSaid(readers.source, row));
  for (const { id, plain: plainly } of extra) {
    const at = gone.findIndex((states) => states.has(plainly));
    if (at >= 0) gone.splice(at, 1);
    note(tally, at < 0 ? 'extra' : 'kept', `${list.parts.displayName}/${String(id)}`, ends.examplesMax);
  }
  for (const id of rowsTooMany(list, copy, readers)) note(tally, 'doubled', `${list.parts.displayName}/${String(id)}`, ends.examplesMax);
}

/** Items that say what the source said, and stand there more often than it ever held them. */
function rowsTooMany(list: SiteList, copy: SiteList, readers: { source: Reader; dest: Reader }): number[] {
  const held = new Map<string, number>();
  for (const row of [...list.rows.items(0), ...list.rows.removed]) for (const state of everSaid(readers.source, row)) held.set(state, (held.get(state) ?? 0) + 1);
  return [...copy.rows.items(0)].flatMap((row) => {
    const state = plainHash(readers.dest, row.values);
    const left = held.get(state);
    if (left === undefined) return [];
    held.set(state, left - 1);
    return left > 0 ? [] : [row.id];
  });
}

function compareContentTypes({ source, dest, examplesMax }: ListEnds, tally: Tally): void {
  const parent = (lists: SiteLists, id: string): string => lists.contentTypes.find((each) => each.id === id)?.name ?? '';
  const left = new Map(dest.contentTypes.filter(({ isBuiltIn }) => !isBuiltIn).map((type) => [type.name, type]));
  for (const type of source.contentTypes.filter(({ isBuiltIn }) => !isBuiltIn)) {
    tally.expected += 1;
    const copy = left.get(type.name);
    left.delete(type.name);
    if (copy === undefined) {
      note(tally, 'missing', type.name, examplesMax);
      continue;
    }
    const differences: string[] = (['description', 'group'] as const).filter((name) => type[name] !== copy[name]);
    if (parent(source, type.parentId) !== parent(dest, copy.parentId)) differences.push('parent');
    const wanted = source.columnsOf(type).filter((name) => !source.columns.some((column) => column.name === name && unmakeable.has(column.kind)));
    if (wanted.sort().join(' ') !== dest.columnsOf(copy).sort().join(' ')) differences.push('columns');
    judge(tally, type.name, differences, examplesMax);
  }
  for (const name of left.keys()) note(tally, 'extra', name, examplesMax);
}

/** In what the columns of a library say different things of a file; the values that nobody writes left out. */
export function fieldDifferences(ends: ListEnds, list: SiteList, copy: SiteList): (id: number, copyId: number) => string[] {
  const readers = readersOf(ends, list, copy, new Set());
  return (id, copyId) => {
    const [row, other] = [list.rows.item(id), copy.rows.item(copyId)];
    if (row === undefined || other === undefined) return [];
    const [wanted, got] = [[readers.source, row] as const, [readers.dest, other] as const].map(([reader, { values }]) => ({ ...plain(reader, values), ...lookups(reader, values) }));
    return Object.keys({ ...wanted, ...got }).filter((name) => said(wanted?.[name]) !== said(got?.[name])).map((name) => `column ${name}`);
  };
}
