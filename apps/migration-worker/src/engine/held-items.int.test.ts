/** Items that need the copy of another one: written only after it, whatever the order of the listing and whoever dies when. */
import { FakeWorld, fakeWorkload, noFaults, type Faults } from '../testing/fake-workload.js';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../testing/engine-rig.js';
import { Halt, Stopped } from './halt.js';
import { CheckpointExpired } from '../workloads/workload.js';
import { HeldItems } from './held-items.js';
import { recountUnit } from './ledger.js';
import type { Hand } from './pass-context.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

let owners = 0;
let owner = '';
let world: FakeWorld;
let faults: Faults;
beforeEach(() => {
  world = new FakeWorld();
  faults = noFaults();
  faults.pageItems = 5;
  owner = `held ${++owners}`;
});

const run = (options: Attempt = {}): Promise<AttemptEnd> => attempt(database.sql, owner, fakeWorkload(world, faults), options);
const put = (key: string, needs: string | null): unknown => world.put('Place', key, { needs });

/** What each copy lies in, by the words of both. */
function nesting(): string[] {
  const copies = world.destination.get('Place') ?? [];
  const words = new Map(copies.map(({ id, content }) => [id, content]));
  return copies.map(({ content, inside }) => `${content} in ${inside === null ? 'nothing' : (words.get(inside) ?? '?')}`).sort();
}
const wanted = (): string[] => {
  const items = world.source.get('Place') ?? [];
  const word = (key: string, version: number): string => `match Place ${key} v${version}`;
  return items.map(({ key, version, needs }) => `${word(key, version)} in ${needs === null ? 'nothing' : word(needs, items.find((item) => item.key === needs)?.version ?? 0)}`).sort();
};

async function expectWhole(end: AttemptEnd): Promise<void> {
  expect(nesting()).toEqual(wanted());
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${owner}`));
  for (const { total, done, error, skipped } of end.shown) expect(done + error + skipped).toBeLessThanOrEqual(total);
}

/** A tree of 121 items, three in each, everything before what it lies in. */
function upsideDown(): void {
  const keys = ['r'];
  for (let at = 0; keys.length < 121; at++) for (const child of 'abc') keys.push(`${keys[at] ?? ''}${child}`);
  for (const key of keys.reverse()) put(key, key === 'r' ? null : key.slice(0, -1));
}

test('a listing that shows everything before what it lies in is copied whole, with few pages in hand', async () => {
  upsideDown();
  const end = await run();
  expect(end).toMatchObject({ result: 'done', counters: { total: 121, done: 121 } });
  await expectWhole(end);
});

test.each([7, 11, 23])('repeated pages, lost answers and a process that dies at every step change nothing of that (seed %i)', async (first) => {
  upsideDown();
  let seed = first;
  faults.random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  Object.assign(faults, { repeats: 0.5, lostAnswers: 0.1 });
  for (let at = 2; ; at += 5) {
    const life = dyingAt(at);
    faults.step = life.step;
    const end = await run({ step: life.step });
    faults.step = () => undefined;
    if (life.dead()) continue;
    expect(end).toMatchObject({ result: 'done', counters: { total: 121, done: 121 } });
    await expectWhole(end);
    return;
  }
}, 60_000);

test('what lies in something that failed fails for want of it, and a retry brings both', async () => {
  put('a/1/x', 'a/1');
  put('a/1', 'a');
  put('b/1', 'b');
  put('a', null);
  put('b', null);
  faults.refused.add('a');
  const first = await run();
  expect(first).toMatchObject({ result: 'done', counters: { total: 5, done: 2, error: 3 } });
  expect(first.reports.map(({ code, sourceItemId }) => `${sourceItemId} ${code ?? ''}`).sort()).toEqual(['a DEST_ITEM_REFUSED', 'a/1 NEEDED_ITEM_NOT_COPIED', 'a/1/x NEEDED_ITEM_NOT_COPIED']);
  faults.refused.clear();
  const end = await run({ mode: 'retry', passId: 'pass 2' });
  expect(end).toMatchObject({ result: 'done', counters: { total: 5, done: 5, error: 0 } });
  await expectWhole(end);
});

test('what lies in something that is not in the listing at all fails for want of it', async () => {
  put('x', 'never');
  put('y', null);
  expect(await run()).toMatchObject({ result: 'done', counters: { total: 2, done: 1, error: 1 } });
});

test('a new item finds the copy of a pass before', async () => {
  put('a', null);
  await run();
  put('a/1', 'a');
  const end = await run({ mode: 'delta', passId: 'pass 2' });
  expect(end).toMatchObject({ result: 'done', counters: { total: 2, done: 2 } });
  await expectWhole(end);
});

test('a unit that is stopped while items wait lets go of them, and goes on from before them', async () => {
  upsideDown();
  const halt = new Halt(10_000);
  let pages = 0;
  faults.step = (name) => (name === 'page' && ++pages === 12 ? halt.stop(new Stopped('pause')) : undefined);
  expect((await run({ halt })).result).toBe('released');
  faults.step = () => undefined;
  const end = await run();
  expect(end).toMatchObject({ result: 'done', counters: { total: 121, done: 121 } });
  await expectWhole(end);
});

test('a listing that is forgotten while items wait begins again and is copied whole, and counts nothing twice on the way', async () => {
  upsideDown();
  let pages = 0;
  faults.step = (name) => {
    if (name === 'page' && [12, 32].includes(++pages)) throw new CheckpointExpired('forgotten');
  };
  const end = await run();
  expect(end).toMatchObject({ result: 'done', counters: { total: 121, done: 121 } });
  expect(end.notes.filter((note) => note.includes('forgotten where we were'))).toHaveLength(2);
  expect(Math.max(...end.shown.map(({ total }) => total))).toBe(121);
  await expectWhole(end);
});

test('items for which there is no room are listed once more, and what has come meanwhile is taken as well', async () => {
  upsideDown();
  let pages = 0;
  faults.step = (name) => {
    if (name === 'page' && ++pages === 3) put('late', null);
  };
  const held = jest.spyOn(HeldItems.prototype, 'size', 'get').mockReturnValue(1_000_000);
  const end = await run();
  held.mockRestore();
  expect(end).toMatchObject({ result: 'done', counters: { total: 122, done: 122 } });
  await expectWhole(end);
});

test('a dry run counts what it would write, whatever needs what', async () => {
  upsideDown();
  expect(await run({ dryRun: true })).toMatchObject({ result: 'done', counters: { total: 121, done: 121 } });
});

test('of items that wait for each other none goes on, and nobody waits for ever', async () => {
  const failed: string[] = [];
  const held: HeldItems = new HeldItems({
    write: () => Promise.resolve(),
    fail: (hands) => {
      for (const { mark } of hands) {
        failed.push(mark);
        held.ended(mark, null);
      }
      return Promise.resolve();
    },
  });
  held.begin();
  const hand = (mark: string): Hand => ({ item: { key: mark, version: '', sizeBytes: 0, kind: '', at: null, matchKey: null, ref: null }, mark, matchHash: '0', versionHash: '0', neededMark: null, needed: null, row: null, claimedVersion: '0', existing: null, doubt: false, note: null, wasInDoubt: false });
  const both = [held.hold(hand('a'), 'b'), held.hold(hand('b'), 'a')];
  await held.conclude();
  await Promise.all(both);
  expect(failed.sort()).toEqual(['a', 'b']);
});
