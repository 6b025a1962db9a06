/** Damage at a destination that a verification must find. */
import { HeldContent, SeededContent, type FileContent } from '../content/file-content.js';
import { mix } from '../content/seeded-bytes.js';
import type { Drive } from './drive.js';
import type { Item } from './item.js';

const heldBytesMax = 64 * 1024 ** 2;
export const driveDamageKinds = ['remove', 'double', 'changeByte', 'shiftDate', 'renameFolder'] as const;
export type DriveDamageKind = (typeof driveDamageKinds)[number];

/** Does it to the item, or to the first that fits; null when nothing does. Answers the path it had. */
export async function damageDrive(drive: Drive, kind: DriveDamageKind, named: Item | null): Promise<string | null> {
  const item = named ?? [...drive.items()].find((each) => fits(each, kind)) ?? null;
  if (item === null || !fits(item, kind)) return null;
  const path = drive.path(item).join('/');
  const by = item.modifiedBy;
  const dates = { createdAt: item.createdAt, modifiedAt: item.modifiedAt };
  switch (kind) {
    case 'remove':
      drive.remove(item);
      break;
    case 'double':
      if (item.content !== null) drive.addFile(drive.item(item.parentKey) ?? drive.root, item.name, item.content, 'rename', by, dates);
      break;
    case 'changeByte':
      if (item.content !== null) drive.replaceContent(item, await withAnotherByte(item.content), by, dates);
      break;
    case 'shiftDate':
      drive.change(item, { dates: { ...dates, modifiedAt: `${new Date(Date.parse(item.modifiedAt) + 3_600_000).toISOString().slice(0, 19)}Z` } }, by);
      break;
    case 'renameFolder':
      drive.change(item, { name: `${item.name} (renamed)` }, by);
      drive.change(item, { dates }, by);
  }
  return path;
}

function fits({ key, kind: is, content }: Item, kind: DriveDamageKind): boolean {
  if (key === 0) return false;
  return kind === 'renameFolder' ? is === 'folder' : content !== null && content.size > 0;
}

/** The same size, one bit different. Of content that was not kept, or is too large to be held, another one of the same size. */
async function withAnotherByte(content: FileContent): Promise<FileContent> {
  if (!content.kept || content.size > heldBytesMax) return new SeededContent(content.size, [mix(content.size, 1), 1]);
  const pieces: Buffer[] = [];
  for await (const piece of content.read(0, content.size)) pieces.push(Buffer.from(piece));
  const bytes = Buffer.concat(pieces);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return new HeldContent(bytes);
}
