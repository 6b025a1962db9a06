/** Damage at a destination that a verification must find. */
import { expectedFolders } from '../compare/expected-folders.js';
import { heldContent } from '../store/content.js';
import { flagRead, type Item, type ItemContent } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';

export const damageKinds = ['removeItem', 'doubleItem', 'changeByte', 'shiftDate', 'dropFlag', 'renameFolder'] as const;
export type DamageKind = (typeof damageKinds)[number];

/** Does it to the first item or folder it fits; null when there is none. */
export function plantDamage(mailbox: Mailbox, kind: DamageKind): { folder: string; class: string | null } | null {
  const folders = expectedFolders(mailbox);
  if (kind === 'renameFolder') {
    const folder = folders.find((each) => each.wellKnownName === null);
    if (folder === undefined) return null;
    const path = mailbox.path(folder).join('/');
    mailbox.renameFolder(folder, { displayName: `${folder.displayName} (renamed)` });
    return { folder: path, class: null };
  }
  const fits = ({ content }: Item): boolean => {
    if (content.messageClass !== 'IPM.Note') return false;
    if (kind === 'changeByte') return content.attachments.some((each) => each.kind === 'file' && each.content.size > 0);
    return kind !== 'dropFlag' || (content.flags & flagRead) !== 0;
  };
  for (const folder of folders)
    for (const { item } of mailbox.items(folder)) {
      if (!fits(item)) continue;
      apply(mailbox, item, kind);
      return { folder: mailbox.path(folder).join('/'), class: item.content.messageClass };
    }
  return null;
}

function apply(mailbox: Mailbox, { key, folderKey, content }: Item, kind: Exclude<DamageKind, 'renameFolder'>): void {
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
    case 'changeByte':
      change({
        attachments: content.attachments.map((each) => {
          if (each.kind !== 'file') return each;
          const bytes = Buffer.alloc(Math.min(each.content.size, 1024), 0x58);
          return { ...each, content: heldContent(bytes) };
        }),
      });
      return;
    case 'shiftDate':
      change({ receivedAt: '2001-01-01T00:00:00Z' });
      return;
    case 'dropFlag':
      change({ flags: content.flags & ~flagRead });
  }
}
