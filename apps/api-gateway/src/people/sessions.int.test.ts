import { createAttempts } from './attempts.js';
import { byAccount } from './sign-in.js';
import { freshEmail, newOwner, password, PeopleWorld, type Instance } from '../testing/people-world.js';

let world: PeopleWorld;
let one: Instance;
beforeAll(async () => {
  world = await PeopleWorld.open();
  one = await world.start();
});
afterAll(() => world.close());

const signUpBody = (email: string) => ({ organisationName: 'Contoso IT', name: 'Ada', email, password });
const count = async (table: 'users' | 'organisations' | 'accounts' | 'sessions' | 'members'): Promise<number> => (await world.db.sql<{ n: number }[]>`select count(*) as n from ${world.db.sql(`gateway.${table}`)}`)[0]!.n;
const actions = async (orgId: string): Promise<string[]> => (await world.db.sql<{ action: string }[]>`select action from gateway.audit where org_id = ${orgId} order by id`).map(({ action }) => action);

describe('sign-up', () => {
  test('creates an organisation and its owner, who is signed in by a cookie that scripts cannot read', async () => {
    const email = freshEmail();
    const reply = await one.call('POST', '/v1/auth/sign-up', signUpBody(email.toUpperCase()));
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({ user: { email, name: 'Ada', role: 'owner', id: expect.stringMatching(/^usr_[0-9A-HJKMNP-TV-Z]{26}$/) as string }, organisation: { name: 'Contoso IT', plan: 'pro', rateLimitPerMinute: 1_000 } });
    expect(reply.headers.getSetCookie()).toHaveLength(1);
    expect(reply.headers.getSetCookie()[0]).toMatch(/^migrator_session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    const session = await one.call('GET', '/v1/auth/session', undefined, reply);
    expect(session.status).toBe(200);
    expect(session.body.user).toEqual(reply.body.user);
    expect(await actions(reply.body.organisation.id as string)).toEqual(['organisation.created']);
  });

  test('by TLS the cookie is bound to this host and to TLS, and none that could have been set without TLS is believed', async () => {
    const email = freshEmail();
    const reply = await one.call('POST', '/v1/auth/sign-up', signUpBody(email), { secure: true });
    expect(reply.headers.getSetCookie()[0]).toMatch(/^__Host-migrator_session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const cookie = reply.cookie!;
    const ask = async (sent: string, secure: boolean): Promise<number> => (await one.call('GET', '/v1/auth/session', undefined, { cookie: sent, secure })).status;
    expect(await ask(cookie, true)).toBe(200);
    const planted = cookie.replace('__Host-', '');
    expect(await ask(planted, true)).toBe(401);
    // As a neighbour would plant it beside the true one.
    expect(await ask(`${planted}; ${cookie}`, true)).toBe(200);
    expect(await ask(cookie, false)).toBe(401);
    const changed = await one.call('POST', '/v1/auth/password/change', { currentPassword: password, newPassword: `${password}!` }, { cookie, secure: true });
    expect(changed.cookie).toMatch(/^__Host-/);
    const out = await one.call('POST', '/v1/auth/sign-out', undefined, { cookie: changed.cookie, secure: true });
    expect(out.headers.getSetCookie()[0]).toMatch(/^__Host-migrator_session=;.*Max-Age=0/);
    expect(await ask(changed.cookie!, true)).toBe(401);
  });

  test('signing in opens a session of its own, whatever cookie the browser brings', async () => {
    const { email, cookie } = await newOwner(one);
    const again = await one.call('POST', '/v1/auth/sign-in', { email, password }, { cookie, address: '192.0.2.251' });
    expect(again.cookie).toMatch(/^migrator_session=/);
    expect(again.cookie).not.toBe(cookie);
  });

  test('an address that has an account gets 409 and leaves nothing, also twice at once', async () => {
    const email = freshEmail();
    const before = await count('organisations');
    const replies = await Promise.all([1, 2, 3].map(() => one.call('POST', '/v1/auth/sign-up', signUpBody(email))));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(replies.find(({ status }) => status === 409)!.body.code).toBe('CONFLICT');
    expect(await count('organisations')).toBe(before + 1);
    expect(await count('users')).toBe(await count('members'));
  });

  test('a failure half-way leaves no organisation, person or session', async () => {
    const failing = await world.start({ audit: (log) => ({ ...log, record: () => Promise.reject(new Error('the disk is full')) }) });
    const before = await Promise.all((['users', 'organisations', 'accounts', 'sessions', 'members'] as const).map(count));
    const email = freshEmail();
    const reply = await failing.call('POST', '/v1/auth/sign-up', signUpBody(email));
    expect(reply.status).toBe(500);
    expect(reply.cookie).toBeNull();
    expect(await Promise.all((['users', 'organisations', 'accounts', 'sessions', 'members'] as const).map(count))).toEqual(before);
    expect((await one.call('POST', '/v1/auth/sign-up', signUpBody(email))).status).toBe(201);
  });

  test('closed, nobody signs up; open for the first, exactly one of two at once does', async () => {
    const closed = await world.start({ config: { signUp: 'closed' } });
    expect((await closed.call('POST', '/v1/auth/sign-up', signUpBody(freshEmail()))).body.code).toBe('FORBIDDEN');
    const fresh = await PeopleWorld.open();
    try {
      const first = await fresh.start({ config: { signUp: 'first' } });
      const replies = await Promise.all([1, 2].map(() => first.call('POST', '/v1/auth/sign-up', signUpBody(freshEmail()))));
      expect(replies.map(({ status }) => status).sort()).toEqual([201, 403]);
      expect((await first.call('POST', '/v1/auth/sign-up', signUpBody(freshEmail()))).status).toBe(403);
    } finally {
      await fresh.close();
    }
  });
});

describe('sign-in', () => {
  test('a wrong address and a wrong password are answered alike, after the same work', async () => {
    const { email, orgId } = await newOwner(one);
    const timed = async (address: string, guess: string): Promise<{ tookMs: number; status: number; body: unknown; cookies: string[] }> => {
      const startedAt = performance.now();
      const { status, body, headers } = await one.call('POST', '/v1/auth/sign-in', { email: address, password: guess }, { address: `192.0.2.${Math.floor(Math.random() * 250)}` });
      return { tookMs: performance.now() - startedAt, status, body, cookies: headers.getSetCookie() };
    };
    const unknown = [];
    const wrong = [];
    for (let round = 0; round < 4; round += 1) {
      unknown.push(await timed(freshEmail(), 'not the password at all'));
      wrong.push(await timed(email, 'not the password at all'));
    }
    expect(unknown[0]).toMatchObject({ status: 401, body: wrong[0]!.body, cookies: [] });
    expect(wrong[0]!.status).toBe(401);
    const least = (runs: { tookMs: number }[]): number => Math.min(...runs.map(({ tookMs }) => tookMs));
    // Without the hash of a made-up password the first would take a tenth of the second.
    expect(least(unknown)).toBeGreaterThan(least(wrong) * 0.5);
    expect(await one.call('POST', '/v1/auth/sign-in', { email, password: 'x'.repeat(900) }, { address: '192.0.2.251' })).toMatchObject({ status: 401 });
    const right = await one.call('POST', '/v1/auth/sign-in', { email, password }, { address: '192.0.2.252' });
    expect(right.status).toBe(200);
    expect((await one.call('GET', '/v1/auth/session', undefined, right)).status).toBe(200);
    expect(await actions(orgId)).toEqual(['organisation.created', 'person.signed_in']);
  });

  test('five wrong passwords in a quarter of an hour and not even the right one is looked at, on any instance, until it has passed', async () => {
    const two = await world.start();
    const { email } = await newOwner(one);
    const address = '2001:db8:1:2::5';
    // At once, so that none sees the count of another before its own password is looked at.
    const guesses = await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : two).call('POST', '/v1/auth/sign-in', { email, password: `guess number ${at}` }, { address })));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(7);
    // Another address of the same subscriber.
    const locked = await two.call('POST', '/v1/auth/sign-in', { email, password }, { address: '2001:db8:1:2:ffff::9' });
    expect(locked).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(800);
    expect((await one.call('POST', '/v1/auth/sign-in', { email, password }, { address: '198.51.100.200' })).status).toBe(200);
    world.clock.advance(15 * 60_000);
    expect((await one.call('POST', '/v1/auth/sign-in', { email, password }, { address })).status).toBe(200);
  });
});

test('many places together guess no faster than fifty passwords in a quarter of an hour, whether or not somebody has the address', async () => {
  const { email } = await newOwner(one);
  const attempts = createAttempts({ sql: world.db.sql, clock: world.clock, key: world.sessionSecret });
  for (const guessed of [email, freshEmail()]) {
    const from = (place: number) => one.call('POST', '/v1/auth/sign-in', { email: guessed, password: `guess number ${place}` }, { address: `198.18.${guessed === email ? 0 : 1}.${place}` });
    for (let earlier = 0; earlier < 48; earlier += 1) await attempts.take(byAccount, guessed);
    const answers = await Promise.all([1, 2, 3].map(from));
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 429]);
  }
  expect((await one.call('POST', '/v1/auth/sign-in', { email, password }, { address: '198.18.2.1' })).status).toBe(429);
  world.clock.advance(15 * 60_000);
  expect((await one.call('POST', '/v1/auth/sign-in', { email, password }, { address: '198.18.2.1' })).status).toBe(200);
});

describe('a session', () => {
  test('ends at once when its person signs out, for whoever kept the cookie', async () => {
    const { cookie, orgId } = await newOwner(one);
    const out = await one.call('POST', '/v1/auth/sign-out', undefined, { cookie });
    expect(out).toMatchObject({ status: 200, body: { signedOut: true } });
    expect(out.headers.getSetCookie()[0]).toMatch(/^migrator_session=;.*Max-Age=0/);
    expect((await one.call('GET', '/v1/auth/session', undefined, { cookie })).status).toBe(401);
    expect(await one.people.sessions.find({ cookie })).toBeNull();
    expect(await actions(orgId)).toEqual(['organisation.created', 'person.signed_out']);
    expect(world.changes).toContainEqual({ orgId, what: 'session' });
  });

  test('moves on with use, and is over when it was not used for seven days', async () => {
    const { cookie, userId } = await newOwner(one);
    const { sql } = world.db;
    await sql`update gateway.sessions set expires_at = now() + interval '2 days' where user_id = ${userId}`;
    const renewed = await one.call('GET', '/v1/auth/session', undefined, { cookie });
    expect(renewed.cookie).toBe(cookie);
    expect(new Date(renewed.body.expiresAt as string).getTime() - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    await sql`update gateway.sessions set expires_at = now() + interval '2 days' where user_id = ${userId}`;
    expect(await one.people.sessions.find({ cookie })).toMatchObject({ kind: 'person', userId });
    const [kept] = await sql<{ left: number }[]>`select extract(epoch from expires_at - now())::float8 as left from gateway.sessions where user_id = ${userId}`;
    expect(kept!.left).toBeGreaterThan(6.9 * 86_400);
    await sql`update gateway.sessions set expires_at = now() - interval '1 second' where user_id = ${userId}`;
    expect(await one.people.sessions.find({ cookie })).toBeNull();
  });

  test('belongs to the cookie as it was given: a changed or foreign one is nobody', async () => {
    const { cookie, userId } = await newOwner(one);
    const [row] = await world.db.sql<{ token: Buffer }[]>`select token from gateway.sessions where user_id = ${userId}`;
    for (const forged of [`${cookie}x`, cookie.replace(/=./, '=!'), 'migrator_session=', 'migrator_session=%E0%A4%A', 'other=1', `migrator_session=${row!.token.toString('hex')}.${cookie.split('.')[1] ?? ''}`]) expect(await one.people.sessions.find({ cookie: forged })).toBeNull();
    expect(await one.people.sessions.find({ cookie: `a=1; ${cookie}; b=2` })).toMatchObject({ userId, scopes: ['read', 'write', 'admin'], role: 'owner', rateLimitPerMinute: 1_000 });
  });

  test('that ended while a call was on its way is answered 401, not 500', async () => {
    const { cookie } = await newOwner(one);
    const principal = (await one.people.sessions.find({ cookie }))!;
    expect((await one.call('POST', '/v1/auth/sign-out', undefined, { cookie })).status).toBe(200);
    expect((await one.call('GET', '/v1/auth/session', undefined, { cookie, principal })).status).toBe(401);
    expect((await one.call('POST', '/v1/auth/password/change', { currentPassword: password, newPassword: `${password}!` }, { cookie, principal })).status).toBe(401);
    expect((await one.call('POST', '/v1/auth/sign-out', undefined, { cookie, principal })).status).toBe(200);
  });
});
