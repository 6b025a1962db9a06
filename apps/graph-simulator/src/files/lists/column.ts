/** One column of a list or a site, and how Graph shows it (graph/files.md 8.2). */

export const columnKinds = [
  'text', 'note', 'number', 'currency', 'boolean', 'choice', 'multichoice', 'dateTime', 'user', 'lookup', 'calculated', 'url', 'term', 'multiterm', 'location', 'geolocation', 'thumbnail', 'approvalStatus', 'computed',
] as const;
/** As `columnDefinition/type` names them; `computed` is SharePoint's own and has none. */
export type ColumnKind = (typeof columnKinds)[number];

export interface Column {
  /** GUID. */
  readonly id: string;
  /** The internal name: what fields are called by. */
  readonly name: string;
  displayName: string;
  description: string;
  columnGroup: string;
  required: boolean;
  indexed: boolean;
  enforceUniqueValues: boolean;
  hidden: boolean;
  readonly readOnly: boolean;
  /** False for those that every list has. */
  readonly isDeletable: boolean;
  readonly kind: ColumnKind;
  /** What stands below the kind's facet. */
  facet: Readonly<Record<string, unknown>>;
  defaultValue: { value?: string | undefined; formula?: string | undefined } | null;
  validation: { formula?: string | undefined; descriptions?: unknown } | null;
}

/** The facet that a kind is shown under. Hyperlinks, places and terms come back without one. */
const facets: Partial<Record<ColumnKind, string>> = {
  text: 'text', note: 'text', number: 'number', currency: 'currency', boolean: 'boolean', choice: 'choice', multichoice: 'choice', dateTime: 'dateTime', user: 'personOrGroup', lookup: 'lookup', calculated: 'calculated', geolocation: 'geolocation',
  thumbnail: 'thumbnail', approvalStatus: 'contentApprovalStatus',
};

/** Every property `$select` may name on a column. */
export const columnKnown = [
  'id', 'boolean', 'calculated', 'choice', 'columnGroup', 'contentApprovalStatus', 'currency', 'dateTime', 'defaultValue', 'description', 'displayName', 'enforceUniqueValues', 'geolocation', 'hidden', 'hyperlinkOrPicture', 'indexed', 'isDeletable',
  'isReorderable', 'isSealed', 'lookup', 'name', 'number', 'personOrGroup', 'propagateChanges', 'readOnly', 'required', 'sourceContentType', 'term', 'text', 'thumbnail', 'type', 'validation',
] as const;

/** `ofSite`: a site column says its type, which a list's own does not (https://learn.microsoft.com/graph/api/resources/columndefinition). */
export function columnView(column: Column, { ofSite = false }: { ofSite?: boolean } = {}): Record<string, unknown> {
  const facet = facets[column.kind];
  return {
    id: column.id,
    columnGroup: column.columnGroup,
    description: column.description,
    displayName: column.displayName,
    enforceUniqueValues: column.enforceUniqueValues,
    hidden: column.hidden,
    indexed: column.indexed,
    isDeletable: column.isDeletable,
    isReorderable: true,
    isSealed: false,
    name: column.name,
    readOnly: column.readOnly,
    required: column.required,
    ...(ofSite && column.kind !== 'computed' ? { type: column.kind } : {}),
    ...(facet === undefined ? {} : { [facet]: column.facet }),
    ...(column.defaultValue === null ? {} : { defaultValue: column.defaultValue }),
    ...(column.validation === null ? {} : { validation: column.validation }),
  };
}

/** More than one value in one field. */
export const isMultiple = ({ kind, facet }: Column): boolean => kind === 'multichoice' || kind === 'multiterm' || (kind === 'user' && facet['allowMultipleSelection'] === true) || (kind === 'lookup' && facet['allowMultipleValues'] === true);

/** Counts against the twelve that one query may name (graph/files.md 8.3). */
export const isLookup = ({ kind }: Column): boolean => kind === 'user' || kind === 'lookup' || kind === 'term' || kind === 'multiterm';

/** The name a title becomes within SharePoint: what is neither letter nor digit is written as its code. */
export const internalName = (title: string): string =>
  [...title].map((char) => (/[\p{L}\p{N}_]/u.test(char) ? char : `_x${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}_`)).join('');
