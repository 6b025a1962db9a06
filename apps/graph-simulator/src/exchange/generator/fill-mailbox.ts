/** Makes a whole mailbox from a profile: folders, items (lazy), categories, rules, settings. */
import { stableGuid } from '../../world/ids.js';
import type { ExchangeStore, StandardFolders, StandardSources } from '../store/exchange-store.js';
import type { Folder, ItemSource } from '../store/folder.js';
import type { PlantedRefusal } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { makeId } from '../store/outlook-id.js';
import { messageSource, type MessageFolderSpec } from './messages.js';
import { contactSource, eventSource, journalSource, noteSource, taskSource, type OthersSpec } from './others.js';
import { parseProfile, type Profile } from './profile.js';
import { categoryNames, folderNames } from './words.js';

interface Person {
  id: string;
  mail: string | null;
  userPrincipalName: string;
  displayName: string;
}

/** Adds a user's mailbox with generated content; 'empty' or null gives the standard folders alone. Throws ZodError on a bad profile. */
export function createGeneratedMailbox(store: ExchangeStore, user: Person, input: unknown): Mailbox {
  if (input === null || input === undefined || input === 'empty') return store.createMailbox(user);
  const profile = parseProfile(input);
  const address = user.mail ?? user.userPrincipalName;
  const plan = planContent(profile, `${store.seed} ${profile.seed} ${address}`, { name: user.displayName, address }, address.split('@')[1] ?? 'contoso.com');
  return store.createMailbox(user, (mailbox, folders) => { plan.fill(mailbox, folders); }, plan.sources);
}

function planContent(profile: Profile, seed: string, owner: { name: string; address: string }, domain: string): { sources: StandardSources; fill: (mailbox: Mailbox, folders: StandardFolders) => void } {
  const extra = profile.mailFolders;
  // A third of the mail lies in the inbox, a sixth is sent, a few drafts; the rest is spread over the other folders.
  const inbox = extra === 0 ? Math.ceil(profile.messages * 0.75) : Math.ceil(profile.messages / 3);
  const sent = Math.floor((profile.messages - inbox) * (extra === 0 ? 0.8 : 0.25));
  const drafts = Math.min(5, Math.floor((profile.messages - inbox - sent) / 4));
  const deleted = extra === 0 ? profile.messages - inbox - sent - drafts : Math.min(8, profile.messages - inbox - sent - drafts);
  const spread = profile.messages - inbox - sent - drafts - deleted;
  const mail = (name: string, kind: MessageFolderSpec['kind'], count: number, rest: Partial<MessageFolderSpec> = {}): ItemSource => messageSource({ seed: `${seed} ${name}`, domain, owner, profile, count, kind, ...rest });
  // Index 1 of the events is a series with changed and cancelled occurrences.
  const refusedOthers = new Map<number, PlantedRefusal>(profile.refusedOthers ? [[1, { at: 'export', code: 'ErrorItemCorrupt' }]] : []);
  const other = (name: string, count: number, refused = false): OthersSpec => ({ seed: `${seed} ${name}`, domain, owner, count, ...(refused ? { refusals: refusedOthers } : {}) });
  const refusals: PlantedRefusal[] = [
    ...Array.from({ length: profile.refusedReads }, (): PlantedRefusal => ({ at: 'read', code: 'ErrorItemCorrupt' })),
    ...Array.from({ length: profile.refusedExports }, (_each, n): PlantedRefusal => ({ at: 'export', code: n % 2 === 0 ? 'ErrorItemCorrupt' : 'ErrorCorruptData' })),
    ...Array.from({ length: profile.refusedImports }, (): PlantedRefusal => ({ at: 'import', code: 'ErrorMessageSizeExceeded' })),
  ];
  const secondaryEvents = Math.floor(profile.events / 4);
  const subContacts = Math.floor(profile.contacts / 4);
  const secondTasks = Math.floor(profile.tasks / 3);
  const sources: StandardSources = {
    inbox: mail('inbox', 'received', inbox, { large: profile.largeAttachments.slice(0, inbox), refusals }),
    sentitems: mail('sent', 'sent', sent),
    drafts: mail('drafts', 'drafts', drafts),
    deleteditems: mail('deleted', 'received', deleted),
    calendar: eventSource(other('events', profile.events - secondaryEvents, true)),
    contacts: contactSource(other('contacts', profile.contacts - subContacts, true)),
    tasks: taskSource(other('tasks', profile.tasks - secondTasks, true)),
    notes: noteSource(other('notes', profile.notes)),
    journal: journalSource(other('journal', profile.journal)),
  };
  const fill = (mailbox: Mailbox, folders: StandardFolders): void => {
    const made: Folder[] = [];
    for (let n = 0; n < extra; n += 1) {
      const count = Math.floor(spread / extra) + (n < spread % extra ? 1 : 0);
      // Every second folder hangs below the one before it, to depth 4; the others below the inbox or the root in turn.
      const before = made.at(-1);
      const parent = n % 4 === 0 || before === undefined ? (n % 8 === 0 ? mailbox.root : folders.inbox) : before;
      const base = folderNames[n % folderNames.length] ?? 'Folder';
      const displayName = mailbox.childNamed(parent.key, base) === undefined ? base : `${base} ${String(n)}`;
      made.push(mailbox.addFolder({ displayName, containerClass: 'IPF.Note', parentKey: parent.key, source: mail(`folder ${String(n)}`, 'received', count) }));
    }
    if (secondaryEvents > 0) mailbox.addFolder({ displayName: 'Team – équipe', containerClass: 'IPF.Appointment', parentKey: folders.calendar.key, source: eventSource(other('events 2', secondaryEvents)) });
    if (subContacts > 0) mailbox.addFolder({ displayName: 'Lieferanten', containerClass: 'IPF.Contact', parentKey: folders.contacts.key, source: contactSource(other('contacts 2', subContacts)) });
    if (secondTasks > 0) mailbox.addFolder({ displayName: 'Einkauf – покупки 🛒', containerClass: 'IPF.Task', parentKey: folders.tasks.key, source: taskSource(other('tasks 2', secondTasks)) });
    if (profile.untouchables) addUntouchables(mailbox, folders, (name, count) => mail(name, 'received', count));
    if (profile.settings) addSettings(mailbox, made[0] ?? folders.archive, seed);
  };
  return { sources, fill };
}

/** Folders that a migration must leave alone. */
function addUntouchables(mailbox: Mailbox, folders: StandardFolders, mail: (name: string, count: number) => ItemSource): void {
  for (const displayName of ['PersonMetadata', 'Yammer Root', 'Conversation Action Settings', 'Quick Step Settings', 'Social Activity Notifications']) mailbox.addFolder({ displayName, containerClass: 'IPF.Configuration', parentKey: mailbox.root.key, isHidden: true, source: mail(displayName, 2) });
  // Not all of them are hidden: these are known by name alone.
  for (const [displayName, containerClass] of [['ExternalContacts', 'IPF.Contact'], ['Files', 'IPF.Files']] as const) mailbox.addFolder({ displayName, containerClass, parentKey: mailbox.root.key, source: mail(displayName, 2) });
  for (const displayName of ['GAL Contacts', 'Organizational Contacts', 'Companies']) mailbox.addFolder({ displayName, containerClass: 'IPF.Contact', parentKey: folders.contacts.key, isHidden: true, source: mail(displayName, 1) });
  mailbox.addFolder({ displayName: 'Recipient Cache', containerClass: 'IPF.Contact.RecipientCache', parentKey: folders.contacts.key, isHidden: true, source: mail('recipient cache', 3) });
  const finder = mailbox.wellKnown('searchfolders');
  if (finder !== undefined) mailbox.addFolder({ displayName: 'Unread mail', containerClass: 'IPF.Note', parentKey: finder.key, isSearchFolder: true });
}

function addSettings(mailbox: Mailbox, target: Folder, seed: string): void {
  categoryNames.forEach((displayName, n) => mailbox.categories.push({ id: stableGuid(seed, 'category', displayName), displayName, color: `preset${String(n * 3)}` }));
  Object.assign(mailbox.settings, { timeZone: 'W. Europe Standard Time', locale: 'de-DE', languageName: 'German (Germany)', dateFormat: 'dd.MM.yyyy', timeFormat: 'HH:mm' });
  mailbox.settings.workingHours = { daysOfWeek: ['monday', 'tuesday', 'wednesday', 'thursday'], startTime: '09:00:00.0000000', endTime: '17:30:00.0000000', timeZone: 'W. Europe Standard Time' };
  Object.assign(mailbox.settings.automaticReplies, { status: 'alwaysEnabled', externalAudience: 'all', internalMessage: '<html><body>Bin im Urlaub 🏖️</body></html>', externalMessage: '<html><body>On leave</body></html>' });
  const rule = (n: number, displayName: string, rest: { conditions: Record<string, unknown>; actions: Record<string, unknown>; isReadOnly?: boolean }): void => {
    mailbox.rules.push({ id: `AQAA${stableGuid(seed, 'rule', String(n)).replaceAll('-', '').slice(0, 10)}=`, displayName, sequence: n, isEnabled: true, isReadOnly: rest.isReadOnly ?? false, hasError: false, conditions: rest.conditions, exceptions: null, actions: rest.actions });
  };
  rule(1, 'Newsletter', { conditions: { subjectContains: ['NEWSLETTER'] }, actions: { moveToFolder: makeId('folder', mailbox.guid, target.key), stopProcessingRules: true } });
  rule(2, 'Wichtig', { conditions: { importance: 'high', sentToMe: true }, actions: { assignCategories: [categoryNames[0]], markAsRead: false } });
  rule(3, 'Client-only rule', { conditions: { bodyContains: ['TOOL'] }, actions: { delete: true }, isReadOnly: true });
  mailbox.overrides.push({ id: stableGuid(seed, 'override'), classifyAs: 'focused', name: 'Important partner', address: 'partner@partner.example' });
}
