import { GraphFault } from './route.js';

/** A parsed `$filter`. Routes that translate filters walk it; others call {@link matchesFilter}. */
export type FilterExpr =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'path'; segments: string[] }
  | { kind: 'call'; name: string; args: FilterExpr[] }
  | { kind: 'compare'; op: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'; left: FilterExpr; right: FilterExpr }
  | { kind: 'in'; left: FilterExpr; values: FilterExpr[] }
  | { kind: 'and' | 'or'; left: FilterExpr; right: FilterExpr }
  | { kind: 'not'; inner: FilterExpr }
  | { kind: 'lambda'; quantifier: 'any' | 'all'; path: string[]; variable: string; body: FilterExpr | null };

type Token = { kind: 'string'; value: string } | { kind: 'word'; value: string } | { kind: 'mark'; value: '(' | ')' | ',' };

const functions = new Set(['startswith', 'endswith', 'contains', 'tolower', 'toupper', 'trim', 'length', 'cast']);
const comparisons = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);

function malformed(text: string): GraphFault {
  return new GraphFault(400, 'BadRequest', `Invalid filter clause: ${text}`);
}

function tokenise(source: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < source.length) {
    const c = source.charAt(i);
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
      i += 1;
    } else if (c === '(' || c === ')' || c === ',') {
      tokens.push({ kind: 'mark', value: c });
      i += 1;
    } else if (c === "'") {
      let value = '';
      for (i += 1; ; i += 1) {
        if (i >= source.length) throw malformed('There is an unterminated string literal.');
        if (source.charAt(i) !== "'") value += source.charAt(i);
        else if (source.charAt(i + 1) === "'") { value += "'"; i += 1; }
        else break;
      }
      i += 1;
      tokens.push({ kind: 'string', value });
    } else {
      const start = i;
      while (i < source.length && !" \t\r\n(),'".includes(source.charAt(i))) i += 1;
      tokens.push({ kind: 'word', value: source.slice(start, i) });
    }
  }
  return tokens;
}

class Parser {
  #at = 0;

  constructor(private readonly tokens: Token[]) {}

  whole(): FilterExpr {
    const expr = this.#or();
    if (this.#at < this.tokens.length) throw malformed(`Syntax error at '${this.tokens[this.#at]?.value ?? ''}'.`);
    return expr;
  }

  #word(...values: string[]): string | null {
    const t = this.tokens[this.#at];
    if (t?.kind !== 'word') return null;
    const lower = t.value.toLowerCase();
    if (!values.includes(lower)) return null;
    this.#at += 1;
    return lower;
  }

  #mark(value: '(' | ')' | ','): boolean {
    const t = this.tokens[this.#at];
    if (t?.kind !== 'mark' || t.value !== value) return false;
    this.#at += 1;
    return true;
  }

  #need(value: '(' | ')'): void {
    if (!this.#mark(value)) throw malformed(`'${value}' expected.`);
  }

  #or(): FilterExpr {
    let left = this.#and();
    while (this.#word('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): FilterExpr {
    let left = this.#not();
    while (this.#word('and')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): FilterExpr {
    if (this.#word('not')) return { kind: 'not', inner: this.#not() };
    return this.#comparison();
  }

  #comparison(): FilterExpr {
    const left = this.#operand();
    const op = this.#word('eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in');
    if (op === null) return left;
    if (op === 'in') {
      this.#need('(');
      const values: FilterExpr[] = [];
      do values.push(this.#operand()); while (this.#mark(','));
      this.#need(')');
      return { kind: 'in', left, values };
    }
    if (!comparisons.has(op)) throw malformed(`Unknown operator '${op}'.`);
    return { kind: 'compare', op: op as 'eq', left, right: this.#operand() };
  }

  #operand(): FilterExpr {
    if (this.#mark('(')) {
      const inner = this.#or();
      this.#need(')');
      return inner;
    }
    const t = this.tokens[this.#at];
    if (t === undefined || t.kind === 'mark') throw malformed('Expression expected.');
    this.#at += 1;
    if (t.kind === 'string') return { kind: 'literal', value: t.value };
    const next = this.tokens[this.#at];
    const opens = next?.kind === 'mark' && next.value === '(';
    const segments = t.value.split('/');
    const last = segments.at(-1)?.toLowerCase();
    if (opens && (last === 'any' || last === 'all') && segments.length > 1) return this.#lambda(last, segments.slice(0, -1));
    if (opens && functions.has(t.value.toLowerCase())) return this.#call(t.value.toLowerCase());
    if (opens) throw malformed(`An unknown function with name '${t.value}' was found.`);
    return literalOrPath(t.value);
  }

  #call(name: string): FilterExpr {
    this.#need('(');
    const args: FilterExpr[] = [];
    if (!this.#mark(')')) {
      do args.push(this.#or()); while (this.#mark(','));
      this.#need(')');
    }
    return { kind: 'call', name, args };
  }

  #lambda(quantifier: 'any' | 'all', path: string[]): FilterExpr {
    this.#need('(');
    if (this.#mark(')')) return { kind: 'lambda', quantifier, path, variable: '', body: null };
    const head = this.tokens[this.#at];
    this.#at += 1;
    if (head?.kind !== 'word' || !head.value.includes(':')) throw malformed('A lambda needs a variable.');
    const colon = head.value.indexOf(':');
    const rest = head.value.slice(colon + 1);
    if (rest !== '') {
      // `p:p/id eq 1` comes as one word up to the blank: put the part after the colon back as its own token.
      this.#at -= 1;
      this.tokens[this.#at] = { kind: 'word', value: rest };
    }
    const body = this.#or();
    this.#need(')');
    return { kind: 'lambda', quantifier, path, variable: head.value.slice(0, colon), body };
  }
}

function literalOrPath(word: string): FilterExpr {
  const lower = word.toLowerCase();
  if (lower === 'true' || lower === 'false') return { kind: 'literal', value: lower === 'true' };
  if (lower === 'null') return { kind: 'literal', value: null };
  if (/^-?\d+(\.\d+)?$/.test(word)) return { kind: 'literal', value: Number(word) };
  if (/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(word) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word)) return { kind: 'literal', value: word };
  if (!/^[$@A-Za-z_][\w.@$]*(\/[$@A-Za-z_][\w.@$]*)*$/.test(word)) throw malformed(`Syntax error at '${word}'.`);
  return { kind: 'path', segments: word.split('/') };
}

/** Parses a `$filter`; throws GraphFault 400 where the clause cannot be read. */
export function parseFilterText(source: string): FilterExpr {
  return new Parser(tokenise(source)).whole();
}

type Scope = ReadonlyMap<string, unknown>;

function readPath(segments: readonly string[], root: unknown, scope: Scope): unknown {
  const head = segments[0] ?? '';
  let value = scope.has(head) ? scope.get(head) : property(root, head);
  for (const segment of segments.slice(1)) value = property(value, segment);
  return value;
}

function property(value: unknown, name: string): unknown {
  if (name === '$count') return Array.isArray(value) ? value.length : 0;
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  if (name in record) return record[name];
  const lower = name.toLowerCase();
  for (const key of Object.keys(record)) if (key.toLowerCase() === lower) return record[key];
  return undefined;
}

const isoDate = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/;

function order(left: unknown, right: unknown): number | null {
  if (left === null || left === undefined || right === null || right === undefined) return null;
  if (typeof left === 'string' && typeof right === 'string') {
    if (isoDate.test(left) && isoDate.test(right)) return Date.parse(left) - Date.parse(right);
    const [l, r] = [left.toLowerCase(), right.toLowerCase()];
    return l < r ? -1 : l > r ? 1 : 0;
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') return left === right ? 0 : 1;
  return Number(left) - Number(right);
}

function call(name: string, args: unknown[]): unknown {
  const [a, b] = args.map((v) => (typeof v === 'string' ? v.toLowerCase() : ''));
  switch (name) {
    case 'startswith': return (a ?? '').startsWith(b ?? '');
    case 'endswith': return (a ?? '').endsWith(b ?? '');
    case 'contains': return (a ?? '').includes(b ?? '');
    case 'tolower': return a;
    case 'toupper': return (a ?? '').toUpperCase();
    case 'trim': return (a ?? '').trim();
    case 'length': return (a ?? '').length;
    default: return args[0];
  }
}

function evaluate(expr: FilterExpr, root: unknown, scope: Scope): unknown {
  switch (expr.kind) {
    case 'literal': return expr.value;
    case 'path': return readPath(expr.segments, root, scope);
    case 'call': return call(expr.name, expr.args.map((a) => evaluate(a, root, scope)));
    case 'and': return truthy(expr.left, root, scope) && truthy(expr.right, root, scope);
    case 'or': return truthy(expr.left, root, scope) || truthy(expr.right, root, scope);
    case 'not': return !truthy(expr.inner, root, scope);
    case 'in': {
      const left = evaluate(expr.left, root, scope);
      return expr.values.some((v) => order(left, evaluate(v, root, scope)) === 0);
    }
    case 'compare': {
      const left = evaluate(expr.left, root, scope) ?? null;
      const right = evaluate(expr.right, root, scope) ?? null;
      if (expr.op === 'eq' || expr.op === 'ne') {
        const same = left === null || right === null ? left === right : order(left, right) === 0;
        return expr.op === 'eq' ? same : !same;
      }
      const d = order(left, right);
      if (d === null || Number.isNaN(d)) return false;
      if (expr.op === 'gt') return d > 0;
      if (expr.op === 'ge') return d >= 0;
      return expr.op === 'lt' ? d < 0 : d <= 0;
    }
    case 'lambda': {
      const list = readPath(expr.path, root, scope);
      const items = Array.isArray(list) ? (list as unknown[]) : [];
      const body = expr.body;
      if (body === null) return items.length > 0;
      const test = (item: unknown): boolean => truthy(body, root, new Map([...scope, [expr.variable, item]]));
      return expr.quantifier === 'any' ? items.some(test) : items.every(test);
    }
  }
}

function truthy(expr: FilterExpr, root: unknown, scope: Scope): boolean {
  return evaluate(expr, root, scope) === true;
}

/** Whether the entity satisfies the filter. Strings compare without case and dates as instants, as Graph does. */
export function matchesFilter(expr: FilterExpr, entity: unknown): boolean {
  return truthy(expr, entity, new Map());
}
