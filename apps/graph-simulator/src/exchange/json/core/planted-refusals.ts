import { GraphFault } from '../../../http/route.js';
import type { World } from '../../../world/world.js';
import { sizeOf, type Item, type ItemContent, type PlantedRefusal } from '../../store/item.js';
import type { Mailbox } from '../../store/mailbox.js';

const seenIn = new WeakMap<World, Map<string, PlantedRefusal>>();

/** What a copy made through JSON still has in common with its original. */
const likeness = (content: ItemContent): string => content.internetMessageId ?? `${content.messageClass} ${content.subject} ${content.event?.start.dateTime ?? ''}`;

/** Remembers an item that every destination is to refuse; call it when such an item is read through JSON. */
export function noteRefusal(world: World, item: Item): void {
  if (item.refusal?.at !== 'import') return;
  let seen = seenIn.get(world);
  if (seen === undefined) seenIn.set(world, (seen = new Map()));
  seen.set(likeness(item.content), item.refusal);
}

/** Throws the refusal that was planted for this content, and 413 for an item larger than the mailbox takes. */
export function refuseCreate(world: World, mailbox: Mailbox, content: ItemContent): void {
  const planted = seenIn.get(world)?.get(likeness(content));
  if (planted !== undefined) throw new GraphFault(planted.code === 'ErrorMessageSizeExceeded' ? 413 : 400, planted.code, 'The item was refused by the destination mailbox.');
  checkSize(mailbox, content);
}

/** Throws 413 ErrorMessageSizeExceeded for an item larger than the mailbox takes. */
export function checkSize(mailbox: Mailbox, content: ItemContent): void {
  if (sizeOf(content) > mailbox.messageBytesMax) throw new GraphFault(413, 'ErrorMessageSizeExceeded', 'The message exceeds the maximum supported size.');
}
