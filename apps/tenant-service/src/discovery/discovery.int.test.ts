import { consumeFact } from '@migrator/messaging/facts';
import type { InternalUser } from '@migrator/contracts/internal';
import { connectNats } from '@migrator/messaging/nats';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { platformApp, TenantWorld } from '../testing/tenant-world.js';

const people = [
  { alias: 'ada', displayName: 'Ada', content: { seed: 'ada', messages: 20 } },
  { alias: 'bo', displayName: 'Bo', content: { seed: 'bo', messages: 5 } },
  { alias: 'info', displayName: 'Info', kind: 'shared' },
  { alias: 'room', displayName: 'Room', kind: 'room' },
  { alias: 'admin', displayName: 'Administrator', mailbox: false },
];
interface Listed {
  id: string;
  upn: string;
  sourceSizeBytes: number | null;
}
const names = (users: Listed[]): string[] => users.map(({ upn }) => upn.split('@')[0] ?? '').sort();
const sizes = (users: Listed[]): Record<string, number | null> => Object.fromEntries(users.map((user) => [user.upn.split('@')[0], user.sourceSizeBytes]));

let world: TenantWorld;
beforeAll(async () => {
  world = await TenantWorld.start();
});
afterAll(() => world.stop());
afterEach(async () => {
  await world.simulator.control('DELETE', '/faults');
});

const fault = (body: Record<string, unknown>): Promise<unknown> => world.simulator.control('POST', '/faults', body);
const conceal = async (concealedNames: boolean): Promise<void> => {
  const { status } = await fetch(`${world.simulator.controlUrl}/tenants/hidden.example`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ concealedNames }) });
  expect(status).toBe(200);
};
const discover = async (tenantId: string): Promise<string> => {
  const { status, body } = await world.call('POST', `/v1/tenants/${tenantId}/discover`);
  expect(status).toBe(202);
  return (body as { job: { id: string } }).job.id;
};

test('connecting discovers every mailbox with its size, and nobody without one; the facts are announced', async () => {
  const nats = await connectNats({ url: world.config.NATS_URL, namespace: world.config.MESSAGING_NAMESPACE, name: 'test', logger: createLogger('test', 'silent') });
  const facts: string[] = [];
  const consumers = await Promise.all((['tenant.connected', 'discovery.finished'] as const).map((type) => consumeFact(nats, 'test', type, ({ payload }) => Promise.resolve(void facts.push(`${type} ${payload.tenantId}`)), createLogger('test', 'silent'))));
  await world.seed('first.example', { users: people });
  const tenant = await world.connect('first.example');
  const { body } = await world.discovered(tenant.id);
  const users = (body as { users: Listed[] }).users;
  expect(names(users)).toEqual(['ada', 'bo', 'info', 'room']);
  expect(users[0]).toEqual({ id: expect.stringMatching(/^dbu_/) as string, tenantId: tenant.id, upn: expect.any(String) as string, displayName: expect.any(String) as string, sourceSizeBytes: expect.any(Number) as number });
  const bySize = sizes(users);
  expect(bySize['ada']).toBeGreaterThan(bySize['bo'] ?? 0);
  expect(bySize['bo']).toBeGreaterThan(0);
  const [root] = ((await world.call('GET', `/v1/tenants/${tenant.id}/sites`)).body as { sites: { sizeBytes: string }[] }).sites;
  const total = users.reduce((sum, user) => sum + (user.sourceSizeBytes ?? 0), Number(root?.sizeBytes));
  expect((await world.call('GET', `/v1/tenants/${tenant.id}`)).body.tenant).toMatchObject({ mailboxCount: 4, totalSizeBytes: total, siteCount: 1, discoveredAt: expect.any(String) as string });
  const inside = await world.internal(`/internal/orgs/${world.org}/tenants/${tenant.id}/users`, 'job-service');
  expect(Object.fromEntries((inside.body as { users: { displayName: string; kind: string; hasMailbox: boolean }[] }).users.map((user) => [user.displayName, user.hasMailbox ? user.kind : null]))).toEqual({ Ada: 'user', Bo: 'user', Info: 'shared', Room: 'room', Administrator: null });
  expect((inside.body as { users: InternalUser[] }).users.find(({ displayName }) => displayName === 'Ada')).toMatchObject({ accountEnabled: true, mailboxLicensed: true, driveLicensed: true, mailboxQuotaBytes: expect.any(Number) as number });
  expect((inside.body as { users: InternalUser[] }).users.find(({ displayName }) => displayName === 'Info')).toMatchObject({ mailboxLicensed: false, driveLicensed: false });
  await eventually('both facts', () => facts.includes(`tenant.connected ${tenant.id}`) && facts.includes(`discovery.finished ${tenant.id}`));
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await nats.close();
});

test('with limit, cursor or search the list comes in pages that miss nothing and repeat nothing', async () => {
  const [tenant] = await world.tenants();
  const all = ((await world.call('GET', `/v1/tenants/${tenant!.id}/users`)).body as { users: Listed[] }).users;
  const paged: Listed[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await world.call('GET', `/v1/tenants/${tenant!.id}/users?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
    const page = body as { users: Listed[]; nextCursor: string | null; hasMore: boolean };
    expect(page.hasMore).toBe(page.nextCursor !== null);
    paged.push(...page.users);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(paged).toEqual(all);
  expect(names(((await world.call('GET', `/v1/tenants/${tenant!.id}/users?search=aD`)).body as { users: Listed[] }).users)).toEqual(['ada']);
  expect((await world.call('GET', `/v1/tenants/${tenant!.id}/users?search=%25`)).body.users).toEqual([]);
  for (const bad of ['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense']) expect((await world.call('GET', `/v1/tenants/${tenant!.id}/users?${bad}`)).status).toBe(422);
});

test('while a new scan runs, and when it fails, the last snapshot stays; people who stay keep their ids', async () => {
  const [tenant] = await world.tenants();
  const before = ((await world.discovered(tenant!.id)).body as { users: Listed[] }).users;
  await fault({ id: 'broken', match: { path: '/v1.0/users' }, times: 1_000, action: { kind: 'status', status: 403, code: 'Authorization_RequestDenied', message: 'x' } });
  const failed = await world.discovered(tenant!.id, 'ERROR', await discover(tenant!.id));
  expect((failed.body as { users: Listed[] }).users).toEqual(before);
  await world.simulator.control('DELETE', '/faults');
  await world.simulator.control('POST', '/tenants/first.example/users', { users: [{ alias: 'cy', displayName: 'Cy' }] });
  await world.simulator.control('DELETE', '/tenants/first.example/users/bo@first.example');
  await fault({ id: 'slow', match: { path: '/v1.0/users' }, times: 1, action: { kind: 'delayMs', ms: 700 } });
  const run = await discover(tenant!.id);
  const during = await world.discovered(tenant!.id, 'RUNNING' as 'DONE', run);
  expect((during.body as { users: Listed[] }).users).toEqual(before);
  const after = ((await world.discovered(tenant!.id, 'DONE', run)).body as { users: Listed[] }).users;
  expect(names(after)).toEqual(['ada', 'cy', 'info', 'room']);
  const idOf = (users: Listed[], alias: string) => users.find((user) => user.upn.startsWith(`${alias}@`))?.id;
  for (const alias of ['ada', 'info', 'room']) expect(idOf(after, alias)).toBe(idOf(before, alias));
});

test.each<[string, () => Promise<unknown>]>([
  ['conceals names in its reports', () => conceal(true)],
  ['grants no reports', () => conceal(false).then(() => fault({ id: 'no', match: { path: '/reports/' }, times: 1_000, action: { kind: 'status', status: 403, code: 'S2SUnauthorized', message: 'x' } }))],
])('a tenant that %s is measured mailbox by mailbox', async (_what, arrange) => {
  const known = await world.simulator.control<{ tenants: { domain: string }[] }>('GET', '/tenants');
  if (!known.tenants.some(({ domain }) => domain === 'hidden.example')) await world.seed('hidden.example', { users: people });
  const tenant = await world.connect('hidden.example');
  const { latestJob } = (await world.discovered(tenant.id)).body as { latestJob: { id: string } };
  expect(latestJob.id).toMatch(/^dis_/);
  await arrange();
  const { body } = await world.discovered(tenant.id, 'DONE', await discover(tenant.id));
  const bySize = sizes((body as { users: Listed[] }).users);
  expect(Object.keys(bySize).sort()).toEqual(['ada', 'bo', 'info', 'room']);
  expect(bySize['ada']).toBeGreaterThan(bySize['bo'] ?? 0);
  expect(bySize['bo']).toBeGreaterThan(0);
});

test('a mailbox whose purpose may not be asked is still found, by the report', async () => {
  const [tenant] = (await world.tenants()).filter(({ domain }) => domain === 'first.example');
  await fault({ id: 'no', match: { path: '/mailboxSettings' }, times: 1_000, action: { kind: 'status', status: 403, code: 'ErrorAccessDenied', message: 'x' } });
  const { body } = await world.discovered(tenant!.id, 'DONE', await discover(tenant!.id));
  expect(names((body as { users: Listed[] }).users)).toEqual(['ada', 'cy', 'info', 'room']);
});

test('a service that is stopped in the middle gives its run back, and the next one finishes it', async () => {
  const [tenant] = (await world.tenants()).filter(({ domain }) => domain === 'first.example');
  await fault({ id: 'slow', match: { path: '/v1.0/users' }, times: 1, action: { kind: 'delayMs', ms: 3_000 } });
  const run = await discover(tenant!.id);
  await world.discovered(tenant!.id, 'RUNNING' as 'DONE', run);
  await world.service.stop();
  expect((await world.db.sql`select status from tenants.discoveries where id = ${run}`)[0]).toEqual({ status: 'QUEUED' });
  await world.simulator.control('DELETE', '/faults');
  world.service = await world.newService();
  await world.discovered(tenant!.id, 'DONE', run);
});

test('calls to Microsoft are counted for Prometheus', async () => {
  const text = await (await fetch(`${world.service.privateUrl}/metrics`)).text();
  expect(/migrator_tenant_graph_request_seconds_count\{.*budget="directory",status="2xx"\} [1-9]/.test(text)).toBe(true);
  expect(text.includes(platformApp.clientId)).toBe(false);
});
