/**
 * Content types of a list: found by name in the destination's list or its site, or made there with the columns that they bring. Safe to repeat.
 * A column of a content type is one of its site (https://learn.microsoft.com/graph/api/contenttype-post-columns).
 */
import { GraphRequestError } from '@migrator/graph-client';
import { textOf, type Raw } from '../../drive/drive-item.js';
import { unitErrorOf } from '../../graph-errors.js';
import type { Site } from '../site.js';
import { foldTitle } from '../structure.js';
import { columnBody, parseColumns, type Column } from './columns.js';

export interface TypesToPrepare {
  readonly source: Site;
  readonly destination: Site;
  readonly sourceListId: string;
  readonly destListId: string;
  /** Those of the source's list: what a content type brings becomes like them. */
  readonly columns: readonly Column[];
  /** Lists of the destination by the id of the source's. */
  readonly targets: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

export interface PreparedTypes {
  /** Of the destination's list, by their folded names. */
  readonly known: ReadonlyMap<string, string>;
  /** Those of the source's list, with what the destination did not take of each, named for people: the type itself, or columns that it brings. */
  readonly wanted: readonly { readonly id: string; readonly refused: readonly string[] }[];
}

/** Throws UnitError. */
export async function prepareContentTypes(place: TypesToPrepare): Promise<PreparedTypes> {
  const { source, destination, sourceListId, destListId, signal } = place;
  const wanted = await source.all(source.list(sourceListId, '/contentTypes'), signal);
  const inList = (): Promise<Map<string, string>> => typesOf(destination, destination.list(destListId, '/contentTypes'), signal);
  const known = await inList();
  const prepared: { id: string; refused: string[] }[] = [];
  for (const raw of wanted) {
    const name = textOf(raw['name']) ?? '';
    const id = textOf(raw['id']) ?? '';
    if (name === '' || isFolderType(id)) continue;
    const refused: string[] = [];
    prepared.push({ id, refused });
    const there = known.get(foldTitle(name));
    if (there !== undefined) {
      // Made by a run before this one, or by somebody else: what it lacks is what was refused then.
      for (const column of await lackingColumns(place, raw, there)) refused.push(`${name}: ${column.displayName}`);
      continue;
    }
    try {
      const ofSite = await siteType(destination, name, raw, signal);
      for (const column of await typeColumns(place, raw)) if (!(await bring(place, ofSite, column))) refused.push(`${name}: ${column.displayName}`);
      const added = await post(destination, destination.list(destListId, '/contentTypes/addCopy'), { contentType: `${destination.webUrl}/contentTypes/${ofSite}` }, signal);
      if (added === null) for (const [title, type] of await inList()) known.set(title, type);
      else known.set(foldTitle(name), textOf(added['id']) ?? ofSite);
      await likeTheList(place);
    } catch (error) {
      if (isRefused(error)) refused.push(name);
      else throw unitErrorOf(error, 'dest');
    }
  }
  return { known, wanted: prepared };
}

/** Of a content type that was made for the source's organisation; what Microsoft brings is alike everywhere. */
async function lackingColumns(place: TypesToPrepare, raw: Raw, typeId: string): Promise<Column[]> {
  const { destination, destListId, signal } = place;
  const parent = textOf(raw['parentId']) ?? '';
  if (builtInParent(parent) === parent) return [];
  const wanted = await typeColumns(place, raw);
  if (wanted.length === 0) return [];
  const there = new Set((await destination.all(destination.list(destListId, `/contentTypes/${typeId}/columns`), signal)).flatMap((column) => textOf(column['name']) ?? []));
  return wanted.filter(({ name }) => !there.has(name));
}

/** The site's content type of that name, made when there is none. */
async function siteType(destination: Site, name: string, raw: Raw, signal: AbortSignal): Promise<string> {
  const find = async (): Promise<string | undefined> => (await typesOf(destination, destination.at('/contentTypes'), signal)).get(foldTitle(name));
  const body = { name, description: textOf(raw['description']) ?? '', group: textOf(raw['group']) ?? 'Custom Content Types', base: { id: builtInParent(textOf(raw['id']) ?? '0x01') } };
  const found = await find();
  if (found !== undefined) return found;
  const made = await post(destination, destination.at('/contentTypes'), body, signal);
  // Made beside us, or by us when an answer was lost.
  return textOf(made?.['id']) ?? (await find()) ?? '';
}

/** Columns that a content type brings, as the source's site has it; what a list added to its own copy stays the list's. */
async function typeColumns({ source, sourceListId, signal }: TypesToPrepare, raw: Raw): Promise<Column[]> {
  const parent = textOf(raw['parentId']) ?? '';
  const ofSite = [...(await typesOf(source, source.at('/contentTypes'), signal)).values()];
  const path = ofSite.includes(parent) ? source.at(`/contentTypes/${parent}/columns`) : source.list(sourceListId, `/contentTypes/${textOf(raw['id']) ?? ''}/columns`);
  return parseColumns(await source.all(path, signal)).filter(({ kind, everywhere }) => kind !== 'lost' && !everywhere);
}

/** Makes sure that a content type of the site brings a column; false when the destination does not take it. */
async function bring({ destination, targets, signal }: TypesToPrepare, typeId: string, column: Column): Promise<boolean> {
  const path = destination.at(`/contentTypes/${typeId}/columns`);
  if ((await destination.all(path, signal)).some((raw) => raw['name'] === column.name)) return true;
  const list = column.target === null ? null : ([...targets].find(([id]) => foldTitle(id) === foldTitle(column.target?.listId ?? ''))?.[1] ?? null);
  if (column.target !== null && list === null) return false;
  try {
    const find = async (): Promise<Raw | undefined> => (await destination.all(destination.at('/columns'), signal)).find((raw) => raw['name'] === column.name);
    const ofSite = (await find()) ?? (await post(destination, destination.at('/columns'), columnBody(column, list), signal)) ?? (await find());
    await post(destination, path, { 'sourceColumn@odata.bind': `https://graph.microsoft.com/v1.0/sites/${destination.id}/columns/${textOf(ofSite?.['id']) ?? ''}` }, signal);
  } catch (error) {
    // Somebody has sealed the content type.
    if (!isRefused(error) && !isKind(error, 'forbidden')) throw error;
    return false;
  }
  return true;
}

/** Columns come as the site has them; a list may call its own otherwise, ask for a value or keep an index. */
async function likeTheList({ destination, destListId, columns, signal }: TypesToPrepare): Promise<void> {
  for (const raw of await destination.all(destination.list(destListId, '/columns'), signal)) {
    const like = columns.find(({ name, everywhere, kind }) => name === raw['name'] && !everywhere && kind !== 'lost');
    if (like === undefined) continue;
    const body = columnBody(like, null);
    const change = Object.fromEntries((['displayName', 'required', 'indexed'] as const).filter((key) => body[key] !== undefined && body[key] !== raw[key]).map((key) => [key, body[key]]));
    if (Object.keys(change).length === 0) continue;
    try {
      await destination.port.patch<Raw>(destination.list(destListId, `/columns/${textOf(raw['id']) ?? ''}`), change, destination.options(signal, { repeatable: true }));
    } catch (error) {
      // A large list takes no new index: the column matters more.
      if (!isRefused(error)) throw error;
    }
  }
}

/** Null when it is there already: a repeated request whose first answer was lost meets its own. */
async function post(site: Site, path: string, body: Raw, signal: AbortSignal): Promise<Raw | null> {
  try {
    return await site.port.post<Raw>(path, body, site.options(signal, { repeatable: true }));
  } catch (error) {
    if (isKind(error, 'conflict')) return null;
    throw error;
  }
}

async function typesOf(site: Site, path: string, signal: AbortSignal): Promise<Map<string, string>> {
  const types = await site.all(path, signal, { $select: 'id,name' });
  return new Map(types.flatMap((raw): [string, string][] => [[foldTitle(textOf(raw['name']) ?? ''), textOf(raw['id']) ?? '']]));
}

/** The nearest ancestor that every tenant has: a custom type's id continues its parent's with `00` and a GUID. */
export function builtInParent(id: string): string {
  const cut = /00[0-9a-f]{32}/i.exec(id.slice(2));
  return cut === null ? id : id.slice(0, 2 + cut.index) === '0x' ? '0x01' : id.slice(0, 2 + cut.index);
}

/** Folders of lists and everything made from them. */
export const isFolderType = (contentTypeId: string): boolean => /^0x0120/i.test(contentTypeId);

export const isKind = (error: unknown, kind: GraphRequestError['kind']): error is GraphRequestError => error instanceof GraphRequestError && error.kind === kind;
const isRefused = (error: unknown): boolean => isKind(error, 'bad_request') || isKind(error, 'not_found');
