/** Seeded changes in a source mailbox, as its owner and the world would make them. */
import { Rng } from '../generator/random.js';
import { heldContent } from '../store/content.js';
import { expectedFolders } from '../compare/expected-folders.js';
import { noteDeparture, type Departure } from '../compare/kept-copies.js';
import { blankContent, flagRead, type Item, type ItemContent } from '../store/item.js';
import { writtenKeyBase, type Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

export interface ChangePlan {
  new: number;
  edited: number;
  readFlags: number;
  newFolder: boolean;
  moved: number;
  deleted: number;
  renamedFolders?: number;
  movedFolders?: number;
}
export type ChangeCounts = Record<'new' | 'edited' | 'readFlags' | 'newFolders' | 'moved' | 'deleted' | 'renamedFolders' | 'movedFolders', number>;
export const noChanges = (): ChangeCounts => ({ new: 0, edited: 0, readFlags: 0, newFolders: 0, moved: 0, deleted: 0, renamedFolders: 0, movedFolders: 0 });

const message = (mailbox: Mailbox, rng: Rng, n: number): ItemContent => {
  const at = mailbox.now();
  return {
    ...blankContent('IPM.Note'),
    subject: `New since the first pass ${String(n)} – новое`,
    body: { contentType: 'html', content: `<html><body><p>Arrived later: ${rng.hex(8)}</p></body></html>` },
    from: { name: 'Nora Lindqvist', address: 'nora.lindqvist@northwind.example' },
    sender: { name: 'Nora Lindqvist', address: 'nora.lindqvist@northwind.example' },
    to: [{ name: mailbox.displayName, address: mailbox.address }],
    sentAt: at,
    receivedAt: at,
    flags: n % 2,
    internetMessageId: `<later.${rng.hex(8)}@northwind.example>`,
    searchKey: mailbox.randomHex(16),
    attachments: n % 2 === 0 ? [{ kind: 'file', key: mailbox.nextPartKey(), name: 'später.txt', contentType: 'text/plain', isInline: false, contentId: null, modifiedAt: at, content: heldContent(Buffer.from(rng.hex(400))) }] : [],
  };
};
const event = (mailbox: Mailbox, n: number): ItemContent => ({
  ...blankContent('IPM.Appointment'),
  subject: `New appointment ${String(n)}`,
  searchKey: mailbox.randomHex(16),
  event: { start: { dateTime: '2026-12-01T09:00:00.0000000', timeZone: 'UTC' }, end: { dateTime: '2026-12-01T10:00:00.0000000', timeZone: 'UTC' }, isAllDay: false, location: 'Room 1', showAs: 'busy', reminderMinutes: 15, organizer: { name: mailbox.displayName, address: mailbox.address }, attendees: [], responseRequested: true, allowNewTimeProposals: true, hideAttendees: false, isCancelled: false, onlineMeetingUrl: null, globalObjectId: `040000008200E00074C5B7101A82E008${mailbox.randomHex(40)}`, transactionId: null, recurrence: null, cancelledDates: [], exceptions: [] },
});
const contact = (mailbox: Mailbox, n: number): ItemContent => ({
  ...blankContent('IPM.Contact'),
  subject: `New contact ${String(n)}`,
  searchKey: mailbox.randomHex(16),
  contact: { fields: { displayName: `New contact ${String(n)}`, fileAs: `contact, New ${String(n)}` }, emails: [{ name: 'New', address: `new${String(n)}@partner.example` }], businessPhones: [], homePhones: [], imAddresses: [], children: [], addresses: {}, photo: null },
});

/** One change, as the manifest lists it. */
export interface Changed {
  what: keyof ChangeCounts;
  folder: string;
  class: string | null;
  subject: string | null;
}

/** What an edit of its owner does to an item of this class. */
function edited(content: ItemContent): ItemContent {
  const subject = `${content.subject} (edited)`;
  if (content.event !== null) return { ...content, subject, event: { ...content.event, location: 'Moved elsewhere – verlegt' } };
  if (content.contact !== null) return { ...content, contact: { ...content.contact, fields: { ...content.contact.fields, jobTitle: 'Promoted – befördert' } } };
  return { ...content, subject, body: { ...content.body, content: `${content.body.content} edited` }, categories: ['Project Blue'] };
}

/** The same seed makes the same changes of the same mailbox, and others when called again. Items that are refused anywhere are left alone; each is changed once. */
export function makeChanges(mailbox: Mailbox, plan: ChangePlan, seed: string): Changed[] {
  const rng = new Rng(`${seed} ${mailbox.address} ${String(mailbox.writtenItems)}`);
  const manifest: Changed[] = [];
  const inbox = mailbox.wellKnown('inbox') ?? mailbox.root;
  const note = (what: keyof ChangeCounts, folder: Folder | undefined, content: ItemContent | null): void => {
    manifest.push({ what, folder: folder === undefined ? '' : mailbox.path(folder).join('/'), class: content?.messageClass ?? null, subject: content?.subject ?? null });
  };
  const add = (folder: Folder | undefined, content: ItemContent): void => {
    if (folder === undefined) return;
    mailbox.addItem(folder, content);
    note('new', folder, content);
  };
  for (let n = 0; n < plan.new; n += 1) {
    if (n % 3 === 1) add(mailbox.wellKnown('calendar'), event(mailbox, n));
    else if (n % 3 === 2) add(mailbox.wellKnown('contacts'), contact(mailbox, n));
    else add(inbox, message(mailbox, rng, n));
  }
  if (plan.newFolder) {
    const folder = mailbox.addFolder({ displayName: `Later ${rng.hex(2)} – später`, containerClass: 'IPF.Note', parentKey: inbox.key });
    note('newFolders', folder, null);
    add(folder, message(mailbox, rng, 100));
  }
  // What was made just now stays as it is, so that the counts say how many items differ.
  const fresh = writtenKeyBase + mailbox.writtenItems - manifest.filter(({ what }) => what === 'new').length;
  const pool = (container: string, messageClass: string): Item[] =>
    expectedFolders(mailbox)
      .filter((folder) => folder.containerClass === container)
      .flatMap((folder) => firstItems(mailbox, folder, 200))
      .filter(({ key, refusal, content }) => key < fresh && refusal === null && content.messageClass === messageClass && content.attachments.every((each) => each.kind !== 'file' || each.content.size < 1_000_000));
  const pools = { message: pool('IPF.Note', 'IPM.Note'), event: pool('IPF.Appointment', 'IPM.Appointment'), contact: pool('IPF.Contact', 'IPM.Contact') };
  const draw = (from: Item[]): Item | undefined => (from.length === 0 ? undefined : from.splice(rng.below(from.length), 1)[0]);
  const change = (what: keyof ChangeCounts, item: Item | undefined, work: (item: Item) => void): void => {
    if (item === undefined) return;
    const folder = mailbox.folder(item.folderKey);
    work(item);
    note(what, folder, item.content);
  };
  const leave = (item: Item, why: Departure): void => { noteDeparture(mailbox, item, why); };
  for (let n = 0; n < plan.edited; n += 1) {
    const item = draw(n % 3 === 1 ? pools.event : n % 3 === 2 ? pools.contact : pools.message) ?? draw(pools.message);
    change('edited', item, ({ key, content }) => mailbox.updateItem(key, edited(content)));
  }
  for (let n = 0; n < plan.readFlags; n += 1) change('readFlags', draw(pools.message), ({ key, content }) => mailbox.updateItem(key, { ...content, flags: content.flags ^ flagRead, followUp: { status: content.followUp.status === 'flagged' ? 'notFlagged' : 'flagged', startAt: null, dueAt: null, completedAt: null } }));
  for (let n = 0; n < plan.moved; n += 1) {
    change('moved', draw(pools.message), (item) => {
      leave(item, 'moved');
      mailbox.moveItem(item.key, item.folderKey === inbox.key ? (mailbox.wellKnown('archive') ?? mailbox.root) : inbox);
    });
  }
  for (let n = 0; n < plan.deleted; n += 1) {
    change('deleted', draw(pools.message), (item) => {
      leave(item, 'deleted');
      mailbox.removeItem(item.key);
    });
  }
  const movable = expectedFolders(mailbox).filter((folder) => folder.wellKnownName === null && folder.containerClass === 'IPF.Note');
  for (let n = 0; n < (plan.renamedFolders ?? 0); n += 1) {
    const [folder] = movable.length === 0 ? [] : movable.splice(rng.below(movable.length), 1);
    if (folder === undefined) continue;
    mailbox.renameFolder(folder, { displayName: `${folder.displayName} – renamed ${rng.hex(2)}` });
    note('renamedFolders', folder, null);
  }
  for (let n = 0; n < (plan.movedFolders ?? 0); n += 1) {
    const [folder] = movable.length === 0 ? [] : movable.splice(rng.below(movable.length), 1);
    const parent = folder?.parentKey === inbox.key ? (mailbox.wellKnown('archive') ?? mailbox.root) : inbox;
    if (folder === undefined || mailbox.childNamed(parent.key, folder.displayName) !== undefined) continue;
    mailbox.renameFolder(folder, { parentKey: parent.key });
    note('movedFolders', folder, null);
  }
  return manifest;
}

function firstItems(mailbox: Mailbox, folder: Folder, most: number): Item[] {
  const items: Item[] = [];
  for (const { item } of mailbox.items(folder)) {
    items.push(item);
    if (items.length === most) break;
  }
  return items;
}
