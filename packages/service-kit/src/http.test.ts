import { AppError } from '@migrator/contracts/errors';
import type { InternalIdentity } from '@migrator/contracts/identity';
import request from 'supertest';
import { systemClock } from './clock.js';
import { Secret } from './config.js';
import { createServiceApp, ok, type RouteSpec } from './http.js';
import { createIdentity } from './identity.js';
import { createLogger } from './logger.js';

const identity = createIdentity(new Secret(Buffer.alloc(32, 7).toString('base64')), systemClock);
const routes: RouteSpec[] = [
  { method: 'POST', path: '/v1/things', access: 'organisation', scope: 'write', handle: (call) => Promise.resolve(ok({ org: call.org, body: call.body })) },
  { method: 'GET', path: '/v1/things', access: 'organisation', scope: 'read', handle: () => Promise.reject(new Error('secret inside')) },
  { method: 'GET', path: '/internal/things', access: 'service', handle: () => Promise.resolve(ok({})) },
  ...(['GET', 'POST'] as const).map((method): RouteSpec => ({ method, path: '/v1/restarting', access: 'public', handle: () => Promise.reject(new Error('Failed query', { cause: Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }) })) })),
  { method: 'GET', path: '/v1/refused', access: 'public', handle: () => Promise.reject(new AppError('CONFLICT', { publicMessage: 'No.', retryAfterSeconds: 3 })) },
];
const app = createServiceApp({ logger: createLogger('test', 'silent'), identity, routes });
const who = (changes: Partial<InternalIdentity> = {}): Promise<string> => identity.sign({ org: 'org_1', actor: 'key:1', role: 'operator', scopes: ['read', 'write'], ...changes });

test('a request without a valid internal identity is 401, whatever it asks for', async () => {
  expect((await request(app).get('/v1/things')).status).toBe(401);
  expect((await request(app).get('/v1/things').set('x-migrator-identity', 'x.y.z')).status).toBe(401);
  const foreign = await createIdentity(new Secret(Buffer.alloc(32, 8).toString('base64')), systemClock).sign({ org: 'org_1', actor: 'a', role: 'owner', scopes: ['admin'] });
  expect((await request(app).get('/v1/things').set('x-migrator-identity', foreign)).status).toBe(401);
  const old = await createIdentity(new Secret(Buffer.alloc(32, 7).toString('base64')), { now: () => new Date(Date.now() - 120_000) }).sign({ org: 'org_1', actor: 'a', role: 'owner', scopes: ['read'] });
  expect((await request(app).get('/v1/things').set('x-migrator-identity', old)).status).toBe(401);
});

test('scope and kind of caller are checked by the service itself', async () => {
  expect((await request(app).post('/v1/things').set('x-migrator-identity', await who({ scopes: ['read'] })).send({})).body).toMatchObject({ code: 'FORBIDDEN', status: 403 });
  expect((await request(app).get('/internal/things').set('x-migrator-identity', await who())).status).toBe(404);
  expect((await request(app).get('/internal/things').set('x-migrator-identity', await who({ role: 'service', org: null }))).status).toBe(200);
  expect((await request(app).post('/v1/things').set('x-migrator-identity', await who({ org: null })).send({})).status).toBe(401);
});

test('an unexpected error is 500 and says nothing of the inside', async () => {
  const answer = await request(app).get('/v1/things').set('x-migrator-identity', await who());
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain('secret inside');
  expect(answer.body).toMatchObject({ code: 'INTERNAL_ERROR', requestId: answer.headers['x-request-id'] });
});

test('a database that restarts is 503 with a time to come back, and says nothing of the inside', async () => {
  const answer = await request(app).get('/v1/restarting');
  expect(answer.body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503 });
  expect(answer.headers['retry-after']).toBe('2');
  expect(answer.text).not.toContain('query');
  expect(answer.headers['x-migrator-outcome']).toBeUndefined();
  // The lost answer may have been the one to a commit.
  expect((await request(app).post('/v1/restarting')).headers['x-migrator-outcome']).toBe('unknown');
});

test('bodies: JSON in any shape arrives, everything else is named', async () => {
  const send = async (body: string, type: string): Promise<{ status: number; code: unknown }> => {
    const answer = await request(app).post('/v1/things').set('x-migrator-identity', await who()).set('content-type', type).send(body);
    return { status: answer.status, code: (answer.body as { code?: unknown }).code };
  };
  expect(await send('"text"', 'application/json')).toEqual({ status: 200, code: undefined });
  expect(await send('{"a":', 'application/json')).toEqual({ status: 400, code: 'INVALID_JSON' });
  expect(await send('a=1', 'application/x-www-form-urlencoded')).toEqual({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  expect(await send('['.repeat(100) + ']'.repeat(100), 'application/json')).toEqual({ status: 422, code: 'VALIDATION_ERROR' });
  expect(await send(`"${'['.repeat(100)}\\"${'['.repeat(100)}"`, 'application/json')).toEqual({ status: 200, code: undefined });
  expect(await send(`"${'x'.repeat(1_100_000)}"`, 'application/json')).toEqual({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
});

test('another method is 405 with Allow, another path 404, a known error carries its Retry-After', async () => {
  const other = await request(app).delete('/v1/things');
  expect({ status: other.status, allow: other.headers['allow'] }).toEqual({ status: 405, allow: 'POST, GET' });
  expect((await request(app).get('/nothing')).body).toMatchObject({ code: 'NOT_FOUND' });
  const refused = await request(app).get('/v1/refused');
  expect({ status: refused.status, retryAfter: refused.headers['retry-after'] }).toEqual({ status: 409, retryAfter: '3' });
});
