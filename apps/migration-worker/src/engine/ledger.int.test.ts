import { openLedger, recountUnit } from './ledger.js';
import { hash64, itemMark } from './item-keys.js';
import { countedAs, doneCodes, itemStates } from './outcome-codes.js';
import { ClaimLost, noChange, type LedgerChange, type UnitLedger } from './unit-ledger.js';
import { attempt, ledgerDatabase, testRoute, testSeals, type LedgerDatabase } from '../testing/engine-rig.js';
import { FakeWorld, fakeWorkload, noFaults } from '../testing/fake-workload.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

const open = (owner: string, unitId: string, claim: number, leaseSeconds = 30) => openLedger(database.sql, { route: testRoute(owner), jobId: 'job', unitId, claim, leaseSeconds, seals: testSeals });
async function held(owner: string, unitId: string, claim: number, leaseSeconds = 30): Promise<UnitLedger> {
  const opened = await open(owner, unitId, claim, leaseSeconds);
  if (opened.state !== 'held') throw new Error(opened.state);
  return opened.ledger;
}

test('a claim that was given away commits nothing more, and an older one is not let in again', async () => {
  const first = await held('fenced', 'unit f', 1);
  const second = await held('fenced', 'unit f', 2);
  const change: LedgerChange = { ...noChange, dests: [{ containerNo: 1, destId: 'd', path: 'p' }] };
  await expect(first.commit(change)).rejects.toThrow(ClaimLost);
  await second.commit(change);
  expect(await first.renew(30)).toBe(false);
  expect(await second.renew(30)).toBe(true);
  expect(await open('fenced', 'unit f', 1)).toEqual({ state: 'stale' });
});

test('units of other jobs do not write to the same destination until it is released or its lease has ended', async () => {
  const first = await held('busy', 'unit b1', 1);
  expect(await open('busy', 'unit b2', 7)).toEqual({ state: 'busy' });
  await first.release();
  await held('busy', 'unit b2', 7, 0.05);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect((await open('busy', 'unit b1', 2)).state).toBe('held');
});

test('two engines over one unit: the one that lost its claim cannot store what it wrote, and nothing is doubled', async () => {
  const world = new FakeWorld();
  for (const key of ['1', '2', '3', '4', '5', '6']) world.put('a', key);
  // The first engine stands still right before it stores what it has written.
  let resume: () => void = () => undefined;
  const standsStill = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let reached: () => void = () => undefined;
  const atTheStore = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const workload = fakeWorkload(world, noFaults());
  const slow = {
    ...workload,
    open: async (...args: Parameters<typeof workload.open>) => {
      const session = await workload.open(...args);
      return {
        ...session,
        async *transfer(...given: Parameters<typeof session.transfer>) {
          yield* session.transfer(...given);
          reached();
          await standsStill;
        },
      };
    },
  };
  const first = attempt(database.sql, 'two', slow, { claim: 1 });
  await atTheStore;
  const second = await attempt(database.sql, 'two', fakeWorkload(world, noFaults()), { claim: 2 });
  expect(second).toMatchObject({ result: 'done', counters: { total: 6, done: 6 } });
  resume();
  expect((await first).result).toBe('lost');
  expect(world.actual('a')).toEqual(world.expected('a'));
  expect(world.calls.find).toBeGreaterThan(0);
  expect(await recountUnit(database.sql, 'unit two')).toEqual(second.counters);
});

test('bulk statements store nulls, quotes, backslashes and the full width of every key', async () => {
  const ledger = await held('widths', 'unit w', 1);
  const [entry] = await ledger.register('pass', [{ key: 'k', path: 'p', kind: 'x', parentKey: null, itemCount: null, ref: null }]);
  if (entry === undefined) throw new Error('no entry');
  const containerNo = entry.containerNo;
  const items = ['a', 'b', 'c'].map((key) => ({ containerNo, mark: itemMark(entry.key, key), matchHash: hash64(key), versionHash: hash64(`v ${key}`) }));
  const ids = ['quo"te', 'back\\slash {curly}, comma', null];
  await ledger.commit({ ...noChange, claims: items });
  await ledger.commit({
    ...noChange,
    outcomes: items.map((item, index) => ({ ...item, state: itemStates.done, code: doneCodes.copied, dest: ids[index] === null || ids[index] === undefined ? null : { id: ids[index], version: 'NULL' }, bytes: 2 ** 40, counted: countedAs.done, own: true })),
    tallies: [{ containerNo, done: 3, error: 0, skipped: 0, bytes: 3 * 2 ** 40, removed: 0 }],
  });
  const rows = await ledger.lookup(entry, items.map(({ mark }) => mark));
  expect(items.map(({ mark, versionHash }) => [rows.get(mark)?.dest?.id ?? null, rows.get(mark)?.versionHash === versionHash])).toEqual(ids.map((id) => [id, true]));
  expect(await ledger.named([{ matchHash: hash64('a'), destId: 'quo"te' }, { matchHash: hash64('b'), destId: 'another' }])).toEqual(new Set(['quo"te']));
  expect(await recountUnit(database.sql, 'unit w')).toEqual({ total: 3, done: 3, error: 0, skipped: 0, bytes: 3 * 2 ** 40 });
});
