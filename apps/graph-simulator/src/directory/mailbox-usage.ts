import { type Folder } from '../exchange/store/folder.js';
import { sizeOf } from '../exchange/store/item.js';
import type { Mailbox } from '../exchange/store/mailbox.js';
import type { UsageReader } from './mailbox-report.js';

/** Items measured one by one; a larger folder is measured by this many, evenly spread, and multiplied. */
const sampleMax = 500;

const sizes = new WeakMap<Folder, { position: number; changeNumber: number; count: number; bytes: number }>();

/** Bytes of a folder. Real usage reports lag by days, so a close figure for a folder of millions serves as well as a true one. */
function folderBytes(mailbox: Mailbox, folder: Folder): number {
  const known = sizes.get(folder);
  if (known?.position === folder.log.position && known.changeNumber === folder.changeNumber && known.count === folder.itemCount) return known.bytes;
  const seeded = folder.source?.count ?? 0;
  const step = Math.max(1, Math.floor(seeded / sampleMax));
  let measured = 0;
  let bytes = 0;
  for (let index = 0; index < seeded; index += step) {
    const content = folder.source?.item(index);
    if (content === undefined) break;
    measured += 1;
    bytes += sizeOf(content);
  }
  if (measured > 0) bytes = Math.round((bytes / measured) * (seeded - folder.departed.size));
  // Places behind the seeded ones are the items that were written or moved here.
  for (const { item } of mailbox.items(folder, seeded)) bytes += sizeOf(item.content);
  sizes.set(folder, { position: folder.log.position, changeNumber: folder.changeNumber, count: folder.itemCount, bytes });
  return bytes;
}

/** When the newest of the folder's seeded items came. */
function newestMs(folder: Folder): number | null {
  const { source } = folder;
  if (source === null || source.count === 0) return null;
  return Math.max(Date.parse(source.createdAt(0)), Date.parse(source.createdAt(source.count - 1)));
}

/** What the usage report says of a mailbox; null for a user without one. */
export const mailboxUsage: UsageReader = (tenant, user) => {
  const mailbox = tenant.exchange.mailbox(user.id);
  if (mailbox?.enabled !== true) return null;
  const usage = { itemCount: 0, bytes: 0, deletedItemCount: 0, deletedBytes: 0, lastActivityMs: null as number | null, hasArchive: false };
  for (const folder of mailbox.folders()) {
    if (folder.isSearchFolder) continue;
    const bytes = folderBytes(mailbox, folder);
    if (folder.wellKnownName === 'recoverableitemsdeletions') {
      usage.deletedItemCount += folder.itemCount;
      usage.deletedBytes += bytes;
      continue;
    }
    usage.itemCount += folder.itemCount;
    usage.bytes += bytes;
    const newest = newestMs(folder);
    if (newest !== null && newest > (usage.lastActivityMs ?? 0)) usage.lastActivityMs = newest;
  }
  return usage;
};
