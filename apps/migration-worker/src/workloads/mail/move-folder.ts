/**
 * Renames and moves folders that we made. The admin API renames; only the classic one moves, and only mail folders.
 * https://learn.microsoft.com/graph/api/mailboxfolder-update https://learn.microsoft.com/graph/api/mailfolder-move
 */
import { GraphRequestError } from '@migrator/graph-client';
import { unitErrorOf } from './errors.js';
import { scopeOf, type MailboxFolder } from './folder-selection.js';
import { OutlookFolders } from './json/outlook-folder.js';
import { listChildren, parseFolder } from './list-folders.js';
import { getOrNull, type Mailbox } from './mailbox.js';
import { expandProperties, markProperty, segment } from './mapi.js';

export class FolderMover {
  constructor(private readonly destination: Mailbox) {}

  /** False when a folder of that name is in the way. Throws UnitError. */
  async rename(folder: MailboxFolder, displayName: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.destination.port.patch(this.destination.admin(`/folders/${segment(folder.id)}`), { displayName }, this.destination.options(signal, { repeatable: true }));
      return true;
    } catch (error) {
      if (error instanceof GraphRequestError && error.kind === 'conflict') return false;
      throw unitErrorOf(error, 'dest');
    }
  }

  /**
   * The folder below its new parent (null: the top); `null` when Exchange has no way to move it. `in the way`: a folder of its name is
   * there already. Throws UnitError.
   */
  async move(folder: MailboxFolder, parentId: string | null, signal: AbortSignal): Promise<MailboxFolder | 'in the way' | null> {
    if (scopeOf(folder.type) !== 'email') return null;
    // Looked up anew each time: the way there is by names, which change here.
    const classic = new OutlookFolders(this.destination);
    const from = await classic.find(folder.id, 'message', signal);
    const to = parentId === null ? null : await classic.find(parentId, 'message', signal);
    if (from === null || (parentId !== null && to === null)) return null;
    const destinationId = to === null ? 'msgfolderroot' : decodeURIComponent(folderOf(to.items));
    try {
      await this.destination.port.post(this.destination.user(`/mailFolders/${folderOf(from.items)}/move`), { destinationId }, this.destination.options(signal));
    } catch (error) {
      if (!(error instanceof GraphRequestError) || (error.kind !== 'conflict' && error.kind !== 'in_doubt')) throw unitErrorOf(error, 'dest');
      if (error.kind === 'conflict') return 'in the way';
      const now = await this.read(folder.id, signal);
      // The answer was lost: where the folder is tells whether it was moved.
      if (now?.parentFolderId === folder.parentFolderId) throw unitErrorOf(error, 'dest');
    }
    return await this.found(folder, parentId, signal);
  }

  /** Microsoft promises that a folder keeps its id; should it have a new one, our stamp is on it. */
  private async found(folder: MailboxFolder, parentId: string | null, signal: AbortSignal): Promise<MailboxFolder | null> {
    const same = await this.read(folder.id, signal);
    if (same !== null) return same;
    const children = await listChildren(this.destination, parentId, signal);
    return children.find(({ stamp }) => stamp !== null && stamp === folder.stamp) ?? null;
  }

  private async read(id: string, signal: AbortSignal): Promise<MailboxFolder | null> {
    const raw = await getOrNull<Record<string, unknown>>(this.destination, this.destination.admin(`/folders/${segment(id)}`), this.destination.options(signal, { query: { $expand: expandProperties(markProperty) } }));
    return raw === null ? null : parseFolder(raw);
  }
}

const folderOf = (items: string): string => items.split('/')[2] ?? '';
