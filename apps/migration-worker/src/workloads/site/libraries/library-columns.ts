/** A library's own columns, and what of them Graph can carry. Files have values in them beside their bytes. */
import { textOf, type Raw } from '../../drive/drive-item.js';
import { parseColumns, type Column } from '../lists/columns.js';
import type { SourceList } from '../lists/source-lists.js';
import { foldTitle } from '../structure.js';

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
