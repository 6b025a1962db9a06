import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { createGovernor, type Governor } from './governor/governor.js';
import { createGraphClient } from './graph-client.js';
import type { GraphPort } from './graph-port.js';
import { createHttp, type Http } from './http.js';
import { createLastHop } from './last-hop.js';
import { createTokenSource, type TokenSource } from './tokens/token-source.js';

const clientId = '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30';
const flow = { organisation: 'org', job: 'job', workload: 'EMAIL' };
const directory = { kind: 'directory' } as const;
let simulator: TestSimulator;
let http: Http;
let governor: Governor;
let tokens: TokenSource;
let port: GraphPort;
let tenantId: string;
let mailbox: { kind: 'outlook'; mailbox: string };
const waits: number[] = [];

const fault = (body: Record<string, unknown>): Promise<unknown> => simulator.control('POST', '/faults', body);
const requests = async (path: string): Promise<{ status: number }[]> => (await simulator.control<{ requests: { status: number }[] }>('GET', `/requests?path=${encodeURIComponent(path)}&limit=100`)).requests;
const connect = (secret: string): TokenSource => createTokenSource({ tenantId, clientId, credential: { kind: 'secret', clientSecret: secret } }, http);
const draft = (subject: string): Record<string, unknown> => ({ subject, body: { contentType: 'text', content: 'x' } });

beforeAll(async () => {
  simulator = await startSimulator();
  http = createHttp(createLastHop(simulator.url));
  governor = createGovernor({ observer: { onThrottled: (_budget, ms) => waits.push(ms) } });
  const made = await simulator.control<{ id: string }>('POST', '/tenants', { domain: 'contoso.example', displayName: 'Contoso', count: 30 });
  tenantId = made.id;
  await simulator.control('POST', '/consents', { tenant: tenantId, clientId });
  tokens = connect('simulator-secret');
  port = createGraphClient({ tenantId, clientId, tokens, http, governor, flow });
  const { value } = await port.get<{ value: { id: string }[] }>('/users', { budget: directory, query: { $top: '1', $select: 'id' } });
  mailbox = { kind: 'outlook', mailbox: value[0]!.id };
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
});
afterEach(async () => {
  waits.length = 0;
  await simulator.control('DELETE', '/faults');
  await simulator.control('DELETE', '/requests');
});

test('msal’s token opens Graph, and pages keep their production links', async () => {
  expect((await tokens.token()).roles).toContain('MailboxItem.Read.All');
  const links: (string | null)[] = [];
  const ids = new Set<string>();
  for await (const page of port.pages<{ id: string }>('/users', { budget: directory, query: { $top: '7', $select: 'id' } })) {
    links.push(page.nextLink);
    for (const { id } of page.value) ids.add(id);
  }
  expect(ids.size).toBe(30);
  for (const link of links.slice(0, -1)) expect(link).toMatch(/^https:\/\/graph\.microsoft\.com\/v1\.0\/users\?/);
  expect(links.at(-1)).toBeNull();
});

test('a wrong secret says what to do, and asks once', async () => {
  const wrong = createGraphClient({ tenantId, clientId, tokens: connect('wrong'), http, governor, flow });
  await expect(wrong.get('/users', { budget: directory })).rejects.toMatchObject({ kind: 'unauthorised', graphCode: 'AADSTS7000215', cause: { kind: 'credential' } });
  expect(await requests('/oauth2/v2.0/token')).toHaveLength(1);
});

test('a refused token is renewed once and the call goes through', async () => {
  await fault({ id: 'stale', match: { path: '/organization' }, nth: 1, action: { kind: 'status', status: 401, code: 'InvalidAuthenticationToken', message: 'x' } });
  expect((await port.get<{ value: unknown[] }>('/organization', { budget: directory })).value).toHaveLength(1);
  expect((await requests('/organization')).map((each) => each.status).sort()).toEqual([200, 401]);
  expect(await requests('/oauth2/v2.0/token')).toHaveLength(1);
});

test('a revoked consent ends the call instead of going round in circles', async () => {
  const { id } = await simulator.control<{ id: string }>('POST', '/tenants', { domain: 'revoked.example', displayName: 'Revoked', count: 1 });
  await simulator.control('POST', '/consents', { tenant: id, clientId });
  const revoked = createGraphClient({ tenantId: id, clientId, tokens: createTokenSource({ tenantId: id, clientId, credential: { kind: 'secret', clientSecret: 'simulator-secret' } }, http), http, governor, flow });
  await revoked.get('/users', { budget: directory });
  await simulator.control('DELETE', '/consents', { tenant: id, clientId, tokens: 'end' });
  await expect(revoked.get('/users', { budget: directory })).rejects.toMatchObject({ kind: 'unauthorised' });
});

test('throttling is waited out as Retry-After says, for a write too, and the write happens once', async () => {
  await fault({ id: 'slow down', match: { method: 'POST', path: '/messages$' }, nth: 1, action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'x', headers: { 'Retry-After': '1' } } });
  await port.post(`/users/${mailbox.mailbox}/messages`, draft('throttled'), { budget: mailbox });
  expect(waits).toEqual([1_000]);
  expect((await requests('/messages')).map((each) => each.status).sort()).toEqual([201, 429]);
});

test('a connection cut after the write is in doubt: it was carried out once, and is not sent again', async () => {
  await fault({ id: 'cut', match: { method: 'POST', path: '/messages$' }, nth: 1, action: { kind: 'resetAfterWrite' } });
  await expect(port.post(`/users/${mailbox.mailbox}/messages`, draft('cut'), { budget: mailbox })).rejects.toMatchObject({ kind: 'in_doubt' });
  const { value } = await port.get<{ value: unknown[] }>(`/users/${mailbox.mailbox}/messages`, { budget: mailbox, query: { $filter: "subject eq 'cut'", $select: 'id' } });
  expect(value).toHaveLength(1);
});

test('a read survives cut connections, cut bodies, a proxy’s page and an outage', async () => {
  await fault({ id: 'a', match: { path: '/organization' }, nth: 1, action: { kind: 'resetBefore' } });
  await fault({ id: 'b', match: { path: '/organization' }, nth: 2, action: { kind: 'truncateBody', bytes: 40 } });
  await fault({ id: 'c', match: { path: '/organization' }, nth: 3, action: { kind: 'htmlError', status: 502 } });
  const { value } = await port.get<{ value: { id: string }[] }>('/organization', { budget: directory });
  expect(value[0]?.id).toBe(tenantId);
});

test('a batch of any size comes back whole, with throttled requests sent again', async () => {
  await fault({ id: 'some', match: { method: 'GET', path: '/v1.0/users/' }, nth: 5, times: 3, action: { kind: 'status', status: 429, code: 'TooManyRequests', message: 'x', headers: { 'Retry-After': '1' } } });
  const answers = await port.batch(Array.from({ length: 45 }, (_each, n) => ({ id: String(n), method: 'GET' as const, url: `/users/${mailbox.mailbox}?$select=id` })), { budget: directory });
  expect([...answers.values()].map((answer) => answer.status)).toEqual(Array.from({ length: 45 }, () => 200));
  expect(waits).toEqual([1_000]);
});

test('a report’s redirect comes back untouched, and its address opens without a token', async () => {
  const redirect = await port.raw('GET', "/reports/getMailboxUsageDetail(period='D7')", { budget: { kind: 'reports', report: 'mailboxUsage' } });
  const location = redirect.headers.get('location') ?? '';
  await redirect.discard();
  expect({ status: redirect.status, host: new URL(location).host }).toEqual({ status: 302, host: 'reportsncu.office.com' });
  const csv = await port.preauthorised('GET', location, { budget: { kind: 'none' } });
  let text = '';
  for await (const piece of csv.body) text += Buffer.from(piece).toString();
  expect(text).toContain('User Principal Name');
});
