/** Which folders of a mailbox are copied: pure rules over what the folder listing says. */
import type { EmailScope, Filters } from '@migrator/contracts/api/jobs';
import { pathFilter } from '../path-filter.js';

/** A folder as the admin listing gives it. https://learn.microsoft.com/graph/api/resources/mailboxfolder */
export interface MailboxFolder {
  readonly id: string;
  readonly displayName: string;
  readonly parentFolderId: string | null;
  /** Container class; Exchange leaves it out on some folders, which are then mail folders. */
  readonly type: string;
  readonly wellKnownName: string | null;
  readonly hidden: boolean;
  readonly childFolderCount: number;
  readonly totalItemCount: number | null;
  /** Our stamp, on a folder that we made. */
  readonly stamp?: string | null;
}

/** A folder to copy with its path for people; `structure`: only what lies below it is copied. */
export interface SelectedFolder {
  readonly folder: MailboxFolder;
  readonly path: string;
  readonly parentKey: string | null;
  readonly structure: boolean;
}

export const defaultFolderType = 'IPF.Note';

/** Names of the top of the tree: never copied, and children of them are at the top. */
const roots = new Set(['msgfolderroot', 'root']);

/**
 * Folders that hold no content of their own (search folders), a device's state (sync issues), mail on its way out, or what the
 * retention dumpster keeps. The names are the locale-independent ones.
 */
const skippedWellKnown = new Set(['searchfolders', 'syncissues', 'conflicts', 'localfailures', 'serverfailures', 'outbox']);

/** Folders Exchange makes for itself without a well-known name; seen at the top of production mailboxes. */
const skippedNames = new Set(
  [
    'PersonMetadata',
    'ExternalContacts',
    'Yammer Root',
    'Files',
    'Conversation Action Settings',
    'Quick Step Settings',
    'Social Activity Notifications',
    'Recipient Cache',
    'Organizational Contacts',
    'GAL Contacts',
    'Companies',
  ].map((name) => name.toLowerCase()),
);

/** The job's scope as a unit brings it, by the names of `EmailScope`. */
type MailScope = Readonly<Record<string, boolean>>;

/** Which switch of the job's scope a container class belongs to. Notes, journal and unknown classes follow mail. */
export function scopeOf(type: string): keyof EmailScope {
  const name = type.toLowerCase();
  if (isClass(name, 'ipf.appointment')) return 'calendar';
  if (isClass(name, 'ipf.contact')) return 'contacts';
  if (isClass(name, 'ipf.task')) return 'tasks';
  return 'email';
}

function isClass(type: string, base: string): boolean {
  return type === base || type.startsWith(`${base}.`);
}

export function isRoot(folder: MailboxFolder): boolean {
  return roots.has(folder.wellKnownName?.toLowerCase() ?? '');
}

/** Folders whose whole subtree is left alone, whatever the job asks for. */
export function isSystemFolder(folder: MailboxFolder, atTop: boolean): boolean {
  const known = folder.wellKnownName?.toLowerCase() ?? '';
  if (folder.hidden || skippedWellKnown.has(known) || known.startsWith('recoverableitems')) return true;
  // A person may have a folder called "Files" inside the inbox; only Exchange's own sit at the top or beside the contacts.
  const own = known === '' && skippedNames.has(folder.displayName.toLowerCase());
  return own && (atTop || isClass(folder.type.toLowerCase(), 'ipf.contact'));
}

/** One segment of a path: a slash inside a folder's name would look like a level. */
export function pathSegment(displayName: string): string {
  return displayName.replaceAll('\\', '\\\\').replaceAll('/', '\\/');
}

/**
 * The folders to copy, parents before children, each once. A folder whose class the scope leaves out but which has children
 * inside the scope stays out itself; its children then hang below the nearest copied ancestor.
 */
export function selectFolders(folders: readonly MailboxFolder[], scope: MailScope, filters: Pick<Filters, 'includeFolders' | 'excludeFolders'> = {}): SelectedFolder[] {
  const paths = pathFilter(filters);
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const children = new Map<string | null, MailboxFolder[]>();
  for (const folder of byId.values()) {
    if (isRoot(folder)) continue;
    const parent = folder.parentFolderId === null ? undefined : byId.get(folder.parentFolderId);
    const key = parent === undefined || isRoot(parent) ? null : parent.id;
    const siblings = children.get(key);
    if (siblings === undefined) children.set(key, [folder]);
    else siblings.push(folder);
  }
  const selected: SelectedFolder[] = [];
  const visit = (parentId: string | null, parentPath: string, parentKey: string | null): void => {
    for (const folder of children.get(parentId) ?? []) {
      if (isSystemFolder(folder, parentId === null)) continue;
      const path = parentPath === '' ? pathSegment(folder.displayName) : `${parentPath}/${pathSegment(folder.displayName)}`;
      const structure = paths.leavesOut(path);
      if (structure && !paths.leadsOn(path)) continue;
      const inScope = scope[scopeOf(folder.type)] === true;
      if (inScope) selected.push({ folder, path, parentKey, structure });
      visit(folder.id, path, inScope ? folder.id : parentKey);
    }
  };
  visit(null, '', null);
  return selected;
}

const everything: EmailScope = { email: true, calendar: true, contacts: true, tasks: true };

/** Folders with content that this job leaves out, by its scope or its filters. */
export function leftOutFolders(folders: readonly MailboxFolder[], scope: MailScope, filters: Pick<Filters, 'includeFolders' | 'excludeFolders'>): SelectedFolder[] {
  const copied = new Set(selectFolders(folders, scope, filters).flatMap(({ folder, structure }) => (structure ? [] : [folder.id])));
  return selectFolders(folders, everything).filter(({ folder }) => !copied.has(folder.id));
}
