/** Reads the folder tree of a mailbox through the admin API. https://learn.microsoft.com/graph/api/mailbox-list-folders */
import { orEndUnit } from './errors.js';
import { defaultFolderType, isSystemFolder, type MailboxFolder } from './folder-selection.js';
import type { Mailbox } from './mailbox.js';
import { expandProperties, extendedValue, folderTypeProperty, hiddenFolderProperty, markProperty, segment, text } from './mapi.js';

const pageSize = '250';
const searchFolder = '2';

/** One folder as Graph writes it. Search folders are views over other folders: they count as hidden. */
export function parseFolder(raw: Record<string, unknown>): MailboxFolder {
  return {
    id: text(raw['id']) ?? '',
    displayName: text(raw['displayName']) ?? '',
    parentFolderId: text(raw['parentFolderId']),
    type: text(raw['type']) ?? defaultFolderType,
    wellKnownName: text(raw['wellKnownName']),
    hidden: extendedValue(raw, hiddenFolderProperty)?.toLowerCase() === 'true' || extendedValue(raw, folderTypeProperty) === searchFolder || raw['@odata.type'] === '#microsoft.graph.mailSearchFolder',
    childFolderCount: typeof raw['childFolderCount'] === 'number' ? raw['childFolderCount'] : 0,
    totalItemCount: typeof raw['totalItemCount'] === 'number' ? raw['totalItemCount'] : null,
    stamp: extendedValue(raw, markProperty),
  };
}

async function* foldersAt(mailbox: Mailbox, path: string, signal: AbortSignal): AsyncGenerator<MailboxFolder> {
  const query = { $top: pageSize, $expand: expandProperties(hiddenFolderProperty, folderTypeProperty, markProperty) };
  const pages = mailbox.port.pages<Record<string, unknown>>(mailbox.admin(path), mailbox.options(signal, { query }));
  for await (const page of pages) for (const raw of page.value) yield parseFolder(raw);
}

/**
 * All folders of the mailbox that could matter, each once. The top-level listing may already hold descendants, so a folder's
 * children are only asked for when they have not all been seen. Below folders of the system nothing is read.
 */
export async function listFolders(mailbox: Mailbox, signal: AbortSignal): Promise<MailboxFolder[]> {
  return await orEndUnit(mailbox.side, async () => {
    const byId = new Map<string, MailboxFolder>();
    const seenChildren = new Map<string, number>();
    const add = (folder: MailboxFolder): void => {
      if (folder.id === '' || byId.has(folder.id)) return;
      byId.set(folder.id, folder);
      if (folder.parentFolderId !== null) seenChildren.set(folder.parentFolderId, (seenChildren.get(folder.parentFolderId) ?? 0) + 1);
    };
    for await (const folder of foldersAt(mailbox, '/folders', signal)) add(folder);
    // The map grows while it is walked: children found here are walked in their turn.
    for (const folder of byId.values()) {
      if (folder.childFolderCount <= (seenChildren.get(folder.id) ?? 0) || isSystemFolder(folder, false)) continue;
      for await (const child of foldersAt(mailbox, `/folders/${segment(folder.id)}/childFolders`, signal)) add(child);
    }
    return [...byId.values()];
  });
}

/** The direct children of a folder, or of the top when `parentId` is null. */
export async function listChildren(mailbox: Mailbox, parentId: string | null, signal: AbortSignal): Promise<MailboxFolder[]> {
  const children: MailboxFolder[] = [];
  const path = parentId === null ? '/folders' : `/folders/${segment(parentId)}/childFolders`;
  for await (const folder of foldersAt(mailbox, path, signal)) children.push(folder);
  return children;
}
