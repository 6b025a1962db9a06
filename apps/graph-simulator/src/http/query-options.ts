import { GraphFault } from './route.js';

const system = new Set(['$select', '$top', '$skip', '$filter', '$orderby', '$expand', '$count', '$search', '$skiptoken', '$deltatoken', '$format']);
/** Options that are understood without `$` in front, as v1.0 does. */
export const bare: ReadonlySet<string> = new Set(['select', 'top', 'skip', 'filter', 'orderby', 'expand', 'count', 'search', 'format']);

/**
 * The query with option names as routes expect them: lower case, `$` in front (v1.0 takes them without). Throws GraphFault 400
 * for a `$` option that neither Graph nor the route knows, and for one given twice. Custom options without `$` pass.
 */
export function normaliseQuery(url: URL, known: readonly string[]): { query: URLSearchParams; url: URL } {
  if (url.search === '') return { query: url.searchParams, url };
  const extra = new Set(known.map((k) => k.toLowerCase()));
  const query = new URLSearchParams();
  let changed = false;
  for (const [name, value] of url.searchParams) {
    const lower = name.toLowerCase();
    if (extra.has(lower)) {
      query.append(name, value);
      continue;
    }
    const option = lower.startsWith('$') ? lower : bare.has(lower) ? `$${lower}` : null;
    if (option === null) {
      query.append(name, value);
      continue;
    }
    if (!system.has(option)) throw new GraphFault(400, 'BadRequest', `The query parameter '${name}' is not supported.`);
    if (query.has(option)) throw new GraphFault(400, 'BadRequest', `Query option '${option}' was specified more than once, but it must be specified at most once.`);
    query.append(option, value);
    changed ||= option !== name;
  }
  if (!changed) return { query, url };
  const rewritten = new URL(url);
  rewritten.search = query.toString();
  return { query, url: rewritten };
}
