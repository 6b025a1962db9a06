import { attempt, ledgerDatabase, type LedgerDatabase } from '../testing/engine-rig.js';
import { FakeWorld, fakeWorkload, noFaults } from '../testing/fake-workload.js';
import { recountUnit } from './ledger.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

test.each(['empty', 'repeated'] as const)('a folder whose listing never ends (%s pages) is left, named and listed anew later; everything else is copied once', async (how) => {
  const world = new FakeWorld();
  for (let n = 0; n < 20; n++) world.put('Good', `g${n}`);
  // One of them waits for what is not to be seen yet.
  for (let n = 0; n < 20; n++) world.put('Bad', `b${n}`, n === 0 ? { needs: 'hidden' } : {});
  const end = await attempt(database.sql, how, fakeWorkload(world, { ...noFaults(), endless: new Map([['Bad', how]]) }));
  expect(end).toMatchObject({ result: 'failed', failure: { code: 'LISTING_ENDLESS', side: 'source' } });
  expect(end.notes).toContainEqual(expect.stringMatching(/^ERROR “Bad”: the source’s listing does not come to an end/));
  expect(world.actual('Good')).toEqual(world.expected('Good'));
  // Microsoft has mended it: nothing is copied twice, nothing is missing.
  world.put('Bad', 'hidden');
  const again = await attempt(database.sql, how, fakeWorkload(world, noFaults()), { mode: 'retry', passId: 'pass 2' });
  expect(again).toMatchObject({ result: 'done', counters: { total: 41, done: 41, error: 0, skipped: 0 } });
  expect(world.calls.written).toBe(41);
  for (const path of ['Good', 'Bad']) expect(world.actual(path)).toEqual(world.expected(path));
  expect(await recountUnit(database.sql, `unit ${how}`)).toEqual(again.counters);
});

test('a listing that repeats every page and sends many empty ones is no endless one', async () => {
  const world = new FakeWorld();
  for (let n = 0; n < 300; n++) world.put('Awkward', `i${n}`);
  const end = await attempt(database.sql, 'awkward', fakeWorkload(world, { ...noFaults(), repeats: 1, pageItems: 2 }));
  expect(end).toMatchObject({ result: 'done', counters: { total: 300, done: 300 } });
});
