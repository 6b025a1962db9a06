/** Both sides of a mailbox copy as verification reads them. */
import type { Container, DestContainer, FingerprintPage, Side, SideReader, UnitScope } from '../../workload.js';
import { selectFolders, type SelectedFolder } from '../folder-selection.js';
import type { OutlookFolders } from '../json/outlook-folder.js';
import { listFolders } from '../list-folders.js';
import type { Mailbox } from '../mailbox.js';
import type { SettingKind } from '../settings/setting-kind.js';
import { readFolder } from './read-folder.js';
import { readSettings } from './read-settings.js';

export interface MailSidesDeps {
  readonly unit: UnitScope;
  readonly source: Mailbox;
  readonly destination: Mailbox;
  readonly sourceFolders: OutlookFolders;
  readonly destFolders: OutlookFolders;
  /** The kind of settings a container stands for; null for folders. */
  settingsOf(container: Container): SettingKind | null;
  asContainer(selected: SelectedFolder): Container;
}

export class MailSides implements SideReader {
  constructor(private readonly deps: MailSidesDeps) {}

  read(side: Side, container: Container, dest: DestContainer, depth: 'all' | 'items', from: string | null, signal: AbortSignal): AsyncIterable<FingerprintPage> {
    const { unit, source, destination, sourceFolders, destFolders } = this.deps;
    const kind = this.deps.settingsOf(container);
    if (kind !== null) return readSettings(kind, side, source, destination, signal);
    const ends = side === 'source' ? { mailbox: source, folders: sourceFolders, folderId: container.key } : { mailbox: destination, folders: destFolders, folderId: dest.id };
    return readFolder({ ...ends, type: container.kind, owners: [unit.source.address.toLowerCase(), unit.dest.address.toLowerCase()] }, depth, from, signal);
  }

  async *destContainers(signal: AbortSignal): AsyncGenerator<Container> {
    for (const selected of selectFolders(await listFolders(this.deps.destination, signal), this.deps.unit.scope, {})) yield this.deps.asContainer(selected);
  }
}
