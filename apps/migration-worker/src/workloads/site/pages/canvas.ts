/**
 * What stands on a page: sections, columns, web parts. Pure. Graph makes texts and fourteen kinds of web parts; any other makes it refuse the
 * page. https://learn.microsoft.com/graph/api/sitepage-create
 */
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';

/** https://learn.microsoft.com/graph/api/resources/standardwebpart */
const kindsTaken = new Set([
  ...['e377ea37-9047-43b9-8cdb-a761be2f8e09', '0f087d7f-520e-42b7-89c0-496aaf979d58', 'df8e44e7-edd5-46d5-90da-aca1539313b8', '2161a1c6-db61-4731-b97c-3cdb303f7cbb', 'b7dd04e1-19ce-4b24-9132-b60a1c2b910d'],
  ...['d1d91016-032f-456d-98a4-721247c305e8', 'af8be689-990e-492a-81f7-ba3e4cd3ed9c', '6410b3b6-d440-4663-8744-378976dc041e', 'e84a8ca2-f63c-4fb9-bc0b-d8eef5ccb22b', '7f718435-ee4d-431c-bdbf-9c4ff326f46e'],
  ...['c70391ea-0b10-4ee9-b2b4-006d3fcad0cd', '8654b779-4886-46d4-8ffb-b5ed960ee986', '544dd15b-cf3c-441b-96da-004d5a8cea1d', 'cbe7b0a9-3504-44dd-a3a3-0e5cacd07788'],
]);

/** Those that show people, whom they name by address. */
const peopleKinds = new Set(['7f718435-ee4d-431c-bdbf-9c4ff326f46e', 'e84a8ca2-f63c-4fb9-bc0b-d8eef5ccb22b']);
/** A person as web parts name them: by address, or by a claim that holds it. */
const personName = /^(i:0#\.f\|membership\|)?([^\s|@<>]+@[^\s|@<>]+)$/i;

const placeholder = '<p>A web part stood here that could not be carried over.</p>';

/** Addresses and ids of the source with those of the destination. */
export type Replacements = readonly (readonly [from: string, to: string])[];

/** Web parts that Graph does not take: their kinds, in the order of the page. */
export function lostWebParts(canvas: Raw | null): string[] {
  return webParts(canvas).flatMap((part) => (isText(part) || kindsTaken.has(kindOf(part)) ? [] : [kindOf(part)]));
}

/** Web parts that name a file by its id, which nobody can know at the destination: their kinds. Their addresses are rewritten all the same. */
export function partsNamingFiles(canvas: Raw | null): string[] {
  return webParts(canvas).flatMap((part) => (!isText(part) && kindsTaken.has(kindOf(part)) && namesFile(objectOf(part['data'])?.['properties']) ? [kindOf(part)] : []));
}

/** Addresses of people of the source, in lower case, with those of their counterparts. */
export type Counterparts = ReadonlyMap<string, string>;

/** Web parts that show people: their kinds, and the addresses of whom each names, in lower case. */
export function partsNamingPeople(canvas: Raw | null): { readonly type: string; readonly addresses: readonly string[] }[] {
  return webParts(canvas).flatMap((part) => {
    const addresses = peopleKinds.has(kindOf(part)) ? addressesIn(part['data']) : [];
    return addresses.length === 0 ? [] : [{ type: kindOf(part), addresses: [...new Set(addresses)] }];
  });
}

function addressesIn(value: unknown): string[] {
  if (typeof value === 'string') {
    const address = personName.exec(value)?.[2];
    return address === undefined ? [] : [address.toLowerCase()];
  }
  return Array.isArray(value) ? value.flatMap(addressesIn) : Object.values(objectOf(value) ?? {}).flatMap(addressesIn);
}

const noId = /^[{]?[0-]*[}]?$/;

function namesFile(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesFile);
  return Object.entries(objectOf(value) ?? {}).some(([name, each]) => (name.toLowerCase() === 'uniqueid' ? typeof each === 'string' && !noId.test(each) : namesFile(each)));
}

/** The layout as Graph takes it, with what points at the source pointing at the destination. */
export function canvasBody(canvas: Raw | null, replacements: Replacements, people: Counterparts = new Map()): Raw {
  const horizontalSections = arrayOf(canvas?.['horizontalSections']).map((section, at): Raw => ({
    id: String(at + 1),
    layout: textOf(section['layout']) ?? 'oneColumn',
    emphasis: textOf(section['emphasis']) ?? 'none',
    columns: arrayOf(section['columns']).map((column, index): Raw => ({ id: String(index + 1), width: typeof column['width'] === 'number' ? column['width'] : 12, webparts: arrayOf(column['webparts']).map((part) => webPartBody(part, replacements, people)) })),
  }));
  const vertical = objectOf(canvas?.['verticalSection']);
  return { horizontalSections, ...(vertical === null ? {} : { verticalSection: { emphasis: textOf(vertical['emphasis']) ?? 'none', webparts: arrayOf(vertical['webparts']).map((part) => webPartBody(part, replacements, people)) } }) };
}

/** What verification compares: kinds, texts and titles in their order. */
export function canvasText(body: Raw): string {
  return JSON.stringify(webParts(body).map((part) => (isText(part) ? `text ${squeezed(textOf(part['innerHtml']) ?? '')}` : `${kindOf(part)} ${textOf(objectOf(part['data'])?.['title']) ?? ''}`)));
}

function webPartBody(part: Raw, replacements: Replacements, people: Counterparts): Raw {
  if (isText(part)) return { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: replaced(textOf(part['innerHtml']) ?? '', replacements) };
  if (!kindsTaken.has(kindOf(part))) return { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: placeholder };
  const data = cleaned(objectOf(part['data']) ?? {}, replacements);
  return { '@odata.type': '#microsoft.graph.standardWebPart', webPartType: kindOf(part), data: peopleKinds.has(kindOf(part)) ? renamed(data, people) : data };
}

function webParts(canvas: Raw | null): Raw[] {
  const across = arrayOf(canvas?.['horizontalSections']).flatMap((section) => arrayOf(section['columns'])).flatMap((column) => arrayOf(column['webparts']));
  return [...across, ...arrayOf(objectOf(canvas?.['verticalSection'])?.['webparts'])];
}

/** Graph writes the type under either of two names. */
const isText = (part: Raw): boolean => /textWebPart$/i.test(textOf(part['@odata.type']) ?? '') || (part['webPartType'] === undefined && typeof part['innerHtml'] === 'string');
const kindOf = (part: Raw): string => (textOf(part['webPartType']) ?? 'unknown').toLowerCase();
function arrayOf(value: unknown): Raw[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.map(objectOf).filter((each) => each !== null);
}
const squeezed = (html: string): string => html.replace(/\s+/g, ' ').trim();

/** Without nulls, which make Graph fail, and without its own annotations but for types. */
function cleaned(value: unknown, replacements: Replacements): unknown {
  if (typeof value === 'string') return replaced(value, replacements);
  if (Array.isArray(value)) return value.filter((each) => each !== null).map((each) => cleaned(each, replacements));
  const raw = objectOf(value);
  if (raw === null) return value;
  return Object.fromEntries(Object.entries(raw).filter(([key, each]) => each !== null && (!key.includes('@') || key.endsWith('@odata.type') || key === '@odata.type')).map(([key, each]) => [key, cleaned(each, replacements)]));
}

/** With the counterparts of the people that are named. */
function renamed(value: unknown, people: Counterparts): unknown {
  if (typeof value === 'string') {
    const [, claim = '', address = ''] = personName.exec(value) ?? [];
    const counterpart = people.get(address.toLowerCase());
    return counterpart === undefined ? value : `${claim}${counterpart}`;
  }
  if (Array.isArray(value)) return value.map((each) => renamed(each, people));
  const raw = objectOf(value);
  return raw === null ? value : Object.fromEntries(Object.entries(raw).map(([key, each]) => [key, renamed(each, people)]));
}

/** Addresses and ids are the same in any case. */
export const replaced = (text: string, replacements: Replacements): string => replacements.reduce((now, [from, to]) => (from === '' ? now : now.replace(new RegExp(from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), () => to)), text);
