import {
  applySelect, checkSelect, decodeSkipToken, encodeSkipToken, matchesFilter, pageReply, parseCount, parseFilter, parseOrderby, parseSelect, parseTop, sortBy, type FilterExpr,
} from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest } from '../http/route.js';
import type { World } from '../world/world.js';

/** A collection of directory objects and how it answers queries. */
export interface DirectoryCollection<T> {
  world: World;
  /** Goes into `@odata.context`. */
  context: string;
  typeName: string;
  items: readonly T[];
  view: (item: T) => Record<string, unknown>;
  /** Every property `$select` may name. */
  known: readonly string[];
  /** What comes without `$select`; null is everything. */
  defaults: readonly string[] | null;
  /** Annotations that stay under `$select`. */
  always?: readonly string[];
}

const pageDefault = 100;
const pageMax = 999;
const dayMs = 86_400_000;

/** The `ConsistencyLevel: eventual` header that advanced queries need (graph/platform.md 5.1). */
export function isEventual(req: Pick<GraphRequest, 'headers'>): boolean {
  return String(req.headers['consistencylevel'] ?? '').toLowerCase() === 'eventual';
}

/** Operators only the advanced index serves. */
function needsAdvanced(expr: FilterExpr): boolean {
  switch (expr.kind) {
    case 'not': return true;
    case 'compare': return expr.op === 'ne' || needsAdvanced(expr.left) || needsAdvanced(expr.right);
    case 'call': return expr.name === 'endswith' || expr.name === 'contains' || expr.args.some(needsAdvanced);
    case 'path': return expr.segments.includes('$count');
    case 'and':
    case 'or': return needsAdvanced(expr.left) || needsAdvanced(expr.right);
    case 'lambda': return expr.body !== null && needsAdvanced(expr.body);
    case 'in':
    case 'literal': return false;
  }
}

function unsupported(message: string): GraphFault {
  return new GraphFault(400, 'Request_UnsupportedQuery', message);
}

/** The items a request's `$filter` and `$search` leave, with the advanced-query rule applied. */
export function matching<T>(req: GraphRequest, collection: Pick<DirectoryCollection<T>, 'items' | 'view'>): T[] {
  const advanced = isEventual(req) && (parseCount(req.query) || req.query.has('$search') || req.url.pathname.toLowerCase().endsWith('/$count'));
  const filter = parseFilter(req.query);
  if (filter !== null && needsAdvanced(filter) && !advanced) throw unsupported('Unsupported Query. This query needs the header ConsistencyLevel: eventual and $count=true.');
  if (filter !== null && req.query.has('$orderby') && !advanced) throw unsupported('Sorting not supported for current query.');
  const search = req.query.get('$search');
  if (search !== null && !isEventual(req)) throw new GraphFault(400, 'Request_UnsupportedQuery', "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'");
  const terms = search === null ? [] : parseSearch(search);
  if (filter === null && terms.length === 0) return [...collection.items];
  return collection.items.filter((item) => {
    const view = collection.view(item);
    if (filter !== null && !matchesFilter(filter, view)) return false;
    return terms.every(({ property, text }) => {
      const value = view[property];
      return typeof value === 'string' && value.toLowerCase().includes(text);
    });
  });
}

/** `"displayName:kim" AND "mail:kim"`: every clause has to hold. */
function parseSearch(search: string): { property: string; text: string }[] {
  return search.split(/\s+AND\s+/).map((clause) => {
    const match = /^"(\w+):(.*)"$/.exec(clause.trim());
    if (match?.[1] === undefined || match[2] === undefined) throw new GraphFault(400, 'Request_BadRequest', `Syntax error: '${clause}' is not a search clause of the form "property:text".`);
    return { property: match[1], text: match[2].toLowerCase() };
  });
}

/** One page of a directory collection. */
export function listReply<T>(req: GraphRequest, collection: DirectoryCollection<T>): GraphReply {
  if (req.query.has('$skip')) throw new GraphFault(400, 'Request_BadRequest', "'$skip' is not supported by the service.");
  refuseExpand(req);
  const select = parseSelect(req.query);
  checkSelect(select, [...collection.known, 'id'], collection.typeName);
  const top = parseTop(req.query, pageMax) ?? pageDefault;
  const now = collection.world.clock.now();
  const token = decodeSkipToken(req.query);
  if (token !== null && Number(token['until']) < now) throw new GraphFault(400, 'Directory_ExpiredPageToken', 'The specified page token value has expired and can no longer be included in your request.');
  const from = Number(token?.['from'] ?? 0);
  const order = parseOrderby(req.query);
  const found = matching(req, collection);
  const sorted = order.length === 0 ? found : sortBy(found.map((item) => ({ item, view: collection.view(item) })), order.map((o) => ({ ...o, path: ['view', ...o.path] }))).map((e) => e.item);
  const value = sorted.slice(from, from + top).map((item) => applySelect(collection.defaults, collection.view(item), select, collection.always));
  const next = from + top < sorted.length ? { $skiptoken: encodeSkipToken({ from: from + top, until: now + dayMs }) } : null;
  // Without the header the count is silently missing.
  const count = parseCount(req.query) && isEventual(req) ? { count: sorted.length } : {};
  return pageReply(req, { context: collection.context, value, next, ...count });
}

/** `/$count` of a collection: a bare number, only for callers who accept eventual consistency. */
export function countReply<T>(req: GraphRequest, collection: Pick<DirectoryCollection<T>, 'items' | 'view'>): GraphReply {
  if (!isEventual(req)) throw new GraphFault(400, 'Request_BadRequest', '$count is not currently supported.');
  return { status: 200, text: String(matching(req, collection).length), contentType: 'text/plain' };
}

/** Directory links are not simulated inline; saying nothing about that would look like an empty link. */
export function refuseExpand(req: GraphRequest): void {
  if (req.query.has('$expand')) throw new GraphFault(400, 'BadRequest', `The simulator does not expand '${req.query.get('$expand') ?? ''}' here.`);
}

/** Graph's 404 for a directory object. */
export function notFound(id: string): GraphFault {
  return new GraphFault(404, 'Request_ResourceNotFound', `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`);
}
