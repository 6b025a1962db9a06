/** A library's own columns and content types, and what of them Graph can carry. Files have values in the columns beside their bytes. */
import { textOf, type Raw } from '../../drive/drive-item.js';
import type { SourceItem } from '../../workload.js';
import { parseColumns, type Column } from '../lists/columns.js';
import { madeColumns } from '../lists/dest-list.js';
import type { SourceList } from '../lists/source-lists.js';
import { lostPart, madePart } from '../lost-part.js';
import { foldTitle } from '../structure.js';

export const columnKind = 'libraryColumn';

/** Title is every library's, and is filled by people all the same; a library without columns of its own is not looked through for it. */
export function libraryColumns(raws: readonly Raw[], lists: readonly Pick<SourceList, 'list'>[]): Column[] {
  const own = raws.filter((raw) => raw['isDeletable'] === true || textOf(raw['name']) === 'Title');
  const columns = parseColumns(own).map((column): Column => {
    if (column.target === null) return column;
    // A lookup into something that is not copied as a list is lost.
    const target = lists.find(({ list }) => foldTitle(list.id) === foldTitle(column.target?.listId ?? ''));
    return target === undefined ? { ...column, kind: 'lost', target: null } : { ...column, target: { ...column.target, listId: target.list.id } };
  });
  return columns.some(({ everywhere }) => !everywhere) ? columns : [];
}

/** Columns that are not carried, each as an item. `path`: of the library. */
export const lostColumnItems = (path: string, columns: readonly Column[]): SourceItem[] => columns.filter((column) => column.kind === 'lost').map(({ id }) => ({ ...lostPart(`column:${id}`, columnKind, 'COLUMN_NOT_CARRIED'), path }));

/** Columns that are made with the library, as items. `refused`: keys of those that the destination does not take. */
export const madeColumnItems = (path: string, columns: readonly Column[], refused: ReadonlySet<string>): SourceItem[] => madeColumns(columns, columnKind).map((part) => ({ ...madePart(part, refused.has(part.key)), path }));

const typeKind = 'libraryContentType';
/** Document and folder, as every library has them; a library's copy of a content type ends with `00` and a GUID. */
const plainType = /^0x01(01|20)(00[0-9a-f]{32})?$/i;

/** Files and folders of any other content type come without it: Graph sets none of them. */
export const hasOwnType = (type: Raw | null): boolean => {
  const id = textOf(type?.['id']);
  return id !== null && !plainType.test(id);
};

/** Content types of a library that no copy can be of, each as an item. */
export const lostTypeItems = (path: string, types: readonly Raw[]): SourceItem[] => types.map((type) => ({ ...lostPart(`contentType:${textOf(type['id']) ?? ''}`, typeKind, 'CONTENT_TYPE_NOT_CARRIED'), path }));
