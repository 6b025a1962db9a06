/** Damage at a destination that a verification must find. */
import { createHash } from 'node:crypto';
import { expectedFolders } from '../compare/expected-folders.js';
import type { Content } from '../store/content.js';
import type { Folder } from '../store/folder.js';
import { flagRead, type Item, type ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';

export const damageKinds = ['removeItem', 'doubleItem', 'moveItem', 'changeByte', 'changeText', 'shiftDate', 'dropFlag', 'dropCategory', 'loseException', 'renameFolder'] as const;
export type DamageKind = (typeof damageKinds)[number];

/** Where: the first that fits, unless folder or item are named. */
export interface DamageTarget {
  folder?: Folder;
  item?: Item;
}

/** Does it once; null when nothing fits. */
export function plantDamage(mailbox: Mailbox, kind: DamageKind, target: DamageTarget = {}): { folder: string; class: string | null } | null {
  const folders = target.folder === undefined ? expectedFolders(mailbox) : [target.folder];
  if (kind === 'renameFolder') {
    const folder = folders.find((each) => each.wellKnownName === null);
    if (folder === undefined) return null;
    const path = mailbox.path(folder).join('/');
    mailbox.renameFolder(folder, { displayName: `${folder.displayName} (renamed)` });
    return { folder: path, class: null };
  }
  const done = (item: Item): { folder: string; class: string } => {
    const folder = mailbox.folder(item.folderKey);
    apply(mailbox, item, kind);
    return { folder: folder === undefined ? '' : mailbox.path(folder).join('/'), class: item.content.messageClass };
  };
  if (target.item !== undefined) return fits(target.item.content, kind) ? done(target.item) : null;
  for (const folder of folders) for (const { item } of mailbox.items(folder)) if ((kind === 'loseException' || item.content.messageClass === 'IPM.Note') && fits(item.content, kind)) return done(item);
  return null;
}

type ItemDamage = Exclude<DamageKind, 'renameFolder'>;

function fits({ attachments, flags, categories, event, body, receivedAt }: ItemContent, kind: ItemDamage): boolean {
  switch (kind) {
    case 'changeByte':
      return attachments.some((each) => each.kind === 'file' && each.content.size > 0);
    case 'dropFlag':
      return (flags & flagRead) !== 0;
    case 'dropCategory':
      return categories.length > 0;
    case 'loseException':
      return (event?.exceptions.length ?? 0) > 0;
    case 'changeText':
      return body.content.length > 10;
    case 'shiftDate':
      return receivedAt !== null;
    case 'removeItem':
    case 'doubleItem':
    case 'moveItem':
      return true;
  }
}

function apply(mailbox: Mailbox, { key, folderKey, content }: Item, kind: ItemDamage): void {
  const change = (changes: Partial<ItemContent>): void => {
    mailbox.updateItem(key, { ...content, ...changes });
  };
  const folder = mailbox.folder(folderKey);
  switch (kind) {
    case 'removeItem':
      mailbox.removeItem(key);
      return;
    case 'doubleItem':
      if (folder !== undefined) mailbox.addItem(folder, content);
      return;
    case 'moveItem': {
      const to = expectedFolders(mailbox).find((each) => each.key !== folderKey && each.containerClass === folder?.containerClass);
      if (to !== undefined) mailbox.moveItem(key, to);
      return;
    }
    case 'changeByte': {
      const at = content.attachments.findIndex((each) => each.kind === 'file' && each.content.size > 0);
      change({ attachments: content.attachments.map((each, n) => (n === at && each.kind === 'file' ? { ...each, content: withLastByteChanged(each.content) } : each)) });
      return;
    }
    case 'changeText':
      change({ body: { ...content.body, content: `${content.body.content.slice(0, 5)}?${content.body.content.slice(6)}` } });
      return;
    case 'shiftDate':
      change({ receivedAt: new Date(Date.parse(content.receivedAt ?? '') + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z') });
      return;
    case 'dropFlag':
      change({ flags: content.flags & ~flagRead });
      return;
    case 'dropCategory':
      change({ categories: [] });
      return;
    case 'loseException':
      if (content.event !== null) change({ event: { ...content.event, exceptions: content.event.exceptions.slice(1) } });
  }
}

/** The same size, one bit different. Bytes of which only the hash was kept get another hash. */
function withLastByteChanged(original: Content): Content {
  const { size, seed } = original;
  const stream = function* (start = 0): Generator<Uint8Array> {
    let at = start;
    for (const piece of original.stream(start)) {
      at += piece.length;
      const copy = Buffer.from(piece);
      if (at === size && copy.length > 0) copy.writeUInt8((copy.at(-1) ?? 0) ^ 1, copy.length - 1);
      yield copy;
    }
  };
  const hash = createHash('sha256');
  if (seed === null && size > 64 * 1024) hash.update(`damaged ${original.sha256()}`);
  else for (const piece of stream()) hash.update(piece);
  const sha256 = hash.digest('hex');
  return { size, seed: null, sha256: () => sha256, stream };
}
