/** A library's own columns, and what of them Graph can carry. Files have values in them beside their bytes. */
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
