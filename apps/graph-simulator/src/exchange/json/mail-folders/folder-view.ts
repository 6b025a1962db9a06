import type { Folder } from '../../store/folder.js';
import { flagRead, sizeOf } from '../../store/item.js';
import type { Mailbox } from '../../store/mailbox.js';
import { makeId } from '../../store/outlook-id.js';
import { folderOf } from '../../admin/mailbox-of.js';
import { notFound, type Call } from '../core/call.js';
import type { View } from '../core/view.js';

/** Folders that the mail API shows: those of mail, not calendars, contacts, tasks, notes. */
export function isMailFolder({ containerClass }: Folder): boolean {
  return containerClass === null || /^IPF\.(Note|Configuration)/i.test(containerClass);
}

export const folderId = (call: Call, folder: Folder): string => makeId('folder', call.mailbox.guid, folder.key);

/** A mail folder by id or well-known name. Throws 400 for a malformed id, 404 when there is none. */
export function mailFolder(call: Call, id: string): Folder {
  const folder = folderOf(call.mailbox, id);
  if (!isMailFolder(folder)) throw notFound();
  return folder;
}

/** Children in the mail API, hidden ones only when asked for. */
export function childMailFolders(call: Call, parent: Folder, hidden: boolean): Folder[] {
  return call.mailbox.folders(parent.key).filter((folder) => isMailFolder(folder) && (hidden || !folder.isHidden));
}

interface Unread { position: number; keys: Set<number> }
const unreadOf = new WeakMap<Folder, Unread>();

/** How many items of the folder are unread: read through once, afterwards only what changed. */
function unreadCount(mailbox: Mailbox, folder: Folder): number {
  let known = unreadOf.get(folder);
  if (known === undefined) {
    known = { position: folder.log.position, keys: new Set() };
    for (const { item } of mailbox.items(folder)) if ((item.content.flags & flagRead) === 0) known.keys.add(item.key);
    unreadOf.set(folder, known);
  }
  for (const { key } of folder.log.between(known.position, folder.log.position)) {
    const item = mailbox.item(key);
    if (item?.folderKey === folder.key && (item.content.flags & flagRead) === 0) known.keys.add(key);
    else known.keys.delete(key);
  }
  known.position = folder.log.position;
  return known.keys.size;
}

const folderBytes = (mailbox: Mailbox, folder: Folder): number => {
  let bytes = 0;
  for (const { item } of mailbox.items(folder)) bytes += sizeOf(item.content);
  return bytes;
};

export const folderView: View<Folder> = {
  typeName: 'microsoft.graph.mailFolder',
  properties: {
    id: (folder, call) => folderId(call, folder),
    displayName: (folder) => folder.displayName,
    parentFolderId: (folder, call) => makeId('folder', call.mailbox.guid, folder.parentKey ?? folder.key),
    childFolderCount: (folder, call) => childMailFolders(call, folder, false).length,
    unreadItemCount: (folder, call) => unreadCount(call.mailbox, folder),
    totalItemCount: (folder) => folder.itemCount,
    isHidden: (folder) => folder.isHidden,
  },
  annotate: (folder) => (folder.isSearchFolder ? { '@odata.type': '#microsoft.graph.mailSearchFolder', isSupported: true, includeNestedFolders: true, sourceFolderIds: [], filterQuery: 'isRead eq false' } : {}),
  navigations: {
    childfolders: (folder, call) => ({ childFolders: childMailFolders(call, folder, false).map((child) => Object.fromEntries(Object.entries(folderView.properties).map(([name, read]) => [name, read(child, call)]))) }),
  },
  extended: (folder, call, id) => {
    if (id === 'Boolean 0x10f4') return String(folder.isHidden);
    if (id === 'Long 0xe08' || id === 'Integer 0xe08') return String(folderBytes(call.mailbox, folder));
    if (id === 'String 0x3613') return folder.containerClass ?? undefined;
    return folder.properties[id];
  },
};

/** On beta the well-known name is part of the entity. */
export const betaFolderView: View<Folder> = { ...folderView, properties: { ...folderView.properties, wellKnownName: (folder) => folder.wellKnownName } };

export const viewFor = (call: Call): View<Folder> => (call.req.version === 'beta' ? betaFolderView : folderView);
