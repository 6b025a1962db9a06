/** device-service over HTTP: what agents and people may rely on. */
import { commandStatuses } from '@migrator/contracts/api/devices';
import { eventually } from '@migrator/testing/eventually';
import { DeviceWorld, newOrg } from '../testing/device-world.js';

let world: DeviceWorld;
beforeAll(async () => {
  world = await DeviceWorld.start({ COMMAND_LEASE_SECONDS: '1', DEVICE_CHECKINS_PER_MINUTE: '1000' });
});
afterAll(() => world.close());

const statusOf = async (org: ReturnType<typeof newOrg>, id: string): Promise<string | undefined> => ((await world.person(org, 'GET', '/v1/devices')).body as { devices: { id: string; status: string }[] }).devices.find((device) => device.id === id)?.status;

describe('registration', () => {
  test('shows the secret once and stores its hash alone', async () => {
    const org = newOrg();
    const { secret } = await world.register(org);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(JSON.stringify(await world.db.sql`select encode(secret_hash, 'escape') as s, d.* from devices.devices d`)).not.toContain(secret);
    expect(JSON.stringify((await world.person(org, 'GET', '/v1/devices')).body)).not.toContain(secret);
  });

  test('the same machine again has a new id and secret; the old ones are gone, what it had to do has ended, and its history stays', async () => {
    const org = newOrg();
    const old = await world.register(org, { hostname: 'PC-1', serial: 'S-1' });
    const ran = await world.command(org, old.deviceId);
    await world.checkIn(old);
    const waited = await world.command(org, old.deviceId);
    const fresh = await world.register(org, { hostname: 'renamed', serial: 's-1' });
    expect(fresh.deviceId).not.toBe(old.deviceId);
    expect((await world.checkIn(old)).status).toBe(404);
    expect((await world.checkIn(fresh)).body).toEqual({ commands: [] });
    expect(Object.fromEntries((await world.commands(org, fresh.deviceId)).map(({ id, status }) => [id, status]))).toEqual({ [ran]: 'ERROR', [waited]: 'CANCELLED' });
    expect(((await world.person(org, 'GET', '/v1/devices')).body as { devices: unknown[] }).devices).toHaveLength(1);
  });

  test('many at once for one machine leave one device', async () => {
    const org = newOrg();
    const all = await Promise.all(Array.from({ length: 12 }, (_, index) => world.register(org, { hostname: 'same', ...(index % 2 === 0 ? { serial: 'S' } : {}) })));
    const { devices } = (await world.person(org, 'GET', '/v1/devices')).body as { devices: { id: string }[] };
    expect(devices).toHaveLength(1);
    expect(all.map(({ deviceId }) => deviceId)).toContain(devices[0]?.id);
  });

  test('an organisation that demands a token turns away whoever has none or an old one', async () => {
    const org = newOrg();
    expect(await world.person(org, 'PUT', '/v1/devices/enrollment', { required: true })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    const first = ((await world.person(org, 'POST', '/v1/devices/enrollment/token')).body as { token: string }).token;
    expect((await world.person(org, 'PUT', '/v1/devices/enrollment', { required: true })).body).toMatchObject({ enrollment: { required: true, tokenLast4: first.slice(-4) } });
    const { token } = (await world.person(org, 'POST', '/v1/devices/enrollment/token')).body as { token: string };
    const register = (enrollmentToken?: string) => world.agent('/v1/devices/register', { orgId: org, hostname: 'pc', ipAddress: 'fe80::1', domain: 'd', ...(enrollmentToken === undefined ? {} : { enrollmentToken }) }, org);
    for (const wrong of [undefined, 'x', first]) expect(await register(wrong)).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect((await register(token)).status).toBe(201);
  });

  test('a body that names another organisation than the gateway found is refused', async () => {
    expect((await world.agent('/v1/devices/register', { orgId: newOrg(), hostname: 'pc', ipAddress: '10.0.0.1', domain: 'd' }, newOrg())).status).toBe(404);
    expect((await world.agent('/v1/devices/register', { orgId: newOrg(), hostname: 'pc', ipAddress: 'nowhere', domain: 'd' })).status).toBe(422);
  });
});

describe('check-in', () => {
  test('an unknown device is 404, a wrong secret 401, and neither counts as seen', async () => {
    const agent = await world.register(newOrg());
    expect(await world.checkIn({ ...agent, deviceId: 'dev_01JA2B3C4D5E6F7G8H9JKMNPR3' })).toMatchObject({ status: 404, body: { code: 'DEVICE_NOT_FOUND' } });
    expect(await world.checkIn({ ...agent, deviceId: 'nonsense' as never })).toMatchObject({ status: 404 });
    expect(await world.checkIn({ ...agent, secret: 'wrong' })).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
    const [row] = await world.db.sql`select last_seen_at from devices.devices where id = ${agent.deviceId}`;
    expect(row?.['last_seen_at']).toBeNull();
  });

  test('a command is handed out once to check-ins that race, and the next one only after its end', async () => {
    const org = newOrg();
    const agent = await world.register(org);
    const first = await world.command(org, agent.deviceId);
    const second = await world.command(org, agent.deviceId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.checkIn(agent)));
    expect(answers.flatMap(({ body }) => (body as { commands: { id: string }[] }).commands.map(({ id }) => id))).toEqual([first]);
    expect((await world.report(agent, first, 'RUNNING')).status).toBe(200);
    expect((await world.checkIn(agent)).body).toEqual({ commands: [] });
    await world.report(agent, first, 'DONE', { joined: true });
    expect(((await world.checkIn(agent)).body as { commands: { id: string }[] }).commands.map(({ id }) => id)).toEqual([second]);
  });

  test('a command whose agent never said a word is handed out again under the same id after its lease; one that it works on is not', async () => {
    const org = newOrg();
    const agent = await world.register(org);
    const id = await world.command(org, agent.deviceId);
    expect((await world.checkIn(agent)).body).toMatchObject({ commands: [{ id }] });
    expect((await world.checkIn(agent)).body).toEqual({ commands: [] });
    await eventually('the lease is over', async () => ((await world.checkIn(agent)).body as { commands: { id: string }[] }).commands[0]?.id === id, 4_000);
    await world.report(agent, id, 'RUNNING');
    await world.db.sql`update devices.commands set lease_until = now() - interval '1 hour' where id = ${id}`;
    expect((await world.checkIn(agent)).body).toEqual({ commands: [] });
  });

  test('a device that comes too often is told when to come back', async () => {
    const agent = await world.register(newOrg());
    await world.db.sql`update devices.devices set minute_began_at = now(), minute_calls = 1000 where id = ${agent.deviceId}`;
    const answer = await world.checkIn(agent);
    expect(answer).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect((answer.body as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(1);
  });

  test('check-ins that travel together are each answered as if they had come alone, in their order', async () => {
    const [org, elsewhere] = [newOrg(), newOrg()];
    const [first, second, third] = [await world.register(org), await world.register(org), await world.register(elsewhere)];
    const id = await world.command(org, second.deviceId);
    const answers = await world.checkInTogether([first, { ...first, secret: 'wrong' }, second, { deviceId: 'nonsense' as never, secret: 'x' }, second, third]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 404, 200, 200]);
    expect(answers.flatMap(({ body }) => ((body as { commands?: { id: string }[] }).commands ?? []).map((command) => command.id))).toEqual([id]);
  });

  test('only a service may bring them', async () => {
    const { status } = await world.call({ org: null, actor: 'agent', role: 'agent', scopes: [] }, 'POST', '/internal/check-ins', { calls: [] });
    expect(status).toBe(404);
  });
});

describe('results', () => {
  test('a final end may be said again and not otherwise; another device’s command does not exist', async () => {
    const org = newOrg();
    const [agent, other] = [await world.register(org), await world.register(org)];
    const id = await world.command(org, agent.deviceId);
    expect(await world.report(agent, id, 'DONE')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    await world.checkIn(agent);
    expect(await world.report(other, id, 'DONE')).toMatchObject({ status: 404, body: { code: 'COMMAND_NOT_FOUND' } });
    expect(await world.report({ ...agent, secret: 'x' }, id, 'DONE')).toMatchObject({ status: 401 });
    expect((await world.report(agent, id, 'DONE', { log: 'fine' })).body).toEqual({ ok: true });
    expect((await world.report(agent, id, 'DONE', { log: 'again' })).body).toEqual({ ok: true });
    for (const status of ['ERROR', 'RUNNING']) expect(await world.report(agent, id, status)).toMatchObject({ status: 409, body: { code: 'COMMAND_FINISHED' } });
    expect(await world.commands(org, agent.deviceId)).toMatchObject([{ id, status: 'DONE', result: { log: 'fine' } }]);
  });
});

describe('people', () => {
  test('the status is what is true now: MIGRATING while a command runs, ONLINE for ten minutes, then OFFLINE', async () => {
    const org = newOrg();
    const agent = await world.register(org);
    expect(await statusOf(org, agent.deviceId)).toBe('OFFLINE');
    await world.checkIn(agent);
    expect(await statusOf(org, agent.deviceId)).toBe('ONLINE');
    const id = await world.command(org, agent.deviceId);
    await world.checkIn(agent);
    await world.db.sql`update devices.devices set last_seen_at = now() - interval '11 minutes' where id = ${agent.deviceId}`;
    expect(await statusOf(org, agent.deviceId)).toBe('MIGRATING');
    for (const [status, found] of [['MIGRATING', 1], ['ONLINE', 0], ['OFFLINE', 0]] as const) expect(((await world.person(org, 'GET', `/v1/devices?status=${status}`)).body as { devices: unknown[] }).devices).toHaveLength(found);
    await world.db.sql`update devices.devices set last_seen_at = now() - interval '11 minutes' where id = ${agent.deviceId}`;
    await world.report(agent, id, 'ERROR');
    expect(await statusOf(org, agent.deviceId)).toBe('OFFLINE');
  });

  test('a waiting command can be cancelled, one that was handed out cannot', async () => {
    const org = newOrg();
    const agent = await world.register(org);
    const cancel = (id: string) => world.person(org, 'PATCH', `/v1/devices/${agent.deviceId}/commands/${id}/cancel`);
    const waiting = await world.command(org, agent.deviceId);
    expect((await cancel(waiting)).body).toEqual({ status: 'CANCELLED' });
    expect(await cancel(waiting)).toMatchObject({ status: 409, body: { code: 'COMMAND_NOT_CANCELLABLE' } });
    const taken = await world.command(org, agent.deviceId);
    expect((await world.checkIn(agent)).body).toMatchObject({ commands: [{ id: taken }] });
    expect(await cancel(taken)).toMatchObject({ status: 409, body: { code: 'COMMAND_NOT_CANCELLABLE' } });
    expect(await cancel('cmd_01JA2B3C4D5E6F7G8H9JKMNPR4')).toMatchObject({ status: 404, body: { code: 'COMMAND_NOT_FOUND' } });
  });

  test('another organisation’s device answers in every call as one that does not exist', async () => {
    const [mine, theirs] = [newOrg(), newOrg()];
    const { deviceId } = await world.register(theirs);
    const command = await world.command(theirs, deviceId);
    const calls: [string, (id: string) => string, unknown?][] = [
      ['DELETE', (id) => `/v1/devices/${id}`],
      ['GET', (id) => `/v1/devices/${id}/commands`],
      ['POST', (id) => `/v1/devices/${id}/commands`, { type: 'FULL_MIGRATION', payload: { ppkgUrl: 'https://a.example/p', destTenantId: '4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' } }],
      ['PATCH', (id) => `/v1/devices/${id}/commands/${command}/cancel`],
    ];
    for (const [method, path, body] of calls) {
      const [foreign, missing] = await Promise.all([world.person(mine, method, path(deviceId), body), world.person(mine, method, path('dev_01JA2B3C4D5E6F7G8H9JKMNPR3'), body)]);
      for (const answer of [foreign, missing]) delete (answer.body as { requestId?: string }).requestId;
      expect([foreign.status, foreign.body]).toEqual([missing.status, missing.body]);
      expect(foreign).toMatchObject({ status: 404, body: { code: 'DEVICE_NOT_FOUND' } });
    }
    expect(await world.commands(theirs, deviceId)).toMatchObject([{ id: command, status: 'PENDING' }]);
  });

  test('the list comes whole, or in pages that miss and repeat nothing, and can be searched', async () => {
    const org = newOrg();
    for (let n = 0; n < 7; n += 1) await world.register(org, { hostname: `lap_${n}%` });
    const all = ((await world.person(org, 'GET', '/v1/devices')).body as { devices: { id: string }[] }).devices.map(({ id }) => id);
    expect(all).toHaveLength(7);
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await world.person(org, 'GET', `/v1/devices?limit=3${cursor}`);
      const page = body as { devices: { id: string }[]; nextCursor: string | null; hasMore: boolean };
      paged.push(...page.devices.map(({ id }) => id));
      expect(page.hasMore).toBe(page.nextCursor !== null);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(paged).toEqual(all);
    for (const [search, found] of [['LAP_3', 1], ['%', 7], ['_3%', 1], ['contoso', 7], ['nothing', 0]] as const) expect(((await world.person(org, 'GET', `/v1/devices?search=${encodeURIComponent(search)}`)).body as { devices: unknown[] }).devices).toHaveLength(found);
    expect(await world.person(org, 'GET', '/v1/devices?limit=0')).toMatchObject({ status: 422 });
    expect(await world.person(org, 'GET', '/v1/devices?cursor=abc')).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
  });

  test('a removed device is gone for its agent, and what it had to do is told as ended', async () => {
    const org = newOrg();
    const agent = await world.register(org);
    const id = await world.command(org, agent.deviceId);
    expect((await world.person(org, 'DELETE', `/v1/devices/${agent.deviceId}`)).body).toEqual({ deleted: true });
    expect((await world.person(org, 'DELETE', `/v1/devices/${agent.deviceId}`)).status).toBe(404);
    expect((await world.checkIn(agent)).status).toBe(404);
    expect((await world.report(agent, id, 'DONE')).status).toBe(404);
  });
});

test('two hundred calls that race leave commands in states that the table allows, and every answer true', async () => {
  const org = newOrg();
  const agents = await Promise.all(Array.from({ length: 5 }, () => world.register(org)));
  const ids = new Map<string, string[]>();
  for (const { deviceId } of agents) ids.set(deviceId, [await world.command(org, deviceId), await world.command(org, deviceId)]);
  const cancelled = new Set<string>();
  const handedOut: string[] = [];
  const ended = new Map<string, string>();
  const shuffled = Array.from({ length: 200 }, (_, index) => ({ agent: agents[index % agents.length], kind: index % 4, nth: Math.floor(index / 100) })).sort(() => Math.random() - 0.5);
  await Promise.all(
    shuffled.map(async ({ agent, kind, nth }) => {
      if (agent === undefined) return;
      const id = ids.get(agent.deviceId)?.[nth] ?? '';
      if (kind === 0) {
        const { status, body } = await world.checkIn(agent);
        expect([200, 429]).toContain(status);
        if (status === 200) handedOut.push(...(body as { commands: { id: string }[] }).commands.map((command) => command.id));
      } else if (kind === 1) {
        const { status, body } = await world.person(org, 'PATCH', `/v1/devices/${agent.deviceId}/commands/${id}/cancel`);
        expect([200, 409]).toContain(status);
        if (status === 200) {
          expect(cancelled.has(id)).toBe(false);
          cancelled.add(id);
        } else expect((body as { code: string }).code).toBe('COMMAND_NOT_CANCELLABLE');
      } else {
        const end = kind === 2 ? 'DONE' : 'ERROR';
        const { status, body } = await world.report(agent, id, end);
        expect([200, 409]).toContain(status);
        if (status === 200) {
          expect(ended.get(id) ?? end).toBe(end);
          ended.set(id, end);
        } else expect(['COMMAND_FINISHED', 'CONFLICT']).toContain((body as { code: string }).code);
      }
    }),
  );
  expect(new Set(handedOut).size).toBe(handedOut.length);
  for (const { deviceId } of agents)
    for (const { id, status } of await world.commands(org, deviceId)) {
      expect(commandStatuses).toContain(status);
      if (cancelled.has(id)) expect({ status, handedOut: handedOut.includes(id), ended: ended.get(id) }).toEqual({ status: 'CANCELLED', handedOut: false, ended: undefined });
      else if (ended.has(id)) expect({ status, handedOut: handedOut.includes(id) }).toEqual({ status: ended.get(id), handedOut: true });
      else expect(handedOut.includes(id) ? 'RUNNING' : 'PENDING').toBe(status);
    }
});
