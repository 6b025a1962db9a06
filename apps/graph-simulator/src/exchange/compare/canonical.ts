/** The parts of an item that a faithful copy keeps, in a form that can be hashed and compared field by field. */
import { createHash } from 'node:crypto';
import { flagRead, flagUnsent, type Attachment, type EventContent, type ItemContent, type TaskContent } from '../store/item.js';

export type Fields = Record<string, unknown>;

/** Everything an export carries; keys of parts, which every mailbox gives out anew, are left out, and bytes appear as size and hash. */
export function canonicalFields(content: ItemContent): Fields {
  const { attachments, event, contact, task, flags, ...rest } = content;
  return {
    ...rest,
    isRead: (flags & flagRead) !== 0,
    isDraft: (flags & flagUnsent) !== 0,
    otherFlags: flags & ~(flagRead | flagUnsent),
    attachments: attachmentFields(attachments),
    ...(event === null ? {} : prefixed('event', eventFields(event))),
    ...(contact === null ? {} : prefixed('contact', { ...contact, photo: contact.photo === null ? null : { size: contact.photo.size, sha256: contact.photo.sha256() } })),
    ...(task === null ? {} : prefixed('task', taskFields(task))),
  };
}

const prefixed = (name: string, fields: Fields): Fields => Object.fromEntries(Object.entries(fields).map(([field, value]) => [`${name}.${field}`, value]));

/** In an order of their own: an item keeps its attachments, not their sequence. */
export function attachmentFields(attachments: readonly Attachment[]): Fields[] {
  return attachments
    .map((each): Fields => {
      const { kind, name, isInline } = each;
      if (each.kind === 'file') return { kind, name, isInline, contentType: each.contentType, contentId: each.contentId, size: each.content.size, sha256: each.content.sha256() };
      return each.kind === 'item' ? { kind, name, isInline, item: canonicalFields(each.item) } : { kind, name, isInline, sourceUrl: each.sourceUrl };
    })
    .sort((a, b) => (stable(a) < stable(b) ? -1 : 1));
}

function eventFields({ exceptions, cancelledDates, ...rest }: EventContent): Fields {
  return {
    ...rest,
    cancelledDates: [...cancelledDates].sort(),
    exceptions: exceptions
      .map(({ originalDate, changes: { attachments, ...changes } }) => ({ originalDate, ...changes, ...(attachments === undefined ? {} : { attachments: attachmentFields(attachments) }) }))
      .sort((a, b) => (a.originalDate < b.originalDate ? -1 : 1)),
  };
}

function taskFields({ steps, links, ...rest }: TaskContent): Fields {
  return { ...rest, steps: steps.map(({ key: _key, ...step }) => step), links: links.map(({ key: _key, ...link }) => link) };
}

/** JSON with its names in order: equal values give equal texts. */
export function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${stable(each)}`).join(',')}}`;
}

/** Equal for items with equal content; 128 bits of SHA-256. */
export const contentHash = (content: ItemContent): string => createHash('sha256').update(stable(canonicalFields(content))).digest().subarray(0, 16).toString('base64url');

/** One field that is not as it was at the source. */
export interface Difference {
  field: string;
  source: unknown;
  destination: unknown;
}

/** Fields that differ, each with both values. */
export function differences(source: Fields, destination: Fields): Difference[] {
  return [...new Set([...Object.keys(source), ...Object.keys(destination)])]
    .filter((field) => stable(source[field]) !== stable(destination[field]))
    .map((field) => ({ field, source: source[field] ?? null, destination: destination[field] ?? null }));
}
