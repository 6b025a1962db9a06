import { matchesFilter, pageReply, parseCount, parseFilter, parseOrderby, parseSkip, parseTop, sortBy, type FilterExpr, type OrderTerm } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import { normalisePropertyId } from '../../store/extended-property.js';
import type { Call } from './call.js';
import { show, wantedOf, type Row, type View } from './view.js';

/** A collection to be listed: entities in a stable order, each loaded only when it is looked at. */
export interface Listing<T> {
  readonly context: string;
  readonly rows: Iterable<() => T>;
  /** The rows behind the first `count`, when that is cheaper than walking there. */
  readonly behind?: (count: number) => Iterable<() => T>;
  /** Page size when `$top` is absent. Default 10. */
  readonly pageSize?: number;
  /** A sort order needs its properties in the filter, first and in the same order: messages, not folders. */
  readonly strictOrder?: boolean;
}

/** First segments of the paths a filter reads, in order of appearance. */
export function filterPaths(filter: FilterExpr): string[][] {
  switch (filter.kind) {
    case 'literal': return [];
    case 'path': return filter.segments[0]?.startsWith('Edm.') === true ? [] : [filter.segments];
    case 'call': return filter.args.flatMap(filterPaths);
    case 'not': return filterPaths(filter.inner);
    case 'in': return filterPaths(filter.left);
    case 'lambda': return [filter.path];
    default: return [...filterPaths(filter.left), ...filterPaths(filter.right)];
  }
}

/** Spellings of extended property ids inside `any(ep:ep/id eq '...')`. */
function extendedIds(filter: FilterExpr): string[] {
  switch (filter.kind) {
    case 'lambda': return filter.body === null ? [] : extendedIds(filter.body);
    case 'compare': {
      const { left, right } = filter;
      return left.kind === 'path' && left.segments.at(-1)?.toLowerCase() === 'id' && right.kind === 'literal' && typeof right.value === 'string' ? [right.value] : [];
    }
    case 'and': case 'or': return [...extendedIds(filter.left), ...extendedIds(filter.right)];
    case 'not': return extendedIds(filter.inner);
    default: return [];
  }
}

const EXTENDED = /^(single|multi)valueextendedproperties$/i;

/** Computes what a filter or an order reads of an entity, under the names it uses. */
export function readerOf<T>(view: View<T>, call: Call, filter: FilterExpr | null, order: readonly OrderTerm[]): (source: T) => Row {
  const names = new Set([...(filter === null ? [] : filterPaths(filter)), ...order.map((term) => term.path)].map((path) => path[0] ?? ''));
  const plain = [...names].filter((name) => !EXTENDED.test(name)).map((name) => {
    const known = Object.keys(view.properties).find((each) => each.toLowerCase() === name.toLowerCase());
    if (known === undefined) throw new GraphFault(400, 'BadRequest', `Could not find a property named '${name}' on type '${view.typeName}'.`);
    return { name, read: view.properties[known] };
  });
  const extendedName = [...names].find((name) => EXTENDED.test(name));
  if (extendedName !== undefined && view.extended === undefined) throw new GraphFault(400, 'ErrorInvalidParameter', 'Extended properties cannot be filtered here.');
  // The filter compares ids as texts, so each is offered in the spelling the filter uses.
  const ids = filter === null || extendedName === undefined ? [] : extendedIds(filter).map((spelling) => {
    const normal = normalisePropertyId(spelling);
    if (normal === null) throw new GraphFault(400, 'ErrorInvalidParameter', `The extended property id '${spelling}' is not valid.`);
    if (normal.startsWith('Binary ')) throw new GraphFault(400, 'ErrorInvalidParameter', 'Binary extended properties cannot be filtered.');
    return { spelling, normal };
  });
  return (source) => {
    const row: Row = {};
    for (const { name, read } of plain) row[name] = read?.(source, call);
    if (extendedName !== undefined) row[extendedName] = ids.flatMap(({ spelling, normal }) => {
      const value = view.extended?.(source, call, normal);
      return value === undefined ? [] : [{ id: spelling, value }];
    });
    return row;
  };
}

/** Throws Graph's InefficientFilter for an order whose properties the filter does not begin with. */
export function checkOrder(filter: FilterExpr | null, order: readonly OrderTerm[]): void {
  if (filter === null || order.length === 0) return;
  const filtered = [...new Set(filterPaths(filter).map((path) => path.join('/').toLowerCase()))];
  if (order.some((term, n) => filtered[n] !== term.path.join('/').toLowerCase())) throw new GraphFault(400, 'InefficientFilter', 'The restriction or sort order is too complex for this operation.');
}

/** Throws 400 for `$search`, which the simulator does not have. */
export function refuseSearch(call: Call): void {
  if (call.req.query.has('$search')) throw new GraphFault(400, 'ErrorInvalidRequest', 'The query parameter $search is not supported here.');
}

/** A page of a collection with `$select $expand $filter $orderby $top $skip $count`; nextLinks carry `$skip`. */
export function list<T>(call: Call, view: View<T>, { context, rows, behind, pageSize = 10, strictOrder = false }: Listing<T>): GraphReply {
  const { query } = call.req;
  refuseSearch(call);
  const wanted = wantedOf(view, query);
  const filter = parseFilter(query);
  const order = parseOrderby(query);
  if (strictOrder) checkOrder(filter, order);
  const read = readerOf(view, call, filter, order);
  const skip = parseSkip(query);
  const top = parseTop(query, 1000) ?? Math.min(1000, call.prefer.pageSize ?? pageSize);
  const counted = parseCount(query);
  const direct = behind !== undefined && filter === null && order.length === 0 && !counted;
  const matching = direct ? behind(skip) : order.length > 0 ? sorted(rows, read, filter, order) : filter === null ? rows : filtering(rows, read, filter);
  const value: Row[] = [];
  let seen = direct ? skip : 0;
  let more = false;
  for (const load of matching) {
    seen += 1;
    if (seen <= skip) continue;
    if (value.length < top) {
      value.push(show(view, load(), call, wanted));
      continue;
    }
    more = true;
    if (!counted) break;
  }
  return pageReply(call.req, { context, value, next: more ? { $skip: String(skip + top) } : null, ...(counted ? { count: seen } : {}) });
}

function* filtering<T>(rows: Iterable<() => T>, read: (source: T) => Row, filter: FilterExpr): Generator<() => T> {
  for (const load of rows) {
    const source = load();
    if (matchesFilter(filter, read(source))) yield () => source;
  }
}

function sorted<T>(rows: Iterable<() => T>, read: (source: T) => Row, filter: FilterExpr | null, order: readonly OrderTerm[]): (() => T)[] {
  const keyed: { row: Row; load: () => T }[] = [];
  for (const load of rows) {
    const row = read(load());
    if (filter === null || matchesFilter(filter, row)) keyed.push({ row, load });
  }
  const terms = order.map((term) => ({ ...term, path: ['row', ...term.path] }));
  return sortBy(keyed, terms).map(({ load }) => load);
}

/** Entities already at hand as rows of a listing. */
export function* loaded<T>(sources: Iterable<T>): Generator<() => T> {
  for (const source of sources) yield () => source;
}
