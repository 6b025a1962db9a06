/**
 * Requests that nobody should be able to do harm with, made from the OpenAPI document: each is a good request with one thing wrong
 * in it. What is wrong is chosen by fast-check, so a seed gives the same attack again.
 */
import fc from 'fast-check';
import type { Operation } from './judge.js';

export interface Attempt {
  /** What is wrong with it. */
  what: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  /** The body as a parser reads it, when it is JSON that only has one wrong value. */
  json: { value: unknown } | undefined;
}

/** Real ids and values to put into a good request. */
export interface Target {
  /** By path parameter, of this operation. */
  params: Record<string, string>;
  /** What its query must hold. */
  query: Record<string, string>;
  /** Ids of the same kinds that belong to somebody else, or to nobody. */
  foreign: string[];
  body: unknown;
}

/** Text that goes into JSON as it is. */
class Raw {
  constructor(readonly text: string) {}
}
type Tree = null | boolean | number | string | Raw | Tree[] | { [key: string]: Tree };

const write = (tree: Tree): string => {
  if (tree instanceof Raw) return tree.text;
  if (Array.isArray(tree)) return `[${tree.map(write).join(',')}]`;
  if (typeof tree === 'object' && tree !== null) return `{${Object.entries(tree).map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`;
  return JSON.stringify(tree);
};

const deep = (levels: number): Raw => new Raw(`${'['.repeat(levels)}${']'.repeat(levels)}`);
const hostileTexts = ['', ' ', '\u0000', 'a\u0000b', 'a\r\nSet-Cookie: a=b', '\u001b[2J', '\u202egnirts', 'null', 'undefined', '../../../etc/passwd', "' or 1=1 --", '<script>alert(1)</script>', '=cmd|calc', '${7*7}', '%00', '%', 'javascript:alert(1)', 'x'.repeat(300), 'x'.repeat(70_000), '𝕏'.repeat(200), 'ﷺ'.repeat(100), '2026-02-30T00:00:00Z', '0000-00-00T00:00:00Z', '+275760-09-13T00:00:00.001Z', '2026-03-14T09:26:53+02:00', '-1', '1e9', 'ten_', 'job_01ARZ3NDEKTSV4RRFFQ69G5FAU1', 'job_81ARZ3NDEKTSV4RRFFQ69G5FAV', '__proto__', 'constructor'];
const hostileValues: Tree[] = [
  null, true, false, 0, -1, 1.5, 2 ** 53, 2 ** 31, [], {}, [null], [[]], { a: 1 }, { $ne: null }, { length: -1 },
  ...[new Raw('-0'), new Raw('1e400'), new Raw('-1e400'), new Raw('9223372036854775808'), new Raw('1e-400'), new Raw('"\\ud800"'), new Raw('"a\\udfffb"'), new Raw('"\\u0000"'), new Raw('{"__proto__":{"role":"owner"}}'), new Raw('{"constructor":{"prototype":{"role":"owner"}}}'), new Raw('{"toString":1}')],
  ...[deep(40), deep(5_000), new Raw('{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)), new Raw(`[${'0,'.repeat(20_000)}0]`), new Raw(`[${'"x",'.repeat(600)}"x"]`)],
  ...hostileTexts,
];
const shown = (value: Tree): string => write(value).slice(0, 60);

/** Every place in a body: the way to it, from the top. */
function placesOf(tree: Tree, way: (string | number)[] = []): (string | number)[][] {
  const below = Array.isArray(tree) ? tree.flatMap((part, index) => placesOf(part, [...way, index])) : typeof tree === 'object' && tree !== null && !(tree instanceof Raw) ? Object.entries(tree).flatMap(([key, part]) => placesOf(part, [...way, key])) : [];
  return [way, ...below];
}

/** A copy with `change` made at a place; `undefined` takes it away. */
function changed(tree: Tree, [step, ...rest]: (string | number)[], change: (part: Tree) => Tree | undefined): Tree {
  if (step === undefined) return change(tree) ?? null;
  if (Array.isArray(tree)) return tree.flatMap((part, index) => (index !== step ? [part] : rest.length > 0 ? [changed(part, rest, change)] : (([made]) => (made === undefined ? [] : [made]))([change(part)])));
  const entries = Object.entries(tree as Record<string, Tree>).flatMap(([key, part]): [string, Tree][] => {
    if (key !== step) return [[key, part]];
    const made = rest.length > 0 ? changed(part, rest, change) : change(part);
    return made === undefined ? [] : [[key, made]];
  });
  return Object.fromEntries(entries);
}

interface Made {
  what: string;
  body: Buffer;
  json?: { value: unknown };
  type?: string;
}
const jsonOf = (text: string): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
};
const made = (what: string, tree: Tree): Made => {
  const text = write(tree);
  const json = jsonOf(text);
  return { what, body: Buffer.from(text), ...(json === undefined ? {} : { json }) };
};

function bodies(good: Tree, foreign: string[]): fc.Arbitrary<Made> {
  const places = placesOf(good);
  const objects = places.filter((way) => {
    let at: Tree = good;
    for (const step of way) at = (at as Record<string | number, Tree>)[step] ?? null;
    return typeof at === 'object' && at !== null && !Array.isArray(at);
  });
  const anyPlace = fc.constantFrom(...places);
  const anyObject = fc.constantFrom(...(objects.length > 0 ? objects : [[]]));
  const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...hostileValues) }, { weight: 1, arbitrary: fc.constantFrom(...foreign) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Tree> });
  const text = Buffer.from(write(good));
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(anyPlace, value).map(([way, put]) => made(`${way.join('.') || 'the body'} is ${shown(put)}`, changed(good, way, () => put))) },
    { weight: 3, arbitrary: anyPlace.filter((way) => way.length > 0).map((way) => made(`${way.join('.')} is missing`, changed(good, way, () => undefined))) },
    {
      weight: 3,
      arbitrary: fc.tuple(anyObject, fc.constantFrom('extra', '__proto__', 'constructor', 'id', 'orgId', 'role', 'a'.repeat(5_000), '\u0000', ''), value).map(([way, key, put]) =>
        made(`${[...way, key.slice(0, 20)].join('.')} is more than there should be`, changed(good, way, (part) => (typeof part === 'object' && part !== null && !(part instanceof Raw) && !Array.isArray(part) ? new Raw(`{${[...Object.entries(part).map(([name, each]) => `${JSON.stringify(name)}:${write(each)}`), `${JSON.stringify(key)}:${write(put)}`].join(',')}}`) : part))),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(anyObject, value).map(([way, put]) => ({
        what: `a key of ${way.join('.') || 'the body'} comes twice`,
        body: Buffer.from(write(changed(good, way, (part) => (typeof part === 'object' && part !== null && !(part instanceof Raw) && !Array.isArray(part) ? new Raw(`{${Object.entries(part).flatMap(([name, each]) => [`${JSON.stringify(name)}:${write(each)}`, `${JSON.stringify(name)}:${write(put)}`]).join(',')}}`) : part)))),
      })),
    },
    { weight: 1, arbitrary: fc.nat({ max: Math.max(0, text.length - 1) }).map((at) => ({ what: `the body ends after ${at} bytes`, body: text.subarray(0, at) })) },
    { weight: 1, arbitrary: fc.tuple(fc.nat({ max: Math.max(0, text.length - 1) }), fc.constantFrom(0xff, 0xc0, 0xed, 0x00)).map(([at, byte]) => ({ what: `byte ${at} is ${byte}`, body: Buffer.concat([text.subarray(0, at), Buffer.from([byte]), text.subarray(at + 1)]) })) },
    { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; charset=utf-16', 'application/xml', '').map((type) => ({ what: `content type ${type}`, body: text, type })) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ what: 'the body is noise', body: Buffer.from(bytes) })) },
  );
}

const badSegments = (real: string, foreign: string[]): string[] => [...foreign, real.toLowerCase(), `${real}%00`, `${real}%20`, real.slice(0, -1), `${real}0`, '%ff', '%', '%2e%2e', '..%2f..%2fetc', 'x'.repeat(600), 'null', '0', '-1', '%F0%9F%92%A9', "'", '"', '*', '{id}', ':id', real.replace(/^\w+_/, 'org_')];

const addressed = (operation: Operation, params: Record<string, string>, query: Record<string, string>, more = ''): string => {
  const asked = [...Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`), ...(more === '' ? [] : [more])].join('&');
  return operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? '') + (asked === '' ? '' : `?${asked}`);
};

/** Every attempt has exactly one thing wrong. */
export function attempts(operation: Operation, { params, query: needed, foreign, body }: Target): fc.Arbitrary<Attempt> {
  const path = addressed(operation, params, needed);
  const type = Object.keys(operation.requestBody?.content ?? {})[0];
  const good = type === 'application/json' ? Buffer.from(JSON.stringify(body)) : typeof body === 'string' ? Buffer.from(body) : undefined;
  const base: Attempt = { what: '', path, headers: type === undefined ? {} : { 'content-type': type }, body: good, json: undefined };
  const kinds: { weight: number; arbitrary: fc.Arbitrary<Attempt> }[] = [];
  if (type === 'application/json') kinds.push({ weight: 8, arbitrary: bodies(body as Tree, foreign).map((wrong) => ({ ...base, what: wrong.what, body: wrong.body, json: wrong.json, headers: { 'content-type': wrong.type ?? type } })) });
  else if (type !== undefined) kinds.push({ weight: 8, arbitrary: fc.oneof(fc.string({ unit: 'binary', maxLength: 500 }), fc.constantFrom('', 'source,dest', 'a'.repeat(100_000), '"unclosed', 'source,destination\n=1+1,\u0000', '\ufeff'.repeat(10), 'source,destination\n'.repeat(3))).map((text) => ({ ...base, what: `the body is ${JSON.stringify(text.slice(0, 40))}`, body: Buffer.from(text) })) });
  else if (operation.method !== 'GET') kinds.push({ weight: 3, arbitrary: bodies({ id: 'x', status: 'DONE' }, foreign).map((wrong) => ({ ...base, what: `a body where there is none: ${wrong.what}`, body: wrong.body.length === 0 ? Buffer.from('1') : wrong.body, headers: { 'content-type': 'application/json' } })) });
  const names = Object.keys(params);
  if (names.length > 0)
    kinds.push({
      weight: 3,
      arbitrary: fc.constantFrom(...names).chain((name) => fc.constantFrom(...badSegments(params[name] ?? '', foreign)).map((segment) => ({ ...base, what: `${name} is ${segment.slice(0, 60)}`, path: addressed(operation, { ...params, [name]: segment }, needed) }))),
    });
  const queries = operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name = '' }) => name);
  if (queries.length > 0)
    kinds.push({
      weight: 5,
      arbitrary: fc.tuple(fc.constantFrom(...queries), fc.oneof(fc.constantFrom(...hostileTexts.map((text) => text.slice(0, 3_000)), ...foreign, '0', '101', '501', '1.5', 'NaN', 'Infinity', '1e2', '٣'), fc.string({ unit: 'binary', maxLength: 30 })), fc.constantFrom('once', 'twice', 'as a list', 'raw')).map(([name, value, how]) => {
        const one = `${name}=${how === 'raw' ? value.replace(/[^\x21-\x7e]/g, '%ff').replaceAll('#', '') : encodeURIComponent(value.toWellFormed())}`;
        const query = how === 'twice' ? `${one}&${one}` : how === 'as a list' ? `${name}[]=1&${name}[a]=${encodeURIComponent(value.toWellFormed())}` : one;
        const { [name]: _replaced, ...rest } = needed;
        return { ...base, what: `?${query.slice(0, 80)}`, path: addressed(operation, params, rest, query) };
      }),
    });
  kinds.push({
    weight: 1,
    arbitrary: fc.constantFrom<[string, string][]>(['authorization', 'Bearer tmk_live_00000000000000000000000000000000'], ['authorization', `Bearer ${'x'.repeat(5_000)}`], ['authorization', 'Basic eDp5'], ['content-encoding', 'gzip'], ['last-event-id', "'; --"], ['idempotency-key', 'ü'], ['idempotency-key', 'x'.repeat(256)]).map(([name, value]) => ({ ...base, what: `${name}: ${value.slice(0, 40)}`, headers: { ...base.headers, [name]: value }, ...(operation.method === 'GET' ? {} : { body: good ?? Buffer.from('{"not":"wanted"}') }) })),
  });
  return fc.oneof(...kinds);
}
