/**
 * Columns of a list, and what of them Graph can carry. Pure. Each column has one facet that says its type; columns of some types come without
 * any, and their values can be neither read in full nor written. https://learn.microsoft.com/graph/api/resources/columndefinition
 */
import { objectOf, textOf, type Raw } from '../../drive/drive-item.js';

export type ColumnKind = 'value' | 'choices' | 'lookup' | 'person' | 'calculated' | 'lost';

export interface Column {
  readonly id: string;
  /** The internal name, under which values stand. */
  readonly name: string;
  readonly displayName: string;
  readonly kind: ColumnKind;
  /** Several values at once. */
  readonly many: boolean;
  /** Of a lookup: the list it points into, and the column shown of it. */
  readonly target: { readonly listId: string; readonly columnName: string } | null;
  /** The destination makes it with the list. */
  readonly everywhere: boolean;
  readonly raw: Raw;
}

/** Marks each copy with its item, so that it is known again whatever becomes of it. Hidden from people. */
export const markColumn = 'MigratorItem';

const plainFacets = ['text', 'number', 'currency', 'boolean', 'dateTime'] as const;
const facets = [...plainFacets, 'choice', 'lookup', 'personOrGroup', 'calculated', 'hyperlinkOrPicture', 'term', 'geolocation', 'thumbnail', 'contentApprovalStatus'] as const;
/** SharePoint's own: it fills them itself, or they say nothing that people entered. */
const ownColumns = new Set(
  [
    ...['Attachments', 'Edit', 'ContentType', 'ContentTypeId', 'LinkTitle', 'LinkTitleNoMenu', 'DocIcon', 'ItemChildCount', 'FolderChildCount', 'AppAuthor', 'AppEditor', 'Author', 'Editor', 'Created', 'Modified', 'ID', 'id'],
    ...['ComplianceAssetId', '_UIVersionString', '_UIVersion', '_ComplianceFlags', '_ComplianceTag', '_ComplianceTagWrittenTime', '_ComplianceTagUserId', '_IsRecord', '_ColorTag', 'ParentVersionString', 'ParentLeafName', 'FileLeafRef', '_ModerationStatus', '_ModerationComments', markColumn],
  ].map((name) => name.toLowerCase()),
);

/** Columns that people made or fill; SharePoint's own are left out. */
export function parseColumns(raws: readonly Raw[]): Column[] {
  return raws.flatMap((raw) => {
    const column = parseColumn(raw);
    return column === null ? [] : [column];
  });
}

function parseColumn(raw: Raw): Column | null {
  const name = textOf(raw['name']) ?? '';
  const facet = facets.find((each) => objectOf(raw[each]) !== null) ?? null;
  if (name === '' || raw['hidden'] === true || raw['isSealed'] === true || ownColumns.has(name.toLowerCase())) return null;
  const shape = facet === null ? null : objectOf(raw[facet]);
  const projected = facet === 'lookup' && textOf(shape?.['primaryLookupColumnId']) !== null;
  // What nobody can fill carries nothing that could be lost, unless it is made from other columns.
  if (raw['readOnly'] === true && facet !== 'calculated' && !projected) return null;
  const base = { id: textOf(raw['id']) ?? name, name, displayName: textOf(raw['displayName']) ?? name, target: null, everywhere: name === 'Title', raw };
  if (projected) return { ...base, kind: 'lost', many: false };
  switch (facet) {
    case 'choice':
      return { ...base, kind: shape?.['displayAs'] === 'checkBoxes' ? 'choices' : 'value', many: shape?.['displayAs'] === 'checkBoxes' };
    case 'lookup':
      return { ...base, kind: 'lookup', many: shape?.['allowMultipleValues'] === true, target: { listId: textOf(shape?.['listId']) ?? '', columnName: textOf(shape?.['columnName']) ?? 'Title' } };
    case 'personOrGroup':
      return { ...base, kind: 'person', many: shape?.['allowMultipleSelection'] === true };
    case 'calculated':
      return { ...base, kind: 'calculated', many: false };
    case 'text':
    case 'number':
    case 'currency':
    case 'boolean':
    case 'dateTime':
      return { ...base, kind: 'value', many: false };
    default:
      return { ...base, kind: 'lost', many: false };
  }
}

/** What a new column at the destination is made from; null values make Graph fail, so they are left out. `listId`: of a lookup, the list there. */
export function columnBody({ name, displayName, kind, raw, target }: Column, listId: string | null): Raw {
  const facet = facets.find((each) => objectOf(raw[each]) !== null) ?? 'text';
  const shape = withoutNothing(objectOf(raw[facet]) ?? {});
  const body: Raw = { name, displayName, [facet]: kind === 'lookup' ? { ...shape, listId: listId ?? '', columnName: target?.columnName ?? 'Title' } : shape };
  for (const key of ['description', 'columnGroup'] as const) if (typeof raw[key] === 'string' && raw[key] !== '') body[key] = raw[key];
  for (const key of ['required', 'indexed', 'enforceUniqueValues'] as const) if (raw[key] === true && kind !== 'calculated') body[key] = true;
  for (const key of ['defaultValue', 'validation'] as const) {
    const value = objectOf(raw[key]);
    const kept = value === null ? {} : withoutNothing(value);
    if (Object.keys(kept).length > 0) body[key] = kept;
  }
  return body;
}

/** Annotations and nulls go: the one is Graph's own, the other makes it fail. */
const withoutNothing = (raw: Raw): Raw => Object.fromEntries(Object.entries(raw).filter(([key, value]) => value !== null && value !== undefined && !key.startsWith('@')));

/** Name under which a column's value stands in `fields`: of people and lookups, the number of what they point at. */
const fieldOf = ({ kind, many, name }: Column): string[] => (kind === 'lookup' || kind === 'person' ? (many ? [name] : [`${name}LookupId`, ...(kind === 'lookup' ? [name] : [])]) : [name]);

/** At most so many columns that point at something else can be read at once; SharePoint refuses more than twelve. */
const lookupsMax = 10;

/** What is selected of `fields`: the first goes with the listing, the others are read item by item. */
export function fieldSelects(columns: readonly Column[]): string[][] {
  const pointing = columns.filter(({ kind }) => kind === 'lookup' || kind === 'person');
  const plain = columns.filter(({ kind }) => kind === 'value' || kind === 'choices' || kind === 'lost');
  const groups: string[][] = [['id', 'Title', 'Attachments', ...plain.flatMap(fieldOf)]];
  pointing.forEach((column, at) => {
    const group = Math.floor(at / lookupsMax);
    (groups[group] ??= ['id']).push(...fieldOf(column));
  });
  return groups.map((group) => [...new Set(group)]);
}
