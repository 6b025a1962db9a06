import { recountUnit } from './ledger.js';
import { Halt, Stopped } from './halt.js';
import { eventually } from '@migrator/testing/eventually';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../testing/engine-rig.js';
import { FakeWorld, fakeWorkload, noFaults, type Faults } from '../testing/fake-workload.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

let owners = 0;
const freshOwner = (): string => `owner-${++owners}`;

const randomOf = (seed: number): (() => number) => {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
};

function seededWorld(random: () => number): FakeWorld {
  const world = new FakeWorld();
  for (const path of ['a', 'a/b', 'c']) {
    world.source.set(path, []);
    const items = Math.floor(random() * 25);
    for (let item = 0; item < items; item++) {
      // Twins: every fifth item shares its match key with another one; some have none.
      const matchKey = random() < 0.2 ? `twin of ${path}` : random() < 0.1 ? null : undefined;
      world.put(path, `${path}-${item}`, { ...(matchKey === undefined ? {} : { matchKey }), sizeBytes: random() < 0.1 ? 5_000 : 100 });
    }
  }
  return world;
}

function expectSame(world: FakeWorld): void {
  for (const path of world.source.keys()) expect({ path, copies: world.actual(path) }).toEqual({ path, copies: world.expected(path) });
}

function expectSound(end: AttemptEnd): void {
  for (const { total, done, error, skipped } of end.shown) expect(done + error + skipped).toBeLessThanOrEqual(total);
}

async function expectExact(end: AttemptEnd, owner: string): Promise<void> {
  const { total, done, error, skipped } = end.counters;
  expect(done + error + skipped).toBe(total);
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${owner}`));
}

/** Attempts until the pass is done, each killed after a random number of steps at first. */
async function runWithKills(world: FakeWorld, owner: string, faults: Faults, random: () => number, options: Attempt, kills: number): Promise<AttemptEnd> {
  for (let attemptNo = 0; ; attemptNo++) {
    const life = dyingAt(attemptNo < kills ? 1 + Math.floor(random() * 60) : Infinity);
    const end = await attempt(database.sql, owner, fakeWorkload(world, { ...faults, step: life.step }), { ...options, step: life.step });
    expectSound(end);
    if (end.result === 'done') return end;
    if (!life.dead()) throw new Error(`stopped without being killed: ${end.result}`, { cause: end.unexpected });
  }
}

let retries = 0;
/** An answer that is lost three times leaves an error; retry passes end that. */
async function retryUnresolved(world: FakeWorld, owner: string, faults: Faults, random: () => number): Promise<AttemptEnd> {
  for (;;) {
    const end = await runWithKills(world, owner, faults, random, { mode: 'retry', passId: `retry ${++retries}` }, 1);
    if (end.counters.error === 0) return end;
  }
}

describe('a pass', () => {
  test('copies every item once and counts it', async () => {
    const world = seededWorld(randomOf(1));
    const owner = freshOwner();
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
    expect(end).toMatchObject({ result: 'done', failure: null });
    expectSame(world);
    await expectExact(end, owner);
  });

  test('repeated finds everything there, writes nothing, and a second job counts the same items for itself', async () => {
    const world = seededWorld(randomOf(2));
    const owner = freshOwner();
    const first = await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
    const written = world.calls.written;
    const second = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { unitId: 'unit of another job', jobId: 'job 2' });
    expect(world.calls.written).toBe(written);
    expect(second.counters).toEqual({ ...first.counters, bytes: 0 });
    expect(await recountUnit(database.sql, 'unit of another job')).toEqual(second.counters);
    expect(await recountUnit(database.sql, `unit ${owner}`)).toEqual(first.counters);
  });

  test('that is told to stop ends with what it has in hand and goes on from there', async () => {
    const world = seededWorld(randomOf(3));
    const owner = freshOwner();
    const halt = new Halt(5_000);
    let writes = 0;
    const faults = { ...noFaults(), step: (name: string) => (name === 'after a write' && ++writes === 5 ? halt.stop(new Stopped('pause')) : undefined) };
    const stopped = await attempt(database.sql, owner, fakeWorkload(world, faults), { halt });
    expect(stopped.result).toBe('released');
    expect(world.calls.written).toBeLessThan(20);
    const finds = world.calls.find;
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
    expect(end.result).toBe('done');
    expect(world.calls.find).toBe(finds);
    expectSame(world);
    await expectExact(end, owner);
  });
});

describe('killed anywhere, with lost answers, repeated pages, forgotten checkpoints and twins', () => {
  // One property, many seeds: nothing lost, nothing doubled, counters exact.
  test.each(Array.from({ length: 25 }, (_, index) => index + 100))('seed %i: nothing is lost or doubled and the counters are exact', async (seed) => {
    const random = randomOf(seed);
    const world = seededWorld(random);
    const owner = freshOwner();
    const faults: Faults = { ...noFaults(), random, lostAnswers: 0.15, repeats: 0.3, expiries: 3, pageItems: 3 + Math.floor(random() * 8) };
    await runWithKills(world, owner, faults, random, {}, 6);
    await retryUnresolved(world, owner, faults, random);
    expectSame(world);
    // Changes, then a delta pass under the same conditions.
    for (const path of world.source.keys()) {
      world.put(path, `${path}-0`);
      world.put(path, `${path}-new`);
    }
    world.source.set('d', []);
    world.put('d', 'd-1');
    await runWithKills(world, owner, faults, random, { mode: 'delta', passId: 'delta' }, 4);
    const end = await retryUnresolved(world, owner, faults, random);
    expectSame(world);
    await expectExact(end, owner);
  });

  test('every single step of a small unit can be the last one', async () => {
    for (let at = 1; ; at++) {
      const world = new FakeWorld();
      for (const key of ['1', '2', '3', '4', '5']) world.put('a', key, { matchKey: key < '3' ? 'twins' : `own ${key}` });
      const owner = freshOwner();
      const life = dyingAt(at);
      const killed = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), pageItems: 2, step: life.step }), { step: life.step });
      if (killed.result === 'done') {
        expect(at).toBeGreaterThan(20);
        return;
      }
      const end = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), pageItems: 2 }));
      expectSame(world);
      await expectExact(end, owner);
    }
  });
});

test('an item that changes at the source while its write is in doubt arrives as it is now, whichever step was the last', async () => {
  for (let at = 1; ; at++) {
    const world = new FakeWorld();
    const keys = ['1', '2', '3'];
    for (const key of keys) world.put('a', key);
    const owner = freshOwner();
    const life = dyingAt(at);
    const killed = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), pageItems: 2, step: life.step }), { step: life.step });
    if (killed.result === 'done') {
      expect(at).toBeGreaterThan(12);
      return;
    }
    for (const key of keys) world.put('a', key);
    await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), pageItems: 2 }));
    const end = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), pageItems: 2 }), { mode: 'delta', passId: 'delta' });
    expectSame(world);
    await expectExact(end, owner);
  }
});

test('a database that drops every connection ends the attempt for another one, which finishes exactly', async () => {
  const random = randomOf(77);
  const world = seededWorld(random);
  const owner = freshOwner();
  let steps = 0;
  const cut = (name: string): void => {
    if (name === 'after a write' && ++steps === 3) void database.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.then(() => undefined, () => undefined);
  };
  const first = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), step: cut }));
  // Done, when no statement was under way at that moment.
  expect(['retry', 'done']).toContain(first.result);
  await eventually('every connection of the pool to be a new one', async () => (await Promise.all(Array.from({ length: 6 }, () => database.sql`select pg_sleep(0.02)`))).length === 6);
  const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
  expect(end.result).toBe('done');
  expectSame(world);
  await expectExact(end, owner);
});

describe('a delta pass', () => {
  test('costs one listing a container and no write when nothing changed', async () => {
    const world = seededWorld(randomOf(4));
    const owner = freshOwner();
    const first = await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
    Object.assign(world.calls, { ensure: 0, pages: 0, find: 0, written: 0 });
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { mode: 'delta', passId: 'pass 2' });
    expect(world.calls).toMatchObject({ ensure: 0, pages: 3, find: 0, written: 0 });
    expect(end.counters).toEqual(first.counters);
  });

  test('updates what changed, adds what is new, counts what is gone and deletes nothing', async () => {
    const world = new FakeWorld();
    for (const key of ['1', '2', '3']) world.put('a', key, { sizeBytes: 100 });
    const owner = freshOwner();
    await attempt(database.sql, owner, fakeWorkload(world, noFaults()));
    world.put('a', '1');
    world.put('a', '4', { sizeBytes: 100 });
    world.remove('a', '3');
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { mode: 'delta', passId: 'pass 2' });
    expect(end.counters).toEqual({ total: 4, done: 4, error: 0, skipped: 0, bytes: 500 });
    expect(world.actual('a')).toEqual(['match a 1 v2', 'match a 2 v1', 'match a 3 v1', 'match a 4 v1']);
    expect(end.notes).toEqual(['INFO 1 item was deleted at the source; the copies stay.']);
  });
});

describe('a retry', () => {
  test('tries only what failed, moves it from error to done, and reports it resolved', async () => {
    const world = new FakeWorld();
    for (const path of ['a', 'b']) for (const key of ['1', '2', '3']) world.put(path, `${path}${key}`);
    const owner = freshOwner();
    const first = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), refused: new Set(['a1', 'a2']) }));
    expect(first.counters).toMatchObject({ total: 6, done: 4, error: 2 });
    expect(first.reports.map(({ status, sourceItemId, code }) => [status, sourceItemId, code])).toEqual([
      ['failed', 'a1', 'DEST_ITEM_REFUSED'],
      ['failed', 'a2', 'DEST_ITEM_REFUSED'],
    ]);
    world.remove('a', 'a2');
    world.put('b', 'new since');
    Object.assign(world.calls, { pages: 0, written: 0 });
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { mode: 'retry', passId: 'pass 2' });
    expect(world.calls).toMatchObject({ pages: 1, written: 1 });
    expect(end.counters).toMatchObject({ total: 6, done: 5, error: 0, skipped: 1 });
    expect(end.reports.slice(2).map(({ status, code }) => [status, code])).toEqual([
      ['resolved', null],
      ['skipped', 'SOURCE_ITEM_GONE'],
    ]);
    await expectExact(end, owner);
    // What was new since the full pass still belongs to the delta pass.
    const delta = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { mode: 'delta', passId: 'pass 3' });
    expect(delta.counters).toMatchObject({ total: 7, done: 6 });
  });

  test('of a write whose answer was lost every time looks first and does not write twice', async () => {
    const world = new FakeWorld();
    world.put('a', '1', { matchKey: null });
    const owner = freshOwner();
    // The destination cannot show what was written: find sees nothing until the retry.
    const faults = { ...noFaults(), lostAnswers: 1, random: () => 0.4 };
    const first = await attempt(database.sql, owner, fakeWorkload(world, faults));
    expect(first.counters).toMatchObject({ error: 1, done: 0 });
    expect(first.reports).toMatchObject([{ status: 'failed', code: 'WRITE_UNRESOLVED' }]);
    expect(world.actual('a')).toEqual([]);
    // A late write arrives after all.
    const { itemMark, containerKey } = await import('./item-keys.js');
    const { testRoute } = await import('../testing/engine-rig.js');
    const item = { key: '1', version: '1', sizeBytes: 101, kind: 'thing', at: null, matchKey: null, ref: null };
    world.write('a', { item, existing: null, needed: null, mark: itemMark(containerKey(testRoute(owner), 'a'), '1') });
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { mode: 'retry', passId: 'pass 2' });
    expect(end.counters).toMatchObject({ total: 1, done: 1, error: 0 });
    expectSame(world);
  });
});

test('an item that fails at every retry counts once, and the counters stay those of the rows', async () => {
  const world = new FakeWorld();
  for (const key of ['a1', 'a2', 'a3']) world.put('a', key);
  const owner = freshOwner();
  const refusing = (): Faults => ({ ...noFaults(), refused: new Set(['a1']) });
  let end = await attempt(database.sql, owner, fakeWorkload(world, refusing()));
  for (const passId of ['retry 1', 'retry 2']) {
    end = await attempt(database.sql, owner, fakeWorkload(world, refusing()), { mode: 'retry', passId });
    expect(end.counters).toMatchObject({ total: 3, done: 2, error: 1, skipped: 0 });
    await expectExact(end, owner);
  }
  expect(new Set(end.reports.map(({ itemKey }) => itemKey)).size).toBe(1);
});

describe('filters', () => {
  test('leave items out as skipped, with a report each and one sentence a container', async () => {
    const world = new FakeWorld();
    world.put('Inbox', 'small', { sizeBytes: 10, at: '2026-02-01T00:00:00Z' });
    world.put('Inbox', 'large', { sizeBytes: 10_000, at: '2026-02-01T00:00:00Z' });
    world.put('Inbox', 'old', { sizeBytes: 10, at: '2020-02-01T00:00:00Z' });
    world.put('Inbox/Old', 'below', { sizeBytes: 10 });
    const owner = freshOwner();
    const filters = { maxItemBytes: 1_000, since: '2025-01-01T00:00:00Z', excludeFolders: ['inbox/OLD'] };
    const end = await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { filters });
    expect(end.counters).toEqual({ total: 4, done: 1, error: 0, skipped: 3, bytes: 10 });
    expect(end.reports.every(({ status, code }) => status === 'skipped' && code === 'FILTERED_OUT')).toBe(true);
    expect(end.notes.sort()).toEqual(['INFO “Inbox/Old”: 1 items left out by the job’s filters.', 'INFO “Inbox”: 2 items left out by the job’s filters.']);
    expect(world.actual('Inbox')).toHaveLength(1);
    // Another job without filters copies the rest.
    await attempt(database.sql, owner, fakeWorkload(world, noFaults()), { unitId: 'unfiltered', jobId: 'job 2' });
    expectSame(world);
    await expectExact(end, owner);
  });
});

describe('a dry run', () => {
  test('tells of the items that could not be copied, with their code, and counts them as a real run would', async () => {
    const world = seededWorld(randomOf(6));
    const [refused = '', another = ''] = [...world.source.values()].flat().map(({ key }) => key);
    const faults = { ...noFaults(), refused: new Set([refused, another]) };
    const planned = await attempt(database.sql, freshOwner(), fakeWorkload(world, faults), { dryRun: true });
    const real = await attempt(database.sql, freshOwner(), fakeWorkload(world, faults));
    expect(planned.counters.error).toBeGreaterThanOrEqual(2);
    expect(planned.counters).toEqual({ ...real.counters, bytes: planned.counters.bytes });
  });

  test('says what would be done, counts repeated items once, and writes nowhere', async () => {
    const world = seededWorld(randomOf(5));
    const owner = freshOwner();
    const rows = async (): Promise<unknown> => (await database.sql`select count(*)::int as rows from worker.mappings`)[0];
    const before = await rows();
    const end = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), repeats: 1 }), { dryRun: true, filters: { maxItemBytes: 1_000 } });
    const items = [...world.source.values()].flat();
    const left = items.filter((item) => item.sizeBytes > 1_000);
    expect(end.counters).toEqual({ total: items.length, done: items.length - left.length, error: 0, skipped: left.length, bytes: (items.length - left.length) * 100 });
    expect(world.calls.written).toBe(0);
    expect(await rows()).toEqual(before);
  });
});
