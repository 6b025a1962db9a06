import { invalidProperty } from './call.js';
import { isoSeconds } from '../time/zoned-time.js';
import { normalisePropertyId } from '../../store/extended-property.js';
import { sizeOf, type Item, type ItemContent } from '../../store/item.js';

/** MAPI properties that the store keeps as fields of their own, by normalised id; all others live in `properties`. */
interface Field {
  read(content: ItemContent, item: Item): string | null | undefined;
  /** Absent: the server owns it, writes are accepted and ignored. */
  write?(content: ItemContent, value: string): void;
}

const IMPORTANCE = ['low', 'normal', 'high'] as const;
const SENSITIVITY = ['normal', 'personal', 'private', 'confidential'] as const;
export const messageFlagsId = 'Integer 0xe07';
export const deliveryTimeId = 'SystemTime 0xe06';
export const submitTimeId = 'SystemTime 0x39';

const hexToBase64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/** PidLidCleanGlobalObjectId: the global object id without the date of the occurrence. */
const clean = (hex: string): string => `${hex.slice(0, 32)}00000000${hex.slice(40)}`;

const FIELDS: Readonly<Record<string, Field>> = {
  'String 0x1a': { read: (c) => c.messageClass, write: (c, v) => { c.messageClass = v; } },
  'String 0x37': { read: (c) => c.subject, write: (c, v) => { c.subject = v; } },
  [messageFlagsId]: { read: (c) => String(c.flags), write: (c, v) => { c.flags = Number(v); } },
  [submitTimeId]: { read: (c) => c.sentAt, write: (c, v) => { c.sentAt = v; } },
  [deliveryTimeId]: { read: (c) => c.receivedAt, write: (c, v) => { c.receivedAt = v; } },
  'Integer 0x17': { read: (c) => String(IMPORTANCE.indexOf(c.importance)), write: (c, v) => { c.importance = IMPORTANCE[Number(v)] ?? 'normal'; } },
  'Integer 0x36': { read: (c) => String(SENSITIVITY.indexOf(c.sensitivity)), write: (c, v) => { c.sensitivity = SENSITIVITY[Number(v)] ?? 'normal'; } },
  'String 0x1035': { read: (c) => c.internetMessageId, write: (c, v) => { c.internetMessageId = v; } },
  'String 0x1042': { read: (c) => c.inReplyTo, write: (c, v) => { c.inReplyTo = v; } },
  'String 0x1039': { read: (c) => c.references, write: (c, v) => { c.references = v; } },
  'String 0x70': { read: (c) => c.conversationTopic, write: (c, v) => { c.conversationTopic = v; } },
  'Binary 0x71': { read: (c) => c.conversationIndex, write: (c, v) => { c.conversationIndex = v; } },
  'Binary 0x300b': { read: (c) => (c.searchKey === null ? null : hexToBase64(c.searchKey)) },
  'Integer 0xe08': { read: (c) => String(sizeOf(c)) },
  'Long 0xe08': { read: (c) => String(sizeOf(c)) },
  'Boolean 0xe1b': { read: (c) => String(c.attachments.length > 0) },
  'SystemTime 0x3007': { read: (_c, item) => item.createdAt },
  'SystemTime 0x3008': { read: (_c, item) => item.modifiedAt },
  'Binary {6ed8da90-450b-101b-98da-00aa003f1305} Id 0x3': { read: (c) => (c.event === null ? null : hexToBase64(c.event.globalObjectId)) },
  'Binary {6ed8da90-450b-101b-98da-00aa003f1305} Id 0x23': { read: (c) => (c.event === null ? null : hexToBase64(clean(c.event.globalObjectId))) },
};

/** The value of an extended property as Graph's text, a list for the multi-value kind, undefined when the item has none. */
export function readProperty(item: Item, content: ItemContent, id: string): string | string[] | undefined {
  const field = FIELDS[id];
  if (field !== undefined) return field.read(content, item) ?? undefined;
  const value = content.properties[id];
  if (value === undefined) return undefined;
  return /^\w+Array /.test(id) ? (JSON.parse(value) as string[]) : value;
}

/** A value in Graph's spelling for its type. Throws 400 when it is not of that type. */
function checked(id: string, type: string, value: string): string {
  const bad = (): never => { throw invalidProperty(`The value of the extended property '${id}' is not a ${type}.`, id); };
  switch (type.toLowerCase()) {
    case 'integer': case 'short': case 'long': return /^-?\d+$/.test(value) ? value : bad();
    case 'double': case 'float': case 'currency': return Number.isFinite(Number(value)) && value !== '' ? value : bad();
    case 'boolean': return /^(true|false)$/i.test(value) ? value.toLowerCase() : bad();
    case 'systemtime': case 'applicationtime': {
      const ms = Date.parse(value);
      return Number.isNaN(ms) ? bad() : isoSeconds(ms);
    }
    case 'binary': return /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? value : bad();
    case 'string': case 'clsid': case 'guid': return value;
    default: return bad();
  }
}

export interface ExtendedInput {
  readonly singleValueExtendedProperties?: { id: string; value: string | null }[] | undefined;
  readonly multiValueExtendedProperties?: { id: string; value: string[] }[] | undefined;
}

/** The properties of a request, normalised and checked; `null` values delete. */
export function readExtended(input: ExtendedInput): Map<string, string | null> {
  const out = new Map<string, string | null>();
  const idOf = (raw: string): string => {
    const id = normalisePropertyId(raw);
    if (id === null) throw invalidProperty(`The extended property id '${raw}' is not valid.`, raw);
    return id;
  };
  for (const { id: raw, value } of input.singleValueExtendedProperties ?? []) {
    const id = idOf(raw);
    out.set(id, value === null ? null : checked(raw, id.split(' ')[0] ?? '', value));
  }
  for (const { id: raw, value } of input.multiValueExtendedProperties ?? []) {
    const id = idOf(raw);
    if (!/^\w+Array /.test(id)) throw invalidProperty(`The extended property id '${raw}' is not one of a list.`, raw);
    out.set(id, JSON.stringify(value.map((each) => checked(raw, (id.split(' ')[0] ?? '').replace(/Array$/, ''), each))));
  }
  return out;
}

/** Writes extended properties into content that is ours to change. What the server owns is accepted and ignored. */
export function writeExtended(content: ItemContent, values: ReadonlyMap<string, string | null>): void {
  for (const [id, value] of values) {
    const field = FIELDS[id];
    if (field !== undefined) {
      if (value !== null) field.write?.(content, value);
    } else if (value === null) {
      content.properties = Object.fromEntries(Object.entries(content.properties).filter(([name]) => name !== id));
    } else {
      content.properties = { ...content.properties, [id]: value };
    }
  }
}
