/** What the public door promises, whatever stands behind it. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { exampleIds, exampleJob } from '@migrator/contracts/examples';
import { AppError } from '@migrator/contracts/errors';
import { streamed } from '@migrator/service-kit/http';
import { openRoute, route } from '@migrator/service-kit/endpoint-route';
import { eventually } from '@migrator/testing/eventually';
import { GatewayWorld } from '../testing/gateway-world.js';

const { getJob, createJob, pauseJob, exportJobLog, getJobLinks, listJobs } = jobEndpoints;
const job = exampleJob as never;
const newJob = { sourceTenantId: exampleIds.ten, destTenantId: exampleIds.tenDest, type: 'EMAIL' };
const path = `/v1/jobs/${exampleIds.job}`;

let world: GatewayWorld;
/** What the service saw, newest last. */
let seen: { org: string; actor: string; requestId: string; address: string; headers: Record<string, unknown> }[] = [];
let created = 0;
let onCreate: () => Promise<void> = () => Promise.resolve();
let exported: (write: (text: string) => boolean, end: () => void, drained: () => Promise<void>, gone: AbortSignal) => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  world = await GatewayWorld.start(
    [
      route(getJob, ({ org, identity, requestId, clientAddress, request }) => {
        seen.push({ org, actor: identity.actor, requestId, address: clientAddress, headers: request.headers });
        return Promise.resolve({ job });
      }),
      route(listJobs, () => Promise.resolve({ jobs: [], nextCursor: null, hasMore: false })),
      route(createJob, async () => {
        created += 1;
        await onCreate();
        return { job };
      }),
      route(pauseJob, () => Promise.reject(new AppError('JOB_NOT_RUNNING', { publicMessage: 'No.' }))),
      route(exportJobLog, async ({ response, signal }) => {
        response.writeHead(200, { 'content-type': 'text/csv' });
        await exported((text) => response.write(text), () => response.end(), async () => { await once(response, 'drain', { signal }); }, signal);
        return streamed;
      }),
      route(getJobLinks, ({ query: { format }, response }) => {
        if (format === 'csv') throw new AppError('JOB_NOT_FOUND', { publicMessage: 'No.' });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"links":[]}');
        return Promise.resolve(streamed);
      }),
      openRoute(deviceEndpoints.registerDevice, ({ org }) => Promise.resolve({ deviceId: exampleIds.dev, secret: org ?? 'nobody' })),
    ],
    [getJob, listJobs, createJob, pauseJob, exportJobLog, getJobLinks, deviceEndpoints.registerDevice] as never,
  );
});
beforeEach(() => {
  seen = [];
  created = 0;
  onCreate = () => Promise.resolve();
});
afterAll(() => world.close());

const auditOf = async (org: string): Promise<{ action: string; target: string | null; outcome: string }[]> => {
  const rows = await world.db.sql<{ action: string; target: string | null; outcome: string }[]>`select action, target, outcome from gateway.audit where org_id = ${org} order by id`;
  return rows.map((row) => ({ ...row }));
};

describe('who calls', () => {
  test('a missing, malformed, unknown, expired and revoked key are answered by the same bytes', async () => {
    const expired = await world.organisation({ expiresAt: new Date(Date.now() - 1_000) });
    const revoked = await world.organisation();
    await world.db.sql`update gateway.api_keys set revoked_at = now() where id = ${revoked.keyId}`;
    const answers = await Promise.all([undefined, 'x', `tmk_live_${'a'.repeat(40)}`, expired.key, revoked.key, `tmk_live_${'a'.repeat(200)}`].map((key) => world.call('GET', path, { ...(key === undefined ? {} : { key }), headers: { 'x-request-id': 'same-request' } })));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
  });

  test('a revoked key is refused at once where it is told, and a remembered one ends with its time', async () => {
    const { key, keyId } = await world.organisation({ expiresAt: new Date(Date.now() + 1_500) });
    expect((await world.call('GET', path, { key })).status).toBe(200);
    await eventually('the key has expired', async () => (await world.call('GET', path, { key })).status === 401, 4_000);
    const other = await world.organisation();
    expect((await world.call('GET', path, { key: other.key })).status).toBe(200);
    await world.db.sql`update gateway.api_keys set revoked_at = now() where id in (${other.keyId}, ${keyId})`;
    world.doors[0]?.authenticator.forget();
    expect((await world.call('GET', path, { key: other.key })).status).toBe(401);
  });

  test('the service is told the organisation, the key, the address and the request id, and never what the client says of them', async () => {
    const { id, key, keyId } = await world.organisation();
    const answer = await world.call('GET', path, { key, headers: { 'x-request-id': 'my-request-1', 'x-migrator-identity': 'forged', 'x-client-address': '8.8.8.8', 'x-forwarded-for': '9.9.9.9', cookie: 'a=b' } });
    expect(answer.headers.get('x-request-id')).toBe('my-request-1');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ org: id, actor: `key:${keyId}`, requestId: 'my-request-1', address: '127.0.0.1' });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
    expect(seen[0]?.headers).not.toHaveProperty('cookie');
  });

  test('a scope that is missing is 403, and nothing reaches the service', async () => {
    const { id, key } = await world.organisation({ scopes: ['read'] });
    expect(await world.call('POST', '/v1/jobs', { key, body: newJob })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(created).toBe(0);
    expect(await auditOf(id)).toEqual([]);
  });

  test('whoever reads addresses that let people in is noted, needs the scope for changes, and a refusal leaves no row', async () => {
    const { id, key } = await world.organisation();
    const reader = await world.organisation({ scopes: ['read'] });
    expect(await world.call('GET', `${path}/links`, { key })).toMatchObject({ status: 200, body: { links: [] } });
    expect(await world.call('GET', `${path}/links?format=csv`, { key })).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
    await eventually('the row', async () => (await auditOf(id)).every(({ outcome }) => outcome !== 'unknown'));
    expect(await auditOf(id)).toEqual([{ action: 'job.links_read', target: exampleIds.job, outcome: 'done' }]);
    expect(await world.call('GET', `${path}/links`, { key: reader.key })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await auditOf(reader.id)).toEqual([]);
  });

  test('the last use of a key is noted', async () => {
    const { key, keyId } = await world.organisation();
    await world.call('GET', path, { key });
    await eventually('the use is stored', async () => (await world.db.sql`select 1 from gateway.api_keys where id = ${keyId} and last_used_at is not null`).length === 1);
  });
});

describe('addresses', () => {
  test('what is not in the contract is 404; another method is 405 and says which there are', async () => {
    const { key } = await world.organisation();
    for (const at of ['/', '/v1', '/v1/jobs/', '/V1/jobs', '/internal/units', `${path}/nothing`, '/v1/%zz']) expect(await world.call('GET', at, { key })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    // An id that is none is answered as one that does not exist.
    expect(await world.call('GET', `/v1/jobs/${'x'.repeat(600)}`, { key })).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
    const other = await world.call('PUT', path, { key, body: {} });
    expect(other).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(other.headers.get('allow')).toBe('GET');
    expect((await world.call('OPTIONS', path)).status).toBe(405);
  });

  test('every answer says what is left of the limit: to the organisation also where no route is, to an address that shows no valid key by itself', async () => {
    const { key } = await world.organisation();
    const left = async (method: string, at: string, with_: string | undefined): Promise<[number, string | null, number]> => {
      const { status, headers } = await world.call(method, at, with_ === undefined ? {} : { key: with_ });
      return [status, headers.get('ratelimit-limit'), Number(headers.get('ratelimit-remaining'))];
    };
    expect(await left('GET', path, key)).toEqual([200, '100000', 99_999]);
    expect(await left('GET', '/v1/nothing', key)).toEqual([404, '100000', 99_998]);
    expect(await left('PUT', path, key)).toEqual([405, '100000', 99_997]);
    const [status, limit, first] = await left('GET', path, 'tmk_live_wrong');
    expect([status, limit]).toEqual([401, '1000']);
    expect(await left('GET', '/v1/nothing', undefined)).toEqual([404, '1000', first - 1]);
    expect(await left('GET', path, key)).toEqual([200, '100000', 99_996]);
  });

  test('an id of another kind is answered like one that does not exist', async () => {
    const { key } = await world.organisation();
    expect(await world.call('GET', `/v1/jobs/${exampleIds.ten}`, { key })).toMatchObject({ status: 404, body: { code: 'JOB_NOT_FOUND' } });
  });

  test('a page of an allowed origin may call and read; another one gets no leave', async () => {
    const door = await world.open({ origins: ['https://console.example'] });
    const ask = (origin: string) => world.call('OPTIONS', path, { door, headers: { origin, 'access-control-request-method': 'GET' } });
    const allowed = await ask('https://console.example');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://console.example');
    expect(allowed.headers.get('access-control-allow-methods')).toBe('GET');
    expect((await ask('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('every answer carries the security headers', async () => {
    const { headers } = await world.call('GET', '/healthz');
    expect(Object.fromEntries(headers)).toMatchObject({ 'x-content-type-options': 'nosniff', 'strict-transport-security': expect.stringContaining('max-age='), 'content-security-policy': expect.stringContaining("default-src 'none'"), 'cache-control': 'no-store', 'x-request-id': expect.any(String) });
  });
});

describe('rate limit', () => {
  test('it is counted over all instances, said on every answer, and ends in 429 with Retry-After', async () => {
    const { key } = await world.organisation({ perMinute: 20 });
    const second = await world.open();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => world.call('GET', path, { key, door: index % 2 === 0 ? world.doors[0] : second })));
    const passed = answers.filter(({ status }) => status === 200);
    expect(passed).toHaveLength(20);
    expect(passed.map(({ headers }) => Number(headers.get('ratelimit-remaining'))).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 200)) {
      expect({ status, code: (body as { code: string }).code }).toEqual({ status: 429, code: 'RATE_LIMITED' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(headers.get('ratelimit-limit')).toBe('20');
      expect(headers.get('ratelimit-remaining')).toBe('0');
    }
  });

  test.each([['cut'], ['hang']] as const)('while Redis is away (%s) reads go on by a count of one’s own, changes wait, and it recovers by itself', async (how) => {
    const { key } = await world.organisation({ perMinute: 50 });
    const door = await world.open();
    expect((await world.call('GET', path, { key, door })).status).toBe(200);
    world.redisProxy[how]();
    try {
      for (let left = 0; left < 5; left += 1) expect((await world.call('GET', path, { key, door })).status).toBe(200);
      expect(door.countedLocally).toBeGreaterThanOrEqual(5);
      const change = await world.call('POST', '/v1/jobs', { key, door, body: newJob });
      expect({ status: change.status, code: (change.body as { code: string }).code, created }).toEqual({ status: 503, code: 'SERVICE_UNAVAILABLE', created: 0 });
      expect(change.headers.get('retry-after')).not.toBeNull();
      const many = await Promise.all(Array.from({ length: 60 }, () => world.call('GET', path, { key, door })));
      expect(many.some(({ status }) => status === 429)).toBe(true);
    } finally {
      world.redisProxy.mend();
    }
    const { key: fresh } = await world.organisation();
    await eventually('Redis counts again', async () => (await world.call('POST', '/v1/jobs', { key: fresh, door, body: newJob })).status === 201, 15_000);
  });

  test('one address may not ask without end for what needs no key', async () => {
    const door = await world.open({ addressLimitPerMinute: 5 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.call('GET', '/docs', { door })));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect((await world.call('GET', '/healthz', { door })).status).toBe(200);
  });
});

describe('bodies', () => {
  test('too large is 413 by its length and by its bytes, in other forms 415', async () => {
    const { key } = await world.organisation();
    const large = `{"name":"${'x'.repeat(1_100_000)}"}`;
    expect(await world.call('POST', '/v1/jobs', { key, body: large })).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    const chunked = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(`${world.doors[0]?.url ?? ''}/v1/jobs`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      for (let part = 0; part < 20; part += 1) request.write('x'.repeat(65_536));
      request.end();
    });
    expect(chunked).toBe(413);
    expect(await world.call('POST', '/v1/jobs', { key, body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).toMatchObject({ status: 415 });
    expect(await world.call('POST', '/v1/jobs', { key, body: '{}', headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415 });
    expect(await world.call('POST', '/v1/jobs', { key, body: '{"a":' })).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
    expect(created).toBe(0);
  });

  test('an export is passed on piece by piece, at the pace of the client', async () => {
    const { key } = await world.organisation();
    let written = 0;
    let release: () => void = () => undefined;
    exported = async (write, end, drained) => {
      write('id\r\n');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      for (; written < 64 * 1024 * 1024; written += 65_536) if (!write('y'.repeat(65_536))) await drained();
      end();
    };
    const answer = await fetch(`${world.doors[0]?.url ?? ''}${path}/logs/export`, { headers: { authorization: `Bearer ${key}` } });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    // The first piece is here while the service has not written the second.
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('id\r\n');
    release();
    // Nobody reads: what is on the way fits the sockets' buffers, and the service waits.
    let before = -1;
    await eventually('the service waits for its client', () => {
      const still = written > 0 && written === before;
      before = written;
      return still;
    });
    expect(written).toBeLessThan(48 * 1024 * 1024);
    await reader.cancel();
  });

  test('a client that goes away stops the work for it', async () => {
    const { key } = await world.organisation();
    let stopped = false;
    exported = async (write, _end, _drained, gone) => {
      write('id\r\n');
      await once(gone, 'abort');
      stopped = true;
    };
    const abort = new AbortController();
    const answer = await fetch(`${world.doors[0]?.url ?? ''}${path}/logs/export`, { headers: { authorization: `Bearer ${key}` }, signal: abort.signal });
    expect(answer.status).toBe(200);
    abort.abort();
    await eventually('the service was told', () => stopped);
  });
});

describe('idempotency', () => {
  const post = (key: string, idempotencyKey: string, body: unknown = newJob, door = world.doors[0]) => world.call('POST', '/v1/jobs', { key, body, door, headers: { 'idempotency-key': idempotencyKey } });

  test('the same key and body get the first answer again; another body is refused; another organisation has keys of its own', async () => {
    const { key } = await world.organisation();
    const first = await post(key, 'k1');
    const again = await post(key, 'k1');
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([null, 'true']);
    expect(await post(key, 'k1', { ...newJob, name: 'other' })).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect((await post((await world.organisation()).key, 'k1')).status).toBe(201);
    expect(created).toBe(2);
  });

  test('of many at once one creates; the others are told so or get its answer', async () => {
    const { id, key } = await world.organisation();
    const second = await world.open();
    onCreate = () => new Promise((resolve) => setImmediate(resolve));
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => post(key, 'race', newJob, index % 2 === 0 ? world.doors[0] : second)));
    expect(created).toBe(1);
    for (const { status, body } of answers) if (status !== 201) expect({ status, code: (body as { code: string }).code }).toEqual({ status: 409, code: 'IDEMPOTENCY_IN_PROGRESS' });
    expect(await auditOf(id)).toEqual([{ action: 'job.created', target: exampleIds.job, outcome: 'done' }]);
  });

  test('what was refused may be tried again with the same key', async () => {
    const { id, key } = await world.organisation();
    onCreate = () => Promise.reject(new AppError('TENANT_NOT_FOUND', { publicMessage: 'No.' }));
    expect((await post(key, 'again')).status).toBe(404);
    onCreate = () => Promise.resolve();
    expect((await post(key, 'again')).status).toBe(201);
    expect(await auditOf(id)).toEqual([{ action: 'job.created', target: exampleIds.job, outcome: 'done' }]);
  });

  test('a service that dies with the request in hand: it is never made again, and the audit log says that its end is unknown', async () => {
    const dying = createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => {
      dying.listen(0, '127.0.0.1', resolve);
    });
    world.onClose(() => new Promise((resolve) => dying.close(() => { resolve(); })));
    const door = await world.open({ backendUrl: `http://127.0.0.1:${(dying.address() as AddressInfo).port}` });
    const { id, key } = await world.organisation();
    const lost = await post(key, 'lost', newJob, door);
    expect(lost).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(await post(key, 'lost')).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(created).toBe(0);
    expect(await auditOf(id)).toEqual([{ action: 'job.created', target: null, outcome: 'unknown' }]);
  });

  test('a service whose database is lost in the middle of a change: the client may come back, but the change is never made again under its key', async () => {
    const torn = createServer((socket) =>
      socket.once('data', () => {
        const body = JSON.stringify({ error: 'The database does not answer right now.', code: 'SERVICE_UNAVAILABLE', status: 503 });
        socket.end(`HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nx-migrator-outcome: unknown\r\nretry-after: 2\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
      }),
    );
    await new Promise<void>((resolve) => {
      torn.listen(0, '127.0.0.1', resolve);
    });
    world.onClose(() => new Promise((resolve) => torn.close(() => { resolve(); })));
    const door = await world.open({ backendUrl: `http://127.0.0.1:${(torn.address() as AddressInfo).port}` });
    const { id, key } = await world.organisation();
    expect(await post(key, 'torn', newJob, door)).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(await post(key, 'torn')).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(created).toBe(0);
    expect(await auditOf(id)).toEqual([{ action: 'job.created', target: null, outcome: 'unknown' }]);
  });

  test('answers are kept sealed: nothing of them can be read in the table', async () => {
    const { key } = await world.organisation();
    const answer = await post(key, 'sealed-one');
    const [row] = await world.db.sql<{ all: string }[]>`select string_agg(convert_from(decode(encode(coalesce(sealed, ''), 'hex'), 'escape'), 'LATIN1'), '') as all from gateway.idempotency`;
    expect(answer.text).toContain(exampleIds.job);
    expect(row?.all).not.toContain(exampleIds.job);
    expect(JSON.stringify(await world.db.sql`select * from gateway.idempotency`)).not.toContain('sealed-one');
  });

  test('a key that cannot be one is named', async () => {
    const { key } = await world.organisation();
    expect(await post(key, 'x'.repeat(256))).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
  });
});

describe('services', () => {
  test('a service that is down is 503 with Retry-After, names itself, and leaves no row in the audit log', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => {
      closed.listen(0, '127.0.0.1', resolve);
    });
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const door = await world.open({ backendUrl: `http://127.0.0.1:${port}` });
    const { id, key } = await world.organisation();
    const read = await world.call('GET', path, { key, door });
    expect(read).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
    expect(read.headers.get('retry-after')).toBe('2');
    expect((await world.call('POST', '/v1/jobs', { key, door, body: newJob, headers: { 'idempotency-key': 'down' } })).status).toBe(503);
    expect(await auditOf(id)).toEqual([]);
    // Nothing was sent: the same key works once the service is back.
    expect((await world.call('POST', '/v1/jobs', { key, body: newJob, headers: { 'idempotency-key': 'down' } })).status).toBe(201);
  });

  test('a refusal of the service reaches the client as it is, and is no change', async () => {
    const { id, key } = await world.organisation();
    expect(await world.call('PATCH', `${path}/pause`, { key })).toMatchObject({ status: 409, body: { code: 'JOB_NOT_RUNNING' } });
    expect(await auditOf(id)).toEqual([]);
  });

  test('a machine registers with an organisation that exists; another is 404 before any service hears of it', async () => {
    const { id } = await world.organisation();
    const body = { orgId: id, hostname: 'pc', ipAddress: '10.0.0.1', domain: 'contoso.local' };
    expect(await world.call('POST', '/v1/devices/register', { body })).toMatchObject({ status: 201, body: { secret: id } });
    expect(await world.call('POST', '/v1/devices/register', { body: { ...body, orgId: exampleIds.org } })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await world.call('POST', '/v1/devices/register', { body: { ...body, orgId: 'nonsense' } })).toMatchObject({ status: 404 });
    expect(await world.call('POST', '/v1/devices/register', { body: { ...body, orgId: 7 } })).toMatchObject({ status: 422 });
  });

  test('the document and the reference are served, the reference without scripts', async () => {
    const document = await world.call('GET', '/v1/openapi.json');
    expect(document).toMatchObject({ status: 200, body: { openapi: '3.1.0', servers: [{ url: 'https://migrator.example' }] } });
    const page = await world.call('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain('createJob');
  });
});
