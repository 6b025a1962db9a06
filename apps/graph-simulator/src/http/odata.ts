import { matchesFilter, parseFilterText, type FilterExpr } from './odata-filter.js';
import { bare } from './query-options.js';
import { GraphFault, type GraphReply, type GraphRequest } from './route.js';

export { matchesFilter, type FilterExpr } from './odata-filter.js';

/** One `$orderby` term; `path` is split at `/`. */
export interface OrderTerm { path: string[]; descending: boolean }

/** One `$expand` term; nested options are read with the same parse functions. */
export interface ExpandTerm { name: string; options: URLSearchParams }

/** Splits at `separator` outside quotes and parentheses. */
function splitOutside(source: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < source.length; i += 1) {
    const c = source[i];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth += 1;
    else if (c === ')') depth -= 1;
    else if (c === separator && depth === 0) {
      parts.push(source.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(source.slice(start));
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d{1,9}$/.test(text)) {
    throw new GraphFault(400, 'BadRequest', `Invalid value '${text}' for ${name} query option found. The ${name} query option requires a non-negative integer value.`);
  }
  return Number(text);
}

/** `$select` as written, or null when absent. */
export function parseSelect(query: URLSearchParams): string[] | null {
  const text = query.get('$select');
  if (text === null) return null;
  const names = splitOutside(text, ',');
  return names.length === 0 || names.includes('*') ? null : names;
}

/**
 * `$top` or null. Throws GraphFault 400 for anything but a whole number, and for a number above `max` when one is given
 * (the directory refuses more than 999, Outlook more than 1000).
 */
export function parseTop(query: URLSearchParams, max?: number): number | null {
  const top = wholeNumber(query, '$top');
  if (top !== null && max !== undefined && (top > max || top === 0)) {
    throw new GraphFault(400, 'Request_BadRequest', `Invalid page size specified: '${String(top)}'. Must be between 1 and ${String(max)} inclusive.`);
  }
  return top;
}

/** `$skip`, 0 when absent. */
export function parseSkip(query: URLSearchParams): number {
  return wholeNumber(query, '$skip') ?? 0;
}

/** `$count=true`. Throws GraphFault 400 for anything but true and false. */
export function parseCount(query: URLSearchParams): boolean {
  const text = query.get('$count')?.toLowerCase();
  if (text === undefined) return false;
  if (text !== 'true' && text !== 'false') throw new GraphFault(400, 'BadRequest', `Invalid value '${text}' for $count query option found. Valid values are 'true' and 'false'.`);
  return text === 'true';
}

/** `$filter` parsed, or null when absent. */
export function parseFilter(query: URLSearchParams): FilterExpr | null {
  const text = query.get('$filter');
  return text === null ? null : parseFilterText(text);
}

/** `$orderby`, empty when absent. */
export function parseOrderby(query: URLSearchParams): OrderTerm[] {
  return splitOutside(query.get('$orderby') ?? '', ',').map((term) => {
    const match = /^([\w$@.]+(?:\/[\w$@.]+)*)(?:\s+(asc|desc))?$/i.exec(term);
    if (match?.[1] === undefined) throw new GraphFault(400, 'BadRequest', `Syntax error in the $orderby clause '${term}'.`);
    return { path: match[1].split('/'), descending: match[2]?.toLowerCase() === 'desc' };
  });
}

/** `$expand`, empty when absent. */
export function parseExpand(query: URLSearchParams): ExpandTerm[] {
  return splitOutside(query.get('$expand') ?? '', ',').map((term) => {
    const match = /^([\w.$]+(?:\/[\w.$]+)*)(?:\s*\((.*)\))?$/s.exec(term);
    if (match?.[1] === undefined) throw new GraphFault(400, 'BadRequest', `Syntax error in the $expand clause '${term}'.`);
    const options = new URLSearchParams();
    for (const option of splitOutside(match[2] ?? '', ';')) {
      const eq = option.indexOf('=');
      const name = option.slice(0, Math.max(0, eq)).trim().toLowerCase();
      if (!name.startsWith('$') && !bare.has(name)) throw new GraphFault(400, 'BadRequest', `Syntax error in the $expand clause '${option}'.`);
      options.append(name.startsWith('$') ? name : `$${name}`, option.slice(eq + 1).trim());
    }
    return { name: match[1], options };
  });
}

/** Throws Graph's 400 when `$select` names a property the type does not have. */
export function checkSelect(select: readonly string[] | null, known: readonly string[], typeName: string): void {
  if (select === null) return;
  let folded: Set<string> | null = null;
  for (const name of select) {
    const head = name.split('/')[0] ?? name;
    if (known.includes(head)) continue;
    folded ??= new Set(known.map((n) => n.toLowerCase()));
    if (!folded.has(head.toLowerCase())) throw new GraphFault(400, 'BadRequest', `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${typeName}'.`);
  }
}

/**
 * The entity cut down to `$select`, or to the type's documented default set when nothing is selected (null = everything).
 * `id`, annotations (`@odata.etag`, ...) and names in `always` stay, as Graph keeps them.
 */
export function applySelect(
  entityTypeDefaults: readonly string[] | null,
  entity: Readonly<Record<string, unknown>>,
  select: readonly string[] | null,
  always: readonly string[] = [],
): Record<string, unknown> {
  const wanted = select ?? entityTypeDefaults;
  if (wanted === null) return { ...entity };
  // Graph answers `id` with $select even when it was not named, except that the directory leaves it out; harmless either way.
  const names = new Set([...wanted, ...always].map((n) => (n.split('/')[0] ?? n).toLowerCase()));
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entity)) {
    if (key.includes('@') || key === 'id' || names.has(key.toLowerCase())) out[key] = value;
  }
  return out;
}

/** Sorts a copy. Strings compare without case, null comes first. */
export function sortBy<T>(items: readonly T[], terms: readonly OrderTerm[]): T[] {
  const value = (item: T, path: readonly string[]): string | number => {
    let v: unknown = item;
    for (const segment of path) v = (v as Record<string, unknown> | null | undefined)?.[segment];
    if (typeof v === 'number') return v;
    return typeof v === 'string' ? v.toLowerCase() : '';
  };
  return [...items].sort((a, b) => {
    for (const { path, descending } of terms) {
      const [x, y] = [value(a, path), value(b, path)];
      if (x !== y) return (x < y ? -1 : 1) * (descending ? -1 : 1);
    }
    return 0;
  });
}

/** Where clients expect Graph to be; every link and context carries it. */
export const graphOrigin = 'https://graph.microsoft.com';

/** `@odata.context` for a set (`users`) or one of its members (`entity: true`). */
export function contextUrl(req: Pick<GraphRequest, 'version'>, set: string, options: { select?: readonly string[] | null; entity?: boolean } = {}): string {
  const select = options.select ? `(${options.select.join(',')})` : '';
  return `${graphOrigin}/${req.version}/$metadata#${set}${select}${options.entity ? '/$entity' : ''}`;
}

/** This request's URL with some query options replaced (or removed, when null): what nextLinks and deltaLinks are made of. */
export function linkWith(req: Pick<GraphRequest, 'url'>, changes: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams(req.url.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString().replaceAll('%24', '$').replaceAll('%2C', ',').replaceAll('+', '%20');
  return `${req.url.origin}${req.url.pathname}${text === '' ? '' : `?${text}`}`;
}

/** An opaque token for `$skiptoken`: state of the route's own choosing, unreadable to a client that plays by the rules. */
export function encodeSkipToken(state: Readonly<Record<string, unknown>>): string {
  const raw = Buffer.from(JSON.stringify(state));
  for (let i = 0; i < raw.length; i += 1) raw[i] = (raw[i] ?? 0) ^ ((i * 31 + 0x5a) & 0xff);
  return `RFNwdAIAAQ${raw.toString('base64url')}`;
}

/** The state of `$skiptoken`, null when absent. Throws GraphFault 400 for a token that was not issued here. */
export function decodeSkipToken(query: URLSearchParams): Record<string, unknown> | null {
  const token = query.get('$skiptoken');
  if (token === null) return null;
  try {
    if (!token.startsWith('RFNwdAIAAQ')) throw new SyntaxError('foreign token');
    const raw = Buffer.from(token.slice(10), 'base64url');
    for (let i = 0; i < raw.length; i += 1) raw[i] = (raw[i] ?? 0) ^ ((i * 31 + 0x5a) & 0xff);
    return JSON.parse(raw.toString()) as Record<string, unknown>;
  } catch {
    throw new GraphFault(400, 'Request_BadRequest', 'Skip token is not valid.');
  }
}

/** A page of a collection. `next` are the query options that lead on (`{ $skip: '20' }`), absent or null on the last page. */
export interface Page {
  /** `users`, `users('id')/messages`: goes into `@odata.context` with `$select`. */
  context: string;
  value: unknown[];
  next?: Readonly<Record<string, string | null>> | null;
  /** Only when `$count=true` was asked. */
  count?: number;
  /** A finished `@odata.deltaLink`. */
  deltaLink?: string;
}

/** A collection answer with `@odata.context`, count and links in Graph's order. */
export function pageReply(req: GraphRequest, page: Page): GraphReply {
  const json: Record<string, unknown> = { '@odata.context': contextUrl(req, page.context, { select: parseSelect(req.query) }) };
  if (page.count !== undefined) json['@odata.count'] = page.count;
  if (page.next) json['@odata.nextLink'] = linkWith(req, page.next);
  if (page.deltaLink !== undefined) json['@odata.deltaLink'] = page.deltaLink;
  json['value'] = page.value;
  return { status: 200, json };
}

/** One entity with its `@odata.context`. */
export function entityReply(req: GraphRequest, set: string, entity: Readonly<Record<string, unknown>>, status = 200): GraphReply {
  return { status, json: { '@odata.context': contextUrl(req, set, { select: parseSelect(req.query), entity: true }), ...entity } };
}

/** Keeps what matches the request's `$filter`. */
export function filtered<T>(items: readonly T[], query: URLSearchParams): T[] {
  const filter = parseFilter(query);
  return filter === null ? [...items] : items.filter((item) => matchesFilter(filter, item));
}
