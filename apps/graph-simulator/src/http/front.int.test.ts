import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { startTestSimulator, type TestSimulator } from '../testing/test-simulator.js';

let sim: TestSimulator;
beforeAll(async () => { sim = await startTestSimulator(); });
afterAll(async () => { await sim.close(); });
afterEach(() => { sim.world.faults.remove(); });

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

test('a token verifies against the published keys and names tenant, app and roles', async () => {
  const token = await sim.token();
  const keys = createRemoteJWKSet(new URL('https://login.microsoftonline.com/common/discovery/v2.0/keys'), {
    [customFetch]: async () => new Response((await sim.call('GET', 'https://login.microsoftonline.com/common/discovery/v2.0/keys', { token: null })).text),
  });
  const { payload } = await jwtVerify(token, keys, { audience: 'https://graph.microsoft.com', issuer: `https://sts.windows.net/${sim.tenant.id}/` });
  expect(payload).toMatchObject({ tid: sim.tenant.id, appid: sim.app.clientId, idtyp: 'app', ver: '1.0' });
  expect(payload['roles']).toContain('User.Read.All');
});

test('every answer carries the ids, the date and the headers Graph sends', async () => {
  const reply = await sim.call('GET', '/v1.0/organization', { headers: { 'client-request-id': '11111111-2222-3333-4444-555555555555' } });
  expect(reply.status).toBe(200);
  expect(reply.headers).toMatchObject({ 'client-request-id': '11111111-2222-3333-4444-555555555555', 'cache-control': 'private' });
  expect(reply.headers['content-type']).toMatch(/^application\/json;odata\.metadata=minimal/);
  for (const name of ['request-id', 'date', 'x-ms-ags-diagnostic', 'strict-transport-security']) expect(reply.headers[name]).toBeTruthy();
});

describe('400', () => {
  test('an unknown segment is named', async () => {
    const reply = await sim.call('GET', '/v1.0/nonsense');
    expect([reply.status, reply.error]).toMatchObject([400, { code: 'BadRequest', message: "Resource not found for the segment 'nonsense'." }]);
    expect(reply.error?.['innerError']).toHaveProperty('request-id', reply.headers['request-id']);
  });
  test('an unknown query option', async () => { expect((await sim.call('GET', '/v1.0/users?$frobnicate=1')).status).toBe(400); });
  test('a property that users do not have', async () => { expect((await sim.call('GET', '/v1.0/users?$select=shoeSize')).status).toBe(400); });
  test('/me has no meaning without a user', async () => { expect((await sim.call('GET', '/v1.0/me/messages')).status).toBe(400); });
});

test('405 for a method the path does not take', async () => {
  const reply = await sim.call('DELETE', '/v1.0/organization');
  expect([reply.status, reply.headers['allow']]).toEqual([405, 'GET']);
});

describe('401', () => {
  test('without a token', async () => { expect((await sim.call('GET', '/v1.0/users', { token: null })).error?.['code']).toBe('InvalidAuthenticationToken'); });
  test('with a token another key signed', async () => {
    const [head, body] = (await sim.token()).split('.');
    expect((await sim.call('GET', '/v1.0/users', { token: `${head ?? ''}.${body ?? ''}.${Buffer.alloc(256).toString('base64url')}` })).status).toBe(401);
  });
  test('after the simulated hour is over', async () => {
    const own = await startTestSimulator();
    try {
      expect((await own.call('GET', '/v1.0/users')).status).toBe(200);
      own.world.clock.advance(3_601_000);
      expect((await own.call('GET', '/v1.0/users')).status).toBe(401);
    } finally { await own.close(); }
  });
});

test('403 for a route whose roles were not granted, with the code of its service', async () => {
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, ['Mail.Read']);
  const reply = await sim.call('GET', '/v1.0/users', { token: await sim.token() });
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, sim.app.requiredRoles);
  expect([reply.status, reply.error?.['code']]).toEqual([403, 'Authorization_RequestDenied']);
});

describe('faults', () => {
  test('the nth matching request fails, the others do not', async () => {
    sim.world.faults.add({ id: 'third', match: { path: '/users' }, nth: 3, action: { kind: 'status', status: 503, code: 'serviceNotAvailable', headers: { 'Retry-After': '7' } } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await sim.call('GET', '/v1.0/users')).status);
    expect(statuses).toEqual([200, 200, 503, 200]);
  });
  test('a connection dropped after the write leaves the write in place and in the log', async () => {
    sim.world.faults.add({ id: 'cut', match: { method: 'PATCH' }, nth: 1, action: { kind: 'resetAfterWrite' } });
    const user = sim.tenant.users[0]!;
    await expect(sim.call('PATCH', `/v1.0/users/${user.id}`, { body: { jobTitle: 'Cut' } })).rejects.toThrow();
    expect(user.jobTitle).toBe('Cut');
    await sim.until(() => sim.world.log.writes({ method: 'PATCH' })[0]?.status === 0);
    expect(sim.world.log.writes({ method: 'PATCH' })[0]).toMatchObject({ status: 0, route: '/users/{user}', tenantId: sim.tenant.id });
  });
  test('a connection dropped before the request changes nothing', async () => {
    sim.world.faults.add({ id: 'cut', match: { method: 'PATCH' }, nth: 1, action: { kind: 'resetBefore' } });
    const user = sim.tenant.users[1]!;
    await expect(sim.call('PATCH', `/v1.0/users/${user.id}`, { body: { jobTitle: 'Cut' } })).rejects.toThrow();
    expect(user.jobTitle).toBeNull();
  });
  test('a 504 after the write, an html 502 and an empty 503', async () => {
    const user = sim.tenant.users[2]!;
    sim.world.faults.add({ id: 'late', match: { method: 'PATCH' }, times: 1, action: { kind: 'statusAfterWrite', status: 504, code: 'UnknownError' } });
    expect((await sim.call('PATCH', `/v1.0/users/${user.id}`, { body: { jobTitle: 'Late' } })).status).toBe(504);
    expect(user.jobTitle).toBe('Late');
    sim.world.faults.add({ id: 'html', match: {}, times: 1, action: { kind: 'htmlError', status: 502 } });
    expect((await sim.call('GET', '/v1.0/users')).headers['content-type']).toBe('text/html');
    sim.world.faults.add({ id: 'empty', match: {}, times: 1, action: { kind: 'emptyStatus', status: 503 } });
    expect(await sim.call('GET', '/v1.0/users')).toMatchObject({ status: 503, text: '' });
  });
  test('a late answer is late after the work was done', async () => {
    const user = sim.tenant.users[0]!;
    sim.world.faults.add({ id: 'late', match: { method: 'PATCH' }, times: 1, action: { kind: 'lateAnswer', ms: 1_500 } });
    let answered = false;
    const call = sim.call('PATCH', `/v1.0/users/${user.id}`, { body: { jobTitle: 'Later' } }).then(({ status }) => {
      answered = true;
      return status;
    });
    await sim.until(() => user.jobTitle === 'Later');
    expect(answered).toBe(false);
    expect(await call).toBe(204);
  });
  test('a truncated body is seen as a broken answer, not a short one', async () => {
    sim.world.faults.add({ id: 'short', match: {}, times: 1, action: { kind: 'truncateBody', bytes: 40 } });
    await expect(sim.call('GET', '/v1.0/users')).rejects.toThrow();
  });
});

describe('$batch', () => {
  const batch = async (requests: unknown[]): Promise<{ status: number; responses: { id: string; status: number; headers: Record<string, string>; body: Record<string, unknown> }[] }> => {
    const reply = await sim.call('POST', '/v1.0/$batch', { body: { requests } });
    return { status: reply.status, responses: (reply.json?.['responses'] ?? []) as never };
  };
  test('each item has its own status under one 200, and none is lost', async () => {
    const { status, responses } = await batch([
      { id: '1', method: 'GET', url: '/organization' }, { id: '2', method: 'GET', url: 'users/nobody@contoso.com' }, { id: '3', method: 'GET', url: '/nonsense' },
    ]);
    expect(status).toBe(200);
    expect(Object.fromEntries(responses.map((r) => [r.id, r.status]))).toEqual({ 1: 200, 2: 404, 3: 400 });
  });
  test('what depends on a failure is 424, and so is what depends on that', async () => {
    const { responses } = await batch([
      { id: 'a', method: 'GET', url: '/users/nobody@contoso.com' }, { id: 'b', method: 'GET', url: '/users', dependsOn: ['a'] }, { id: 'c', method: 'GET', url: '/users', dependsOn: ['b'] },
    ]);
    expect(Object.fromEntries(responses.map((r) => [r.id, r.status]))).toEqual({ a: 404, b: 424, c: 424 });
  });
  test('faults strike single items', async () => {
    sim.world.faults.add({ id: 'one', match: { path: '/domains' }, action: { kind: 'status', status: 429, code: 'TooManyRequests', headers: { 'Retry-After': '3' } } });
    const { responses } = await batch([{ id: '1', method: 'GET', url: '/domains' }, { id: '2', method: 'GET', url: '/organization' }]);
    expect(responses.find((r) => r.id === '1')).toMatchObject({ status: 429, headers: { 'Retry-After': '3' } });
    expect(responses.find((r) => r.id === '2')?.status).toBe(200);
  });
  test.each([
    ['more than 20 items', Array.from({ length: 21 }, (_, i) => ({ id: String(i), method: 'GET', url: '/users' }))],
    ['an id used twice, in another case', [{ id: 'x', method: 'GET', url: '/users' }, { id: 'X', method: 'GET', url: '/users' }]],
    ['a dependency that does not exist', [{ id: '1', method: 'GET', url: '/users', dependsOn: ['9'] }]],
  ])('400 for the whole batch: %s', async (_what, requests) => { expect((await batch(requests)).status).toBe(400); });
});

test('a client that leaves in the middle of its body is logged as unanswered, and nothing was written', async () => {
  const token = await sim.token();
  const req = request({ port: sim.port, host: '127.0.0.1', method: 'PATCH', path: `/v1.0/users/${sim.tenant.users[0]!.id}`, headers: { host: 'graph.microsoft.com', authorization: `Bearer ${token}`, 'client-request-id': 'gone', 'content-length': '1000' } });
  req.on('error', () => undefined);
  req.write('{"jobTitle":');
  await sim.until(() => sim.world.log.inFlight > 0);
  req.destroy();
  await sim.until(() => sim.world.log.requests()[0]?.clientRequestId === 'gone');
  expect(sim.world.log.requests()[0]).toMatchObject({ status: 0, write: false });
});

test('bodies over 4 MB are 413 without a body', async () => {
  const reply = await sim.call('POST', '/v1.0/users', { raw: Buffer.alloc(4 * 1024 * 1024 + 1, 'x') });
  expect([reply.status, reply.text]).toEqual([413, '']);
});

test('a nextLink keeps the production host and leads through every user once', async () => {
  const seen: string[] = [];
  let url: string | undefined = 'https://graph.microsoft.com/v1.0/users?$top=2&$select=id,userPrincipalName';
  for (let pages = 0; url !== undefined && pages < 10; pages += 1) {
    const page: Record<string, unknown> = (await sim.call('GET', url)).json ?? {};
    for (const u of page['value'] as { id: string }[]) seen.push(u.id);
    url = page['@odata.nextLink'] as string | undefined;
    if (url !== undefined) expect(url).toMatch(/^https:\/\/graph\.microsoft\.com\/v1\.0\/users\?/);
  }
  expect(seen.sort()).toEqual(sim.tenant.users.map((u) => u.id).sort());
});

test('both listeners answer by the Host header, TLS with a certificate of the written authority', async () => {
  const overTls = await sim.callTls('GET', '/v1.0/organization');
  expect(overTls).toMatchObject({ status: 200 });
});

test('a client that is given the plain port as its HTTPS proxy reaches the production hosts by their names, and no others', async () => {
  const tunnel = async (to: string): Promise<{ status: number | undefined; socket: Socket }> => {
    const asked = request({ port: sim.port, host: '127.0.0.1', method: 'CONNECT', path: to }).end();
    const [{ statusCode }, socket] = (await once(asked, 'connect')) as [{ statusCode?: number }, Socket];
    return { status: statusCode, socket };
  };
  const { status, socket } = await tunnel('contoso-my.sharepoint.com:443');
  expect(status).toBe(200);
  const secure = connectTls({ socket, servername: 'contoso-my.sharepoint.com', ca: sim.caCert ?? '' });
  await once(secure, 'secureConnect');
  secure.write('GET /nothing HTTP/1.1\r\nHost: contoso-my.sharepoint.com\r\nConnection: close\r\n\r\n');
  expect(String((await once(secure, 'data'))[0])).toMatch(/^HTTP\/1\.1 404 /);
  secure.destroy();
  for (const other of ['example.com:443', 'graph.microsoft.com:22']) {
    const refused = await tunnel(other);
    expect(refused.status).toBe(403);
    refused.socket.destroy();
  }
});

test('a client that dials the address itself is understood by the path', async () => {
  const status = await new Promise<[number | undefined, IncomingHttpHeaders]>((resolve, reject) => {
    request({ port: sim.port, host: '127.0.0.1', path: `/${sim.tenant.id}/v2.0/.well-known/openid-configuration` }, (res) => { res.resume(); resolve([res.statusCode, res.headers]); }).on('error', reject).end();
  });
  expect(status[0]).toBe(200);
});

describe('usage report', () => {
  test('302 to a link that wants no token, and refuses one', async () => {
    const reply = await sim.call('GET', "/v1.0/reports/getMailboxUsageDetail(period='D7')");
    expect(reply.status).toBe(302);
    const link = String(reply.headers['location']);
    expect((await sim.call('GET', link)).status).toBe(401);
    const csv = await sim.call('GET', link, { token: null });
    expect(csv.status).toBe(200);
    expect(csv.text.startsWith('\uFEFFReport Refresh Date,User Principal Name')).toBe(true);
    sim.world.clock.advance(6 * 60_000);
    expect((await sim.call('GET', link, { token: null })).status).toBe(403);
  });
  test('names are hashed when the tenant conceals them', async () => {
    sim.tenant.concealedNames = true;
    const link = String((await sim.call('GET', "/v1.0/reports/getMailboxUsageDetail(period='D7')")).headers['location']);
    const { text } = await sim.call('GET', link, { token: null });
    sim.tenant.concealedNames = false;
    expect(text).not.toContain('contoso.com');
    expect(text).toContain(createHash('md5').update(sim.tenant.users[0]!.userPrincipalName).digest('hex').toUpperCase());
  });
});

test('the control interface seeds a tenant and refuses a body that does not fit', async () => {
  const made = await sim.control('POST', '/tenants', { domain: 'northwind.com', displayName: 'Northwind', count: 30 });
  expect(made).toMatchObject({ status: 200, json: { users: 30, domain: 'northwind.com' } });
  expect(await sim.control('POST', '/tenants', { domain: 'x' })).toMatchObject({ status: 400 });
  expect(await sim.control('GET', '/nothing')).toMatchObject({ status: 404 });
  expect(json((await sim.controlText('GET', '/')).text)).toHaveProperty('operations');
});
