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

  test('is not a way to guess the current one', async () => {
    const { cookie } = await newOwner(one);
    const replies = await Promise.all(Array.from({ length: 8 }, (_, at) => one.call('POST', '/v1/auth/password/change', { currentPassword: `guess ${at}`, newPassword: next }, { cookie })));
    expect(replies.filter(({ status }) => status === 422)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(3);
  });
});
