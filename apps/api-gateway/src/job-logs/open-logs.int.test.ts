/** Open logs of the whole gateway, while NATS and job-service come and go and while access changes. */
import { publishAccessChanged } from '@migrator/messaging/live';
import { eventually } from '@migrator/testing/eventually';
import { RunningGateway } from '../testing/running-gateway.js';
import { SseReader } from '../testing/sse-reader.js';

const jobId = 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV' as const;
let world: RunningGateway;
let stopped = false;
const readers: SseReader[] = [];
beforeAll(async () => {
  world = await RunningGateway.start();
});
beforeEach(() => {
  world.log.lines = [];
  world.log.status = 'RUNNING';
  world.log.deleted = false;
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.leave();
});
afterAll(() => world.close({ stopped }));

const read = (headers: Record<string, string>): SseReader => {
  const reader = new SseReader(`${world.url}/v1/jobs/${jobId}/logs`, headers);
  readers.push(reader);
  return reader;
};
const open = async (headers: Record<string, string>): Promise<SseReader> => {
  const reader = read(headers);
  await eventually('open', () => reader.comments > 0);
  return reader;
};
const say = (): void => {
  world.publish({ kind: 'log', jobId, lines: [world.log.append()] });
};
const all = (...some: SseReader[]): Promise<unknown> => eventually('every line', () => some.every(({ ids }) => ids.length >= world.log.lines.length));
const call = async (method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> => {
  const response = await fetch(`${world.url}${path}`, { method, headers: { origin: world.url, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, headers: response.headers };
};
const person = async (): Promise<{ cookie: string; userId: string }> => {
  const made = await call('POST', '/v1/auth/sign-up', {}, { organisationName: 'Test', name: 'Ada', email: `p${Math.random()}@contoso.test`, password: 'correct horse battery staple' });
  return { cookie: made.headers.getSetCookie()[0]!.split(';')[0]!, userId: (made.body['user'] as { id: string }).id };
};

test('NATS that is restarted in the middle costs nobody a line, and nobody notices', async () => {
  const { authorization } = await world.key();
  const clients = [await open({ authorization }), await open({ authorization })];
  say();
  await all(...clients);
  world.natsDown();
  for (let count = 0; count < 3; count += 1) say();
  const between = await open({ authorization });
  world.log.append();
  await world.publisher.connection.flush();
  world.natsUp();
  await all(...clients, between);
  say();
  await all(...clients, between);
  for (const client of [...clients, between]) expect({ ids: client.ids, closed: client.closed }).toEqual({ ids: world.log.ids, closed: null });
});

test('job-service that is away in the middle costs nobody a line: open streams wait, new ones are told when to come again', async () => {
  const { authorization } = await world.key();
  const [client, leaving] = [await open({ authorization }), await open({ authorization })];
  say();
  await all(client, leaving);
  leaving.leave();
  await world.jobsDown();
  world.log.append();
  say();
  const refused = await call('GET', `/v1/jobs/${jobId}/logs`, { authorization, 'last-event-id': leaving.ids.at(-1)! });
  expect(refused).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  await world.jobsUp();
  const back = await open({ authorization, 'last-event-id': leaving.ids.at(-1)! });
  await all(client);
  say();
  await all(client);
  await eventually('what it missed', () => leaving.ids.length + back.ids.length === world.log.lines.length);
  expect([...leaving.ids, ...back.ids]).toEqual(world.log.ids);
  expect({ ids: client.ids, closed: client.closed }).toEqual({ ids: world.log.ids, closed: null });
});

test('the end is told with the job’s status, CANCELLED when it was deleted, and closes the stream; then it is 404', async () => {
  const { authorization } = await world.key();
  const client = await open({ authorization });
  say();
  await all(client);
  world.log.deleted = true;
  world.publish({ kind: 'done', jobId, lastSeq: 1, status: 'CANCELLED', completedAt: null });
  await eventually('closed', () => client.closed !== null);
  expect(client).toMatchObject({ closed: 'end', done: { status: 'CANCELLED', completedAt: null } });
  expect(await call('GET', `/v1/jobs/${jobId}/logs`, { authorization })).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
});

describe('a stream ends without an end of the log', () => {
  const ends = async (reader: SseReader): Promise<void> => {
    await eventually('closed', () => reader.closed !== null);
    expect(reader).toMatchObject({ closed: 'end', done: null });
  };

  test('when its key is revoked, here or on another instance; other keys go on', async () => {
    const admin = await world.key();
    const [one, two] = [await world.key(['read'], admin.orgId), await world.key(['read'], admin.orgId)];
    const [stays, first, second] = [await open(admin), await open(one), await open(two)];
    expect((await call('DELETE', `/v1/api-keys/${one.keyId}`, { authorization: admin.authorization })).status).toBe(200);
    await ends(first);
    expect((await call('GET', `/v1/jobs/${jobId}/logs`, { authorization: one.authorization })).status).toBe(401);
    await world.db.sql`update gateway.api_keys set revoked_at = now() where id = ${two.keyId}`;
    publishAccessChanged(world.publisher);
    await ends(second);
    say();
    await all(stays);
    expect(stays.closed).toBeNull();
  });

  test('when its person is removed or signs out', async () => {
    const owner = await person();
    const invitation = await call('POST', '/v1/members/invitations', owner, { email: 'viewer@contoso.test', role: 'viewer' });
    const accepted = await call('POST', '/v1/auth/invitations/accept', {}, { token: (invitation.body['acceptUrl'] as string).split('#')[1], name: 'Linus', password: 'correct horse battery staple' });
    const viewer = { cookie: accepted.headers.getSetCookie()[0]!.split(';')[0]! };
    const [own, theirs] = [await open({ cookie: owner.cookie }), await open(viewer)];
    expect((await call('DELETE', `/v1/members/${(accepted.body['user'] as { id: string }).id}`, { cookie: owner.cookie })).status).toBe(200);
    await ends(theirs);
    say();
    await all(own);
    expect((await call('POST', '/v1/auth/sign-out', { cookie: owner.cookie })).status).toBe(200);
    await ends(own);
  });
});

test('a stream counts once for the rate limit, whatever it carries', async () => {
  const { authorization } = await world.key();
  const client = await open({ authorization });
  for (let count = 0; count < 20; count += 1) say();
  await all(client);
  const { headers } = await call('GET', '/v1/organisation', { authorization });
  expect(Number(client.headers['ratelimit-remaining']) - Number(headers.get('ratelimit-remaining'))).toBe(1);
});

test('a gateway that stops ends its streams at once, and the clients come back by id', async () => {
  const { authorization } = await world.key();
  const client = await open({ authorization });
  say();
  await all(client);
  const begun = performance.now();
  stopped = true;
  await world.stop();
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(client).toMatchObject({ closed: 'end', done: null });
});
