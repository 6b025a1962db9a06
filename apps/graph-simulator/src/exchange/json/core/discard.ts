import type { GraphReply } from '../../../http/route.js';
import type { Item } from '../../store/item.js';
import type { Call } from './call.js';

/** Deletes as Graph does: into Deleted Items, and from there out of sight. */
export function discard(call: Call, item: Item): GraphReply {
  const { mailbox } = call;
  const bin = mailbox.wellKnown('deleteditems');
  const below = mailbox.wellKnown('recoverableitemsdeletions');
  const target = item.folderKey === bin?.key ? below : bin;
  if (target === undefined || item.folderKey === below?.key) mailbox.removeItem(item.key);
  else mailbox.moveItem(item.key, target);
  return { status: 204 };
}
