import { GraphFault } from '../../../http/route.js';
import type { Attachment, Item } from '../../store/item.js';
import { makeId, parseId } from '../../store/outlook-id.js';
import { malformedId, notFound, type Call } from './call.js';

/** The id of an item in the kind the caller prefers. The regular one changes with every move, the immutable one does not. */
export function itemId(call: Call, { key, moves }: Pick<Item, 'key' | 'moves'>): string {
  return call.prefer.immutableIds ? makeId('immutable', call.mailbox.guid, key) : makeId('regular', call.mailbox.guid, key, moves);
}

/** The item of an id of either kind. Throws 400 for a text that is no id of this mailbox, 404 for one whose item is gone or has moved on. */
export function findItem(call: Call, id: string): Item {
  const regular = parseId('regular', call.mailbox.guid, id);
  const parsed = regular ?? parseId('immutable', call.mailbox.guid, id);
  if (parsed === null) throw malformedId();
  const item = call.mailbox.item(parsed.key);
  if (item === undefined || (regular !== null && regular.extra !== item.moves)) throw notFound();
  return item;
}

/** As {@link findItem}, and its content can be read: an item planted as damaged answers its 500 for good. */
export function readItem(call: Call, id: string): Item {
  const item = findItem(call, id);
  checkReadable(item);
  return item;
}

/** Throws the 500 of an item that is planted as damaged. */
export function checkReadable(item: Item): void {
  if (item.refusal?.at === 'read') throw new GraphFault(500, item.refusal.code, 'The item is corrupt and cannot be read.');
}

const owner = (item: Item): number => item.key % 2 ** 32;

export const attachmentId = (call: Call, item: Item, attachment: Attachment): string => makeId('attachment', call.mailbox.guid, attachment.key, owner(item));

/** The key inside the item of an attachment id. Throws 400 for a text that is none, 404 for one of another item. */
export function attachmentKey(call: Call, item: Item, id: string): number {
  const parsed = parseId('attachment', call.mailbox.guid, id);
  if (parsed === null) throw malformedId();
  if (parsed.extra !== owner(item)) throw notFound();
  return parsed.key;
}
