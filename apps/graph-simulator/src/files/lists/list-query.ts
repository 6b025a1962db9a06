/** What a query for a list's items asks: fields, drive items, filter, order (graph/files.md 8.3). */
import { checkSelect, matchesFilter, parseExpand, parseFilter, parseOrderby, parseSelect, sortBy, type FilterExpr } from '../../http/odata.js';
import { GraphFault, type GraphRequest } from '../../http/route.js';
import { checkLookups, fieldsView } from './field-values.js';
import { rowKnown } from './list-views.js';
import type { Row } from './row.js';
import type { SiteList } from './site-list.js';
import type { SiteLists } from './site-lists.js';

/** More items than a view that is not indexed goes through. */
export const viewThreshold = 5_000;
export const thresholdFault = (): GraphFault => new GraphFault(400, 'invalidRequest', 'The attempted operation is prohibited because it exceeds the list view threshold.');

export interface RowQuery {
  readonly select: readonly string[] | null;
  /** Null: not expanded; `select` null: all that is shown. */
  readonly fields: { readonly select: readonly string[] | null } | null;
  readonly driveItem: { readonly select: readonly string[] | null } | null;
}

/** Throws GraphFault 400 for what cannot be asked here. */
export function readQuery(list: SiteList, req: Pick<GraphRequest, 'query'>): RowQuery {
  const select = parseSelect(req.query);
  checkSelect(select, rowKnown, 'microsoft.graph.listItem');
  let fields: RowQuery['fields'] = null;
  let driveItem: RowQuery['driveItem'] = null;
  for (const { name, options } of parseExpand(req.query)) {
    if ([...options.keys()].some((option) => option !== '$select')) throw new GraphFault(400, 'invalidRequest', `The simulator reads only $select inside $expand=${name}.`);
    const inner = parseSelect(options);
    if (name === 'fields') fields = { select: inner };
    else if (name === 'driveItem' && list.library !== null) driveItem = { select: inner };
    else throw new GraphFault(400, 'invalidRequest', `Parsing OData Select and Expand failed: '${name}' cannot be expanded here.`);
  }
  checkLookups(list, fields?.select ?? null);
  return { select, fields, driveItem };
}

function pathsOf(expr: FilterExpr): string[][] {
  switch (expr.kind) {
    case 'path': return [expr.segments];
    case 'call': return expr.args.flatMap(pathsOf);
    case 'compare': case 'and': case 'or': return [...pathsOf(expr.left), ...pathsOf(expr.right)];
    case 'in': return [...pathsOf(expr.left), ...expr.values.flatMap(pathsOf)];
    case 'not': return pathsOf(expr.inner);
    case 'lambda': throw new GraphFault(400, 'invalidRequest', 'Invalid filter clause: a list filters by single fields.');
    case 'literal': return [];
  }
}

/** The column that a filter or an order names as `fields/X`. Throws 400 for anything else, and for one without an index. */
function namedField(list: SiteList, path: readonly string[], req: Pick<GraphRequest, 'headers'>): string {
  const [head, name, ...more] = path;
  if (head !== 'fields' || name === undefined || more.length > 0) throw new GraphFault(400, 'invalidRequest', `The property '${path.join('/')}' cannot be used in a query of a list. Name a column as fields/{column}.`);
  const column = list.column(name === 'id' ? 'ID' : name) ?? (name.endsWith('LookupId') ? list.column(name.slice(0, -'LookupId'.length)) : undefined);
  if (column === undefined) throw new GraphFault(400, 'invalidRequest', `Field '${name}' is not recognized`);
  if (column.indexed) return name;
  const allowed = String(req.headers['prefer'] ?? '').toLowerCase().includes('honornonindexedquerieswarningmayfailrandomly');
  if (!allowed) throw new GraphFault(400, 'invalidRequest', `Field '${name}' cannot be referenced in filter or orderby as it is not indexed. Provide the 'Prefer: HonorNonIndexedQueriesWarningMayFailRandomly' header to allow this, but be warned that such queries may fail on large lists.`);
  if (list.rows.count > viewThreshold) throw thresholdFault();
  return name;
}

/** The items that a query wants, above `after` in the list's order, or from place `from` in another; the caller takes a page of them. */
export function matchingRows(lists: SiteLists, list: SiteList, req: GraphRequest, after: number): { rows: Iterable<Row>; ordered: boolean } {
  for (const option of ['$search', '$skip', '$count']) if (req.query.has(option)) throw new GraphFault(400, 'invalidRequest', `The query option '${option}' is not supported here.`);
  const filter = parseFilter(req.query);
  const order = parseOrderby(req.query);
  const named = [...(filter === null ? [] : pathsOf(filter)), ...order.map(({ path }) => path)].map((path) => namedField(list, path, req));
  const entity = (row: Row): { fields: Record<string, unknown> } => ({ fields: { ...fieldsView(lists, list, row, named), id: String(row.id), ID: row.id } });
  const wanted = function* (): Generator<Row> {
    for (const row of list.rows.items(after)) if (filter === null || matchesFilter(filter, entity(row))) yield row;
  };
  if (order.length === 0) return { rows: wanted(), ordered: false };
  return { rows: sortBy([...wanted()].map((row) => ({ row, ...entity(row) })), order).map(({ row }) => row), ordered: true };
}
