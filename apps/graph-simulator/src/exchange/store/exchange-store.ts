/** The mailboxes of one tenant. */
import type { SimClock } from '../../world/clock.js';
import { stableGuid, type IdSource } from '../../world/ids.js';
import type { Folder, FolderSpec, ItemSource, WellKnownName } from './folder.js';
import { Mailbox } from './mailbox.js';

/** Fills a new mailbox: the generator is one. */
export type MailboxFiller = (mailbox: Mailbox, folders: StandardFolders) => void;
export type StandardFolders = Record<'inbox' | 'drafts' | 'sentitems' | 'deleteditems' | 'junkemail' | 'archive' | 'calendar' | 'contacts' | 'tasks' | 'notes' | 'journal', Folder>;
/** Content for the standard folders, given before they are made. */
export type StandardSources = Partial<Record<keyof StandardFolders, ItemSource>>;

export class ExchangeStore {
  readonly tenantId: string;
  readonly seed: string;
  readonly #clock: SimClock;
  readonly #ids: IdSource;
  readonly #byUser = new Map<string, Mailbox>();
  readonly #byGuid = new Map<string, Mailbox>();

  constructor(options: { tenantId: string; clock: SimClock; seed: string; ids: IdSource }) {
    this.tenantId = options.tenantId;
    this.seed = options.seed;
    this.#clock = options.clock;
    this.#ids = options.ids;
  }

  /** By the user's object id. */
  mailbox(userId: string): Mailbox | undefined {
    return this.#byUser.get(userId.toLowerCase());
  }
  /** By `MBX:<guid>@<tenant>` of this tenant, in any case. */
  byMailboxId(mailboxId: string): Mailbox | undefined {
    const match = /^MBX:([0-9a-f-]{36})@([0-9a-f-]{36})$/i.exec(mailboxId);
    return match?.[2]?.toLowerCase() === this.tenantId ? this.#byGuid.get((match[1] ?? '').toLowerCase()) : undefined;
  }
  /** Archives too. */
  byGuid(guid: string): Mailbox | undefined {
    return this.#byGuid.get(guid.toLowerCase());
  }
  /** Primary mailboxes; an archive hangs at its own. */
  get mailboxes(): Mailbox[] {
    return [...this.#byUser.values()];
  }

  /** Makes a mailbox with the standard folders; `sources` gives them seeded content, `fill` adds everything else. */
  createMailbox(user: { id: string; mail: string | null; userPrincipalName: string; displayName: string }, fill?: MailboxFiller | null, sources: StandardSources = {}): Mailbox {
    const guid = stableGuid('mailbox', this.seed, user.id);
    const mailbox = new Mailbox({ tenantId: this.tenantId, userId: user.id.toLowerCase(), address: user.mail ?? user.userPrincipalName, displayName: user.displayName, guid, clock: this.#clock, ids: this.#ids });
    const root = mailbox.addFolder({ displayName: 'Top of Information Store', containerClass: null, parentKey: null, wellKnownName: 'msgfolderroot' });
    const add = (displayName: string, containerClass: string, wellKnownName: WellKnownName, rest: Partial<FolderSpec> = {}): Folder => mailbox.addFolder({ displayName, containerClass, parentKey: root.key, wellKnownName, source: sources[wellKnownName as keyof StandardSources] ?? null, ...rest });
    const folders: StandardFolders = {
      inbox: add('Inbox', 'IPF.Note', 'inbox'),
      drafts: add('Drafts', 'IPF.Note', 'drafts'),
      sentitems: add('Sent Items', 'IPF.Note', 'sentitems'),
      deleteditems: add('Deleted Items', 'IPF.Note', 'deleteditems'),
      junkemail: add('Junk Email', 'IPF.Note', 'junkemail'),
      archive: add('Archive', 'IPF.Note', 'archive'),
      calendar: add('Calendar', 'IPF.Appointment', 'calendar'),
      contacts: add('Contacts', 'IPF.Contact', 'contacts'),
      tasks: add('Tasks', 'IPF.Task', 'tasks'),
      notes: add('Notes', 'IPF.StickyNote', 'notes'),
      journal: add('Journal', 'IPF.Journal', 'journal'),
    };
    add('Outbox', 'IPF.Note', 'outbox');
    add('Conversation History', 'IPF.Note', 'conversationhistory');
    const sync = add('Sync Issues', 'IPF.Note', 'syncissues');
    for (const [displayName, name] of [['Conflicts', 'conflicts'], ['Local Failures', 'localfailures'], ['Server Failures', 'serverfailures']] as const) add(displayName, 'IPF.Note', name, { parentKey: sync.key });
    add('Recoverable Items', 'IPF.Note', 'recoverableitemsdeletions', { isHidden: true });
    add('Finder', 'IPF.Note', 'searchfolders', { isHidden: true });
    fill?.(mailbox, folders);
    this.#byUser.set(mailbox.userId, mailbox);
    this.#byGuid.set(guid, mailbox);
    return mailbox;
  }
  /** Gives a mailbox its online archive, with one folder; the import/export API alone reaches it, in beta. */
  createArchive(primary: Mailbox): Mailbox {
    if (primary.archive !== null) return primary.archive;
    const guid = stableGuid('archive', this.seed, primary.userId);
    const archive = new Mailbox({ tenantId: this.tenantId, userId: primary.userId, address: primary.address, displayName: `Online Archive - ${primary.displayName}`, guid, clock: this.#clock, ids: this.#ids, isArchive: true });
    const root = archive.addFolder({ displayName: 'Top of Information Store', containerClass: null, parentKey: null, wellKnownName: 'msgfolderroot' });
    archive.addFolder({ displayName: 'Deleted Items', containerClass: 'IPF.Note', parentKey: root.key, wellKnownName: 'archivedeleteditems' });
    archive.addFolder({ displayName: 'Inbox', containerClass: 'IPF.Note', parentKey: root.key });
    primary.archive = archive;
    this.#byGuid.set(guid, archive);
    return archive;
  }
  removeMailbox(userId: string): boolean {
    const mailbox = this.mailbox(userId);
    if (mailbox === undefined) return false;
    if (mailbox.archive !== null) this.#byGuid.delete(mailbox.archive.guid);
    this.#byGuid.delete(mailbox.guid);
    return this.#byUser.delete(userId.toLowerCase());
  }
}
