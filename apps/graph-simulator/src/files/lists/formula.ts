/** Formulas of calculated columns: `=[Price]*[Qty]`, `=[Title]&" ("&[Kind]&")"`. More than references, numbers, texts, `+ - * / &` and parentheses the simulator does not compute, and so refuses. */
import { GraphFault } from '../../http/route.js';

type Value = string | number | null;
type Scope = (name: string) => unknown;
export type Formula = (scope: Scope) => Value;

const malformed = (): GraphFault => new GraphFault(400, 'invalidRequest', 'The formula contains a syntax error or is not supported.');

const number = (value: unknown): number => (typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : 0);
const words = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? '' : String(value as string | number | boolean));
const asValue = (value: unknown): Value => (typeof value === 'number' || typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? 'Yes' : 'No') : null);

/** Throws GraphFault 400 for what it cannot read. */
export function parseFormula(source: string): Formula {
  const tokens = /^=?/.exec(source) === null ? [] : (source.replace(/^\s*=/, '').match(/\[[^\]]+\]|"(?:[^"]|"")*"|\d+(?:\.\d+)?|[-+*/&()]|[A-Za-z_]\w*|\S/g) ?? []);
  let at = 0;
  const primary = (): Formula => {
    const token = tokens[at];
    at += 1;
    if (token === undefined) throw malformed();
    if (token === '(') {
      const inner = joined();
      if (tokens[at] !== ')') throw malformed();
      at += 1;
      return inner;
    }
    if (token === '-') {
      const inner = primary();
      return (scope) => -number(inner(scope));
    }
    if (token.startsWith('"')) return () => token.slice(1, -1).replaceAll('""', '"');
    if (/^\d/.test(token)) return () => Number(token);
    const name = token.startsWith('[') ? token.slice(1, -1) : /^[A-Za-z_]\w*$/.test(token) && tokens[at] !== '(' ? token : null;
    if (name === null) throw malformed();
    return (scope) => asValue(scope(name));
  };
  const level = (next: () => Formula, operators: string, apply: (operator: string, left: Value, right: Value) => Value): Formula => {
    let left = next();
    while (operators.includes(tokens[at] ?? ' ')) {
      const operator = tokens[at] ?? '';
      at += 1;
      const [before, right] = [left, next()];
      left = (scope) => apply(operator, before(scope), right(scope));
    }
    return left;
  };
  const product = (): Formula => level(primary, '*/', (operator, left, right) => (operator === '*' ? number(left) * number(right) : number(right) === 0 ? null : number(left) / number(right)));
  const sum = (): Formula => level(product, '+-', (operator, left, right) => (operator === '+' ? number(left) + number(right) : number(left) - number(right)));
  const joined = (): Formula => level(sum, '&', (_operator, left, right) => words(left) + words(right));
  const whole = joined();
  if (at < tokens.length) throw malformed();
  return whole;
}
