/** Which folders of a mailbox a migration has to carry, and by what a folder is the same on both sides (graph/exchange.md 4.3, skip list). */
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

/** Folders that are views, device state, outgoing mail, or belong to retention. */
const leftAlone: ReadonlySet<string> = new Set(['searchfolders', 'syncissues', 'conflicts', 'localfailures', 'serverfailures', 'outbox', 'recoverableitemsdeletions']);

/** Folders Exchange keeps for itself without a well-known name: at the top, or among the contacts. */
const exchangeOwn: ReadonlySet<string> = new Set(['personmetadata', 'externalcontacts', 'yammer root', 'files', 'conversation action settings', 'quick step settings', 'social activity notifications', 'recipient cache', 'organizational contacts', 'gal contacts', 'companies']);

/** Container class, with Exchange's default for folders that have none. */
export const classOf = (folder: Folder): string => folder.containerClass ?? 'IPF.Note';

function isLeftAlone(mailbox: Mailbox, folder: Folder): boolean {
  if (folder.isHidden || folder.isSearchFolder || (folder.wellKnownName !== null && leftAlone.has(folder.wellKnownName))) return true;
  if (folder.wellKnownName !== null || !exchangeOwn.has(folder.displayName.toLowerCase())) return false;
  return folder.parentKey === mailbox.root.key || classOf(folder).startsWith('IPF.Contact');
}

/** A folder with the place by which its counterpart is found: the nearest well-known folder and the names below it. */
export interface PlacedFolder {
  folder: Folder;
  place: string;
}

/** Parents before children; a folder that is left alone takes everything below it along. */
export function migratableFolders(mailbox: Mailbox): PlacedFolder[] {
  const children = new Map<number, Folder[]>();
  for (const folder of mailbox.folders()) {
    if (folder.parentKey === null) continue;
    const siblings = children.get(folder.parentKey);
    if (siblings === undefined) children.set(folder.parentKey, [folder]);
    else siblings.push(folder);
  }
  const found: PlacedFolder[] = [];
  const visit = (parent: Folder, place: string): void => {
    for (const folder of children.get(parent.key) ?? []) {
      if (isLeftAlone(mailbox, folder)) continue;
      // Names may hold slashes, so the parts are joined with what no name can hold.
      const own = folder.wellKnownName === null ? `${place}\u0000${folder.displayName}` : `#${folder.wellKnownName}`;
      found.push({ folder, place: own });
      visit(folder, own);
    }
  };
  visit(mailbox.root, '');
  return found;
}
