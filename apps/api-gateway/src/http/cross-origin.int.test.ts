/** What pages of other origins can do with somebody's session: nothing. */
import { RunningGateway } from '../testing/running-gateway.js';

let world: RunningGateway;
beforeAll(async () => {
  world = await RunningGateway.start();
});
afterAll(() => world.close());

const post = (path: string, headers: Record<string, string>, body: unknown = {}): Promise<Response> => fetch(`${world.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const person = { organisationName: 'Test', name: 'Ada', email: 'ada@contoso.test', password: 'correct horse battery staple' };
const sessions = async (): Promise<number> => (await world.db.sql`select 1 from gateway.sessions`).length;

test('a session changes things only from the platform’s own pages; a key needs no page', async () => {
  const signedUp = await post('/v1/auth/sign-up', {}, person);
  expect(signedUp.status).toBe(201);
  const cookie = signedUp.headers.getSetCookie()[0]!.split(';')[0]!;
  const invite = async (headers: Record<string, string>): Promise<number> => (await post('/v1/members/invitations', headers, { email: 'linus@contoso.test', role: 'viewer' })).status;
  const own = world.url;
  const foreign: Record<string, string>[] = [
    {}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: own.replace('http:', 'https:') }, { origin: `${own}.evil.example` },
    { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }, { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of foreign) expect({ headers, status: await invite({ cookie, ...headers }) }).toEqual({ headers, status: 403 });
  expect(await world.db.sql`select 1 from gateway.invitations`).toHaveLength(0);
  for (const headers of [{ origin: own }, { 'sec-fetch-site': 'same-origin' }]) expect({ headers, status: await invite({ cookie, ...headers }) }).toEqual({ headers, status: 201 });
  expect(await invite({ authorization: (await world.key()).authorization })).toBe(201);
  // Reading is what the same-origin policy of browsers guards.
  expect((await fetch(`${world.url}/v1/members`, { headers: { cookie, origin: 'https://evil.example' } })).headers.get('access-control-allow-origin')).toBeNull();
});

test('a page elsewhere cannot sign anybody in or up, and a program can', async () => {
  const before = await sessions();
  const { email, password } = person;
  for (const [path, body] of [['/v1/auth/sign-in', { email, password }], ['/v1/auth/sign-up', { ...person, email: 'eve@contoso.test' }]] as const)
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) expect((await post(path, headers as Record<string, string>, body)).status).toBe(403);
  expect(await sessions()).toBe(before);
  expect((await post('/v1/auth/sign-in', {}, { email, password })).status).toBe(200);
  expect((await post('/v1/auth/sign-in', { origin: world.url }, { email, password })).status).toBe(200);
});
