/** Items that refer to items of other containers: written with those copies' ids, whoever dies when. */
import { FakeWorld, fakeWorkload, noFaults, type Faults } from '../testing/fake-workload.js';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../testing/engine-rig.js';
import { recountUnit } from './ledger.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

let owners = 0;
let owner = '';
let world: FakeWorld;
let faults: Faults;
/** Thirty orders, larger than what they refer to, so that nothing but the order of the containers makes them wait. */
beforeEach(() => {
  world = new FakeWorld();
  faults = noFaults();
  owner = `references ${++owners}`;
  world.after.set('Orders', ['Customers', 'Products']);
  for (let at = 0; at < 30; at++) world.put('Orders', `o${at}`, { refersTo: [`Customers c${at % 4}`, `Products p${at % 9}`, `Products p${(at + 1) % 9}`] });
  for (let at = 0; at < 4; at++) world.put('Customers', `c${at}`);
  for (let at = 0; at < 9; at++) world.put('Products', `p${at}`);
});

const run = (options: Attempt = {}): Promise<AttemptEnd> => attempt(database.sql, owner, fakeWorkload(world, faults), options);
const keyOf = (path: string, id: string): string => world.destination.get(path)?.find((copy) => copy.id === id)?.matchKey ?? '?';
async function expectRight(end: AttemptEnd): Promise<void> {
  const copies = world.destination.get('Orders') ?? [];
  for (const { key, refersTo } of world.source.get('Orders') ?? []) {
    const copy = copies.find(({ matchKey }) => matchKey === `match Orders ${key}`);
    expect(copy?.refersTo.map((id, at) => keyOf(at === 0 ? 'Customers' : 'Products', id))).toEqual(refersTo.map((words) => `match ${words}`));
  }
  expect(copies).toHaveLength(world.source.get('Orders')?.length ?? 0);
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${owner}`));
}

test('what refers to others is written after them, with the ids of their copies, however often the worker dies', async () => {
  faults.lostAnswers = 0.2;
  let seed = 0.3;
  faults.random = () => (seed = (seed * 9301 + 0.49297) % 1);
  let kills = 0;
  for (let at = 3; ; at += 5) {
    const dying = dyingAt(at);
    const end = await run({ step: dying.step });
    if (dying.dead()) {
      kills += 1;
      continue;
    }
    expect(end).toMatchObject({ result: 'done', counters: { total: 43, done: 43 } });
    await expectRight(end);
    break;
  }
  expect(kills).toBeGreaterThan(2);
});

test('what refers to an item without a copy fails for that, and a retry brings both', async () => {
  faults.refused.add('c1');
  const end = await run();
  expect(end.counters).toMatchObject({ total: 43, error: 9 });
  expect(end.reports.filter(({ code }) => code === 'NEEDED_ITEM_NOT_COPIED')).toHaveLength(8);
  faults.refused.clear();
  const retried = await run({ mode: 'retry', passId: 'pass 2' });
  expect(retried).toMatchObject({ result: 'done', counters: { total: 43, done: 43, error: 0 } });
  await expectRight(retried);
  const planned = await run({ dryRun: true, passId: 'dry', scope: { dryRun: true } });
  expect(planned.counters).toMatchObject({ total: 43, done: 43 });
});
