import { checkSelect, parseExpand, parseSelect, type ExpandTerm } from '../../../http/odata.js';
import { GraphFault } from '../../../http/route.js';
import { normalisePropertyId } from '../../store/extended-property.js';
import type { Call } from './call.js';

/** A JSON object on its way to the client. */
export type Row = Record<string, unknown>;

/** How one entity type is shown: a table of its properties, each computed only when it is wanted. */
export interface View<T> {
  /** `microsoft.graph.message`. */
  readonly typeName: string;
  readonly properties: Readonly<Record<string, (source: T, call: Call) => unknown>>;
  /** Properties that Graph leaves out unless `$select` names them. */
  readonly onRequest?: readonly string[];
  /** Annotations: `@odata.etag`, `@odata.type`; and properties of a derived type. */
  readonly annotate?: (source: T, call: Call) => Row;
  /** Navigations that `$expand` may name (lower case). `undefined` leaves the property out. */
  readonly navigations?: Readonly<Record<string, (source: T, call: Call, term: ExpandTerm) => Row>>;
  /** Extended properties by normalised id; lists are those of the multi-value kind. */
  readonly extended?: (source: T, call: Call, id: string) => string | string[] | undefined;
}

/** What of an entity the client asked for. */
export interface Wanted {
  readonly select: readonly string[] | null;
  readonly expand: readonly ExpandTerm[];
}

const EXTENDED = ['singlevalueextendedproperties', 'multivalueextendedproperties'];
const isExtended = (term: ExpandTerm): boolean => EXTENDED.includes(term.name.toLowerCase());

/** Reads `$select` and `$expand` and refuses what the type does not have. */
export function wantedOf<T>(view: View<T>, query: URLSearchParams): Wanted {
  const select = parseSelect(query);
  const expand = parseExpand(query);
  checkSelect(select, [...Object.keys(view.properties), ...Object.keys(view.navigations ?? {}), ...(view.extended === undefined ? [] : EXTENDED)], view.typeName);
  for (const term of expand) {
    const known = isExtended(term) ? view.extended !== undefined : view.navigations?.[term.name.toLowerCase()] !== undefined;
    if (!known) throw new GraphFault(400, 'BadRequest', `Parsing OData Select and Expand failed: Could not find a property named '${term.name}' on type '${view.typeName}'.`);
  }
  return { select, expand };
}

/** Ids named in `$filter=id eq '...' or id eq '...'` of an `$expand`, normalised. Throws 400 for an id that is none. */
export function expandedIds(term: ExpandTerm): string[] {
  const filter = term.options.get('$filter');
  if (filter === null) throw new GraphFault(400, 'ErrorInvalidParameter', 'Extended properties are expanded with a $filter on their id.');
  return [...filter.matchAll(/\bid\s+eq\s+'((?:[^']|'')+)'/gi)].map(([, id = '']) => {
    const normal = normalisePropertyId(id.replaceAll("''", "'"));
    if (normal === null) throw new GraphFault(400, 'ErrorInvalidParameter', `The extended property id '${id}' is not valid.`);
    return normal;
  });
}

/** The entity as JSON. */
export function show<T>(view: View<T>, source: T, call: Call, { select, expand }: Wanted): Row {
  const row: Row = { ...view.annotate?.(source, call) };
  if (select !== null) {
    const names = new Set(['id', ...select.map((name) => (name.split('/')[0] ?? name).toLowerCase())]);
    for (const key of Object.keys(row)) if (!key.startsWith('@') && !names.has(key.toLowerCase())) Reflect.deleteProperty(row, key);
    for (const [name, read] of Object.entries(view.properties)) if (names.has(name.toLowerCase())) row[name] = read(source, call);
  } else {
    for (const [name, read] of Object.entries(view.properties)) if (view.onRequest?.includes(name) !== true) row[name] = read(source, call);
  }
  for (const term of expand) {
    if (isExtended(term)) Object.assign(row, extendedRows(view, source, call, term));
    else Object.assign(row, view.navigations?.[term.name.toLowerCase()]?.(source, call, term));
  }
  return row;
}

/** Absent when the entity has none of the asked properties, as Graph answers. */
function extendedRows<T>(view: View<T>, source: T, call: Call, term: ExpandTerm): Row {
  const multi = term.name.toLowerCase().startsWith('multi');
  const found = expandedIds(term).flatMap((id) => {
    const value = view.extended?.(source, call, id);
    return value === undefined || Array.isArray(value) !== multi ? [] : [{ id, value }];
  });
  return found.length === 0 ? {} : { [multi ? 'multiValueExtendedProperties' : 'singleValueExtendedProperties']: found };
}
