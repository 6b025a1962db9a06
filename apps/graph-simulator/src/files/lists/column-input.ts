/** Bodies that make and change columns, read as SharePoint reads them (graph/files.md 8.2). */
import { z } from 'zod';
import { GraphFault } from '../../http/route.js';
import { parseBody } from '../drives/drive-input.js';
import { parseFormula } from './formula.js';
import { internalName, type Column, type ColumnKind } from './column.js';

const facets = {
  text: z.strictObject({ allowMultipleLines: z.boolean().default(false), appendChangesToExistingText: z.boolean().default(false), linesForEditing: z.int().min(0).max(1_000).default(0), maxLength: z.int().min(1).max(255).optional(), textType: z.enum(['plain', 'richText']).default('plain') }),
  number: z.strictObject({ decimalPlaces: z.enum(['automatic', 'none', 'one', 'two', 'three', 'four', 'five']).default('automatic'), displayAs: z.enum(['number', 'percentage']).default('number'), minimum: z.number().default(-1.7976931348623157e308), maximum: z.number().default(1.7976931348623157e308) }),
  currency: z.strictObject({ locale: z.string().regex(/^[a-z]{2,3}-[A-Za-z]{2,}$/).default('en-us') }),
  boolean: z.strictObject({}),
  choice: z.strictObject({ allowTextEntry: z.boolean().default(false), choices: z.array(z.string()).default([]), displayAs: z.enum(['checkBoxes', 'dropDownMenu', 'radioButtons']).default('dropDownMenu') }),
  dateTime: z.strictObject({ displayAs: z.enum(['default', 'friendly', 'standard']).default('default'), format: z.enum(['dateOnly', 'dateTime']).default('dateTime') }),
  personOrGroup: z.strictObject({ allowMultipleSelection: z.boolean().default(false), chooseFromType: z.enum(['peopleOnly', 'peopleAndGroups']).default('peopleAndGroups'), displayAs: z.string().default('nameWithPresence') }),
  lookup: z.strictObject({ allowMultipleValues: z.boolean().default(false), allowUnlimitedLength: z.boolean().default(false), columnName: z.string().default('Title'), listId: z.string(), primaryLookupColumnId: z.string().nullish().transform((id) => id ?? undefined) }),
  calculated: z.strictObject({ format: z.enum(['dateOnly', 'dateTime']).optional(), formula: z.string().min(1), outputType: z.enum(['boolean', 'currency', 'dateTime', 'number', 'text']).default('text') }),
  hyperlinkOrPicture: z.strictObject({ isPicture: z.boolean().default(false) }),
} as const;
type Facet = keyof typeof facets;
/** Facets that Graph knows of columns which no application makes. */
const unmakeable = ['term', 'geolocation', 'thumbnail', 'contentApprovalStatus'] as const;

const common = {
  displayName: z.string().min(1).max(255).optional(),
  description: z.string().optional(),
  columnGroup: z.string().optional(),
  required: z.boolean().optional(),
  indexed: z.boolean().optional(),
  enforceUniqueValues: z.boolean().optional(),
  hidden: z.boolean().optional(),
  defaultValue: z.strictObject({ value: z.string().optional(), formula: z.string().optional() }).optional(),
  validation: z.strictObject({ formula: z.string().optional(), descriptions: z.array(z.unknown()).optional(), defaultLanguage: z.string().optional() }).optional(),
};
const optional = Object.fromEntries(Object.keys(facets).map((name) => [name, z.unknown().optional()]));
const forbidden = Object.fromEntries(unmakeable.map((name) => [name, z.unknown().optional()]));
const newColumn = z.strictObject({ ...common, ...optional, ...forbidden, name: z.string().regex(/^[\p{L}_][\p{L}\p{N}_]*$/u, 'is not the name of a column').max(32).optional() });
const changedColumn = z.strictObject({ ...common, ...optional, ...forbidden });

export interface ColumnParts extends Omit<Column, 'id' | 'readOnly' | 'isDeletable'> { readonly formula?: never }

const typeFault = (): GraphFault => new GraphFault(400, 'invalidRequest', 'The type of provided column definition is not supported or was not provided.');

/** What the server answers to explicit nulls where it expects an object. */
function refuseNulls(body: unknown): void {
  const given = (body ?? {}) as Record<string, unknown>;
  if (given['defaultValue'] === null || given['validation'] === null) throw new GraphFault(500, 'generalException', 'General exception while processing');
}

/** The facet of a body, and what stands below it. Throws 400 unless there is exactly one that can be made. */
function facetOf(body: Readonly<Record<string, unknown>>): { facet: Facet; given: unknown } {
  const named = [...Object.keys(facets), ...unmakeable].filter((name) => body[name] !== undefined && body[name] !== null);
  const [facet] = named;
  if (named.length !== 1 || facet === undefined || !(facet in facets)) throw typeFault();
  return { facet: facet as Facet, given: body[facet] };
}

function kindOf(facet: Facet, value: Readonly<Record<string, unknown>>): ColumnKind {
  switch (facet) {
    case 'text': return value['allowMultipleLines'] === true ? 'note' : 'text';
    case 'choice': return value['displayAs'] === 'checkBoxes' ? 'multichoice' : 'choice';
    case 'personOrGroup': return 'user';
    case 'hyperlinkOrPicture': return 'url';
    default: return facet;
  }
}

/** A column from the body of a POST. Throws GraphFault. */
export function readNewColumn(raw: unknown): ColumnParts {
  refuseNulls(raw);
  const body = parseBody(newColumn, raw);
  const { facet, given } = facetOf(body);
  const value = parseBody<Record<string, unknown>>(facets[facet], given);
  const { name } = body;
  const displayName = body.displayName ?? name;
  if (displayName === undefined) throw new GraphFault(400, 'invalidRequest', 'A column has a name.');
  if (facet === 'calculated') parseFormula(String(value['formula']));
  const parts: ColumnParts = {
    name: name ?? internalName(displayName).slice(0, 32), displayName, description: body.description ?? '', columnGroup: body.columnGroup ?? 'Custom Columns', required: body.required ?? false, indexed: body.indexed ?? false,
    enforceUniqueValues: body.enforceUniqueValues ?? false, hidden: body.hidden ?? false, kind: kindOf(facet, value), facet: value, defaultValue: body.defaultValue ?? null, validation: body.validation ?? null,
  };
  checkIndex(parts);
  return parts;
}

/** Kinds that hold no index. */
const withoutIndex = new Set<ColumnKind>(['note', 'multichoice', 'url', 'calculated', 'term', 'multiterm', 'location', 'geolocation', 'thumbnail', 'computed']);

function checkIndex({ kind, facet, indexed, enforceUniqueValues }: Pick<Column, 'kind' | 'facet' | 'indexed' | 'enforceUniqueValues'>): void {
  const many = facet['allowMultipleSelection'] === true || facet['allowMultipleValues'] === true;
  if (indexed && (withoutIndex.has(kind) || many)) throw new GraphFault(400, 'invalidRequest', 'A column of this type cannot be indexed.');
  if (enforceUniqueValues && !indexed) throw new GraphFault(400, 'invalidRequest', 'A column that enforces unique values must be indexed.');
}

/** Changes a column as the body of a PATCH says. Throws GraphFault, and then nothing is changed. */
export function applyColumnChange(column: Column, raw: unknown): void {
  refuseNulls(raw);
  const body = parseBody(changedColumn, raw);
  const named = [...Object.keys(facets), ...unmakeable].some((name) => (body as Record<string, unknown>)[name] !== undefined);
  let { facet } = column;
  if (named) {
    const change = facetOf(body);
    const value = parseBody<Record<string, unknown>>(facets[change.facet], change.given);
    if (kindOf(change.facet, value) !== column.kind) throw typeFault();
    if (column.kind === 'lookup' && value['listId'] !== column.facet['listId']) throw new GraphFault(400, 'invalidRequest', 'The list of a lookup cannot be changed.');
    facet = value;
  }
  const next = {
    facet, displayName: body.displayName ?? column.displayName, description: body.description ?? column.description, columnGroup: body.columnGroup ?? column.columnGroup, required: body.required ?? column.required, indexed: body.indexed ?? column.indexed,
    enforceUniqueValues: body.enforceUniqueValues ?? column.enforceUniqueValues, hidden: body.hidden ?? column.hidden, defaultValue: body.defaultValue ?? column.defaultValue, validation: body.validation ?? column.validation,
  };
  checkIndex({ ...next, kind: column.kind });
  Object.assign(column, next);
}
