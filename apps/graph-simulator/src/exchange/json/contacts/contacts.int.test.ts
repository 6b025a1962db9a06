import { jsonClient, startTestSimulator, type Json, type JsonClient } from '../testing/json-client.js';

let c: JsonClient;
beforeAll(async () => { c = await jsonClient(await startTestSimulator(), 'people', { seed: 'p', contacts: 30, settings: false }); });
afterAll(async () => { await c.sim.close(); });

const id = (row: Json): string => encodeURIComponent(row['id'] as string);

test('the default folder is missing from the list of folders; its id comes with its contacts', async () => {
  const { value } = await c.all('/contactFolders');
  const names = value.map((row) => row['displayName']);
  expect(names).toContain('Lieferanten');
  expect(names).not.toContain('Contacts');
  const [first] = (await c.json('GET', '/contacts?$top=1&$select=parentFolderId'))['value'] as Json[];
  expect(await c.json('GET', `/contactFolders/${encodeURIComponent(first?.['parentFolderId'] as string)}`)).toMatchObject({ displayName: 'Contacts' });
});

test('distribution lists are not contacts', async () => {
  const { value } = await c.all('/contacts?$top=100');
  expect(value.length).toBeLessThan(c.mailbox.wellKnown('contacts')?.itemCount ?? 0);
  expect(value.every((row) => typeof row['displayName'] === 'string')).toBe(true);
});

test('names that come without displayName and fileAs get them made, also on a change; given ones stay', async () => {
  const made = await c.json('POST', '/contacts', { givenName: 'Ann', surname: 'Lee' });
  expect(made).toMatchObject({ displayName: 'Ann Lee', fileAs: 'Lee, Ann' });
  expect(await c.json('PATCH', `/contacts/${id(made)}`, { surname: 'Ray' })).toMatchObject({ displayName: 'Ann Ray', fileAs: 'Ray, Ann' });
  expect(await c.json('PATCH', `/contacts/${id(made)}`, { surname: 'Fox', displayName: 'A', fileAs: 'B' })).toMatchObject({ displayName: 'A', fileAs: 'B' });
});

test('an address finds its contact', async () => {
  const made = await c.json('POST', '/contacts', { displayName: 'Found', emailAddresses: [{ name: 'F', address: 'found@x.example' }] });
  const { value } = await c.json('GET', `/contacts?$select=id&$filter=${encodeURIComponent("emailAddresses/any(a:a/address eq 'found@x.example')")}`);
  expect((value as Json[]).map((row) => row['id'])).toEqual([made['id']]);
});

test('a photo is written and read back, and is 404 before', async () => {
  const made = await c.json('POST', '/contacts', { displayName: 'Face' });
  expect((await c.call('GET', `/contacts/${id(made)}/photo/$value`)).status).toBe(404);
  expect((await c.call('PUT', `/contacts/${id(made)}/photo/$value`, { raw: Buffer.from('jpegbytes'), headers: { 'content-type': 'image/jpeg' } })).status).toBe(200);
  expect(await c.call('GET', `/contacts/${id(made)}/photo/$value`)).toMatchObject({ status: 200, text: 'jpegbytes' });
});

test('changed and deleted contacts show in the delta', async () => {
  const made = await c.json('POST', '/contacts', { displayName: 'Gone' });
  const { deltaLink } = await c.all('/contactFolders/contacts/contacts/delta?$select=displayName');
  await c.call('DELETE', `/contacts/${id(made)}`);
  expect((await c.all(deltaLink)).value).toEqual([expect.objectContaining({ id: made['id'], '@removed': { reason: 'deleted' } })]);
});
