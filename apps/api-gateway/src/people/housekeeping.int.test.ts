import { newOwner, freshEmail, PeopleWorld } from '../testing/people-world.js';
import { removeRunOut } from './housekeeping.js';

test('what has run out is removed, and nothing else', async () => {
  const world = await PeopleWorld.open();
  try {
    const one = await world.start();
    const { sql } = world.db;
    const owner = await newOwner(one);
    await one.call('POST', '/v1/auth/password/forgot', { email: owner.email });
    await one.call('POST', '/v1/members/invitations', { email: freshEmail(), role: 'viewer' }, owner);
    const rows = async (): Promise<number[]> => Promise.all(['sessions', 'password_resets', 'invitations', 'attempts'].map(async (table) => (await sql`select 1 from ${sql(`gateway.${table}`)}`).length));
    // One count of the sign-up, three of the link.
    expect(await rows()).toEqual([1, 1, 1, 4]);
    await removeRunOut(sql, world.clock.now());
    expect(await rows()).toEqual([1, 1, 1, 4]);
    world.clock.advance(3_600_000);
    await removeRunOut(sql, world.clock.now());
    expect(await rows()).toEqual([1, 0, 1, 0]);
    world.clock.advance(8 * 86_400_000);
    await removeRunOut(sql, world.clock.now());
    expect(await rows()).toEqual([0, 0, 0, 0]);
    expect(await sql`select 1 from gateway.members`).toHaveLength(1);
  } finally {
    await world.close();
  }
});
