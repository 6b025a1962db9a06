import { startTestSimulator, type TestSimulator } from '../../testing/test-simulator.js';
import { createGeneratedMailbox } from '../generator/fill-mailbox.js';
import type { Mailbox } from '../store/mailbox.js';

let sim: TestSimulator;
let mailbox: Mailbox;
beforeAll(async () => {
  sim = await startTestSimulator();
  const [user] = sim.tenant.users;
  if (user === undefined) throw new Error('The small preset has people');
  sim.tenant.exchange.removeMailbox(user.id);
  mailbox = createGeneratedMailbox(sim.tenant.exchange, user, { seed: 'control', messages: 40, mailFolders: 4, events: 9, contacts: 6, tasks: 3, notes: 1 });
});
afterAll(async () => { await sim.close(); });

const post = (path: string, body: Record<string, unknown>): ReturnType<TestSimulator['control']> => sim.control('POST', path, body);
const about = (body: Record<string, unknown> = {}): Record<string, unknown> => ({ tenant: 'contoso.com', mailbox: mailbox.address, ...body });

test('a comparison of a full source and an empty destination misses every item, folder and setting, and says where', async () => {
  const { status, json } = await post('/compare', { source: 'contoso.com', destination: 'fabrikam.com', examplesMax: 3 });
  expect(status).toBe(200);
  const items = json['items'] as Record<string, number>;
  expect(items).toMatchObject({ matched: 0, extra: 0, doubled: 0, differs: 0 });
  expect(items['missing']).toBe(items['expected']);
  expect(json).toMatchObject({ equal: false, outboundMail: 0, withoutDestination: [], bytes: 0 });
  const examples = json['examples'] as Record<string, { folder?: string }[]>;
  expect(examples['missing']).toHaveLength(3);
  expect(examples['missing']?.[0]).toMatchObject({ folder: 'Inbox', mailbox: mailbox.address });
  expect((await post('/compare', { source: 'contoso.com', destination: 'nowhere.example' })).status).toBe(404);
  expect((await post('/compare', { source: 'contoso.com', destination: 'fabrikam.com', mapping: [{ source: 'nobody@contoso.com', dest: 'nobody' }] })).status).toBe(404);
  expect((await post('/compare', { from: 'contoso.com' })).status).toBe(400);
});

test('changes are made, counted and listed one by one', async () => {
  const { json } = await post('/exchange/changes', { tenant: 'contoso.com', mailboxes: [mailbox.address], perMailbox: { new: 3, edited: 2, readFlags: 2, newFolder: true, moved: 1, deleted: 1 } });
  expect(json['counts']).toEqual({ new: 4, edited: 2, readFlags: 2, newFolders: 1, moved: 1, deleted: 1, renamedFolders: 0, movedFolders: 0 });
  const manifest = json['manifest'] as { mailbox: string; what: string; folder: string; class: string | null }[];
  expect(manifest).toHaveLength(11);
  expect(manifest.every((each) => each.mailbox === mailbox.address && each.folder !== '')).toBe(true);
  expect((await post('/exchange/changes', { tenant: 'contoso.com', perMailbox: { new: -1 } })).status).toBe(400);
});

test('a folder is dumped page by page, with every field when asked', async () => {
  const query = `tenant=contoso.com&mailbox=${mailbox.address}&folder=inbox`;
  const first = (await sim.control('GET', `/exchange/items?${query}&top=5`)).json;
  const next = (await sim.control('GET', `/exchange/items?${query}&skip=5&top=1000&full=true`)).json;
  const items = [...(first['items'] as { itemId: string; hash: string; fields?: unknown }[]), ...(next['items'] as { itemId: string; hash: string; fields?: unknown }[])];
  expect(items).toHaveLength(Number(first['total']));
  expect(new Set(items.map(({ itemId }) => itemId)).size).toBe(items.length);
  expect(items[0]?.fields).toBeUndefined();
  expect(items[6]?.fields).toMatchObject({ messageClass: expect.stringContaining('IPM.') as string, attachments: expect.any(Array) as unknown[] });
  expect((await sim.control('GET', `/exchange/items?tenant=contoso.com&mailbox=${mailbox.address}&folder=No such`)).status).toBe(404);
  expect((await sim.control('GET', `/exchange/items?${query}&top=many`)).status).toBe(400);
});

test('refusals are planted where they are asked for, and taken back', async () => {
  const { json } = await post('/exchange/refusals', about({ at: 'read', folder: 'calendar', count: 2, code: 'ErrorCorruptData' }));
  expect(json['items']).toMatchObject([{ class: 'IPM.Appointment' }, { class: 'IPM.Appointment' }]);
  const planted = (): number => [...mailbox.items(mailbox.wellKnown('calendar')!)].filter(({ item }) => item.refusal !== null).length;
  expect(planted()).toBe(2);
  await post('/exchange/refusals', about({ at: 'none' }));
  expect(planted()).toBe(0);
});

test('delta manners, kept bytes and omitted exports are set and shown', async () => {
  expect((await post('/exchange/delta', about({ order: 'mixed', emptyPageEvery: 3 }))).json).toMatchObject({ mailboxes: 1, manners: { order: 'mixed', emptyPageEvery: 3, repeatEvery: 0 } });
  expect(mailbox.deltaManners.order).toBe('mixed');
  await post('/exchange/delta', about({ order: 'asWritten', emptyPageEvery: 0 }));
  expect((await post('/exchange/imports', { keepBytesMax: 1_000 })).json).toEqual({ keepBytesMax: 1_000 });
  expect((await post('/exchange/exports', { inflation: 2, omitOverBytes: 5 })).json).toMatchObject({ inflation: 2, omitOverBytes: 5 });
  expect((await post('/exchange/exports', { inflation: 1, omitOverBytes: null })).json).toMatchObject({ inflation: 1, omitOverBytes: null });
  const before = mailbox.uploadGeneration;
  await post('/exchange/expire', about({ what: 'uploadSessions' }));
  expect(mailbox.uploadGeneration).toBe(before + 1);
});

test('a mailbox is shown with what it holds, and can be removed while its user stays', async () => {
  const path = `/exchange/mailboxes?tenant=contoso.com&mailbox=${mailbox.address}`;
  expect((await sim.control('GET', path)).json).toMatchObject({ mailboxes: [{ address: mailbox.address, enabled: true, onHold: false, folders: expect.arrayContaining([expect.objectContaining({ path: 'Inbox', wellKnownName: 'inbox' })]) as unknown[] }] });
  expect((await sim.control('DELETE', path)).json).toEqual({ removed: true });
  expect((await sim.control('GET', path)).status).toBe(404);
  expect((await sim.call('GET', `/v1.0/users/${mailbox.userId}`)).status).toBe(200);
});
