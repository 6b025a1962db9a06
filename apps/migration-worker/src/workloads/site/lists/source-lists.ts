/** The lists of the source and the order in which they are copied: what others look up comes first. */
import { foldTitle, type SiteList } from '../structure.js';
import { parseColumns, type Column } from './columns.js';
import type { Site } from '../site.js';

export interface SourceList {
  readonly list: SiteList;
  readonly columns: readonly Column[];
  /** Lookups into lists that are complete before this one. */
  readonly lookups: readonly Column[];
  /** Lookups into itself, or into lists that come later because they look up this one: their values follow when all items stand. */
  readonly late: readonly Column[];
}

/** Throws UnitError. */
export async function readSourceLists(site: Site, lists: readonly SiteList[], signal: AbortSignal): Promise<SourceList[]> {
  const columns = new Map<string, Column[]>();
  for (const { id } of lists) columns.set(id, parseColumns(await site.all(site.list(id, '/columns'), signal)));
  return inOrder(lists, columns);
}

/** Pure. A lookup into something that is not copied as a list is lost. */
export function inOrder(lists: readonly SiteList[], columns: ReadonlyMap<string, readonly Column[]>): SourceList[] {
  const byId = new Map(lists.map((list) => [foldTitle(list.id), list]));
  const ordered: SourceList[] = [];
  const begun = new Set<string>();
  const done = new Set<string>();
  const visit = (list: SiteList): void => {
    begun.add(list.id);
    const early: Column[] = [];
    const late: Column[] = [];
    const own = (columns.get(list.id) ?? []).map((column): Column => {
      if (column.target === null) return column;
      const target = byId.get(foldTitle(column.target.listId));
      if (target === undefined) return { ...column, kind: 'lost', target: null };
      // By the id as the list itself has it.
      const known: Column = { ...column, target: { ...column.target, listId: target.id } };
      if (!begun.has(target.id)) visit(target);
      (done.has(target.id) ? early : late).push(known);
      return known;
    });
    done.add(list.id);
    ordered.push({ list, columns: own, lookups: early, late });
  };
  for (const list of lists) if (!begun.has(list.id)) visit(list);
  return ordered;
}
