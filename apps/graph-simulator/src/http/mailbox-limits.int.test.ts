import { request } from 'node:http';
import { exchangePart } from '../exchange-part.js';
import { startTestSimulator, type TestSimulator } from '../testing/test-simulator.js';
import { publishedLimits } from '../world/limits/profile.js';
import type { HostRoute, Route } from './route.js';

/** Requests held open until the test lets them go. */
let gates: (() => void)[] = [];
let produced = 0;
const chunk = Buffer.alloc(64 * 1024, 'x');

const held: Route = {
  method: 'GET', path: '/users/{user}/held', roles: ['Mail.Read'], service: 'outlook',
  mailbox: ({ params, tenant }) => tenant.findUser(params['user'] ?? '')?.id ?? null,
  handle: async () => {
    await new Promise<void>((resolve) => gates.push(resolve));
    return { status: 200, json: {} };
  },
};
const endless: Route = {
  method: 'GET', path: '/users/{user}/endless', roles: ['Mail.Read'], service: 'outlook',
  handle: () => ({
    status: 200,
    stream: (async function* () {
      for (produced = 0; produced < 4_000; produced += 1) yield await Promise.resolve(chunk);
    })(),
  }),
};
const upload: HostRoute = {
  host: 'outlook.office365.com', method: 'POST', path: '/import/{user}', write: true,
  owner: ({ params }) => ({ tenantId: sim.tenant.id, clientId: sim.app.clientId, mailbox: sim.tenant.findUser(params['user'] ?? '')?.id ?? null }),
  handle: async (req) => {
    let bytes = 0;
    for await (const part of req.stream as AsyncIterable<Buffer>) bytes += part.length;
    return { status: 200, json: { bytes } };
  },
};

let sim: TestSimulator;
beforeAll(async () => { sim = await startTestSimulator({ exchange: { ...exchangePart, routes: () => [held, endless], hostRoutes: () => [upload] }, limits: publishedLimits }); });
afterAll(async () => { await sim.close(); });

test('a fifth concurrent call to one mailbox is 429 with Retry-After, other mailboxes go on', async () => {
  gates = [];
  const [one, two] = sim.tenant.users;
  const four = [1, 2, 3, 4].map(() => sim.call('GET', `/v1.0/users/${one!.id}/held`));
  await sim.until(() => gates.length === 4);
  const fifth = await sim.call('GET', `/v1.0/users/${one!.userPrincipalName}/held`);
  expect([fifth.status, fifth.error?.['code'], fifth.error?.['message'], fifth.headers['retry-after']]).toEqual([429, 'ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', '1']);
  const other = sim.call('GET', `/v1.0/users/${two!.id}/held`);
  await sim.until(() => gates.length === 5);
  for (const open of gates) open();
  expect((await Promise.all([...four, other])).map((r) => r.status)).toEqual([200, 200, 200, 200, 200]);
  expect(sim.world.log.counters().peakInFlight[one!.id]).toBe(5);
  gates = [];
  const again = sim.call('GET', `/v1.0/users/${one!.id}/held`);
  await sim.until(() => gates.length === 1);
  gates[0]?.();
  expect((await again).status).toBe(200);
});

test('uploads count by the byte, and the budget comes back after five minutes', async () => {
  sim.world.limits.setProfile({ ...publishedLimits, outlook: { ...publishedLimits.outlook, uploadBytes: { max: 1_000_000, windowMs: 300_000 } } });
  const url = `https://outlook.office365.com/import/${sim.tenant.users[0]!.id}`;
  const post = () => sim.call('POST', url, { token: null, raw: Buffer.alloc(600_000) });
  expect((await post()).json).toEqual({ bytes: 600_000 });
  const second = await post();
  expect([second.status, second.error?.['message']]).toEqual([429, 'Application is over its IncomingBytes limit.']);
  sim.world.clock.advance(Number(second.headers['retry-after']) * 1000);
  expect((await post()).status).toBe(200);
  expect(sim.world.log.writes({ path: '/import' }).filter((w) => w.status === 200)).toHaveLength(2);
  sim.world.limits.setProfile(publishedLimits);
});

test('a link that carries its own permission refuses a token', async () => {
  expect((await sim.call('POST', `https://outlook.office365.com/import/${sim.tenant.users[0]!.id}`, { raw: Buffer.alloc(1) })).status).toBe(401);
});

test('a stream waits for a client that does not read, and ends with it', async () => {
  const token = await sim.token();
  const before = sim.world.log.counters().requests;
  const req = request({ port: sim.port, host: '127.0.0.1', path: `/v1.0/users/${sim.tenant.users[0]!.id}/endless`, headers: { host: 'graph.microsoft.com', authorization: `Bearer ${token}` } });
  await new Promise<void>((resolve) => { req.on('response', (res) => { res.pause(); resolve(); }); req.end(); });
  let last = -1;
  await sim.until(() => {
    const still = produced > 0 && produced === last;
    last = produced;
    return still;
  });
  expect(produced).toBeLessThan(400);
  req.destroy();
  await sim.until(() => sim.world.log.counters().requests > before);
  expect(produced).toBeLessThan(400);
});
