/** Which folders of a source a migration should copy (graph/exchange.md 4.3): decided here by reading the store, not by asking the migration. */
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

const leftAloneByRole = new Set(['searchfolders', 'syncissues', 'conflicts', 'localfailures', 'serverfailures', 'outbox', 'recoverableitemsdeletions', 'scheduled', 'msgfolderroot']);
const leftAloneByName = new Set(['personmetadata', 'externalcontacts', 'yammer root', 'files', 'conversation action settings', 'quick step settings', 'social activity notifications', 'recipient cache', 'organizational contacts', 'gal contacts', 'companies']);

/** Folders to copy, parents first; what hangs below a folder that stays behind stays behind too. */
export function expectedFolders(mailbox: Mailbox): Folder[] {
  const found: Folder[] = [];
  const walk = (parent: Folder): void => {
    for (const folder of mailbox.folders(parent.key)) {
      const left = folder.isHidden || folder.isSearchFolder || (folder.wellKnownName !== null && leftAloneByRole.has(folder.wellKnownName)) || leftAloneByName.has(folder.displayName.toLowerCase());
      if (left) continue;
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
