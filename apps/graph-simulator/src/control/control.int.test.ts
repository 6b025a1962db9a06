import { startTestSimulator, type TestSimulator } from '../testing/test-simulator.js';

let sim: TestSimulator;
beforeAll(async () => { sim = await startTestSimulator(); });
afterAll(async () => { await sim.close(); });

test('the index lists every operation with one line about it', async () => {
  const { json } = await sim.control('GET', '/');
  const operations = json['operations'] as { method: string; path: string; summary: string }[];
  expect(operations.map((o) => `${o.method} ${o.path}`)).toEqual(expect.arrayContaining(['POST /tenants', 'POST /apps', 'DELETE /consents', 'POST /faults', 'POST /limits', 'POST /clock', 'GET /requests', 'GET /writes', 'GET /counters', 'POST /shutdown']));
  expect(operations.every((o) => o.summary.length > 5)).toBe(true);
});

test('an app registered, consented, switched off and revoked is so for the token endpoint', async () => {
  const clientId = '0a1b2c3d-1111-4222-8333-444455556666';
  await sim.control('POST', '/apps', { clientId, displayName: 'Second', secrets: ['one', { value: 'old', expiresAt: '2020-01-01T00:00:00Z' }], requiredRoles: ['User.Read.All'] });
  const code = async (secret: string): Promise<unknown> => {
    const reply = await sim.call('POST', 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token', { token: null, form: { client_id: clientId, client_secret: secret, scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' } });
    return (reply.json?.['error_codes'] as number[] | undefined)?.[0] ?? reply.status;
  };
  expect(await code('one')).toBe(700016);
  await sim.control('POST', '/consents', { tenant: 'contoso.com', clientId });
  expect([await code('one'), await code('old')]).toEqual([200, 7000222]);
  await sim.control('PATCH', '/consents', { tenant: 'contoso.com', clientId, enabled: false });
  expect(await code('one')).toBe(7000112);
  await sim.control('DELETE', '/consents', { tenant: 'contoso.com', clientId });
  expect(await code('one')).toBe(7000229);
  expect(JSON.stringify((await sim.control('GET', '/apps')).json)).not.toContain('"one"');
});

test('requests can be asked for by tenant, route and status', async () => {
  await sim.call('GET', '/v1.0/organization');
  await sim.control('DELETE', '/requests');
  await sim.call('GET', '/v1.0/users');
  await sim.call('GET', '/v1.0/users/nobody@contoso.com');
  const { json } = await sim.control('GET', '/requests?tenant=contoso.com&path=/users&status=404');
  expect(json['requests']).toMatchObject([{ status: 404, code: 'Request_ResourceNotFound', route: '/users/{user}', clientId: sim.app.clientId }]);
  expect((await sim.control('GET', '/counters')).json).toMatchObject({ byRoute: { 'GET /users': 1, 'GET /users/{user}': 1 }, byStatus: { 200: 1, 404: 1 } });
  expect((await sim.control('GET', '/requests?nonsense=1')).status).toBe(400);
});

test('limits of one tenant are its own, and what a custom profile leaves out is as published', async () => {
  expect((await sim.control('POST', '/limits', { tenant: 'contoso.com', profile: { reports: { max: 1, windowMs: 60_000 }, retryAfter: 'missing' } })).status).toBe(200);
  const report = () => sim.call('GET', "/v1.0/reports/getMailboxUsageDetail(period='D7')");
  expect((await report()).status).toBe(302);
  const refused = await report();
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, undefined]);
  expect(sim.world.limits.profileOf(sim.tenant.id).outlook.concurrent).toBe(4);
  expect(sim.world.limits.profileOf('another').name).toBe('none');
  await sim.control('POST', '/limits', { profile: 'none' });
  expect((await report()).status).toBe(302);
});

test('the clock moves, stands still and never runs back', async () => {
  await sim.control('POST', '/clock', { scale: 0 });
  const before = sim.world.clock.now();
  await sim.control('POST', '/clock', { advanceMs: 60_000 });
  expect(sim.world.clock.now()).toBe(before + 60_000);
  expect((await sim.control('POST', '/clock', { advanceMs: -1 })).status).toBe(400);
  await sim.control('POST', '/clock', { scale: 1 });
});

test.each([
  ['a fault with a broken path', 'POST', '/faults', { id: 'x', match: { path: '(' }, action: { kind: 'resetBefore' } }, 400],
  ['a fault with an unknown action', 'POST', '/faults', { id: 'x', action: { kind: 'explode' } }, 400],
  ['a tenant that exists', 'POST', '/tenants', { domain: 'contoso.com', displayName: 'Again' }, 409],
  ['a consent to an unknown app', 'POST', '/consents', { tenant: 'contoso.com', clientId: '99999999-1111-4222-8333-444455556666' }, 404],
  ['a tenant nobody knows', 'GET', '/tenants/nowhere.com', undefined, 404],
  ['a wrong method', 'PUT', '/tenants', {}, 405],
])('%s is refused with a reason', async (_what, method, path, body, status) => {
  const reply = await sim.control(method, path, body);
  expect(reply.status).toBe(status);
  expect(String(reply.json['error']).length).toBeGreaterThan(5);
});

test('a tenant whose content does not fit is not half made', async () => {
  const before = sim.world.tenants.size;
  expect((await sim.control('POST', '/tenants', { domain: 'half.com', displayName: 'Half', count: 3, content: { messages: 'many' } })).status).toBe(400);
  expect(sim.world.tenants.size).toBe(before);
});

test('shutdown is asked for, not enforced', async () => {
  await sim.control('POST', '/shutdown');
  await sim.stopped;
  expect((await sim.control('GET', '/clock')).status).toBe(200);
});
