import { addPerson } from '../../world/people.js';
import { damageKinds, plantDamage } from '../control/damage.js';
import { makeChanges } from '../control/make-changes.js';
import { createGeneratedMailbox } from '../generator/fill-mailbox.js';
import { heldContent } from '../store/content.js';
import { migrationMarkId } from '../store/extended-property.js';
import { blankContent, type Attachment, type Item, type ItemContent } from '../store/item.js';
import { copyMailbox, throughStream, twoTenants, type TwoTenants } from '../testing/two-tenants.js';
import { noteDeparture } from './kept-copies.js';
import { compareTenants, UnknownMailbox, type TenantComparison } from './compare-tenants.js';
import { expectedFolders } from './expected-folders.js';
import { jsonFamily } from './json-fidelity.js';

const profile = { seed: 'compare', messages: 70, mailFolders: 6, events: 24, contacts: 14, tasks: 6, notes: 2, attachmentEvery: 3, refusedReads: 1, refusedExports: 1, refusedImports: 1 };
const compare = ({ source, dest }: TwoTenants): Promise<TenantComparison> => compareTenants(source, dest, { examplesMax: 5 });
const wrong = ({ items: { missing, extra, doubled, differs, harmed } }: TenantComparison): Record<string, number> => Object.fromEntries(Object.entries({ missing, extra, doubled, differs, harmed }).filter(([, count]) => count > 0));

/** What the JSON path legitimately makes of an item. */
function throughJson({ content }: Item): ItemContent {
  const copy = throughStream(content);
  const lessAttachments = (list: readonly Attachment[]): Attachment[] =>
    list.map((each): Attachment => {
      if (each.kind === 'reference') return { kind: 'file', key: each.key, name: `${each.name} (not copied).txt`, contentType: 'text/plain', isInline: false, contentId: null, modifiedAt: each.modifiedAt, content: heldContent(Buffer.from('A link was here')) };
      return each.kind === 'item' ? { ...each, item: { ...each.item, attachments: [] } } : each;
    });
  const lost = { searchKey: Buffer.from(content.searchKey ?? '').reverse().toString('hex').slice(0, 32), conversationIndex: null, conversationTopic: null, inReplyTo: null, references: null, properties: jsonFamily(content) === 'task' ? {} : { [migrationMarkId]: 'mark' } };
  const family = jsonFamily(content);
  if (family === 'event' && copy.event !== null) {
    const names = copy.event.attendees.map(({ name, address }) => `${name} &lt;${address}&gt;`).join('; ');
    return { ...copy, ...lost, attachments: lessAttachments(copy.attachments), body: { contentType: 'html', content: copy.body.content.replace('</body>', `<hr><p>Attendees: ${names}</p></body>`) }, event: { ...copy.event, attendees: [], globalObjectId: 'FF', organizer: null } };
  }
  if (family === 'message') return { ...copy, ...lost, messageClass: 'IPM.Note', attachments: lessAttachments(copy.attachments), flags: copy.flags & 9 };
  return { ...copy, ...lost };
}
const byJson = (item: Item): ItemContent | null => (item.refusal?.at === 'read' || item.refusal?.at === 'import' ? null : jsonFamily(item.content) === null ? throughStream(item.content) : throughJson(item));

test('a faithful copy is equal, and what is refused for good is named as such', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  const result = await compare(two);
  expect(result.examples).toMatchObject({ missing: [], extra: [], doubled: [], differs: [], folders: [], settings: [], outboundMail: [] });
  expect(result).toMatchObject({ equal: true, outboundMail: 0, items: { refused: 2, matchedByJson: 0 } });
  expect(result.items.matched + result.items.refused).toBe(result.items.expected);
  expect(result.items.expected).toBe(expectedFolders(two.from).reduce((sum, folder) => sum + folder.itemCount, 0));
  expect(result.settings.matched).toBe(result.settings.expected);
});

test.each(damageKinds)('the damage %s is found, and nothing else', async (kind) => {
  const two = twoTenants(profile);
  copyMailbox(two);
  const done = plantDamage(two.to, kind);
  expect(done).not.toBeNull();
  const result = await compare(two);
  expect(result.equal).toBe(false);
  const expected: Record<string, Record<string, number>> = { removeItem: { missing: 1 }, doubleItem: { doubled: 1 }, moveItem: { missing: 1, extra: 1 } };
  if (kind === 'renameFolder') expect(result.folders.missing).toBe(result.folders.extra);
  else expect(wrong(result)).toEqual(expected[kind] ?? { differs: 1 });
  const fields: Record<string, string[]> = { changeByte: ['attachments'], changeText: ['body'], shiftDate: ['receivedAt'], dropFlag: ['isRead'], dropCategory: ['categories'], loseException: ['event.exceptions'] };
  if (fields[kind] !== undefined) expect(result.examples['differs']).toMatchObject([{ fields: fields[kind] }]);
});

test('copies made through JSON count as equal with what JSON may lose, and only with that', async () => {
  const two = twoTenants(profile);
  copyMailbox(two, byJson);
  const result = await compare(two);
  expect(result.examples['differs']).toEqual([]);
  expect(wrong(result)).toEqual({});
  expect(result.items.matchedByJson).toBeGreaterThan(90);
});

test.each<[string, (copy: ItemContent) => ItemContent | null, string]>([
  ['the end of a text', (copy) => (copy.messageClass === 'IPM.Note' && copy.body.content.length > 300 ? { ...copy, body: { ...copy.body, content: copy.body.content.slice(0, -150) } } : null), 'body'],
  ['a link that became nothing', (copy) => (copy.attachments.some((each) => each.name.endsWith('(not copied).txt')) ? { ...copy, attachments: [] } : null), 'attachments'],
  ['a person who was invited', (copy) => (copy.event === null ? null : { ...copy, event: { ...copy.event, attendees: [{ name: 'A', address: 'a@b.example', type: 'required', response: 'none', respondedAt: null }] } }), 'event.attendees'],
  ['a cancelled day that came back', (copy) => (copy.event?.cancelledDates.length ? { ...copy, event: { ...copy.event, cancelledDates: [] } } : null), 'event.cancelledDates'],
  ['a step that is not done any more', (copy) => (copy.task?.steps[0] === undefined ? null : { ...copy, task: { ...copy.task, steps: [{ ...copy.task.steps[0], isChecked: !copy.task.steps[0].isChecked }] } }), 'task.steps'],
  ['a photo that is missing', (copy) => (copy.contact?.photo == null ? null : { ...copy, contact: { ...copy.contact, photo: null } }), 'contact.photo'],
  ['a draft that was sent', (copy) => ((copy.flags & 8) === 0 ? null : { ...copy, flags: copy.flags & ~8 }), 'isDraft'],
])('of a JSON copy, %s is found', async (_what, spoil, field) => {
  const two = twoTenants(profile);
  let spoilt = 0;
  copyMailbox(two, (item) => {
    const copy = byJson(item);
    const bad = copy === null || spoilt > 0 ? null : spoil(copy);
    if (bad !== null) spoilt += 1;
    return bad ?? copy;
  });
  expect(spoilt).toBe(1);
  const result = await compare(two);
  expect(result.items.differs).toBe(1);
  expect(result.examples['differs']).toMatchObject([{ fields: [field] }]);
});

test('an item in the wrong folder is missing in one and extra in the other', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  const inbox = two.to.wellKnown('inbox')!;
  const [first] = [...inbox.keys()];
  two.to.moveItem(first!.key, two.to.wellKnown('archive')!);
  expect(wrong(await compare(two))).toEqual({ missing: 1, extra: 1 });
});

test('a message and the copy its owner made of it, both with one search key, are two items', async () => {
  const two = twoTenants({ seed: 'twice', messages: 3, settings: false, untouchables: false });
  const inbox = two.from.wellKnown('inbox')!;
  two.from.addItem(inbox, two.from.item([...inbox.keys()][0]!.key)!.content);
  copyMailbox(two);
  expect(await compare(two)).toMatchObject({ equal: true });
  two.to.removeItem([...two.to.wellKnown('inbox')!.keys()][0]!.key);
  expect(wrong(await compare(two))).toEqual({ missing: 1 });
});

test('copies of what was moved or deleted at the source afterwards stay without being wrong', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  makeChanges(two.from, { new: 0, edited: 0, readFlags: 0, newFolder: false, moved: 2, deleted: 3 }, 'later');
  const result = await compare(two);
  expect(wrong(result)).toEqual({ missing: 2 });
  expect(result.items).toMatchObject({ kept: 5, keptMoved: 2 });
});

test('of an item that was moved and then deleted one copy may stay, and no second one', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  const inbox = two.from.wellKnown('inbox')!;
  const archive = two.from.wellKnown('archive')!;
  const item = [...two.from.items(inbox)].map((each) => each.item).find(({ content, refusal }) => content.messageClass === 'IPM.Note' && refusal === null)!;
  noteDeparture(two.from, item, 'moved');
  const moved = two.from.moveItem(item.key, archive);
  noteDeparture(two.from, moved, 'deleted');
  two.from.removeItem(item.key);
  expect((await compare(two)).items).toMatchObject({ kept: 1, keptMoved: 0 });
  two.to.addItem(two.to.wellKnown('archive')!, item.content);
  expect((await compare(two)).items).toMatchObject({ kept: 2, keptMoved: 1 });
});

test('changes at the source that were not copied yet are found', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  makeChanges(two.from, { new: 3, edited: 2, readFlags: 2, newFolder: true, moved: 0, deleted: 0 }, 'later');
  const result = await compare(two);
  expect(wrong(result)).toEqual({ missing: 4, differs: 4 });
  expect(result.folders.missing).toBe(1);
});

test('what the destination had before is its own, and may not be harmed', async () => {
  const two = twoTenants(profile, { seed: 'own', messages: 12, settings: false, untouchables: false });
  copyMailbox(two);
  const result = await compare(two);
  expect(result).toMatchObject({ equal: true, items: { own: 12, harmed: 0 } });
  const own = [...two.to.wellKnown('inbox')!.keys()][0]!.key;
  two.to.updateItem(own, { ...two.to.item(own)!.content, subject: 'overwritten' });
  expect(wrong(await compare(two))).toEqual({ harmed: 1 });
});

test('mail that left a mailbox, and a rule that is switched on, are wrong', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  two.to.outboundMail.push({ at: two.to.now(), kind: 'invitation', to: ['a@b.example'] });
  two.to.rules[0]!.isEnabled = true;
  two.to.settings.automaticReplies.status = 'alwaysEnabled';
  expect(await compare(two)).toMatchObject({ equal: false, outboundMail: 1, settings: { differs: 2 } });
});

test('the manifest names every change, and the same seed makes other changes when it is used again', () => {
  const { from } = twoTenants(profile);
  const plan = { new: 4, edited: 3, readFlags: 1, newFolder: true, moved: 1, deleted: 1 };
  const [first, second] = [makeChanges(from, plan, 'seed'), makeChanges(from, plan, 'seed')];
  expect(first.map(({ what }) => what)).toEqual(['new', 'new', 'new', 'new', 'newFolders', 'new', 'edited', 'edited', 'edited', 'readFlags', 'moved', 'deleted']);
  expect(first.slice(6, 9).map((each) => each.class)).toEqual(['IPM.Note', 'IPM.Appointment', 'IPM.Contact']);
  expect(second.find(({ what }) => what === 'newFolders')?.folder).not.toBe(first.find(({ what }) => what === 'newFolders')?.folder);
  expect(makeChanges(twoTenants(profile).from, plan, 'seed')).toEqual(first);
});

test('a foreign item is extra', async () => {
  const two = twoTenants(profile);
  copyMailbox(two);
  two.to.addItem(two.to.wellKnown('drafts')!, { ...blankContent('IPM.Note'), subject: 'from nowhere', searchKey: 'AB'.repeat(16) });
  expect(wrong(await compare(two))).toEqual({ extra: 1 });
});

test('two sources that went into one destination are expected there together, a folder of the same place once', async () => {
  const small = { seed: 'merged', messages: 12, mailFolders: 2, settings: false, untouchables: false };
  const two = twoTenants(small);
  const second = createGeneratedMailbox(two.source.exchange, addPerson(two.source, { alias: 'second', displayName: 'Second' }), { ...small, seed: 'another' });
  copyMailbox(two);
  copyMailbox({ ...two, from: second });
  const mapping = [two.from, second].map(({ address }) => ({ source: address, dest: two.to.address }));
  const result = await compareTenants(two.source, two.dest, { examplesMax: 5, mapping });
  expect(result).toMatchObject({ equal: true, items: { matched: 24, expected: 24 }, withoutDestination: [] });
  expect(await compare(two)).toMatchObject({ equal: false, items: { matched: 12, extra: 12 }, withoutDestination: [second.address] });
});

test('what only exports refuse has to come by the other way, unless there is none', async () => {
  const two = twoTenants({ seed: 'ways', contacts: 13, events: 3, settings: false, untouchables: false });
  for (const folder of expectedFolders(two.from)) for (const { key } of folder.keys()) two.from.plantRefusal(key, { at: 'export', code: 'ErrorItemCorrupt' });
  two.from.addItem(two.from.wellKnown('notes')!, { ...blankContent('IPM.StickyNote'), searchKey: 'CD'.repeat(16) });
  two.from.plantRefusal([...two.from.wellKnown('notes')!.keys()][0]!.key, { at: 'export', code: 'ErrorCorruptData' });
  copyMailbox(two, () => null);
  expect((await compare(two)).items).toMatchObject({ missing: 16, refused: 1, expected: 17 });
});

test('a mapping that names nobody is refused', async () => {
  const { source, dest } = twoTenants(profile);
  await expect(compareTenants(source, dest, { examplesMax: 1, mapping: [{ source: 'adele.vance@contoso.com', dest: 'nobody@fabrikam.com' }] })).rejects.toThrow(UnknownMailbox);
});
