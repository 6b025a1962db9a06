/** The EMAIL workload: a whole mailbox, folders of every class, and its settings. */
import { pathSegments } from '@migrator/contracts/api/jobs';
import type { Clock } from '@migrator/service-kit/clock';
import type { Logger } from '@migrator/service-kit/logger';
import type { Container, DestContainer, DestRef, Following, ForeseenResult, ItemResult, Page, TransferItem, UnitPorts, UnitScope, UnitSession, Workload } from '../workload.js';
import { FolderMapper, folderStamp, type FolderShape } from './ensure-folder.js';
import { FolderMover } from './move-folder.js';
import { exportItemsMax } from './export-items.js';
import { findCopies, listCopies } from './find-copies.js';
import { leftOutFolders, selectFolders, type SelectedFolder } from './folder-selection.js';
import { ImportSessions } from './import-session.js';
import { copyByJson } from './json/copy-by-json.js';
import { OutlookFolders } from './json/outlook-folder.js';
import { listFolders } from './list-folders.js';
import { listItems, ListingManners } from './list-items.js';
import { openMailbox, type Mailbox } from './mailbox.js';
import { isObject } from './mapi.js';
import { categories } from './settings/categories.js';
import { focusedOverrides } from './settings/focused-overrides.js';
import { mailboxSettings } from './settings/mailbox-settings.js';
import { RuleFolders } from './settings/rule-folders.js';
import { rules } from './settings/rules.js';
import type { SettingKind } from './settings/setting-kind.js';
import { findSettings, foreseeSettings, settingsContainer, settingsDestination, settingsPages, transferSettings } from './settings/settings-container.js';
import { removeCopies } from './remove-copies.js';
import { StreamLengths } from './import-item.js';
import { ItemTransfer } from './transfer-items.js';
import { Turn } from './turn.js';
import { MailSides } from './verify/mail-sides.js';
import { verifiedFields } from './verify/values.js';

export interface MailDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Exchange takes no larger item, whatever a mailbox's own limit is (shared with \`docs/errors/DEST_ITEM_TOO_LARGE.md\`). */
const importBytesMax = 150 * 1024 * 1024;

/** While one of them reads at the source, the imports of two others keep the four requests busy that Exchange allows for the destination mailbox. */
const lanes = 3;

/** Two exports’ worth: claims and outcomes are stored once for both. What three lanes have in hand is written in seven of the twelve seconds that a unit has to stop, at the pace that Exchange allows one mailbox. */
const batchItemsMax = 2 * exportItemsMax;

/** Makes the workload; one instance serves any number of units at once. */
export function mailWorkload(deps: MailDeps): Workload {
  return {
    name: 'EMAIL',
    can: { delta: true, batchItemsMax, batchBytesMax: 2 * 1024 * 1024, lanes, verifiedFields, readsByPost: [/^\/admin\/exchange\/mailboxes\/[^/]+\/exportItems$/] },
    async open(unit, ports, signal) {
      return new MailSession(deps, unit, await openBoth(unit, ports, signal));
    },
  };
}

interface Ends {
  readonly source: Mailbox;
  readonly destination: Mailbox;
}

async function openBoth(unit: UnitScope, ports: UnitPorts, signal: AbortSignal): Promise<Ends> {
  const source = await openMailbox('source', ports.source, unit.source.microsoftId, signal);
  return { source, destination: await openMailbox('dest', ports.destination, unit.dest.microsoftId, signal) };
}

class MailSession implements UnitSession {
  private readonly mapper: FolderMapper;
  private readonly sessions: ImportSessions;
  private readonly sourceFolders: OutlookFolders;
  private readonly destFolders: OutlookFolders;
  private readonly manners = new ListingManners();
  private readonly streaming = new Turn();
  private readonly lengths = new StreamLengths();
  private readonly taskCopies = new Set<string>();
  /** Written before the items, and after them. */
  private readonly firstSettings: readonly SettingKind[] = [categories, mailboxSettings, focusedOverrides];
  private readonly lastSettings: readonly SettingKind[];
  readonly following: Following = {
    remove: (copies, dest, signal) => removeCopies(this.ends.destination, dest.id, copies, signal),
    copies: (dest, signal) => listCopies(this.ends.destination, dest.id, signal),
    leftOut: (signal) => this.leftOut(signal),
  };
  readonly sides: MailSides;

  constructor(
    private readonly deps: MailDeps,
    private readonly unit: UnitScope,
    private readonly ends: Ends,
  ) {
    this.sessions = new ImportSessions(ends.destination, deps.clock);
    this.sourceFolders = new OutlookFolders(ends.source);
    this.destFolders = new OutlookFolders(ends.destination);
    this.mapper = new FolderMapper(ends.destination, unit.dryRun, {
      prefix: unit.destPrefix === null ? [] : pathSegments(unit.destPrefix),
      stampOf: (key) => folderStamp(unit.source.microsoftId, unit.destPrefix, key),
      mover: new FolderMover(ends.destination),
    });
    this.lastSettings = [rules({ source: unit.source.address, dest: unit.dest.address }, new RuleFolders(ends.source, ends.destination))];
    this.sides = new MailSides({ ...ends, unit, sourceFolders: this.sourceFolders, destFolders: this.destFolders, settingsOf: (container) => this.settingsOf(container), asContainer: folderContainer });
  }

  async *containers(signal: AbortSignal): AsyncGenerator<Container> {
    // Below a prefix lies somebody else's mail, and a job for some folders is about those alone: settings and rules are not theirs.
    const settings = this.unit.destPrefix === null && this.unit.filters.includeFolders === undefined;
    if (settings) for (const kind of this.firstSettings) yield settingsContainer(kind);
    const selected = selectFolders(await listFolders(this.ends.source, signal), this.unit.scope, this.unit.filters);
    this.mapper.expect(selected.map(({ folder }) => folder.id));
    for (const one of selected) yield folderContainer(one);
    if (settings) for (const kind of this.lastSettings) yield { ...settingsContainer(kind), afterOthers: true };
  }

  private async *leftOut(signal: AbortSignal): AsyncGenerator<Container> {
    const folders = await listFolders(this.ends.source, signal);
    for (const folder of leftOutFolders(folders, this.unit.scope, this.unit.filters)) yield folderContainer(folder);
  }

  async ensure(container: Container, parent: DestContainer | null, signal: AbortSignal, known: string | null = null): Promise<DestContainer> {
    const kind = this.settingsOf(container);
    return kind === null ? await this.mapper.ensure(shapeOf(container), container.key, parent, signal, known) : settingsDestination(kind);
  }

  pages(container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page> {
    const kind = this.settingsOf(container);
    return kind === null ? listItems(this.ends.source, container.key, from, this.manners, signal) : settingsPages(kind, this.ends.source, signal);
  }

  async find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, DestRef[]>> {
    const kind = this.settingsOf(container);
    if (kind !== null) return await findSettings(kind, this.ends.destination, inDoubt, signal);
    return await findCopies(this.ends.source, this.ends.destination, inDoubt, container.key, dest.id, signal);
  }

  transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncIterable<ItemResult> {
    const kind = this.settingsOf(container);
    if (kind !== null) return transferSettings(kind, this.ends.destination, batch, signal);
    const from = { id: container.key, type: shapeOf(container).type };
    const ports = { ...this.ends, sourceFolders: this.sourceFolders, destFolders: this.destFolders, taskCopies: this.taskCopies };
    const transfer = new ItemTransfer({ ...this.ends, sessions: this.sessions, streaming: this.streaming, lengths: this.lengths, log: this.deps.log, copyByJson: (entry, folderId, because, stop) => copyByJson(ports, entry, from, folderId, because, stop) });
    return transfer.transfer(batch, dest.id, signal);
  }

  async foresee(batch: readonly TransferItem[], container: Container, signal: AbortSignal): Promise<ForeseenResult[]> {
    const kind = this.settingsOf(container);
    if (kind !== null) return await foreseeSettings(kind, batch, signal);
    return batch.flatMap(({ item }) => (item.sizeBytes > importBytesMax ? [{ key: item.key, outcome: 'failed' as const, failure: 'DEST_ITEM_TOO_LARGE' as const, graphCode: null, requestId: null }] : []));
  }

  private settingsOf(container: Container): SettingKind | null {
    const name = isObject(container.ref) ? container.ref['settings'] : undefined;
    return [...this.firstSettings, ...this.lastSettings].find(({ kind }) => kind === name) ?? null;
  }
}

function folderContainer({ folder, path, parentKey, structure }: SelectedFolder): Container {
  const shape: FolderShape = { displayName: folder.displayName, type: folder.type, wellKnownName: folder.wellKnownName };
  return { key: folder.id, path, kind: folder.type, parentKey, itemCount: folder.totalItemCount, structure, ref: shape };
}

function shapeOf(container: Container): FolderShape {
  return container.ref as FolderShape;
}
