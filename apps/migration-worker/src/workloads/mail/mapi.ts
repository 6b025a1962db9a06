/**
 * The MAPI properties this workload reads or writes through Graph's extended properties, and how to read them back.
 * Tags: MS-OXPROPS. https://learn.microsoft.com/graph/api/resources/extended-properties-overview
 */

/** Set by Exchange when an item is created, kept by every copy of it: the only key that survives export and import. */
export const searchKeyProperty = 'Binary 0x300B';
export const deliveryTimeProperty = 'SystemTime 0x0E06';
export const submitTimeProperty = 'SystemTime 0x0039';
export const messageFlagsProperty = 'Integer 0x0E07';
export const messageClassProperty = 'String 0x001A';
/** True on folders that Outlook hides. */
export const hiddenFolderProperty = 'Boolean 0x10F4';
/** 2 on search folders. */
export const folderTypeProperty = 'Integer 0x3601';
export const internetMessageIdProperty = 'String 0x1035';
export const subjectProperty = 'String 0x0037';
export const senderNameProperty = 'String 0x0C1A';
export const displayNameProperty = 'String 0x3001';
export const startTimeProperty = 'SystemTime 0x0060';

/** Our stamp on copies made by the JSON path; its value is the item's deterministic mark. */
export const markProperty = 'String {8f1d2c3a-5b64-4e0b-9c37-1f6d0a7e4b21} Name MigSourceKey';

export interface ExtendedProperty {
  readonly id: string;
  readonly value: string;
}

/** Ids met so far with their normal forms: an item's listing names the same few again and again. */
const normalForms = new Map<string, string>();
const normalFormsMax = 1_000;

/**
 * Graph answers with the id written its own way: `Binary 0x300B` comes back as `Binary 0x300b`, `Binary 0x0E0A` as `Binary 0xe0a`.
 * Equal ids have equal normal forms.
 */
export function normalPropertyId(id: string): string {
  let normal = normalForms.get(id);
  if (normal === undefined) {
    normal = id
      .trim()
      .toLowerCase()
      .replace(/\s+/g, ' ')
      .replace(/ 0x0*([0-9a-f]+)$/, ' 0x$1');
    if (normalForms.size >= normalFormsMax) normalForms.clear();
    normalForms.set(id, normal);
  }
  return normal;
}

/** The value of a property in an answer's `singleValueExtendedProperties`, or null when the item has none. */
export function extendedValue(entity: unknown, id: string): string | null {
  const list = isObject(entity) ? entity['singleValueExtendedProperties'] : undefined;
  if (!Array.isArray(list)) return null;
  const wanted = normalPropertyId(id);
  for (const property of list) {
    if (!isObject(property) || typeof property['id'] !== 'string' || normalPropertyId(property['id']) !== wanted) continue;
    return typeof property['value'] === 'string' ? property['value'] : null;
  }
  return null;
}

/** `$expand` for single properties by id. */
export function expandProperties(...ids: readonly string[]): string {
  return `singleValueExtendedProperties($filter=${ids.map((id) => `id eq '${id}'`).join(' or ')})`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A string inside an OData literal. */
export function odataString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A value as one segment of a path. */
export function segment(value: string): string {
  return encodeURIComponent(value);
}
