import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
beforeAll(async () => {
  c = await jsonClient(await startTestSimulator(), 'delta', { seed: 'delta', messages: 45, mailFolders: 0, settings: false });
});
afterAll(async () => { await c.sim.close(); });

const id = (row: Json | undefined): string => encodeURIComponent(row?.['id'] as string);

test('a round lists the folder once, in the page size asked for', async () => {
  const { value, pages, deltaLink } = await c.all('/mailFolders/inbox/messages/delta?$select=subject', { headers: { Prefer: 'odata.maxpagesize=20' } });
  expect(pages[0]).toBe(20);
  expect(value).toHaveLength((await c.json('GET', '/mailFolders/inbox'))['totalItemCount'] as number);
  expect(deltaLink).toContain('$deltatoken=');
  expect((await c.all(deltaLink)).value).toEqual([]);
});

test('the next round tells what changed, came and went; a move is gone here and new there', async () => {
  const inbox = await c.all('/mailFolders/inbox/messages/delta?$select=subject,isRead');
  const archive = await c.all('/mailFolders/archive/messages/delta?$select=subject');
  const [changed, moved, removed] = inbox.value;
  await c.json('PATCH', `/messages/${id(changed)}`, { isRead: changed?.['isRead'] !== true });
  const there = await c.json('POST', `/messages/${id(moved)}/move`, { destinationId: 'archive' });
  await c.call('POST', `/messages/${id(removed)}/permanentDelete`);
  const made = await c.json('POST', '/mailFolders/inbox/messages', { subject: 'new' });
  const next = await c.all(inbox.deltaLink);
  const byId = new Map(next.value.map((row) => [row['id'], row]));
  expect(byId.size).toBe(4);
  expect(byId.get(changed?.['id'])).toMatchObject({ isRead: changed?.['isRead'] !== true });
  expect(byId.get(moved?.['id'])).toMatchObject({ '@removed': { reason: 'deleted' } });
  expect(byId.get(removed?.['id'])).toMatchObject({ '@removed': { reason: 'deleted' } });
  expect(byId.get(made['id'])).toMatchObject({ subject: 'new' });
  expect((await c.all(archive.deltaLink)).value).toEqual([expect.objectContaining({ id: there['id'] })]);
});

test('a forgotten token is 410 with the address to start again from, which lists everything', async () => {
  const { deltaLink } = await c.all('/mailFolders/inbox/messages/delta?$select=subject');
  c.mailbox.expireDeltaTokens();
  const gone = await c.call('GET', deltaLink);
  expect(gone).toMatchObject({ status: 410, error: { code: 'SyncStateNotFound' } });
  expect((await c.all(gone.headers.location ?? '')).value).toHaveLength((await c.json('GET', '/mailFolders/inbox'))['totalItemCount'] as number);
});

test('a token that is none is 400; "latest" is no short cut', async () => {
  expect(await c.call('GET', '/mailFolders/inbox/messages/delta?$deltatoken=nonsense')).toMatchObject({ status: 400, error: { code: 'SyncStateInvalid' } });
  expect((await c.all('/mailFolders/inbox/messages/delta?$deltatoken=latest&$select=id')).value.length).toBeGreaterThan(0);
});

test.each(["$filter=importance eq 'high'", '$orderby=subject', '$search=x', 'changeType=nonsense'])('%s is refused', async (query) => {
  expect(await c.call('GET', `/mailFolders/inbox/messages/delta?${encodeURI(query)}`)).toMatchObject({ status: 400 });
});

test('a filter on receivedDateTime narrows the round', async () => {
  const { value } = await c.all(`/mailFolders/inbox/messages/delta?$select=receivedDateTime&$filter=${encodeURIComponent('receivedDateTime ge 2026-09-30T00:00:00Z')}`);
  expect(value.length).toBeGreaterThan(0);
  expect(value.every((row) => (row['receivedDateTime'] as string) >= '2026-09-30')).toBe(true);
});

test('a mailbox over quota cannot be synchronised', async () => {
  const before = c.mailbox.quotaBytes;
  c.mailbox.quotaBytes = 0;
  try {
    expect(await c.call('GET', '/mailFolders/inbox/messages/delta')).toMatchObject({ status: 507, error: { code: 'ErrorQuotaExceeded' } });
  } finally {
    c.mailbox.quotaBytes = before;
  }
});

test('folders that came, were renamed and went show in the folder delta', async () => {
  const { deltaLink } = await c.all('/mailFolders/delta?$select=displayName');
  const made = await c.json('POST', '/mailFolders', { displayName: 'Brief' });
  const renamed = await c.json('POST', '/mailFolders', { displayName: 'First' });
  await c.json('PATCH', `/mailFolders/${id(renamed)}`, { displayName: 'Second' });
  const next = await c.all(deltaLink);
  expect(next.value.map((row) => row['displayName'])).toEqual(['Brief', 'Second']);
  c.mailbox.removeFolder(c.mailbox.folders().find((folder) => folder.displayName === 'Brief')!);
  expect((await c.all(next.deltaLink)).value).toEqual([expect.objectContaining({ id: made['id'], '@removed': { reason: 'deleted' } })]);
});
