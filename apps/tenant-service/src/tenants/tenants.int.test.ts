import { eventually } from '@migrator/testing/eventually';
import { newOrg, TenantWorld } from '../testing/tenant-world.js';

let world: TenantWorld;
let tenantId: string;
beforeAll(async () => {
  world = await TenantWorld.start();
  await world.seed('contoso.example', { count: 2 });
  tenantId = (await world.connect('contoso.example')).id;
  await world.discovered(tenantId);
});
afterAll(() => world.stop());

const routes: [string, string][] = [
  ['GET', ''],
  ['GET', '/users'],
  ['GET', '/sites'],
  ['GET', '/teams'],
  ['GET', '/throttling'],
  ['POST', '/discover'],
  ['DELETE', ''],
];

test.each(routes)('%s %s: another organisation’s tenant answers exactly as one that does not exist, and nothing happens to it', async (method, below) => {
  const other = newOrg();
  const theirs = await world.call(method, `/v1/tenants/${tenantId}${below}`, undefined, { org: other });
  const nothing = await world.call(method, `/v1/tenants/ten_01ARZ3NDEKTSV4RRFFQ69G5FAV${below}`, undefined, { org: other });
  const odd = await world.call(method, `/v1/tenants/nonsense${below}`, undefined, { org: other });
  expect([theirs.status, nothing.status, odd.status]).toEqual([404, 404, 404]);
  expect({ ...theirs.body, requestId: null }).toEqual({ error: expect.any(String) as string, code: 'TENANT_NOT_FOUND', status: 404, requestId: null });
  expect({ ...theirs.body, requestId: null }).toEqual({ ...nothing.body, requestId: null });
  expect(world.detached).toEqual([]);
  expect((await world.call('GET', `/v1/tenants/${tenantId}`)).status).toBe(200);
});

test('each organisation sees its own tenants, also of one and the same domain', async () => {
  const other = newOrg();
  expect(await world.tenants(other)).toEqual([]);
  const theirs = await world.connect('contoso.example', 'source', other);
  expect(theirs.id).not.toBe(tenantId);
  expect((await world.tenants()).map(({ id }) => id)).toEqual([tenantId]);
  expect((await world.internal(`/internal/orgs/${other}/tenants/${tenantId}`)).status).toBe(404);
  expect((await world.internal(`/internal/orgs/${other}/tenants/${tenantId}/users`)).status).toBe(404);
  expect((await world.internal(`/internal/orgs/${other}/tenants/${tenantId}/credential`)).status).toBe(404);
});

test('a call without an identity, without the scope, or by a person on an internal address is refused', async () => {
  const person = (scopes: ('read' | 'write' | 'admin')[]) => ({ identity: { org: world.org, actor: 'key:test', role: 'viewer' as const, scopes, requestId: 'req_12345678' } });
  expect((await world.call('GET', '/v1/tenants', undefined, { identity: null })).status).toBe(401);
  expect((await world.call('DELETE', `/v1/tenants/${tenantId}`, undefined, person(['read', 'write']))).status).toBe(403);
  expect((await world.call('POST', `/v1/tenants/${tenantId}/discover`, undefined, person(['read']))).status).toBe(403);
  expect((await world.call('POST', '/v1/tenants/connect', { domain: 'contoso.example', role: 'source' }, person(['read', 'write']))).status).toBe(403);
  expect((await world.call('GET', `/internal/orgs/${world.org}/tenants/${tenantId}/credential`)).status).toBe(404);
});

test('disconnecting pauses the jobs first: with job-service away nothing is erased', async () => {
  world.jobServiceIsUp = false;
  const refused = await world.call('DELETE', `/v1/tenants/${tenantId}`);
  expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE' });
  expect((await world.discovered(tenantId)).body.users).toHaveLength(2);
  world.jobServiceIsUp = true;
  expect((await world.call('DELETE', `/v1/tenants/${tenantId}`)).body).toEqual({ deleted: true });
  expect(world.detached[0]).toBe(`/internal/orgs/${world.org}/tenants/${tenantId}/detach?erased=false`);
  expect((await world.call('GET', `/v1/tenants/${tenantId}`)).status).toBe(404);
  expect(await world.tenants()).toEqual([]);
  const [left] = await world.db.sql`select granted_roles, mailbox_count, (select count(*) from tenants.discovered_users where tenant_id = t.id) as users, (select count(*) from tenants.discoveries where tenant_id = t.id) as runs from tenants.tenants t where id = ${tenantId}`;
  expect(left).toEqual({ granted_roles: [], mailbox_count: null, users: 0, runs: 0 });
});

test('a disconnection that was broken off after it was noted is completed by the service, with the jobs paused first', async () => {
  await world.seed('broken.example', { count: 1 });
  const tenant = await world.connect('broken.example');
  await world.discovered(tenant.id);
  await world.service.stop();
  await world.db.sql`update tenants.tenants set disconnecting_at = now() - interval '2 minutes' where id = ${tenant.id}`;
  world.detached.length = 0;
  world.service = await world.newService();
  await eventually('the tenant is gone', async () => (await world.call('GET', `/v1/tenants/${tenant.id}`)).status === 404);
  await eventually('it is noted as complete', async () => (await world.db.sql`select 1 from tenants.tenants where disconnecting_at is not null`).length === 0);
  expect(new Set(world.detached)).toEqual(new Set(['false', 'true'].map((erased) => `/internal/orgs/${world.org}/tenants/${tenant.id}/detach?erased=${erased}`)));
});

test('with a limit, a cursor or a search the tenants come in pages, newest first', async () => {
  const org = newOrg();
  for (const domain of ['one.example', 'two.example', 'three.example']) {
    await world.seed(domain, { count: 1 });
    await world.connect(domain, 'source', org);
  }
  const read = async (query: string) => (await world.call('GET', `/v1/tenants?${query}`, undefined, { org })).body as { tenants: { domain: string }[]; nextCursor: string | null; hasMore: boolean };
  const first = await read('limit=2');
  expect([first.tenants.map(({ domain }) => domain), first.hasMore]).toEqual([['three.example', 'two.example'], true]);
  const second = await read(`limit=2&cursor=${first.nextCursor ?? ''}`);
  expect([second.tenants.map(({ domain }) => domain), second.hasMore, second.nextCursor]).toEqual([['one.example'], false, null]);
  expect((await read('search=TWO')).tenants.map(({ domain }) => domain)).toEqual(['two.example']);
  expect((await world.call('GET', `/v1/tenants?cursor=${first.nextCursor ?? ''}`)).status).toBe(422);
});

test('connected again after that, it is a new tenant', async () => {
  expect((await world.connect('contoso.example')).id).not.toBe(tenantId);
});
