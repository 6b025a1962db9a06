import { presetContent } from '../../world/presets/preset-content.js';
import { contosoPeople } from '../../world/presets/people.js';
import { addPerson } from '../../world/people.js';
import { occurrenceDates } from '../json/recurrence/expand.js';
import { parseRecurrence } from '../json/recurrence/pattern.js';
import { expectedFolders, classOf } from '../compare/expected-folders.js';
import { flagUnsent, sizeOf, type Item } from '../store/item.js';
import type { Mailbox } from '../store/mailbox.js';
import { twoTenants } from '../testing/two-tenants.js';
import { createGeneratedMailbox } from './fill-mailbox.js';
import { parseProfile } from './profile.js';

const all = (mailbox: Mailbox): Item[] => expectedFolders(mailbox).flatMap((folder) => [...mailbox.items(folder)].map(({ item }) => item));

/** The source tenant of the demonstration. */
function demo(): Mailbox[] {
  const { source } = twoTenants('empty');
  source.exchange.removeMailbox(source.users[0]?.id ?? '');
  source.removeUser(source.users[0]?.id ?? '');
  return contosoPeople.map((person, index) => {
    const user = addPerson(source, person);
    return createGeneratedMailbox(source.exchange, user, presetContent('demo', source, user, index));
  });
}

test('the demonstration has 25 mailboxes, about 5,000 items, refusals of every kind, and less than 400 MB on the wire', () => {
  const mailboxes = demo();
  const items = mailboxes.flatMap(all);
  expect(mailboxes).toHaveLength(25);
  expect(items.length).toBeGreaterThan(4_500);
  expect(items.length).toBeLessThan(5_500);
  const bytes = items.reduce((sum, { content }) => sum + sizeOf(content), 0);
  expect((bytes * 4) / 3).toBeLessThan(400e6);
  const largest = Math.max(...items.map(({ content }) => sizeOf(content)));
  expect(largest).toBeGreaterThan(30e6);
  expect(largest).toBeLessThan(35e6);
  const refusals = items.flatMap(({ refusal }) => refusal?.at ?? []);
  expect([...new Set(refusals)].sort()).toEqual(['export', 'import', 'read']);
  expect(refusals.length).toBeLessThan(20);
});

test('the demonstration holds what a real organisation has', () => {
  const mailboxes = demo();
  const items = mailboxes.flatMap(all);
  const contents = items.map(({ content }) => content);
  const attachments = contents.flatMap((each) => each.attachments);
  const kinds = (each: { messageClass: string }): string => each.messageClass;
  expect(new Set(contents.map(kinds))).toEqual(new Set(['IPM.Note', 'IPM.Schedule.Meeting.Request', 'IPM.Appointment', 'IPM.Contact', 'IPM.DistList', 'IPM.Task', 'IPM.StickyNote', 'IPM.Activity']));
  expect(new Set(attachments.map(({ kind }) => kind))).toEqual(new Set(['file', 'item', 'reference']));
  expect(attachments.some((each) => each.kind === 'file' && each.isInline && each.contentId !== null)).toBe(true);
  expect(contents.some((each) => (each.flags & flagUnsent) !== 0 && each.to.length === 0)).toBe(true);
  expect(contents.some((each) => each.inReplyTo !== null && each.conversationIndex !== null)).toBe(true);
  expect(new Set(contents.map((each) => each.followUp.status))).toEqual(new Set(['notFlagged', 'flagged', 'complete']));
  expect(contents.some((each) => each.contact?.photo != null)).toBe(true);
  expect(contents.some((each) => (each.task?.steps.length ?? 0) > 0)).toBe(true);
  const series = contents.flatMap((each) => (each.event?.recurrence == null ? [] : [each.event]));
  expect(new Set(series.map((each) => each.recurrence?.pattern.type)).size).toBe(6);
  expect(new Set(series.map((each) => each.recurrence?.range.type)).size).toBe(3);
  expect(series.filter((each) => each.exceptions.length > 0 && each.cancelledDates.length > 0).length).toBeGreaterThan(20);
  expect(new Set(series.map((each) => each.start.timeZone)).size).toBeGreaterThan(3);
  const folders = mailboxes.flatMap((mailbox) => expectedFolders(mailbox).map((folder) => ({ folder, path: mailbox.path(folder) })));
  expect(Math.max(...folders.map(({ path }) => path.length))).toBeGreaterThanOrEqual(4);
  expect(new Set(folders.map(({ folder }) => classOf(folder)))).toEqual(new Set(['IPF.Note', 'IPF.Appointment', 'IPF.Contact', 'IPF.Task', 'IPF.StickyNote', 'IPF.Journal']));
  expect(folders.some(({ path }) => path.length > 1 && path.at(-1) === 'Files')).toBe(true);
  const [busiest] = mailboxes;
  expect(busiest?.rules.some((rule) => rule.isReadOnly)).toBe(true);
  expect(busiest?.settings.automaticReplies.status).not.toBe('disabled');
  expect(mailboxes.some((mailbox) => mailbox.folders().length > expectedFolders(mailbox).length + 15)).toBe(true);
});

test('every changed or cancelled occurrence is one that the series has', () => {
  const mailbox = twoTenants({ seed: 'series', events: 300, settings: false }).from;
  const series = all(mailbox).flatMap(({ content: { event } }) => (event?.recurrence == null ? [] : [event]));
  expect(series.length).toBeGreaterThan(80);
  for (const event of series) {
    const dates = new Set(occurrenceDates(parseRecurrence(event.recurrence), '2030-01-01'));
    expect(event.recurrence?.range.startDate).toBe(event.start.dateTime.slice(0, 10));
    expect(dates.has(event.start.dateTime.slice(0, 10))).toBe(true);
    for (const date of [...event.cancelledDates, ...event.exceptions.map(({ originalDate }) => originalDate)]) expect(dates.has(date)).toBe(true);
    for (const { changes } of event.exceptions) if (event.isAllDay && changes.start !== undefined) expect(changes.start.dateTime.slice(11, 19)).toBe('00:00:00');
  }
});

test('a person’s copy of a message has its search key; apart from that no two items share one', () => {
  const mailbox = twoTenants({ seed: 'keys', messages: 20_000, mailFolders: 3, settings: false, bodyChars: 10, attachmentEvery: 0 }).from;
  const seen = new Map<string, string>();
  let copies = 0;
  for (const { content } of all(mailbox)) {
    const before = seen.get(content.searchKey ?? '');
    if (before !== undefined) {
      copies += 1;
      expect(before).toBe(JSON.stringify(content));
    }
    seen.set(content.searchKey ?? '', JSON.stringify(content));
  }
  expect(copies).toBeGreaterThan(200);
});

test('a mailbox of a million messages and attachments of 150 MB cost no memory until they are read', () => {
  const before = process.memoryUsage().heapUsed;
  const { from } = twoTenants({ seed: 'huge', messages: 1_000_000, mailFolders: 40, largeAttachments: [150 * 1024 * 1024, 150 * 1024 * 1024] });
  expect(from.folders().reduce((sum, folder) => sum + folder.itemCount, 0)).toBeGreaterThanOrEqual(1_000_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6);
  const inbox = from.wellKnown('inbox')!;
  const { value } = inbox.keys().next() as { value: { key: number } };
  const item = from.item(value.key)!;
  expect(sizeOf(item.content)).toBeGreaterThan(150 * 1024 * 1024);
});

test('a profile that does not fit is refused', () => {
  for (const profile of [{ messages: -1 }, { messages: 'many' }, { largeAttachments: [200 * 1024 * 1024] }, { attachmentEvery: 1.5 }]) expect(() => parseProfile(profile)).toThrow();
});
