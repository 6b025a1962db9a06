/** Holds one exchange with Graph against Microsoft's metadata: what was sent, and what was answered. */
import { bare, isMany, type Metadata, type TypeName } from './metadata.js';

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly requestBody?: unknown;
  readonly body?: unknown;
}

/** `kind` and `about` are the same for all like it; `at` says where it was seen. */
export interface Finding {
  readonly kind: 'path' | 'method' | 'property' | 'undeclared' | 'type' | 'member' | 'null' | 'not-selected' | 'not-expanded' | 'no-id' | 'context' | 'link' | 'error-shape' | 'parameter';
  readonly about: string;
  readonly at: string;
}

type Raw = Readonly<Record<string, unknown>>;
interface Asked {
  readonly select: ReadonlySet<string> | null;
  readonly expand: ReadonlyMap<string, Asked>;
  readonly sent: boolean;
  readonly inner: boolean;
}

const nothing: Asked = { select: null, expand: new Map(), sent: false, inner: true };
/** Types whose members are those of a list, of a web part, of whatever an organisation made. */
const bags = new Set(['fieldValueSet', 'Json', 'Dictionary']);
/** Sent by the service beside what was asked for. */
const annotation = /^@(odata\.(context|count|nextLink|deltaLink|etag|id|type)|microsoft\.graph\.\w+|content\.downloadUrl)$/;
const texts: Readonly<Record<string, RegExp>> = {
  DateTimeOffset: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)$/,
  Date: /^\d{4}-\d\d-\d\d$/,
  Guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};
const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

export function judgeExchange(metadata: Metadata, exchange: Exchange): Finding[] {
  const { method, url, status, requestBody, body } = exchange;
  const found: Finding[] = [];
  const target = metadata.resolve(url);
  const add = (kind: Finding['kind'], about: string, at: string): void => {
    found.push({ kind, about, at: `${method} ${url} ${at}` });
  };
  if (target.is === 'unknown') add('path', target.segment, '/');
  const published = metadata.published(url);
  if (published !== null && status < 400 && !published.methods.includes(method)) add('method', `${method} ${published.path}`, '/');
  const judge = new Judge(metadata, add);
  if (target.is === 'operation' && target.operation.action === true && isRaw(requestBody)) judge.parameters(target.name, target.operation.parameters ?? {}, requestBody);
  if (target.is === 'thing' && isRaw(requestBody)) judge.thing('', requestBody, target.type, { ...nothing, sent: true });
  if (status >= 400) {
    judge.error(body);
    return found;
  }
  const returns = target.is === 'operation' ? target.operation.returns : target.is === 'thing' ? (target.many && method !== 'POST' ? `[${target.type}]` : target.type) : undefined;
  if (returns !== undefined && status < 300 && status !== 204) judge.answer(body, returns, new URL(url).searchParams);
  return found;
}

class Judge {
  constructor(
    private readonly metadata: Metadata,
    private readonly add: (kind: Finding['kind'], about: string, at: string) => void,
  ) {}

  parameters(name: string, known: Readonly<Record<string, TypeName>>, body: Raw): void {
    for (const [key, value] of Object.entries(body)) {
      const type = known[key];
      if (type !== undefined) this.#value(`/${key}`, value, type.replace('!', ''), { ...nothing, sent: true });
      else if (!key.startsWith('@')) this.add('parameter', `${name}(${key})`, `/${key}`);
    }
  }

  answer(body: unknown, type: TypeName, query: URLSearchParams): void {
    if (!isRaw(body)) {
      this.add('type', `answer of ${type}`, '/');
      return;
    }
    const context = body['@odata.context'];
    if (typeof context !== 'string' || !/^https:\/\/[^/]+\/v1\.0\/\$metadata#/.test(context)) this.add('context', type, '/@odata.context');
    const asked = { ...askedOf(query.get('$select'), query.get('$expand')), inner: false };
    if (!isMany(type)) {
      if (this.metadata.type(bare(type)) !== undefined) this.thing('', body, bare(type), asked);
      else this.#value('/value', body['value'], type, nothing);
      return;
    }
    for (const key of Object.keys(body)) if (key !== 'value' && !annotation.test(key)) this.add('property', `${type}.${key}`, `/${key}`);
    for (const key of ['@odata.nextLink', '@odata.deltaLink']) if (key in body && !/^https:\/\//.test(String(body[key]))) this.add('link', `${type} ${key}`, `/${key}`);
    if (!Array.isArray(body['value'])) this.add('type', `value of ${type}`, '/value');
    else for (const [at, value] of (body['value'] as unknown[]).entries()) this.#value(`/value/${String(at)}`, value, bare(type), asked);
  }

  thing(at: string, value: Raw, declared: string, asked: Asked): void {
    const { metadata } = this;
    const named = typeof value['@odata.type'] === 'string' ? value['@odata.type'].replace(/^#microsoft\.graph\./, '') : declared;
    if (!metadata.line(named).includes(declared)) this.add('type', `${declared} as ${named}`, at);
    const type = metadata.type(named) === undefined ? declared : named;
    if (bags.has(type)) return;
    for (const [key, each] of Object.entries(value)) {
      const here = `${at}/${key}`;
      if (key.startsWith('@')) {
        if (!annotation.test(key) && !asked.sent) this.add('property', `${type}.${key}`, here);
        continue;
      }
      const [name = ''] = key.split('@');
      const property = metadata.find(type, 'properties', name);
      const navigation = metadata.find(type, 'navigations', name);
      if (property === undefined && navigation === undefined) this.add(metadata.isOpen(type) ? 'undeclared' : 'property', `${type}.${name}`, here);
      else if (name !== key) continue;
      else if (property !== undefined) {
        if (!asked.inner && asked.select !== null && name !== 'id' && !asked.select.has(name)) this.add('not-selected', `${type}.${name}`, here);
        this.#value(here, each, property, { ...nothing, sent: asked.sent });
      } else if (navigation !== undefined) {
        const expanded = asked.expand.get(name);
        if (expanded === undefined && !asked.sent) this.add('not-expanded', `${type}.${name}`, here);
        this.#value(here, each, navigation, { ...(expanded ?? nothing), sent: asked.sent });
      }
    }
    if (!asked.sent && asked.select === null && metadata.type(type)?.entity === true && value['id'] === undefined) this.add('no-id', type, at);
  }

  error(body: unknown): void {
    const error = isRaw(body) ? body['error'] : undefined;
    if (!isRaw(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string' || !isRaw(error['innerError'])) this.add('error-shape', 'error', '/error');
  }

  #value(at: string, value: unknown, declared: TypeName, asked: Asked): void {
    const type = bare(declared);
    if (value === null || value === undefined) {
      if (declared.includes('!') || isMany(declared)) this.add('null', declared, at);
      return;
    }
    if (isMany(declared)) {
      if (Array.isArray(value)) for (const [index, each] of (value as unknown[]).entries()) this.#value(`${at}/${String(index)}`, each, type, asked);
      else this.add('type', declared, at);
      return;
    }
    const members = this.metadata.members(type);
    if (members !== undefined) {
      if (!members.includes(String(value))) this.add('member', `${type}: ${String(value)}`, at);
    } else if (this.metadata.type(type) !== undefined) {
      if (isRaw(value)) this.thing(at, value, type, asked);
      else this.add('type', type, at);
    } else if (!isPlain(type, value)) this.add('type', type, at);
  }
}

function isPlain(type: string, value: unknown): boolean {
  if (bags.has(type)) return true;
  if (type === 'Boolean') return typeof value === 'boolean';
  if (/^(Byte|SByte|Int16|Int32|Int64)$/.test(type)) return Number.isSafeInteger(value);
  if (/^(Double|Single|Decimal)$/.test(type)) return typeof value === 'number';
  return /^[A-Z]/.test(type) && type !== 'Stream' && typeof value === 'string' && (texts[type]?.test(value) ?? true);
}

/** `a,b` and `fields($select=x,y),driveItem`. */
function askedOf(select: string | null, expand: string | null): Asked {
  const expanded = new Map<string, Asked>();
  for (const [, name = '', options = ''] of (expand ?? '').matchAll(/(\w+)(?:\(([^)]*)\))?(?:,|$)/g)) expanded.set(name, { ...askedOf(/\$select=([^;]*)/.exec(options)?.[1] ?? null, null), inner: false });
  return { select: select === null ? null : new Set(select.split(',').map((each) => each.trim())), expand: expanded, sent: false, inner: true };
}
