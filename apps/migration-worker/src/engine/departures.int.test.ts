/** Moves and deletions at the source, over the real ledger and a workload in memory that dies anywhere. */
import { seeds } from '@migrator/testing/seeds';
import { recountUnit } from './ledger.js';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../testing/engine-rig.js';
import { FakeWorld, fakeWorkload, noFaults, type FakeItem, type Faults } from '../testing/fake-workload.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await ledgerDatabase();
});
afterAll(() => database.close());

let owners = 0;
let passes = 0;
const freshOwner = (): string => `departing-${++owners}`;
const randomOf = (seed: number): (() => number) => {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822507) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
};

function small(...paths: string[]): FakeWorld {
  const world = new FakeWorld();
  for (const path of paths) {
    world.source.set(path, []);
    for (const key of ['1', '2', '3']) world.put(path, `${path}${key}`, { sizeBytes: 100 });
  }
  return world;
}

const run = (owner: string, world: FakeWorld, options: Attempt = {}, faults: Faults = noFaults()): Promise<AttemptEnd> => attempt(database.sql, owner, fakeWorkload(world, faults), options);
const delta = (owner: string, world: FakeWorld, options: Attempt = {}, faults?: Faults): Promise<AttemptEnd> => run(owner, world, { mode: 'delta', passId: `delta ${++passes}`, ...options }, faults);

function expectSame(world: FakeWorld): void {
  for (const path of world.source.keys()) expect({ path, copies: world.actual(path) }).toEqual({ path, copies: world.expected(path) });
}

async function expectExact(end: AttemptEnd, owner: string): Promise<void> {
  const { total, done, error, skipped } = end.counters;
  expect(done + error + skipped).toBe(total);
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${owner}`));
}

const counts = async (owner: string): Promise<unknown> => {
  const [row] = await database.sql`
    select count(*) filter (where verdict = 1)::int as moved, count(*) filter (where verdict = 2)::int as deleted, count(*) filter (where copy = 2)::int as removed, count(*) filter (where copy = 4)::int as kept
    from worker.departures d join worker.units u on u.unit_no = d.unit_no where u.unit_id = ${`unit ${owner}`} and copy >= 2`;
  return row;
};

test.each(['full', 'delta'] as const)('an item that leaves after its first listing died anywhere, in a %s pass, is there once, where it is at the source', async (mode) => {
  let kills = 0;
  for (let at = 1; ; at += mode === 'full' ? 2 : 1) {
    const world = small('a', 'b');
    const owner = freshOwner();
    if (mode === 'delta') await run(owner, world);
    for (const [path, key] of [['a', 'new'], ['a', 'newer'], ['b', 'newest']] as const) world.put(path, key);
    const options: Attempt = { mode, passId: `dying ${mode}`, deletions: 'apply' };
    const faults: Faults = { ...noFaults(), pageItems: 1 };
    const dying = dyingAt(at);
    const before = world.calls.pages;
    const dead = await run(owner, world, { ...options, step: dying.step }, faults);
    if (!dying.dead()) {
      expect(dead.result).toBe('done');
      // Nobody interrupted it: each container is listed once.
      expect(world.calls.pages - before).toBe(2);
      break;
    }
    kills++;
    world.move('a', 'new', 'b');
    world.remove('b', 'newest');
    const { pages } = world.calls;
    await run(owner, world, options, faults);
    // On from its checkpoint, once more in one go, and what changed meanwhile.
    expect(world.calls.pages - pages).toBeLessThanOrEqual(3 * 2);
    const end = await delta(owner, world, { deletions: 'apply' });
    expect({ at, a: world.actual('a'), b: world.actual('b') }).toEqual({ at, a: world.expected('a'), b: world.expected('b') });
    await expectExact(end, owner);
  }
  expect(kills).toBeGreaterThan(8);
}, 60_000);

describe('a moved item', () => {
  test('is there once afterwards, where it is at the source, and counted once', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    world.move('a', 'a1', 'b');
    const end = await delta(owner, world);
    expectSame(world);
    expect(end.counters).toMatchObject({ total: 6, done: 6 });
    expect(await counts(owner)).toEqual({ moved: 1, deleted: 0, removed: 1, kept: 0 });
    expect(end.notes).toEqual(['INFO 1 item was moved at the source, and the copies with them.']);
    await expectExact(end, owner);
    // Nothing is left to do.
    const writes = { ...world.calls };
    await delta(owner, world);
    expect(world.calls).toMatchObject({ written: writes.written, removed: writes.removed });
  });

  test('whose old copy a person has touched keeps it, with a report', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    world.touch('a', 'match a a1');
    world.move('a', 'a1', 'b');
    const end = await delta(owner, world);
    expect(world.actual('a')).toContain('match a a1 v1 touched');
    expect(world.actual('b')).toEqual(world.expected('b'));
    expect(end.reports).toMatchObject([{ status: 'skipped', code: 'DEPARTED_COPY_CHANGED', container: 'a' }]);
    expect(end.counters).toMatchObject({ total: 7, done: 6, skipped: 1 });
    expect(await counts(owner)).toEqual({ moved: 1, deleted: 0, removed: 0, kept: 1 });
    await expectExact(end, owner);
    // A retry has nothing to do with it.
    const retried = await run(owner, world, { mode: 'retry', passId: 'retry' });
    expect(retried.counters).toEqual(end.counters);
  });

  test('whose new copy fails keeps its old one until a retry has made it', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    const moved = world.move('a', 'a1', 'b');
    const end = await delta(owner, world, { deletions: 'apply' }, { ...noFaults(), refused: new Set([moved.key]) });
    expect(world.actual('a')).toContain('match a a1 v1');
    expect(end.counters).toMatchObject({ error: 1, done: 6 });
    const retried = await run(owner, world, { mode: 'retry', passId: 'retry' });
    expectSame(world);
    expect(retried.counters).toMatchObject({ total: 6, done: 6, error: 0 });
    await expectExact(retried, owner);
  });

  test('that moves on and comes back is followed all the way', async () => {
    const world = small('a', 'b', 'c');
    const owner = freshOwner();
    await run(owner, world);
    let { key } = world.move('a', 'a1', 'b');
    await delta(owner, world);
    ({ key } = world.move('b', key, 'c'));
    await delta(owner, world);
    world.move('c', key, 'a');
    const end = await delta(owner, world);
    expectSame(world);
    expect(end.counters).toMatchObject({ total: 9, done: 9 });
    expect(await counts(owner)).toMatchObject({ moved: 3, deleted: 0, removed: 3 });
  });

  test('whose container was listed before it arrived there is found in the same pass', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    // b is listed, then the item moves from b's neighbour that is listed later.
    let moved = false;
    const faults = noFaults();
    faults.step = (name) => {
      if (name !== 'page' || moved) return;
      moved = true;
      setImmediate(() => world.move('b', 'b1', 'a'));
    };
    await delta(owner, world, { deletions: 'apply' }, faults);
    await delta(owner, world, { deletions: 'apply' });
    expectSame(world);
    expect(await counts(owner)).toMatchObject({ moved: 1, deleted: 0 });
  });

  test('is found by a second job that knows no delta token', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    const { written } = world.calls;
    world.move('a', 'a1', 'b');
    const end = await run(owner, world, { unitId: `second ${owner}`, jobId: 'job 2' });
    expectSame(world);
    expect(world.calls.written - written).toBe(1);
    expect(end.counters).toMatchObject({ total: 6, done: 6 });
    expect(await recountUnit(database.sql, `second ${owner}`)).toEqual(end.counters);
    // And the first job, which notices the same move later, has nothing to do.
    const late = await delta(owner, world);
    expectSame(world);
    expect(late.counters).toMatchObject({ total: 6, done: 6, error: 0 });
    await expectExact(late, owner);
  });
});

describe('a deleted item', () => {
  test('is counted, and its copy stays unless the job asks for more', async () => {
    const world = small('a');
    const owner = freshOwner();
    await run(owner, world);
    world.remove('a', 'a1');
    const end = await delta(owner, world);
    expect(world.actual('a')).toHaveLength(3);
    expect(world.calls.removed).toBe(0);
    expect(end.counters).toMatchObject({ total: 3, done: 3 });
    expect(await counts(owner)).toEqual({ moved: 0, deleted: 1, removed: 0, kept: 0 });
    await expectExact(end, owner);
  });

  test('takes its copy with it where the job asks for that, and only its own and untouched one', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    world.write('a', { item: { key: 'own', version: '1', sizeBytes: 1, kind: 'thing', at: null, matchKey: 'a person’s own', ref: null }, existing: null, needed: null, mark: 'none' });
    await run(owner, world);
    world.touch('a', 'match a a2');
    for (const key of ['a1', 'a2']) world.remove('a', key);
    const end = await delta(owner, world, { deletions: 'apply' });
    expect(world.actual('a')).toEqual(['a person’s own v1', 'match a a2 v1 touched', 'match a a3 v1']);
    expect(end.counters).toMatchObject({ total: 5, done: 4, skipped: 1 });
    expect(end.reports).toMatchObject([{ status: 'skipped', code: 'DEPARTED_COPY_CHANGED' }]);
    expect(await counts(owner)).toEqual({ moved: 0, deleted: 2, removed: 1, kept: 1 });
    await expectExact(end, owner);
  });

  test('that was only moved to where the job does not look keeps its copy', async () => {
    const world = small('a', 'out');
    world.leftOut.add('out');
    const owner = freshOwner();
    await run(owner, world);
    world.move('a', 'a1', 'out');
    world.remove('a', 'a2');
    await delta(owner, world, { deletions: 'apply' });
    expect(world.actual('a')).toEqual(['match a a1 v1', 'match a a3 v1']);
  });

  test('whose twin was there all the time has not moved there', async () => {
    const world = new FakeWorld();
    world.put('a', 'first', { matchKey: 'twins' });
    world.put('b', 'second', { matchKey: 'twins' });
    const owner = freshOwner();
    await run(owner, world);
    // From here on both are known for longer than the last listing.
    await delta(owner, world);
    world.remove('a', 'first');
    await delta(owner, world);
    expect(world.actual('a')).toEqual(['twins v1']);
    expect(await counts(owner)).toMatchObject({ moved: 0, deleted: 1, removed: 0 });
  });

  test('whose copy stays, and that is recovered, is there once, where it came back', async () => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    for (const key of ['a1', 'a2']) world.remove('a', key);
    await delta(owner, world);
    expect(await counts(owner)).toEqual({ moved: 0, deleted: 2, removed: 0, kept: 0 });
    world.put('b', 'elsewhere', { matchKey: 'match a a1' });
    world.put('a', 'where it was', { matchKey: 'match a a2' });
    const end = await delta(owner, world);
    expectSame(world);
    expect(end.counters).toMatchObject({ total: 6, done: 6 });
    expect(await counts(owner)).toEqual({ moved: 2, deleted: 0, removed: 2, kept: 0 });
    await expectExact(end, owner);
  });

  test('that failed before and is gone now is settled', async () => {
    const world = small('a');
    const owner = freshOwner();
    await run(owner, world, {}, { ...noFaults(), refused: new Set(['a1']) });
    world.remove('a', 'a1');
    const end = await delta(owner, world);
    expect(end.counters).toMatchObject({ total: 3, done: 2, error: 0, skipped: 1 });
    expect(end.reports.at(-1)).toMatchObject({ status: 'skipped', code: 'SOURCE_ITEM_GONE' });
    await expectExact(end, owner);
  });
});

describe('a forgotten delta token', () => {
  test.each(['keep', 'apply'] as const)('loses no move and no deletion, and removes nothing that is listed (%s)', async (deletions) => {
    const world = small('a', 'b');
    const owner = freshOwner();
    await run(owner, world);
    world.move('a', 'a1', 'b');
    world.remove('b', 'b1');
    const end = await delta(owner, world, { deletions }, { ...noFaults(), expiries: 2, pageItems: 2 });
    expect(world.actual('a')).toEqual(world.expected('a'));
    expect(world.actual('b')).toHaveLength(deletions === 'keep' ? 4 : 3);
    expect(await counts(owner)).toMatchObject({ moved: 1, deleted: 1, removed: deletions === 'keep' ? 1 : 2 });
    await expectExact(end, owner);
  });

  test('of a listing that died in the middle proves nothing until it was listed in one go', async () => {
    for (let at = 1; ; at++) {
      const world = small('a', 'b');
      const owner = freshOwner();
      await run(owner, world);
      world.move('a', 'a1', 'b');
      world.remove('b', 'b1');
      const life = dyingAt(at);
      const options: Attempt = { mode: 'delta', passId: `forgotten ${at}`, deletions: 'apply' };
      const faults = { ...noFaults(), expiries: 2, pageItems: 1, step: life.step };
      const first = await attempt(database.sql, owner, fakeWorkload(world, faults), { ...options, step: life.step });
      const end = first.result === 'done' ? first : await attempt(database.sql, owner, fakeWorkload(world, { ...faults, step: () => undefined }), options);
      expectSame(world);
      await expectExact(end, owner);
      if (first.result === 'done') return;
    }
  });
});

describe('killed anywhere while items move, change and go', () => {
  test.each(seeds(300, 8))('seed %i: the destination is what the source is, and the counters are exact', async (seed) => {
    const random = randomOf(seed);
    const paths = ['a', 'b', 'c', 'd'];
    const world = small(...paths);
    for (const path of paths) for (let item = 0; item < random() * 12; item++) world.put(path, `${path} more ${item}`, random() < 0.1 ? { matchKey: `twin of ${path}` } : {});
    const owner = freshOwner();
    const killed = async (options: Attempt, kills: number): Promise<AttemptEnd> => {
      for (let no = 0; ; no++) {
        const life = dyingAt(no < kills ? 1 + Math.floor(random() * 70) : Infinity);
        const faults: Faults = { ...noFaults(), random, lostAnswers: 0.1, repeats: 0.2, expiries: random() < 0.3 ? 2 : 0, pageItems: 2 + Math.floor(random() * 6), step: life.step };
        const end = await attempt(database.sql, owner, fakeWorkload(world, faults), { ...options, step: life.step });
        for (const { total, done, error, skipped } of end.shown) expect(done + error + skipped).toBeLessThanOrEqual(total);
        if (end.result === 'done') return end;
        if (!life.dead()) throw new Error(`stopped without being killed: ${end.result}`, { cause: end.unexpected });
      }
    };
    await killed({}, 3);
    for (let round = 0; round < 2; round++) {
      for (const path of paths) {
        const there = (world.source.get(path) ?? []).filter(({ gone }) => !gone).map(({ key }) => key);
        for (const key of there) {
          const dice = random();
          if (dice < 0.2) world.move(path, key, paths[Math.floor(random() * paths.length)] ?? 'a');
          else if (dice < 0.3) world.remove(path, key);
          else if (dice < 0.4) world.put(path, key);
        }
        world.put(path, `${path} new in round ${round}`);
      }
      let end = await killed({ mode: 'delta', passId: `delta ${seed} ${round}`, deletions: 'apply' }, 4);
      for (let retry = 0; end.counters.error > 0; retry++) end = await killed({ mode: 'retry', passId: `retry ${seed} ${round} ${retry}`, deletions: 'apply' }, 1);
    }
    // An answer that was lost three times may have left a departure open: the next pass settles it.
    const end = await killed({ mode: 'delta', passId: `last ${seed}`, deletions: 'apply' }, 0);
    const kept = end.reports.filter(({ code }) => code === 'DEPARTED_COPY_CHANGED');
    expect(kept).toEqual([]);
    expectSame(world);
    await expectExact(end, owner);
  }, 60_000);

  test('every single step of a small delta can be the last one', async () => {
    for (let at = 1; ; at++) {
      const world = small('a', 'b');
      const owner = freshOwner();
      await run(owner, world);
      world.move('a', 'a1', 'b');
      world.move('b', 'b2', 'a');
      world.remove('a', 'a2');
      world.put('b', 'b3');
      const life = dyingAt(at);
      const options: Attempt = { mode: 'delta', passId: `step ${at}`, deletions: 'apply' };
      const killed = await attempt(database.sql, owner, fakeWorkload(world, { ...noFaults(), step: life.step }), { ...options, step: life.step });
      const end = killed.result === 'done' ? killed : await run(owner, world, options);
      expectSame(world);
      await expectExact(end, owner);
      expect(await counts(owner)).toEqual({ moved: 2, deleted: 1, removed: 3, kept: 0 });
      if (killed.result !== 'done') continue;
      expect(at).toBeGreaterThan(15);
      return;
    }
  }, 60_000);

  test.each(seeds(600, 8))('seed %i: what moves in the middle of passes, first ones too, is there once, where it is at the source', async (seed) => {
    const random = randomOf(seed);
    const paths = ['a', 'b', 'c'];
    const world = small(...paths);
    for (const path of paths) for (let item = 0; item < random() * 12; item++) world.put(path, `${path} more ${item}`);
    const deletions = random() < 0.5 ? 'apply' : 'keep';
    const owner = freshOwner();
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
    const deleted: FakeItem[] = [];
    const change = (): void => {
      const path = pick(paths) ?? 'a';
      const key = pick((world.source.get(path) ?? []).filter(({ gone }) => !gone))?.key;
      const dice = random();
      const recovered = dice < 0.05 ? deleted.pop() : undefined;
      if (recovered !== undefined) {
        world.put(path, `recovered ${world.seq}`, { matchKey: recovered.matchKey });
        return;
      }
      if (key === undefined || dice < 0.1) world.put(path, `${path} new ${world.seq}`);
      else if (dice < 0.75) world.move(path, key, pick(paths.filter((other) => other !== path)) ?? 'a');
      else if (dice < 0.85) {
        world.remove(path, key);
        deleted.push(...(world.source.get(path) ?? []).filter((item) => item.key === key));
      }
      else world.put(path, key);
    };
    const pass = async (options: Attempt, kills: number, often: number): Promise<void> => {
      for (let no = 0; ; no++) {
        const life = dyingAt(no < kills ? 1 + Math.floor(random() * 60) : Infinity);
        const step = (name: string): void => {
          life.step(name);
          if (random() < often) change();
        };
        const faults: Faults = { ...noFaults(), random, lostAnswers: 0.05, repeats: 0.2, expiries: random() < 0.2 ? 1 : 0, pageItems: 1 + Math.floor(random() * 6), step };
        const end = await attempt(database.sql, owner, fakeWorkload(world, faults), { ...options, deletions, step });
        for (const { total, done, error, skipped } of end.shown) expect(done + error + skipped).toBeLessThanOrEqual(total);
        if (end.result === 'done') return;
        if (!life.dead()) throw new Error(`stopped without being killed: ${end.result}`, { cause: end.unexpected });
        if (random() < 0.5) change();
      }
    };
    await pass({}, 4, 0.04);
    await pass({ mode: 'delta', passId: `delta ${seed} 1` }, 2, 0.04);
    await pass({ mode: 'delta', passId: `delta ${seed} 2` }, 0, 0);
    const end = await run(owner, world, { mode: 'delta', passId: `last ${seed}`, deletions });
    expect(end.reports.filter(({ code }) => code === 'DEPARTED_COPY_CHANGED')).toEqual([]);
    const homes = (where: (path: string) => string[]): string[] => paths.flatMap((path) => where(path).map((content) => `${path}: ${content}`)).sort();
    const living = homes((path) => world.expected(path));
    const copies = homes((path) => world.actual(path));
    // What is at the source is there once and nowhere else; of what was deleted one copy may stay.
    const bodies = (list: readonly string[]): string[] => list.map((one) => one.replace(/^.*?: (.*) v\d+$/, '$1'));
    const left = [...copies];
    const missing = living.filter((one) => {
      const at = left.indexOf(one);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    const alive = new Set(bodies(living));
    expect({ missing, twice: left.filter((copy) => bodies([copy]).some((body) => alive.has(body))) }).toEqual({ missing: [], twice: [] });
    if (deletions === 'apply') expect(left).toEqual([]);
    expect(new Set(bodies(left)).size).toBe(left.length);
    await expectExact(end, owner);
  }, 60_000);
});
