import type { Principal } from '../access/principal.js';
import { freshEmail, newMember, newOwner, password, PeopleWorld, type Instance } from '../testing/people-world.js';

let world: PeopleWorld;
let one: Instance;
beforeAll(async () => {
  world = await PeopleWorld.open();
  one = await world.start();
});
afterAll(() => world.close());

const change = (by: { cookie: string }, id: string, role: string) => one.call('PATCH', `/v1/members/${id}`, { role }, by);
const remove = (by: { cookie: string }, id: string) => one.call('DELETE', `/v1/members/${id}`, undefined, by);
const invite = (by: { cookie: string }, email: string, role = 'operator') => one.call('POST', '/v1/members/invitations', { email, role }, by);
const accept = (token: string, name = 'Linus') => one.call('POST', '/v1/auth/invitations/accept', { token, name, password });
const tokenOf = (reply: { body: { acceptUrl: string } }): string => reply.body.acceptUrl.split('#')[1]!;
const owners = async (orgId: string): Promise<number> => (await world.db.sql`select 1 from gateway.members where org_id = ${orgId} and role = 'owner'`).length;
const adminKey = (orgId: string): Principal => ({ kind: 'key', keyId: 'key_01JA2B3C4D5E6F7G8H9JKMNPQR', orgId: orgId as `org_${string}`, role: 'admin', scopes: ['read', 'write', 'admin'], rateLimitPerMinute: 1_000, name: 'ci' });

describe('members', () => {
  test('are listed in pages, newest first, and only those of the organisation', async () => {
    const owner = await newOwner(one);
    const stranger = await newOwner(one);
    const joined = [];
    for (const role of ['viewer', 'operator', 'admin']) joined.push(await newMember(one, owner, role));
    const first = await one.call('GET', '/v1/members?limit=2', undefined, owner);
    expect(first.body).toMatchObject({ hasMore: true });
    const second = await one.call('GET', `/v1/members?limit=2&cursor=${first.body.nextCursor as string}`, undefined, owner);
    expect(second.body).toMatchObject({ hasMore: false, nextCursor: null });
    const listed = [...(first.body.members as { id: string }[]), ...(second.body.members as { id: string }[])];
    expect(listed.map(({ id }) => id).sort()).toEqual([owner.userId, ...joined.map(({ userId }) => userId)].sort());
    expect(listed).toEqual([...listed].sort((a, b) => ((a as unknown as { createdAt: string }).createdAt + a.id < (b as unknown as { createdAt: string }).createdAt + b.id ? 1 : -1)));
    expect(await one.call('GET', `/v1/members?cursor=${first.body.nextCursor as string}`, undefined, stranger)).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
    expect((await one.call('GET', '/v1/members', undefined, stranger)).body.members).toHaveLength(1);
  });

  test('show when they were last there, to the minute', async () => {
    const owner = await newOwner(one);
    const joinedAt = world.clock.now().toISOString();
    const seen = async (): Promise<string> => ((await one.call('GET', '/v1/members', undefined, owner)).body.members as { lastSeenAt: string }[])[0]!.lastSeenAt;
    world.clock.advance(59_000);
    expect(await seen()).toBe(joinedAt);
    world.clock.advance(2_000);
    expect(await seen()).toBe(world.clock.now().toISOString());
  });

  test('only owners make, change or remove owners: an admin cannot raise anybody to owner, himself included, nor invite one', async () => {
    const owner = await newOwner(one);
    const admin = await newMember(one, owner, 'admin');
    const viewer = await newMember(one, owner, 'viewer');
    for (const refused of [
      await change(admin, admin.userId, 'owner'),
      await change(admin, viewer.userId, 'owner'),
      await change(admin, owner.userId, 'viewer'),
      await remove(admin, owner.userId),
      await invite(admin, freshEmail(), 'owner'),
      await change(viewer, viewer.userId, 'admin'),
      await one.call('PATCH', `/v1/members/${viewer.userId}`, { role: 'owner' }, { principal: adminKey(owner.orgId) }),
    ])
      expect(refused).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    expect(await change(admin, viewer.userId, 'operator')).toMatchObject({ status: 200, body: { member: { id: viewer.userId, role: 'operator' } } });
    expect(world.changes).toContainEqual({ orgId: owner.orgId, what: 'member' });
    expect(await one.people.sessions.find(viewer)).toMatchObject({ role: 'operator', scopes: ['read', 'write'] });
    expect(await change(owner, admin.userId, 'owner')).toMatchObject({ status: 200, body: { member: { role: 'owner' } } });
  });

  test('what was remembered of a caller does not outlive their role', async () => {
    const owner = await newOwner(one);
    const admin = await newMember(one, owner, 'admin');
    const remembered = (await one.people.sessions.find(admin))!;
    await change(owner, admin.userId, 'viewer');
    expect((await one.call('DELETE', `/v1/members/${owner.userId}`, undefined, { principal: remembered })).status).toBe(403);
    expect((await one.call('POST', '/v1/members/invitations', { email: freshEmail(), role: 'admin' }, { principal: remembered })).status).toBe(403);
    await remove(owner, admin.userId);
    expect((await one.call('POST', '/v1/members/invitations', { email: freshEmail(), role: 'admin' }, { principal: remembered })).status).toBe(401);
  });

  test('nobody comes back, or makes somebody more than they may any more, by an invitation from before', async () => {
    const owner = await newOwner(one);
    const [second, admin] = [await newMember(one, owner, 'owner'), await newMember(one, owner, 'admin')];
    const [asOwner, asAdmin] = [await invite(second, freshEmail(), 'owner'), await invite(second, freshEmail(), 'admin')];
    const own = await invite(admin, freshEmail(), 'admin');
    const kept = await invite(owner, freshEmail(), 'viewer');
    await change(owner, second.userId, 'admin');
    expect((await accept(tokenOf(asOwner))).status).toBe(404);
    await remove(owner, admin.userId);
    expect((await accept(tokenOf(own))).status).toBe(404);
    expect((await one.call('GET', '/v1/members/invitations', undefined, owner)).body.invitations).toHaveLength(2);
    await change(owner, second.userId, 'operator');
    expect((await accept(tokenOf(asAdmin))).status).toBe(404);
    expect((await accept(tokenOf(kept))).status).toBe(201);
  });

  test('a removed person’s sessions end at once, and the address is free again', async () => {
    const owner = await newOwner(one);
    const member = await newMember(one, owner, 'operator');
    expect(await remove(owner, member.userId)).toMatchObject({ status: 200, body: { deleted: true } });
    expect(await one.people.sessions.find(member)).toBeNull();
    expect((await one.call('POST', '/v1/auth/sign-in', { email: member.email, password })).status).toBe(401);
    expect((await remove(owner, member.userId)).status).toBe(404);
    expect((await accept(tokenOf(await invite(owner, member.email)))).status).toBe(201);
  });

  test('a person of another organisation is answered like one that does not exist', async () => {
    const owner = await newOwner(one);
    const stranger = await newOwner(one);
    const nobody = 'usr_01JA2B3C4D5E6F7G8H9JKMNPQR';
    for (const ask of [(id: string) => change(owner, id, 'viewer'), (id: string) => remove(owner, id)]) {
      const [foreign, missing, malformed] = [await ask(stranger.userId), await ask(nobody), await ask('x')];
      expect(foreign.status).toBe(404);
      expect(foreign.body).toEqual(missing.body);
      expect(malformed.body).toEqual(missing.body);
    }
    expect(await one.people.sessions.find(stranger)).toMatchObject({ role: 'owner' });
  });

  test('the last owner stays an owner', async () => {
    const owner = await newOwner(one);
    for (const refused of [await change(owner, owner.userId, 'admin'), await remove(owner, owner.userId)]) expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await change(owner, owner.userId, 'owner')).toMatchObject({ status: 200 });
  });

  test('two owners who remove or demote one another at once leave one', async () => {
    for (let round = 0; round < 4; round += 1) {
      const a = await newOwner(one);
      const b = await newMember(one, a, 'owner');
      // What each caller is was looked up before: both are owners when both changes begin.
      const principals = [(await one.people.sessions.find(a))!, (await one.people.sessions.find(b))!];
      const replies = await Promise.all(
        round % 2 === 0
          ? [one.call('DELETE', `/v1/members/${b.userId}`, undefined, { principal: principals[0]! }), one.call('DELETE', `/v1/members/${a.userId}`, undefined, { principal: principals[1]! })]
          : [one.call('DELETE', `/v1/members/${a.userId}`, undefined, { principal: principals[0]! }), one.call('PATCH', `/v1/members/${b.userId}`, { role: 'viewer' }, { principal: principals[1]! })],
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(await owners(a.orgId)).toBe(1);
    }
  });
});

describe('an invitation', () => {
  test('says what it is for, makes a member who is signed in, and works once', async () => {
    const owner = await newOwner(one);
    const email = freshEmail();
    const made = await invite(owner, email.toUpperCase(), 'operator');
    expect(made).toMatchObject({ status: 201, body: { invitation: { email, role: 'operator', invitedBy: owner.email }, acceptUrl: expect.stringMatching(/^http:\/\/migrator\.test\/invitations#[\w-]{43}$/) as string } });
    const token = tokenOf(made);
    expect(await one.call('POST', '/v1/auth/invitations/read', { token })).toMatchObject({ status: 200, body: { organisationName: 'Contoso IT', email, role: 'operator' } });
    const listed = await one.call('GET', '/v1/members/invitations', undefined, owner);
    expect(listed.body.invitations).toEqual([made.body.invitation]);
    const accepted = await accept(token);
    expect(accepted).toMatchObject({ status: 201, body: { user: { email, role: 'operator' }, organisation: { id: owner.orgId } } });
    expect(await one.people.sessions.find({ cookie: accepted.cookie! })).toMatchObject({ orgId: owner.orgId, role: 'operator' });
    expect((await accept(token)).body).toEqual((await accept('no such token at all')).body);
    expect((await one.call('POST', '/v1/auth/invitations/read', { token })).status).toBe(404);
    expect((await one.call('GET', '/v1/members/invitations', undefined, owner)).body.invitations).toEqual([]);
    const [row] = await world.db.sql`select actor, target from gateway.audit where org_id = ${owner.orgId} and action = 'member.joined'`;
    expect(row).toEqual({ actor: `user:${accepted.body.user.id as string}`, target: accepted.body.user.id as string });
  });

  test('of two acceptances at once, one makes a member', async () => {
    const owner = await newOwner(one);
    const token = tokenOf(await invite(owner, freshEmail()));
    const replies = await Promise.all(['Linus', 'Grace', 'Edsger'].map((name) => accept(token, name)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 404, 404]);
    expect((await one.call('GET', '/v1/members', undefined, owner)).body.members).toHaveLength(2);
  });

  test('is replaced by a new one for the same address, lasts seven days, and can be taken back', async () => {
    const owner = await newOwner(one);
    const email = freshEmail();
    const earlier = await invite(owner, email, 'admin');
    const later = await invite(owner, email, 'viewer');
    expect((await one.call('POST', '/v1/auth/invitations/read', { token: tokenOf(earlier) })).status).toBe(404);
    expect((await one.call('GET', '/v1/members/invitations', undefined, owner)).body.invitations).toHaveLength(1);
    expect((await one.call('DELETE', `/v1/members/invitations/${later.body.invitation.id as string}`, undefined, await newOwner(one))).status).toBe(404);
    expect(await one.call('DELETE', `/v1/members/invitations/${later.body.invitation.id as string}`, undefined, owner)).toMatchObject({ status: 200, body: { deleted: true } });
    expect((await accept(tokenOf(later))).status).toBe(404);
    const last = await invite(owner, email);
    world.clock.advance(7 * 86_400_000);
    expect((await accept(tokenOf(last))).status).toBe(404);
    expect((await one.call('GET', '/v1/members/invitations', undefined, owner)).body.invitations).toEqual([]);
  });

  test('to somebody with an account: 409 for a member at once; for anybody else only who reads the mail learns it, and nothing changes', async () => {
    const owner = await newOwner(one);
    const stranger = await newOwner(one);
    expect(await invite(owner, owner.email)).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    const made = await invite(owner, stranger.email);
    expect(made.status).toBe(201);
    expect(await accept(tokenOf(made))).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect(await one.people.sessions.find(stranger)).toMatchObject({ orgId: stranger.orgId });
    expect((await one.call('GET', '/v1/members/invitations', undefined, owner)).body.invitations).toHaveLength(1);
  });

  test('is no way to try without end which addresses have an account', async () => {
    const owner = await newOwner(one);
    const token = tokenOf(await invite(owner, (await newOwner(one)).email));
    const statuses = [];
    for (let round = 0; round < 22; round += 1) statuses.push((await one.call('POST', '/v1/auth/invitations/accept', { token, name: 'Linus', password }, { address: '198.51.100.9' })).status);
    expect(statuses).toEqual([...Array.from({ length: 20 }, () => 409), 429, 429]);
  });
});
