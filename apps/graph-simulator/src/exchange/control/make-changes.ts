/** Seeded changes in a source mailbox, as its owner and the world would make them. */
import { Rng } from '../generator/random.js';
import { heldContent } from '../store/content.js';
import { expectedFolders } from '../compare/expected-folders.js';
import { noteDeparture } from '../compare/kept-copies.js';
import { blankContent, flagRead, type Item, type ItemContent } from '../store/item.js';
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';

export interface ChangePlan {
  new: number;
  edited: number;
  readFlags: number;
  newFolder: boolean;
  moved: number;
  deleted: number;
}
export type ChangeCounts = Record<'new' | 'edited' | 'readFlags' | 'newFolders' | 'moved' | 'deleted', number>;

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

/** The same seed makes the same changes. Items that are refused anywhere are left alone. */
export function makeChanges(mailbox: Mailbox, plan: ChangePlan, seed: string): ChangeCounts {
  const rng = new Rng(`${seed} ${mailbox.address}`);
  const counts: ChangeCounts = { new: 0, edited: 0, readFlags: 0, newFolders: 0, moved: 0, deleted: 0 };
  const inbox = mailbox.wellKnown('inbox') ?? mailbox.root;
  const add = (folder: Folder | undefined, content: ItemContent): void => {
    if (folder === undefined) return;
    mailbox.addItem(folder, content);
    counts.new += 1;
  };
  for (let n = 0; n < plan.new; n += 1) {
    if (n % 3 === 1) add(mailbox.wellKnown('calendar'), event(mailbox, n));
    else if (n % 3 === 2) add(mailbox.wellKnown('contacts'), contact(mailbox, n));
    else add(inbox, message(mailbox, rng, n));
  }
  if (plan.newFolder) {
    const folder = mailbox.addFolder({ displayName: `Later ${rng.hex(2)} – später`, containerClass: 'IPF.Note', parentKey: inbox.key });
    counts.newFolders += 1;
    add(folder, message(mailbox, rng, 100));
  }
  // Ordinary messages only, each changed once, so that the counts say how many items differ.
  const pool: Item[] = expectedFolders(mailbox)
    .filter((folder) => folder.containerClass === 'IPF.Note')
    .flatMap((folder) => [...mailbox.items(folder)].slice(0, 200).map(({ item }) => item))
    .filter((item) => item.refusal === null && item.content.messageClass === 'IPM.Note' && item.content.attachments.every((each) => each.kind !== 'file' || each.content.size < 1_000_000));
  const draw = (): Item | undefined => pool.splice(rng.below(Math.max(1, pool.length)), 1)[0];
  const change = (times: number, kind: keyof ChangeCounts, work: (item: Item) => void): void => {
    for (let n = 0; n < times; n += 1) {
      const item = draw();
      if (item === undefined) return;
      work(item);
      counts[kind] += 1;
    }
  };
  change(plan.edited, 'edited', ({ key, content }) => mailbox.updateItem(key, { ...content, subject: `${content.subject} (edited)`, body: { ...content.body, content: `${content.body.content} edited` }, categories: ['Project Blue'] }));
  change(plan.readFlags, 'readFlags', ({ key, content }) => mailbox.updateItem(key, { ...content, flags: content.flags ^ flagRead, followUp: { status: 'flagged', startAt: null, dueAt: null, completedAt: null } }));
  change(plan.moved, 'moved', ({ key, folderKey, content }) => {
    noteDeparture(mailbox, folderKey, content);
    mailbox.moveItem(key, folderKey === inbox.key ? (mailbox.wellKnown('archive') ?? mailbox.root) : inbox);
  });
  change(plan.deleted, 'deleted', ({ key, folderKey, content }) => {
    noteDeparture(mailbox, folderKey, content);
    mailbox.removeItem(key);
  });
  return counts;
}
