/**
 * Ids as Exchange shapes them: long, URL-safe base64, case-sensitive, different per id space, opaque to clients. They carry the key
 * and a check, so that a million items need no table.
 */
import { hash } from 'node:crypto';

/** admin: mailboxItem and mailboxFolder ids of the import/export API; regular: changes when an item moves; immutable: does not. */
export type IdSpace = 'admin' | 'regular' | 'immutable' | 'folder' | 'attachment' | 'other';
const spaceBytes: Record<IdSpace, number> = { admin: 0x31, regular: 0x52, immutable: 0x49, folder: 0x46, attachment: 0x41, other: 0x4f };

/** Check and tail: Exchange's ids are about this long, and no two look alike. */
const digest = (head: Buffer): Buffer => hash('sha512', head, 'buffer').subarray(0, 54);

/** An id for (space, mailbox, key, extra). */
export function makeId(space: IdSpace, mailboxGuid: string, key: number, extra = 0): string {
  const head = Buffer.alloc(1 + 16 + 6 + 4);
  head[0] = spaceBytes[space];
  Buffer.from(mailboxGuid.replaceAll('-', ''), 'hex').copy(head, 1);
  head.writeUIntBE(key, 17, 6);
  head.writeUInt32BE(extra, 23);
  return `AAMkA${Buffer.concat([head, digest(head)]).toString('base64url')}A${spaceBytes[space] % 2 === 0 ? 'A' : '='}`;
}

/** What an id of this space and mailbox stands for; null when it is malformed, of another space or of another mailbox. */
export function parseId(space: IdSpace, mailboxGuid: string, id: string): { key: number; extra: number } | null {
  if (!id.startsWith('AAMkA')) return null;
  const raw = Buffer.from(id.slice(5, -2), 'base64url');
  if (raw.length < 27) return null;
  const key = raw.readUIntBE(17, 6);
  const extra = raw.readUInt32BE(23);
  return makeId(space, mailboxGuid, key, extra) === id ? { key, extra } : null;
}
