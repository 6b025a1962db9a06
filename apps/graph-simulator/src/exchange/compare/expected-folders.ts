/** Which folders of a source a migration should copy (graph/exchange.md 4.3): decided here by reading the store, not by asking the migration. */
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

const leftAloneByRole: ReadonlySet<string> = new Set(['searchfolders', 'syncissues', 'conflicts', 'localfailures', 'serverfailures', 'outbox', 'recoverableitemsdeletions', 'scheduled', 'msgfolderroot']);
/** Exchange's own folders without a role: they lie at the top or among the contacts. A person's "Files" below the inbox is content. */
const leftAloneByName: ReadonlySet<string> = new Set(['personmetadata', 'externalcontacts', 'yammer root', 'files', 'conversation action settings', 'quick step settings', 'social activity notifications', 'recipient cache', 'organizational contacts', 'gal contacts', 'companies']);

/** Container class, with Exchange's default for folders that have none. */
export const classOf = (folder: Folder): string => folder.containerClass ?? 'IPF.Note';

function isLeftAlone(mailbox: Mailbox, folder: Folder): boolean {
  if (folder.isHidden || folder.isSearchFolder || (folder.wellKnownName !== null && leftAloneByRole.has(folder.wellKnownName))) return true;
  if (folder.wellKnownName !== null || !leftAloneByName.has(folder.displayName.toLowerCase())) return false;
  return folder.parentKey === mailbox.root.key || classOf(folder).startsWith('IPF.Contact');
}

/** Folders to copy, parents first; what hangs below a folder that stays behind stays behind too. */
export function expectedFolders(mailbox: Mailbox): Folder[] {
  const children = new Map<number, Folder[]>();
  for (const folder of mailbox.folders()) {
    if (folder.parentKey === null) continue;
    const siblings = children.get(folder.parentKey);
    if (siblings === undefined) children.set(folder.parentKey, [folder]);
    else siblings.push(folder);
  }
  const found: Folder[] = [];
  const walk = (parent: Folder): void => {
    for (const folder of children.get(parent.key) ?? []) {
      if (isLeftAlone(mailbox, folder)) continue;
      found.push(folder);
      walk(folder);
    }
  };
  walk(mailbox.root);
  return found;
}

/** Where a folder is, in a form that is the same in both mailboxes: the well-known ancestor and the names from there down. */
export function placeOf(mailbox: Mailbox, folder: Folder): string {
  const names: string[] = [];
  let at: Folder | undefined = folder;
  while (at !== undefined && at.wellKnownName === null) {
    names.unshift(at.displayName);
    at = at.parentKey === null ? undefined : mailbox.folder(at.parentKey);
  }
  return JSON.stringify([at?.wellKnownName ?? '', ...names]);
}
