import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';
import { createGeneratedMailbox } from '../generator/fill-mailbox.js';
import type { Mailbox } from '../store/mailbox.js';
import { itemId } from './item-routes.js';

let sim: TestSimulator;
let mailbox: Mailbox;
let other: Mailbox;
let base: string;
beforeAll(async () => {
  sim = await startTestSimulator();
  const [first, second] = sim.tenant.users;
  if (first === undefined || second === undefined) throw new Error('The small preset has people');
  for (const [user, profile] of [[first, { seed: 'admin', messages: 60, mailFolders: 5, events: 8, contacts: 6, tasks: 3, notes: 2, refusedReads: 1, refusedExports: 2, refusedImports: 1 }], [second, 'empty']] as const) {
    sim.tenant.exchange.removeMailbox(user.id);
    createGeneratedMailbox(sim.tenant.exchange, user, profile);
  }
  mailbox = sim.tenant.exchange.mailbox(first.id)!;
  other = sim.tenant.exchange.mailbox(second.id)!;
  base = `/v1.0/admin/exchange/mailboxes/${mailbox.mailboxId}`;
});
afterAll(async () => { await sim.close(); });

interface Row { id: string; displayName?: string; changeKey?: string; [name: string]: unknown }
const rows = (reply: Reply): Row[] => reply.json?.['value'] as Row[];
const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> => sim.call('GET', path.startsWith('http') ? path : `${base}${path}`, { headers });
/** Follows next links; the last answer is the one with the delta link. */
async function all(path: string, headers: Record<string, string> = {}): Promise<{ rows: Row[]; pages: number; last: Reply }> {
  const found: Row[] = [];
  let pages = 1;
  let reply = await get(path, headers);
  for (;;) {
    expect(reply.status).toBe(200);
    found.push(...rows(reply));
    const next = reply.json?.['@odata.nextLink'];
    if (typeof next !== 'string') return { rows: found, pages, last: reply };
    reply = await get(next, headers);
    pages += 1;
  }
}
const post = (path: string, body?: unknown): Promise<Reply> => sim.call('POST', `${base}${path}`, { body });
const inbox = (): string => '/folders/inbox/items';
const control = (path: string, body: Record<string, unknown>): Promise<unknown> => sim.control('POST', path, { tenant: sim.tenant.id, ...body });
const session = async (to: Mailbox): Promise<string> => String((await sim.call('POST', `/v1.0/admin/exchange/mailboxes/${to.mailboxId}/createImportSession`)).json?.['importUrl']);
const send = (url: string, body: unknown): Promise<Reply> => sim.call('POST', url, { token: null, body });
const exported = async (id: string): Promise<{ data: string; changeKey: string }> => ((await post('/exportItems', { itemIds: [id] })).json?.['value'] as { data: string; changeKey: string }[])[0]!;
const folderIn = async (to: Mailbox): Promise<string> => rows(await sim.call('GET', `/v1.0/admin/exchange/mailboxes/${to.mailboxId}/folders?$top=100`)).find(({ displayName }) => displayName === 'Inbox')!.id;

test('a user has a mailbox id, and one without a mailbox or licence is told so', async () => {
  const { json } = await sim.call('GET', `/v1.0/users/${mailbox.userId}/settings/exchange`);
  expect(json).toMatchObject({ primaryMailboxId: mailbox.mailboxId });
  await control('/exchange/enabled', { mailbox: other.userId, enabled: false });
  for (const path of [`/v1.0/users/${other.userId}/settings/exchange`, `/v1.0/admin/exchange/mailboxes/${other.mailboxId}/folders`]) expect(await sim.call('GET', path)).toMatchObject({ status: 404, error: { code: 'MailboxNotEnabledForRESTAPI' } });
  await control('/exchange/enabled', { mailbox: other.userId, enabled: true });
  expect((await sim.call('GET', '/v1.0/admin/exchange/mailboxes/nonsense/folders')).status).toBe(400);
});

test('folders come ten at a time, by class when asked, with the properties that tell hidden and search folders', async () => {
  const first = await get('/folders');
  expect(rows(first)).toHaveLength(10);
  const everything = await all("/folders?$expand=singleValueExtendedProperties($filter=id eq 'Boolean 0x10F4' or id eq 'Integer 0x3601')");
  expect(everything.pages).toBeGreaterThan(1);
  expect(new Set(everything.rows.map(({ id }) => id)).size).toBe(everything.rows.length);
  expect(everything.rows.find(({ displayName }) => displayName === 'PersonMetadata')).toMatchObject({ singleValueExtendedProperties: [{ id: 'Boolean 0x10f4', value: 'true' }, { id: 'Integer 0x3601', value: '1' }] });
  const calendars = await all("/folders?$filter=type eq 'IPF.Appointment'");
  expect(calendars.rows.map(({ wellKnownName }) => wellKnownName)).toEqual(['calendar']);
  expect(rows(await get('/folders/calendar/childFolders'))).toMatchObject([{ displayName: 'Team – équipe', type: 'IPF.Appointment', wellKnownName: null }]);
});

test('a folder is made once, renamed and removed, and every step shows in the folders delta', async () => {
  const before = await all('/folders/delta', { Prefer: 'odata.maxpagesize=7' });
  expect(before.pages).toBeGreaterThan(2);
  expect(before.last.headers['preference-applied']).toBe('odata.maxpagesize=7');
  const made = await post('/folders', { displayName: 'Новая / "папка"', type: 'IPF.Task' });
  expect(made).toMatchObject({ status: 201, json: { displayName: 'Новая / "папка"', type: 'IPF.Task', wellKnownName: null, childFolderCount: 0 } });
  expect(await post('/folders', { displayName: 'новая / "ПАПКА"', type: 'IPF.Note' })).toMatchObject({ status: 409, error: { code: 'ErrorFolderExists' } });
  for (const body of [{ displayName: 'x' }, { type: 'IPF.Note' }, { displayName: '', type: 'IPF.Note' }, { displayName: 'x', type: 'IPF.Note', colour: 'red' }]) expect((await post('/folders', body)).status).toBe(400);
  const id = String(made.json?.['id']);
  expect((await post(`/folders/${id}/childFolders`, { displayName: 'below', type: 'IPF.Task', singleValueExtendedProperties: [{ id: 'Boolean 0x10F4', value: 'true' }] })).status).toBe(201);
  const link = String(before.last.json?.['@odata.deltaLink']);
  expect((await all(link)).rows.map(({ displayName }) => displayName)).toEqual(['Новая / "папка"', 'below']);
  expect((await sim.call('PATCH', `${base}/folders/${id}`, { body: { displayName: 'Inbox' } })).status).toBe(409);
  expect((await sim.call('PATCH', `${base}/folders/inbox`, { body: { displayName: 'x' } })).status).toBe(403);
  expect((await sim.call('PATCH', `${base}/folders/${id}`, { body: { displayName: 'renamed' } })).json).toMatchObject({ displayName: 'renamed' });
  expect((await sim.call('DELETE', `${base}/folders/${id}`)).status).toBe(204);
  expect((await all(link)).rows.filter((row) => '@removed' in row)).toHaveLength(2);
  expect((await get('/folders/delta?$deltatoken=made-up')).status).toBe(400);
});

test('items of every class are listed with size and search key, page by page, in any order', async () => {
  const listed = await all(`${inbox()}?$select=id,size&$expand=singleValueExtendedProperties($filter=id eq 'Binary 0x300B')&$count=true`);
  expect(listed.rows).toHaveLength(mailbox.wellKnown('inbox')!.itemCount);
  expect(listed.last.json?.['@odata.count']).toBe(listed.rows.length);
  expect(Object.keys(listed.rows[0] ?? {}).sort()).toEqual(['@odata.etag', 'id', 'singleValueExtendedProperties', 'size']);
  expect(listed.rows[0]?.['singleValueExtendedProperties']).toMatchObject([{ id: 'Binary 0x300b', value: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/) as string }]);
  const newest = (await all(`${inbox()}?$orderby=createdDateTime desc&$top=7`)).rows.map((row) => String(row['createdDateTime']));
  expect(newest).toEqual([...newest].sort().reverse());
  expect(rows(await get(`${inbox()}?$filter=type eq 'IPM.Schedule.Meeting.Request'&$top=100`)).every((row) => row['type'] === 'IPM.Schedule.Meeting.Request')).toBe(true);
  expect(new Set((await all('/folders/contacts/items')).rows.map((row) => row['type']))).toEqual(new Set(['IPM.Contact']));
  const { item } = [...mailbox.items(mailbox.wellKnown('inbox')!)].at(-1)!;
  const byMessageId = rows(await get(`${inbox()}?$filter=${encodeURIComponent(`singleValueExtendedProperties/any(p:p/id eq 'String 0x1035' and p/value eq '${item.content.internetMessageId ?? ''}')`)}`));
  expect(byMessageId.map(({ id }) => id)).toContain(itemId(mailbox, item.key));
  expect(byMessageId.length).toBeLessThan(3);
  expect((await get(`${inbox()}?$filter=${encodeURIComponent("singleValueExtendedProperties/any(p:p/id eq 'Binary 0x300B' and p/value eq 'AA==')")}`)).status).toBe(400);
  for (const bad of ['?$top=0', '?$top=1001', '?$select=subject', '?$skip=x', '?$nonsense=1']) expect((await get(`${inbox()}${bad}`)).status).toBe(400);
  expect(await get('/folders/nowhere/items')).toMatchObject({ status: 404 });
});

test('a delta says what came, changed and went; a forgotten token is 410 with a place to begin again', async () => {
  const first = await all(`${inbox()}/delta`, { Prefer: 'odata.maxpagesize=9' });
  expect(first.rows).toHaveLength(mailbox.wellKnown('inbox')!.itemCount);
  const link = String(first.last.json?.['@odata.deltaLink']);
  expect((await all(link)).rows).toEqual([]);
  const [a, b, c] = first.rows.slice(-3);
  const key = (row: Row | undefined): number => [...mailbox.wellKnown('inbox')!.keys()].find((each) => itemId(mailbox, each.key) === row?.id)!.key;
  const [keyA, keyB, keyC] = [key(a), key(b), key(c)];
  mailbox.removeItem(keyA);
  mailbox.moveItem(keyB, mailbox.wellKnown('archive')!);
  mailbox.updateItem(keyC, { ...mailbox.item(keyC)!.content, subject: 'changed' });
  const next = await all(link);
  expect(next.rows).toMatchObject([{ id: a!.id, '@removed': { reason: 'deleted' } }, { id: b!.id, '@removed': { reason: 'deleted' } }, { id: c!.id, changeKey: expect.not.stringMatching(`^${String(c!.changeKey).replace(/[+/]/g, '.')}$`) as string }]);
  await control('/exchange/expire', { what: 'delta', mailbox: mailbox.userId, folder: 'inbox' });
  const gone = await get(link);
  expect(gone).toMatchObject({ status: 410, error: { code: 'SyncStateNotFound' }, headers: { location: expect.stringContaining('/items/delta') as string } });
  expect((await all(String(gone.headers.location))).rows).toHaveLength(first.rows.length - 2);
  expect((await get(`${inbox()}/delta?$deltatoken=xyz`)).status).toBe(400);
  expect(rows(await get(`${inbox()}/delta?$deltatoken=latest`))).toHaveLength(10);
});

test('an export answers one entry for each item, refusals among them, and leaves items out only when told to', async () => {
  const ids = (await all(inbox())).rows.map(({ id }) => id).slice(0, 8);
  const value = (await post('/exportItems', { itemIds: [...ids, 'AAMkmade-up'] })).json?.['value'] as { itemId: string; data?: string; error?: { code: string } }[];
  expect(value.map((each) => each.itemId)).toEqual([...ids, 'AAMkmade-up']);
  expect(value.filter((each) => each.error !== undefined).map((each) => each.error?.code).sort()).toEqual(['ErrorCorruptData', 'ErrorInvalidIdMalformed', 'ErrorItemCorrupt', 'ErrorItemCorrupt']);
  expect(value.filter((each) => each.data !== undefined)).toHaveLength(5);
  await sim.control('POST', '/exchange/exports', { omitOnce: [ids[7]], omitOverBytes: 1 });
  expect((await post('/exportItems', { itemIds: ids.slice(6, 8) })).json?.['value']).toEqual([]);
  await sim.control('POST', '/exchange/exports', { omitOverBytes: null });
  expect((await post('/exportItems', { itemIds: ids.slice(6, 8) })).json?.['value']).toHaveLength(2);
  for (const itemIds of [[], Array.from({ length: 21 }, () => ids[0]), [1], 'x', undefined]) expect((await post('/exportItems', { itemIds })).status).toBe(400);
});

test('an import gives a new item with a new id, the old search key, and no mail to anybody', async () => {
  const url = await session(other);
  expect(url).toMatch(/^https:\/\/outlook\.office365\.com\/api\/gv1\.0\/Mailboxes\('MBX:.+'\)\/importItem\?authtoken=/);
  const [meeting] = (await all('/folders/calendar/items')).rows;
  const { data } = await exported(meeting!.id);
  const FolderId = await folderIn(other);
  const made = await send(url, { FolderId, Mode: 'create', Data: data });
  expect(made).toMatchObject({ status: 200, json: { itemId: expect.any(String) as string, changeKey: expect.any(String) as string } });
  expect(made.json?.['itemId']).not.toBe(meeting!.id);
  const { item } = [...other.items(other.wellKnown('inbox')!)][0]!;
  const original = [...mailbox.items(mailbox.wellKnown('calendar')!)].find((each) => itemId(mailbox, each.item.key) === meeting!.id)!.item;
  expect(item.content).toEqual(original.content);
  expect(item.createdAt).not.toBe(original.createdAt);
  expect(other.outboundMail).toEqual([]);
  const updated = await send(url, { FolderId, Mode: 'update', Data: data, ItemId: made.json?.['itemId'], ChangeKey: made.json?.['changeKey'] });
  expect(updated).toMatchObject({ status: 200, json: { itemId: made.json?.['itemId'] } });
  expect(updated.json?.['changeKey']).not.toBe(made.json?.['changeKey']);
  expect((await send(url, { FolderId, Mode: 'update', Data: data, ItemId: made.json?.['itemId'], ChangeKey: made.json?.['changeKey'] })).status).toBe(412);
  expect(other.wellKnown('inbox')!.itemCount).toBe(1);
});

test('what must not be imported is refused and leaves nothing behind', async () => {
  const url = await session(other);
  const FolderId = await folderIn(other);
  const id = (await all(inbox())).rows.at(-1)!.id;
  const { data } = await exported(id);
  const flipped = `${data.slice(0, 400)}${data[400] === 'A' ? 'B' : 'A'}${data.slice(401)}`;
  const count = other.wellKnown('inbox')!.itemCount;
  const bad: [Record<string, unknown>, number][] = [
    [{ FolderId, Mode: 'create', Data: data, ItemId: 'x' }, 400],
    [{ FolderId, Mode: 'create', Data: data, ChangeKey: 'x' }, 400],
    [{ FolderId, Mode: 'create', Data: flipped }, 400],
    [{ FolderId, Mode: 'create', Data: data.slice(0, 800) }, 400],
    [{ FolderId, Mode: 'create', Data: Buffer.from('Subject: MIME\r\n\r\nhello').toString('base64') }, 400],
    [{ FolderId, Mode: 'create' }, 400],
    [{ FolderId, Mode: 'replace', Data: data }, 400],
    [{ folderId: FolderId, mode: 'create', data }, 400],
    [{ FolderId: 'inbox', Mode: 'create', Data: data }, 404],
    [{ FolderId, Mode: 'update', Data: data, ItemId: id, ChangeKey: 'x' }, 404],
  ];
  for (const [body, status] of bad) expect([body['Mode'], (await send(url, body)).status]).toEqual([body['Mode'], status]);
  expect((await sim.call('POST', url, { body: { FolderId, Mode: 'create', Data: data } })).status).toBe(401);
  expect((await send(url.replace(other.mailboxId, mailbox.mailboxId), { FolderId, Mode: 'create', Data: data }))).toMatchObject({ status: 409, json: { Message: `Invalid import session. The target session is expected in mailbox ${other.mailboxId}.` } });
  expect((await send(`${url}x`, { FolderId, Mode: 'create', Data: data })).status).toBe(401);
  const large = [...mailbox.items(mailbox.wellKnown('inbox')!)].find(({ item }) => item.refusal?.at === 'import')!.item;
  expect(await send(url, { FolderId, Mode: 'create', Data: (await exported(itemId(mailbox, large.key))).data })).toMatchObject({ status: 400, error: { code: 'ErrorMessageSizeExceeded' } });
  await control('/exchange/quota', { mailbox: other.userId, quotaBytes: 10 });
  expect(await send(url, { FolderId, Mode: 'create', Data: data })).toMatchObject({ status: 507, error: { code: 'ErrorQuotaExceeded' } });
  await control('/exchange/quota', { mailbox: other.userId, quotaBytes: 1e9, messageBytesMax: 100 });
  expect((await send(url, { FolderId, Mode: 'create', Data: data })).error).toMatchObject({ code: 'ErrorMessageSizeExceeded' });
  await control('/exchange/quota', { mailbox: other.userId, messageBytesMax: 1e8 });
  await control('/exchange/expire', { what: 'importSessions' });
  expect((await send(url, { FolderId, Mode: 'create', Data: data })).status).toBe(401);
  expect(other.wellKnown('inbox')!.itemCount).toBe(count);
  expect((await send(await session(other), { FolderId, Mode: 'create', Data: data })).status).toBe(200);
});

test('an item is deleted from its own folder alone, and a hold protects it from being deleted for good', async () => {
  const { id } = (await all(inbox())).rows.at(-1)!;
  const remove = (folder: string, how: string): Promise<Reply> => sim.call('DELETE', `${base}/folders/${folder}/items/${id}?disposalType=${how}`);
  expect((await remove('drafts', 'hardDelete')).status).toBe(404);
  expect((await remove('inbox', 'shred')).status).toBe(400);
  await control('/exchange/hold', { mailbox: mailbox.userId, onHold: true });
  expect((await remove('inbox', 'hardDelete')).status).toBe(403);
  expect((await remove('inbox', 'softDelete')).status).toBe(204);
  await control('/exchange/hold', { mailbox: mailbox.userId, onHold: false });
  expect(await get(`${inbox()}/${id}`)).toMatchObject({ status: 404, error: { code: 'ErrorItemNotFound' } });
});

test('an archive is there in beta alone, and its id is not in v1.0', async () => {
  await control('/exchange/archive', { mailbox: mailbox.userId, messages: 3 });
  expect((await sim.call('GET', `/v1.0/users/${mailbox.userId}/settings/exchange`)).json).not.toHaveProperty('inPlaceArchiveMailboxId');
  const id = String((await sim.call('GET', `/beta/users/${mailbox.userId}/settings/exchange`)).json?.['inPlaceArchiveMailboxId']);
  expect(await sim.call('GET', `/v1.0/admin/exchange/mailboxes/${id}/folders`)).toMatchObject({ status: 400, error: { message: 'Operation on Archive mailbox not allowed.' } });
  const folders = rows(await sim.call('GET', `/beta/admin/exchange/mailboxes/${id}/folders`));
  expect(folders.map((each) => [each.displayName, each['totalItemCount']])).toEqual([['Deleted Items', 0], ['Inbox', 0], ['Kept since 2019', 3]]);
});

test('a permission that was not consented is refused', async () => {
  const clientId = '0a1b2c3d-1111-4222-8333-444455556667';
  await sim.control('POST', '/apps', { clientId, displayName: 'Reader', secrets: ['one'], requiredRoles: ['MailboxFolder.Read.All'] });
  await sim.control('POST', '/consents', { tenant: 'contoso.com', clientId });
  const reply = await sim.call('POST', `https://login.microsoftonline.com/${sim.tenant.id}/oauth2/v2.0/token`, { token: null, form: { client_id: clientId, client_secret: 'one', scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' } });
  const token = String(reply.json?.['access_token']);
  expect((await sim.call('GET', `${base}/folders`, { token })).status).toBe(200);
  for (const [method, path] of [['GET', '/folders/inbox/items'], ['POST', '/exportItems'], ['POST', '/createImportSession'], ['POST', '/folders'], ['DELETE', '/folders/inbox']] as const) expect((await sim.call(method, `${base}${path}`, { token, body: method === 'POST' ? {} : undefined })).status).toBe(403);
});
