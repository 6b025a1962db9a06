import { eventually } from '@migrator/testing/eventually';
import { freshEmail, newOwner, password, PeopleWorld, type Instance } from '../testing/people-world.js';

let world: PeopleWorld;
let one: Instance;
beforeAll(async () => {
  world = await PeopleWorld.open();
  one = await world.start({ config: { mail: { smtpUrl: undefined, from: undefined, linksInLog: true } } });
});
afterAll(() => world.close());

const next = 'a quite different pass phrase';
const signIn = (email: string, guess: string) => one.call('POST', '/v1/auth/sign-in', { email, password: guess }, { address: `192.0.2.${Math.floor(Math.random() * 250)}` });
const reset = (token: string, to = next) => one.call('POST', '/v1/auth/password/reset', { token, password: to });
let place = 0;
const forgot = async (email: string): Promise<string> => {
  const reply = await one.call('POST', '/v1/auth/password/forgot', { email }, { address: `198.51.7.${(place += 1)}` });
  expect(reply).toMatchObject({ status: 202, body: { accepted: true } });
  return world.lastToken();
};

describe('a lost password', () => {
  test('is replaced by the link, once, and every session of the person ends', async () => {
    const { email, cookie, orgId, userId } = await newOwner(one);
    const other = await signIn(email, password);
    const token = await forgot(email);
    expect(world.lines.find((line) => line.includes(token))).toContain('"link":"http://migrator.test/reset-password#');
    const second = await forgot(email);
    expect(await reset(token)).toMatchObject({ status: 200, body: { changed: true } });
    for (const kept of [cookie, other.cookie]) expect(await one.people.sessions.find({ cookie: kept! })).toBeNull();
    expect((await signIn(email, password)).status).toBe(401);
    expect((await signIn(email, next)).status).toBe(200);
    // Neither the same link nor an older one works after it.
    for (const used of [token, second]) expect(await reset(used, 'yet another pass phrase')).toMatchObject({ status: 422, body: { code: 'VALIDATION_ERROR', errors: [{ path: 'token' }] } });
    expect((await signIn(email, next)).status).toBe(200);
    const [row] = await world.db.sql`select actor, address, request_id from gateway.audit where org_id = ${orgId} and action = 'person.password_reset'`;
    expect(row).toEqual({ actor: `user:${userId}`, address: '203.0.113.7', request_id: 'req_test' });
    expect(world.changes).toContainEqual({ orgId, what: 'session' });
  });

  test('of two uses of a link at once, one sets the password', async () => {
    const { email } = await newOwner(one);
    const token = await forgot(email);
    const phrases = ['the first of two phrases', 'the second of two phrases'];
    const replies = await Promise.all(phrases.map((phrase) => reset(token, phrase)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 422]);
    const works = await Promise.all(phrases.map(async (phrase) => (await signIn(email, phrase)).status));
    expect(works).toEqual(replies.map(({ status }) => (status === 200 ? 200 : 401)));
  });

  test('a session that is being opened with the old password does not outlive the new one', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { email } = await newOwner(one);
      const token = await forgot(email);
      // Each begins a few round trips after the one before, so that they stand at different points when the reset commits.
      const later = async (roundTrips: number) => {
        for (let trip = 0; trip < roundTrips; trip += 1) await one.call('POST', '/v1/auth/invitations/read', { token: 'no such invitation' });
        return one.call('POST', '/v1/auth/sign-in', { email, password }, { address: `203.0.113.${roundTrips}` });
      };
      const [done, ...arrived] = await Promise.all([reset(token), ...[0, 1, 2, 3].map((at) => later(at * 4 + round))]);
      expect(done.status).toBe(200);
      for (const { cookie } of arrived) if (cookie !== null) expect(await one.people.sessions.find({ cookie })).toBeNull();
    }
  });

  test('nor does one whose row is being written while the new one is set', async () => {
    const { email, userId } = await newOwner(one);
    const token = await forgot(email);
    const { sql } = world.db;
    let resetting: Promise<{ status: number }> | undefined;
    let done = false;
    await sql.begin(async (tx) => {
      await tx`insert into gateway.sessions (id, user_id, token, expires_at, created_at, updated_at) values ('in the making', ${userId}, ${Buffer.from('x')}, now() + interval '1 day', now(), now())`;
      resetting = reset(token).finally(() => (done = true));
      await eventually('the reset waits for it', async () => done || (await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).length > 0);
    });
    expect((await resetting!).status).toBe(200);
    expect(await sql`select 1 from gateway.sessions where user_id = ${userId}`).toHaveLength(0);
  });

  test('the link works for an hour', async () => {
    const { email } = await newOwner(one);
    const token = await forgot(email);
    world.clock.advance(3_600_000);
    expect((await reset(token)).status).toBe(422);
    expect((await signIn(email, password)).status).toBe(200);
  });

  test('whether somebody has the address cannot be told, and nobody’s mailbox is filled', async () => {
    const { email } = await newOwner(one);
    const lines = world.lines.length;
    expect(await one.call('POST', '/v1/auth/password/forgot', { email: freshEmail() })).toMatchObject({ status: 202, body: { accepted: true } });
    expect(world.lines).toHaveLength(lines);
    const replies = [];
    for (let round = 0; round < 6; round += 1) replies.push(await one.call('POST', '/v1/auth/password/forgot', { email }, { address: '198.51.100.77' }));
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429]);
    expect(world.lines.filter((line) => line.includes('password reset link')).length).toBeGreaterThan(0);
  });

  test('the answer to who asks for a link is given before anybody looks whether somebody has the address', async () => {
    const { email } = await newOwner(one);
    await world.db.sql.begin(async (tx) => {
      await tx`lock table gateway.users in access exclusive mode`;
      const asked = [email, freshEmail()].map((address) => one.send('POST', '/v1/auth/password/forgot', { email: address }, { address: '198.51.100.78' }));
      for (const { status } of await Promise.all(asked)) expect(status).toBe(202);
    });
    const lines = world.lines.length;
    await eventually('the link', () => world.lines.slice(lines - 1).some((line) => line.includes('password reset link')));
    expect(await reset(world.lastToken())).toMatchObject({ status: 200 });
  });

  test('without mail the log says so, and not the link', async () => {
    const silent = await world.start();
    const { email } = await newOwner(silent);
    const lines = world.lines.length;
    await silent.call('POST', '/v1/auth/password/forgot', { email });
    const said = world.lines.slice(lines);
    expect(said).toHaveLength(1);
    expect(JSON.parse(said[0]!)).toMatchObject({ level: 40, kind: 'password reset', msg: expect.stringContaining('mail is not set up') as string });
    expect(said[0]).not.toContain('#');
  });
});

describe('changing the password', () => {
  test('needs the current one, ends every other session, and goes on in this browser', async () => {
    const { email, cookie } = await newOwner(one);
    const other = await signIn(email, password);
    const pending = await forgot(email);
    const wrong = await one.call('POST', '/v1/auth/password/change', { currentPassword: 'not the current one', newPassword: next }, { cookie });
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ path: 'currentPassword', message: 'is wrong' }] } });
    expect(await one.people.sessions.find({ cookie: other.cookie! })).not.toBeNull();
    const changed = await one.call('POST', '/v1/auth/password/change', { currentPassword: password, newPassword: next }, { cookie });
    expect(changed).toMatchObject({ status: 200, body: { changed: true } });
    expect(await one.people.sessions.find({ cookie: other.cookie! })).toBeNull();
    expect(await one.people.sessions.find({ cookie })).toBeNull();
    expect(await one.people.sessions.find({ cookie: changed.cookie! })).not.toBeNull();
    expect((await signIn(email, password)).status).toBe(401);
    expect((await reset(pending)).status).toBe(422);
  });

  test('twice at once is done once', async () => {
    const { cookie } = await newOwner(one);
    const replies = await Promise.all([1, 2].map((at) => one.call('POST', '/v1/auth/password/change', { currentPassword: password, newPassword: `${next} ${at}` }, { cookie })));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(await one.people.sessions.find({ cookie: replies.find(({ status }) => status === 200)!.cookie! })).not.toBeNull();
  });

  test('is not a way to guess the current one', async () => {
    const { cookie } = await newOwner(one);
    const replies = await Promise.all(Array.from({ length: 8 }, (_, at) => one.call('POST', '/v1/auth/password/change', { currentPassword: `guess ${at}`, newPassword: next }, { cookie })));
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(3);
  });
});
