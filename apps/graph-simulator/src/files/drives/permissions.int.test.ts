import { invitationsSent } from './permission-routes.js';
import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';

type Json = Record<string, unknown>;
let sim: TestSimulator;
const base = '/v1.0/users/owner@contoso.com/drive';
beforeAll(async () => {
  sim = await startTestSimulator();
  await sim.control('POST', '/tenants/contoso.com/users', { users: [{ alias: 'owner', displayName: 'Owner', drive: true }, { alias: 'ada', displayName: 'Ada' }, { alias: 'bob', displayName: 'Bob' }] });
  for (const [at, name] of [['root', 'Outer'], ['root:/Outer:', 'Inner']] as const) await sim.call('POST', `${base}/${at}/children`, { body: { name, folder: {} } });
  await sim.call('PUT', `${base}/root:/Outer/Inner/file.txt:/content`, { raw: Buffer.from('x') });
});
afterAll(() => sim.close());

const at = (path: string, rest: string): string => `${base}/root:/${path}:/${rest}`;
const granted = async (path: string): Promise<Json[]> => ((await sim.call('GET', at(path, 'permissions'))).json?.['value'] ?? []) as Json[];
const invite = (path: string, more: Json = {}): Promise<Reply> => sim.call('POST', at(path, 'invite'), { body: { recipients: [{ email: 'ada@contoso.com' }], roles: ['read'], requireSignIn: true, sendInvitation: false, ...more } });
const clear = async (path: string): Promise<void> => {
  for (const { id } of await granted(path)) await sim.call('DELETE', at(path, `permissions/${String(id)}`));
};

test('what a folder grants is inherited below it, until something is told to keep nothing of it', async () => {
  await invite('Outer');
  expect(await granted('Outer/Inner/file.txt')).toMatchObject([{ roles: ['read'], grantedToV2: { user: { email: 'ada@contoso.com' } } }]);
  expect((await granted('Outer/Inner/file.txt'))[0]?.['inheritedFrom']).toBeUndefined();
  const [inherited] = await granted('Outer/Inner');
  expect((await sim.call('DELETE', at('Outer/Inner', `permissions/${String(inherited?.['id'])}`))).status).toBe(400);
  await invite('Outer/Inner', { recipients: [{ alias: 'bob@contoso.com' }], roles: ['write'], retainInheritedPermissions: false });
  expect(await granted('Outer/Inner/file.txt')).toMatchObject([{ roles: ['write'], grantedToV2: { user: { email: 'bob@contoso.com' } } }]);
  await clear('Outer');
});

test('an invitation to the same person again changes the role; owner and nobody are refused; no message is sent unless asked for', async () => {
  await invite('Outer');
  await invite('Outer', { roles: ['write'] });
  expect(await granted('Outer')).toMatchObject([{ roles: ['write'] }]);
  expect((await invite('Outer', { roles: ['owner'] })).status).toBe(400);
  expect(await invite('Outer', { recipients: [{ email: 'nobody@nowhere.example' }] })).toMatchObject({ status: 400, error: { code: 'noResolvedUsers' } });
  expect(invitationsSent(sim.tenant)).toBe(0);
  await invite('Outer', { sendInvitation: true });
  expect(invitationsSent(sim.tenant)).toBe(1);
  await clear('Outer');
});

test('a link is made once and found again; its address is its own; only an anonymous one’s end can be changed', async () => {
  const link = (body: Json): Promise<Reply> => sim.call('POST', at('Outer', 'createLink'), { body });
  const first = await link({ type: 'view', scope: 'organization' });
  expect([first.status, (await link({ type: 'view', scope: 'organization' })).status]).toEqual([201, 200]);
  expect(first.json).toMatchObject({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#permission/$entity', link: { type: 'view', scope: 'organization', webUrl: expect.stringContaining('https://contoso-my.sharepoint.com/') as string } });
  const anonymous = await link({ type: 'edit', scope: 'anonymous' });
  const patch = (id: unknown, body: Json): Promise<Reply> => sim.call('PATCH', at('Outer', `permissions/${String(id)}`), { body });
  expect((await patch(first.json?.['id'], { roles: ['write'] })).status).toBe(400);
  expect((await patch(anonymous.json?.['id'], { expirationDateTime: '2030-01-01T00:00:00Z' })).json).toMatchObject({ expirationDateTime: '2030-01-01T00:00:00Z' });
  // Who may only read sees that there is a link, and not where.
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, ['Files.Read.All']);
  const seen = await sim.call('GET', at('Outer', 'permissions'), { token: await sim.token() });
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, sim.app.requiredRoles);
  expect((seen.json?.['value'] as Json[]).map((each) => [(each['link'] as Json)['webUrl'], each['shareId']])).toEqual([[undefined, undefined], [undefined, undefined]]);
  const people = await link({ type: 'view', scope: 'users', recipients: [{ email: 'bob@contoso.com' }] });
  expect(people.json).toMatchObject({ grantedToIdentitiesV2: [{ user: { email: 'bob@contoso.com' } }] });
  expect((await sim.call('GET', `${base}/root:/Outer?$select=shared`)).json).toMatchObject({ shared: { scope: 'anonymous' } });
  await clear('Outer');
});

test('a change of sharing shows in the drive’s delta', async () => {
  const latest = String((await sim.call('GET', `${base}/root/delta?token=latest`)).json?.['@odata.deltaLink']);
  await invite('Outer');
  expect(((await sim.call('GET', latest)).json?.['value'] as Json[]).map(({ name }) => name)).toEqual(['Outer']);
  await clear('Outer');
});

test('what the organisation forbids is refused: anonymous links unless everybody may, guests when nobody outside may', async () => {
  await sim.control('POST', '/tenants/contoso.com/users', { users: [{ alias: 'pat', displayName: 'Pat', guest: 'pat@partner.example' }] });
  const allow = (sharingCapability: string): Promise<unknown> => sim.control('PATCH', '/tenants/contoso.com', { sharingCapability });
  const link = (scope: string): Promise<Reply> => sim.call('POST', at('Outer', 'createLink'), { body: { type: 'view', scope } });
  const guest = (): Promise<Reply> => invite('Outer', { recipients: [{ email: 'pat@partner.example' }] });
  const refused = { status: 403, error: { code: 'accessDenied', innerError: { code: 'sharingDisabled' } } };
  await allow('externalUserSharingOnly');
  expect(await link('anonymous')).toMatchObject(refused);
  expect((await guest()).status).toBe(200);
  await clear('Outer');
  await allow('disabled');
  expect(await guest()).toMatchObject(refused);
  expect([(await link('organization')).status, (await invite('Outer')).status]).toEqual([201, 200]);
  await allow('externalUserAndGuestSharing');
  expect((await link('anonymous')).status).toBe(201);
  await clear('Outer');
});
