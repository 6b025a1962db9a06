import { hashKey, isUsable } from '../api-keys/api-key.js';
import { findKeyByHash } from '../api-keys/key-lookup.js';
import type { Principal } from '../access/principal.js';
import { freshEmail, newMember, newOwner, password, PeopleWorld, type Instance } from '../testing/people-world.js';

let world: PeopleWorld;
let one: Instance;
beforeAll(async () => {
  world = await PeopleWorld.open();
  one = await world.start();
});
afterAll(() => world.close());

const create = (by: { cookie: string }, body: object) => one.call('POST', '/v1/api-keys', body, by);

describe('API keys', () => {
  test('are shown once, found by their hash, listed without their secret, and refused once revoked', async () => {
    const owner = await newOwner(one);
    const made = await create(owner, { name: 'ci', scopes: ['write', 'read'] });
    expect(made).toMatchObject({ status: 201, body: { key: expect.stringMatching(/^tmk_live_[0-9A-Za-z]{40}$/) as string, apiKey: { name: 'ci', scopes: ['read', 'write'], createdBy: `user:${owner.userId}`, expiresAt: null, lastUsedAt: null, revokedAt: null } } });
    const text = made.body.key as string;
    expect(made.body.apiKey.last4).toBe(text.slice(-4));
    const find = () => findKeyByHash(world.db.sql, hashKey(text, world.pepper));
    expect(isUsable((await find())!, world.clock.now())).toBe(true);
    const listed = await one.call('GET', '/v1/api-keys', undefined, owner);
    expect(listed.body).toEqual({ apiKeys: [made.body.apiKey], nextCursor: null, hasMore: false });
    const revoked = await one.call('DELETE', `/v1/api-keys/${made.body.apiKey.id as string}`, undefined, owner);
    expect(revoked.body.apiKey.revokedAt).toBe(world.clock.now().toISOString());
    expect(isUsable((await find())!, world.clock.now())).toBe(false);
    expect(world.changes).toContainEqual({ orgId: owner.orgId, what: 'key' });
    world.clock.advance(1_000);
    expect((await one.call('DELETE', `/v1/api-keys/${made.body.apiKey.id as string}`, undefined, owner)).body).toEqual(revoked.body);
  });

  test('another organisation’s key is answered like one that does not exist, and goes on', async () => {
    const owner = await newOwner(one);
    const stranger = await newOwner(one);
    const { body } = await create(owner, { name: 'ci', scopes: ['read'] });
    const foreign = await one.call('DELETE', `/v1/api-keys/${body.apiKey.id as string}`, undefined, stranger);
    const missing = await one.call('DELETE', '/v1/api-keys/key_01JA2B3C4D5E6F7G8H9JKMNPQR', undefined, stranger);
    expect(foreign.status).toBe(404);
    expect(foreign.body).toEqual(missing.body);
    expect((await one.call('GET', '/v1/api-keys', undefined, owner)).body.apiKeys[0].revokedAt).toBeNull();
  });

  test('cannot have more scopes than the one who makes them, nor be made by who may not', async () => {
    const owner = await newOwner(one);
    const principal: Principal = { kind: 'key', keyId: 'key_01JA2B3C4D5E6F7G8H9JKMNPQR', orgId: owner.orgId as `org_${string}`, role: 'admin', scopes: ['read', 'admin'], rateLimitPerMinute: 1_000, name: 'ci' };
    expect(await one.call('POST', '/v1/api-keys', { name: 'x', scopes: ['write'] }, { principal })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await one.call('POST', '/v1/api-keys', { name: 'x', scopes: ['read'] }, { principal })).toMatchObject({ status: 201, body: { apiKey: { createdBy: `key:${principal.keyId}` } } });
    expect((await create(await newMember(one, owner, 'operator'), { name: 'x', scopes: ['read'] })).status).toBe(403);
    // A key outlives the few seconds for which a caller is remembered.
    const admin = await newMember(one, owner, 'admin');
    const remembered = (await one.people.sessions.find(admin))!;
    await one.call('PATCH', `/v1/members/${admin.userId}`, { role: 'viewer' }, owner);
    expect((await one.call('POST', '/v1/api-keys', { name: 'x', scopes: ['read'] }, { principal: remembered })).status).toBe(403);
  });

  test('cannot expire in the past', async () => {
    const owner = await newOwner(one);
    expect(await create(owner, { name: 'x', scopes: ['read'], expiresAt: world.clock.now().toISOString() })).toMatchObject({ status: 422, body: { errors: [{ path: 'expiresAt' }] } });
    const at = new Date(world.clock.now().getTime() + 1_000);
    const { body } = await create(owner, { name: 'x', scopes: ['read'], expiresAt: at.toISOString() });
    expect(body.apiKey.expiresAt).toBe(at.toISOString());
    expect(isUsable((await findKeyByHash(world.db.sql, hashKey(body.key as string, world.pepper)))!, at)).toBe(false);
  });
});

describe('the organisation', () => {
  test('is read by all its people and renamed by its admins', async () => {
    const owner = await newOwner(one);
    const viewer = await newMember(one, owner, 'viewer');
    expect((await one.call('PATCH', '/v1/organisation', { name: 'Fabrikam' }, viewer)).status).toBe(403);
    const renamed = await one.call('PATCH', '/v1/organisation', { name: 'Fabrikam' }, owner);
    expect(renamed).toMatchObject({ status: 200, body: { organisation: { id: owner.orgId, name: 'Fabrikam', plan: 'pro', rateLimitPerMinute: 1_000 } } });
    expect((await one.call('GET', '/v1/organisation', undefined, viewer)).body).toEqual(renamed.body);
  });
});

describe('the audit log', () => {
  test('is read newest first, by filter, in pages that belong to filter and organisation', async () => {
    const owner = await newOwner(one);
    const stranger = await newOwner(one);
    for (let round = 0; round < 3; round += 1) await one.call('POST', '/v1/auth/sign-in', { email: owner.email, password }, { address: '192.0.2.9' });
    const all = await one.call('GET', '/v1/audit', undefined, owner);
    expect(all.body.entries.map(({ action }: { action: string }) => action)).toEqual(['person.signed_in', 'person.signed_in', 'person.signed_in', 'organisation.created']);
    expect(all.body.entries[0]).toMatchObject({ actor: `user:${owner.userId}`, actorName: owner.email, target: owner.userId, address: '192.0.2.9', requestId: 'req_test', outcome: 'done' });
    const path = `/v1/audit?action=person.signed_in&actor=user:${owner.userId}&target=${owner.userId}&limit=2`;
    const first = await one.call('GET', path, undefined, owner);
    const second = await one.call('GET', `${path}&cursor=${first.body.nextCursor as string}`, undefined, owner);
    expect([...first.body.entries, ...second.body.entries]).toEqual(all.body.entries.slice(0, 3));
    expect(second.body).toMatchObject({ nextCursor: null, hasMore: false });
    expect((await one.call('GET', `/v1/audit?cursor=${first.body.nextCursor as string}`, undefined, owner)).status).toBe(422);
    expect((await one.call('GET', `${path}&cursor=${first.body.nextCursor as string}`, undefined, stranger)).status).toBe(422);
    expect((await one.call('GET', '/v1/audit?action=%00', undefined, owner)).status).toBe(422);
    expect((await one.call('GET', '/v1/audit?action=job.created', undefined, owner)).body.entries).toEqual([]);
  });
});

describe('secrets', () => {
  test('no password, token, cookie or key stands in any table or log line', async () => {
    const owner = await newOwner(one);
    const secrets = [password, 'a quite different pass phrase', 'a wrong one that was tried'];
    secrets.push(owner.cookie.slice('migrator_session='.length).split('.')[0]!);
    secrets.push((await create(owner, { name: 'ci', scopes: ['read'] })).body.key as string);
    const invited = await one.call('POST', '/v1/members/invitations', { email: freshEmail(), role: 'viewer' }, owner);
    secrets.push((invited.body.acceptUrl as string).split('#')[1]!);
    const linking = await world.start({ config: { mail: { smtpUrl: undefined, from: undefined, linksInLog: true } } });
    await linking.call('POST', '/v1/auth/password/forgot', { email: owner.email });
    const token = world.lastToken();
    // The one line that is meant to hold it, on a local stack.
    world.lines.splice(world.lines.findIndex((line) => line.includes(token)), 1);
    secrets.push(token);
    await one.call('POST', '/v1/auth/sign-in', { email: owner.email, password: 'a wrong one that was tried' });
    await one.call('POST', '/v1/auth/password/change', { currentPassword: password, newPassword: 'a quite different pass phrase' }, owner);
    const again = await one.call('POST', '/v1/auth/sign-in', { email: owner.email, password: 'a quite different pass phrase' });
    secrets.push(again.cookie!.slice('migrator_session='.length).split('.')[0]!);
    const everything = `${await world.everything()}\n${world.lines.join('\n')}`;
    expect(everything).toContain(owner.email);
    expect(everything).toContain('sessions (');
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      expect(everything).not.toContain(secret);
      // Nor as bytes, which PostgreSQL shows in hexadecimal.
      expect(everything).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });
});
