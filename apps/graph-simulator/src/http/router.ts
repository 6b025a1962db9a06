/** What a lookup found: a route, or why there is none. */
export type RouteMatch<R> =
  | { kind: 'found'; route: R; params: Record<string, string> }
  | { kind: 'method'; allow: string[] }
  | { kind: 'segment'; segment: string };

interface FunctionEdge<R> { name: string; args: { name: string; param: string }[]; node: Node<R> }

interface Node<R> {
  literals: Map<string, Node<R>>;
  functions: FunctionEdge<R>[];
  /** One node per parameter name, so that `/users/{user}` and `/users/{id}` may both exist. */
  params: { name: string; node: Node<R> }[];
  /** `{item}:` takes a segment that ends with a colon; `{path:}` takes segments up to one that does, or to the end. */
  colons: { name: string; whole: boolean; node: Node<R> }[];
  methods: Map<string, R>;
}

function newNode<R>(): Node<R> {
  return { literals: new Map(), functions: [], params: [], colons: [], methods: new Map() };
}

const callShape = /^([A-Za-z_$][\w.$]*)\((.*)\)$/s;

/** `'it''s'` -> `it's`; anything unquoted stays. */
function unquote(value: string): string {
  return value.length >= 2 && value.startsWith("'") && value.endsWith("'") ? value.slice(1, -1).replaceAll("''", "'") : value;
}

/** `a='x',b=2` as pairs; null when it is not a list of named arguments (so it may be a key). */
function namedArguments(text: string): Map<string, string> | null {
  const out = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const match = /^\s*([A-Za-z_]\w*)\s*=\s*('(?:[^']|'')*'|[^,']*)\s*(?:,|$)/.exec(rest);
    if (match?.[1] === undefined) return null;
    out.set(match[1].toLowerCase(), unquote((match[2] ?? '').trim()));
    rest = rest.slice(match[0].length);
  }
  return out;
}

/**
 * Path templates compiled once into a trie. Literals match in any case and win over functions, functions over parameters;
 * `/users('id')/x` and `/users/id/x` are the same path, and so are `delta`, `delta()` and `microsoft.graph.delta()`.
 */
export class Router<R> {
  readonly #root: Node<R> = newNode();

  /** Throws when method and path are taken: two owners for one operation is a mistake at start-up, not a choice at run time. */
  add(method: string, template: string, route: R): void {
    let node = this.#root;
    for (const segment of template.split('/').filter((s) => s !== '')) node = this.#child(node, segment);
    if (node.methods.has(method)) throw new Error(`Two routes for ${method} ${template}`);
    node.methods.set(method, route);
  }

  /** Finds the route for an encoded path. `usable` filters routes (by version, say); a node without usable routes does not exist. */
  find(method: string, path: string, usable: (route: R) => boolean = () => true): RouteMatch<R> {
    const segments = split(path);
    const best = { depth: -1, allow: null as string[] | null };
    const params: Record<string, string> = {};
    const route = this.#walk(this.#root, segments, 0, method, params, usable, best);
    if (route !== undefined) return { kind: 'found', route, params };
    if (best.allow !== null) return { kind: 'method', allow: best.allow };
    return { kind: 'segment', segment: segments[Math.min(best.depth + 1, segments.length - 1)] ?? '' };
  }

  #child(node: Node<R>, segment: string): Node<R> {
    const param = /^\{(\w+)\}$/.exec(segment);
    if (param?.[1] !== undefined) {
      const name = param[1];
      let edge = node.params.find((p) => p.name === name);
      if (edge === undefined) node.params.push((edge = { name, node: newNode() }));
      return edge.node;
    }
    const colon = /^\{(\w+)(:\}|\}:)$/.exec(segment);
    if (colon?.[1] !== undefined) {
      const [name, whole] = [colon[1], colon[2] === ':}'];
      let edge = node.colons.find((c) => c.name === name && c.whole === whole);
      if (edge === undefined) node.colons.push((edge = { name, whole, node: newNode() }));
      return edge.node;
    }
    const fn = callShape.exec(segment);
    if (fn?.[1] !== undefined && fn[2] !== '') {
      const name = fn[1].toLowerCase();
      const args = (fn[2] ?? '').split(',').map((arg) => {
        const pair = /^\s*(\w+)\s*=\s*'?\{(\w+)\}'?\s*$/.exec(arg);
        if (pair?.[1] === undefined || pair[2] === undefined) throw new Error(`Cannot read the template segment ${segment}`);
        return { name: pair[1].toLowerCase(), param: pair[2] };
      });
      let edge = node.functions.find((f) => f.name === name && f.args.length === args.length && f.args.every((a, i) => a.name === args[i]?.name && a.param === args[i].param));
      if (edge === undefined) node.functions.push((edge = { name, args, node: newNode() }));
      return edge.node;
    }
    const literal = (fn?.[1] ?? segment).toLowerCase();
    let next = node.literals.get(literal);
    if (next === undefined) node.literals.set(literal, (next = newNode()));
    return next;
  }

  #walk(node: Node<R>, segments: string[], at: number, method: string, params: Record<string, string>, usable: (route: R) => boolean, best: { depth: number; allow: string[] | null }): R | undefined {
    if (at === segments.length) {
      const route = node.methods.get(method);
      if (route !== undefined && usable(route)) return route;
      const allow = [...node.methods].filter(([, r]) => usable(r)).map(([m]) => m);
      if (allow.length > 0) best.allow ??= allow;
      return undefined;
    }
    const segment = segments[at] ?? '';
    const bare = segment.replace(/^microsoft\.graph\./i, '').replace(/\(\)$/, '').toLowerCase();
    const literal = node.literals.get(bare);
    if (literal !== undefined) {
      best.depth = Math.max(best.depth, at);
      const found = this.#walk(literal, segments, at + 1, method, params, usable, best);
      if (found !== undefined) return found;
    }
    const call = segment.includes('(') ? callShape.exec(segment) : null;
    if (call?.[1] !== undefined) {
      const found = this.#walkCall(node, call[1].replace(/^microsoft\.graph\./i, '').toLowerCase(), call[2] ?? '', segments, at, method, params, usable, best);
      if (found !== undefined) return found;
    }
    if (segment === '') return undefined;
    const take = (name: string, value: string, next: Node<R>, on: number): R | undefined => {
      best.depth = Math.max(best.depth, on - 1);
      const before = params[name];
      params[name] = value;
      const found = this.#walk(next, segments, on, method, params, usable, best);
      if (found !== undefined) return found;
      if (before === undefined) Reflect.deleteProperty(params, name);
      else params[name] = before;
      return undefined;
    };
    for (const { name, whole, node: next } of node.colons) {
      const end = whole ? segments.findIndex((each, index) => index >= at && each.endsWith(':')) : at;
      const last = end < 0 ? segments.length - 1 : end;
      if (!whole && !segment.endsWith(':')) continue;
      const found = take(name, segments.slice(at, last + 1).join('/').replace(/:$/, ''), next, last + 1);
      if (found !== undefined) return found;
    }
    for (const { name, node: next } of node.params) {
      const found = take(name, segment, next, at + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #walkCall(node: Node<R>, name: string, inside: string, segments: string[], at: number, method: string, params: Record<string, string>, usable: (route: R) => boolean, best: { depth: number; allow: string[] | null }): R | undefined {
    const args = namedArguments(inside);
    if (args !== null && args.size > 0) {
      for (const fn of node.functions) {
        if (fn.name !== name || fn.args.length !== args.size || !fn.args.every((a) => args.has(a.name))) continue;
        best.depth = Math.max(best.depth, at);
        const found = this.#walk(fn.node, segments, at + 1, method, params, usable, best);
        if (found !== undefined) {
          for (const a of fn.args) params[a.param] = args.get(a.name) ?? '';
          return found;
        }
      }
    }
    // The key form: users('id') is users/id.
    const literal = node.literals.get(name);
    if (literal === undefined || inside === '') return undefined;
    const expanded = [...segments.slice(0, at), name, unquote(inside), ...segments.slice(at + 1)];
    const nested = { depth: best.depth, allow: best.allow };
    const found = this.#walk(literal, expanded, at + 1, method, params, usable, nested);
    best.allow = nested.allow;
    best.depth = Math.max(best.depth, nested.depth > at ? nested.depth - 1 : nested.depth);
    return found;
  }
}

/** Decoded path segments without the leading and one trailing slash. Throws URIError on broken percent-encoding. */
function split(path: string): string[] {
  const parts = path.split('/');
  if (parts[0] === '') parts.shift();
  if (parts.at(-1) === '') parts.pop();
  return parts.map((p) => (p.includes('%') ? decodeURIComponent(p) : p));
}
