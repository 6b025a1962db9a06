/** A list of the destination made fit for the copies: its columns and content types, as far as Graph makes them. Safe to repeat. */
import type { GraphRequestError } from '@migrator/graph-client';
import { textOf, type Raw } from '../../drive/drive-item.js';
import { orEndUnit, unitErrorOf } from '../../graph-errors.js';
import type { MadePart } from '../lost-part.js';
import { foldTitle } from '../structure.js';
import type { Site } from '../site.js';
import { columnBody, markColumn, type Column } from './columns.js';
import { isFolderType, isKind, prepareContentTypes } from './content-types.js';
import type { SourceList } from './source-lists.js';

export interface DestList {
  readonly id: string;
  /** Names of the columns that take values. */
  readonly columns: ReadonlySet<string>;
  /** Content types by name. */
  readonly contentTypes: ReadonlyMap<string, string>;
  /** Columns and content types that are made with it. */
  readonly made: readonly MadePart[];
  /** Keys of those among them that the destination did not take, or not whole. */
  readonly refused: ReadonlySet<string>;
  /** What was refused, named for people; null: nothing. */
  readonly refusedText: string | null;
}

/** `marked`: its copies carry their mark; files are known without one. */
export interface ListToPrepare {
  readonly list: Pick<SourceList['list'], 'id' | 'contentTypes'>;
  readonly marked: boolean;
  readonly columnKind: string;
}

const madeType = (id: string): MadePart => ({ key: `contentType:${id}`, kind: 'contentType', cause: 'CONTENT_TYPE_NOT_CARRIED' });
/** Content types of a list of the source, each as an item. */
export const madeTypes = (raws: readonly Raw[]): MadePart[] => raws.flatMap((raw) => (isFolderType(textOf(raw['id']) ?? '') ? [] : [madeType(textOf(raw['id']) ?? '')]));
/** Columns that are made with a list, each as an item. */
export const madeColumns = (columns: readonly Column[], kind: string): MadePart[] => columns.filter((column) => column.kind !== 'lost' && !column.everywhere).map(({ id }) => ({ key: `column:${id}`, kind, cause: 'COLUMN_REFUSED' }));

/** `targets`: lists of the destination by the id of the source's, for the lookups among `columns`. Throws UnitError. */
export async function prepareList(source: Site, destination: Site, { list, marked, columnKind }: ListToPrepare, columns: readonly Column[], destListId: string, targets: ReadonlyMap<string, string>, signal: AbortSignal): Promise<DestList> {
  // First of all: they bring columns of the site into the list.
  const { known: contentTypes, wanted } = list.contentTypes ? await prepareContentTypes({ source, destination, sourceListId: list.id, destListId, columns, targets, signal }) : { known: new Map<string, string>(), wanted: [] };
  const refusedNames: string[] = wanted.flatMap(({ refused }) => refused);
  const there = new Set((await destination.all(destination.list(destListId, '/columns'), signal)).flatMap((raw) => textOf(raw['name']) ?? []));
  const make = async (name: string, label: string, body: Raw): Promise<void> => {
    if (there.has(name)) return;
    try {
      const made = await destination.port.post<Raw>(destination.list(destListId, '/columns'), body, destination.options(signal, { repeatable: true }));
      there.add(textOf(made['name']) ?? name);
    } catch (error) {
      // A repeated request whose first answer was lost meets its own column.
      if (isKind(error, 'conflict')) there.add(name);
      // A list of more than 5,000 items takes no new index, and none more than twenty: the column matters more.
      else if (isKind(error, 'bad_request') && body['indexed'] === true && body['enforceUniqueValues'] !== true) await make(name, label, { ...body, indexed: false });
      else if (isKind(error, 'bad_request') || isKind(error, 'unavailable')) refusedNames.push(label);
      else throw unitErrorOf(error, 'dest');
    }
  };
  if (marked) await make(markColumn, markColumn, { name: markColumn, displayName: markColumn, description: 'Made by a migration: says which item of the source this one is a copy of.', text: {}, hidden: true, indexed: true });
  for (const column of columns) {
    if (column.kind === 'lost' || column.kind === 'calculated' || column.everywhere) continue;
    const target = column.target === null ? null : (targets.get(column.target.listId) ?? null);
    if (column.target !== null && target === null) refusedNames.push(column.displayName);
    else await make(column.name, column.displayName, columnBody(column, target));
  }
  // They are made from others, which have to be there.
  for (const column of columns) if (column.kind === 'calculated') await make(column.name, column.displayName, columnBody(column, null));
  const made = [...madeColumns(columns, columnKind), ...wanted.map(({ id }) => madeType(id))];
  const lacked = [...madeColumns(columns.filter(({ name }) => !there.has(name)), columnKind), ...wanted.flatMap((type) => (type.refused.length === 0 ? [] : [madeType(type.id)]))];
  const refused = new Set(lacked.map(({ key }) => key));
  return { id: destListId, columns: there, contentTypes, made, refused, refusedText: refusedNames.length === 0 ? null : refusedNames.join(', ') };
}

/** What a list of the destination lacks of columns that are made with it, as it is now. Nothing is made. Throws UnitError. */
export async function lackedColumns(destination: Site, destListId: string, columns: readonly Column[], kind: string, signal: AbortSignal): Promise<MadePart[]> {
  if (destListId === '') return [];
  const there = new Set((await destination.all(destination.list(destListId, '/columns'), signal)).flatMap((raw) => textOf(raw['name']) ?? []));
  return madeColumns(columns.filter(({ name }) => !there.has(name)), kind);
}

/** Makes a list, or finds the one of that title. Returns its id. Throws UnitError. */
export async function makeList(destination: Site, { displayName, description, template, contentTypes }: SourceList['list'], signal: AbortSignal): Promise<string> {
  const body = (like: string): Raw => ({ displayName, ...(description === '' ? {} : { description }), list: { template: like, ...(contentTypes ? { contentTypesEnabled: true } : {}) } });
  const post = async (like: string): Promise<string> => textOf((await destination.port.post<Raw>(destination.at('/lists'), body(like), destination.options(signal, { repeatable: true })))['id']) ?? '';
  try {
    return await post(template);
  } catch (error) {
    if (isKind(error, 'conflict')) return await titled(destination, displayName, error, signal);
    // Not every template can be made by its name: a plain list takes the same columns and items.
    if (!isKind(error, 'bad_request') || template === 'genericList') throw unitErrorOf(error, 'dest');
    return await orEndUnit('dest', () => post('genericList'));
  }
}

async function titled(destination: Site, displayName: string, taken: GraphRequestError, signal: AbortSignal): Promise<string> {
  const lists = await destination.all(destination.at('/lists'), signal, { $select: 'id,displayName' });
  const id = lists.find((raw) => foldTitle(textOf(raw['displayName']) ?? '') === foldTitle(displayName))?.['id'];
  if (typeof id !== 'string') throw unitErrorOf(taken, 'dest');
  return id;
}
