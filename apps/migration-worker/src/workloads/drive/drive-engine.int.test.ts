/** Drives through the engine between two simulated tenants: nothing lost, nothing doubled, nothing that differs. */
import { once } from 'node:events';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { dyingAt, dyingUnrecorded, Killed, ledgerDatabase, portWith, type AttemptEnd, type AttemptPorts, type LedgerDatabase } from '../../testing/engine-rig.js';
import { Halt, Stopped } from '../../engine/halt.js';
import { recountUnit } from '../../engine/ledger.js';
import { DriveRig } from './testing/drive-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: DriveRig;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
  await simulator.control('POST', '/files/uploads', { keepBytesMax: 64 * 1024 * 1024 });
});
afterEach(async () => {
  await rig.stop();
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const everything = { seed: 'a', files: 60, folders: 12, emptyFolders: 2, emptyEvery: 9, large: [12_000_000, 10_485_760, 25_000_001], notebooks: 1, shortcuts: 1, malwareEvery: 20, bytesMax: 40_000 };

/** It dies when what it has written is to be recorded. */
const dies = async (): Promise<void> => {
  const { step, destination } = dyingUnrecorded(rig.tenants.dest.port);
  expect((await rig.pass({ step, ports: { ...rig.tenants.ports, destination } })).unexpected).toBeInstanceOf(Killed);
};

const expectWhole = async (): Promise<void> => {
  const { expected, matched, missing, extra, differs, examples } = await rig.compare();
  expect({ missing, extra, differs, examples }).toEqual({ missing: 0, extra: 0, differs: 0, examples: { missing: [], extra: [], differs: [] } });
  expect(matched).toBe(expected);
};

async function expectExact({ counters }: AttemptEnd): Promise<void> {
  expect(counters.done + counters.error + counters.skipped).toBe(counters.total);
  expect(await recountUnit(database.sql, `unit ${rig.owner}`)).toEqual(counters);
}

test('folders, files of any size, empty ones, notebooks and every awkward name arrive with content and dates; what cannot says why', async () => {
  rig = await DriveRig.start(simulator, database, everything);
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 4 } });
  expect(end.reports.map(({ code }) => code).sort()).toEqual(['LINK_NOT_COPIED', 'SOURCE_ITEM_INFECTED', 'SOURCE_ITEM_INFECTED', 'SOURCE_ITEM_INFECTED']);
  await expectWhole();
  expect((await rig.compare()).withheld).toBe(4);
  await expectExact(end);
});

test('a drive whose delta mixes its order, repeats items and sends empty pages arrives whole', async () => {
  rig = await DriveRig.start(simulator, database, { seed: 'b', files: 1_200, folders: 1_500, fanout: 2, bytesMin: 10, bytesMax: 100 });
  await rig.control('delta', 'source', { order: 'mixed', emptyPageEvery: 3, repeatEvery: 2 });
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  await expectWhole();
  await expectExact(end);
}, 60_000);

test('a worker killed again and again at any step copies everything once', async () => {
  rig = await DriveRig.start(simulator, database, everything);
  await rig.fault({ id: 'cut', match: { method: 'PUT', path: 'uploadSession' }, probability: 0.1, seed: 'x', times: 12, action: { kind: 'resetAfterWrite' } });
  await rig.fault({ id: 'cut folders', match: { method: 'POST', path: 'children' }, probability: 0.2, seed: 'y', times: 4, action: { kind: 'resetAfterWrite' } });
  let kills = 0;
  for (let at = 3; kills < 40; at += 3) {
    const dying = dyingAt(at);
    const end = await rig.pass({ step: dying.step });
    if (!dying.dead()) {
      expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
      await expectExact(end);
      break;
    }
    kills += 1;
  }
  expect(kills).toBeGreaterThan(4);
  expect(kills).toBeLessThan(40);
  await expectWhole();
}, 60_000);

test('what a worker wrote before it died is there once, though it was renamed, moved and dies again before the next attempt', async () => {
  rig = await DriveRig.start(simulator, database, { seed: 'r', files: 0, folders: 0 });
  await rig.owns('source', [{ kind: 'folder', path: 'Plans' }, { kind: 'folder', path: 'Other' }, { kind: 'write', path: 'a.bin', bytes: 5_000 }, { kind: 'write', path: 'b.txt', bytes: 12 }, { kind: 'write', path: 'c.txt', bytes: 30 }, { kind: 'write', path: 'empty', bytes: 0 }]);
  await dies();
  await rig.owns('source', [{ kind: 'rename', path: 'Plans', to: 'Plan' }, { kind: 'rename', path: 'a.bin', to: 'A1.bin' }, { kind: 'move', path: 'b.txt', to: 'Other' }, { kind: 'rename', path: 'c.txt', to: 'd.txt' }, { kind: 'move', path: 'd.txt', to: 'Plan' }, { kind: 'rename', path: 'empty', to: 'nothing' }]);
  await dies();
  await rig.owns('source', [{ kind: 'rename', path: 'A1.bin', to: 'A2.bin' }, { kind: 'rename', path: 'Plan', to: 'Planned' }]);
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 0, total: 6 } });
  await expectWhole();
  await expectExact(end);
});

test.each(['keep', 'apply'] as const)('what a worker wrote before it died is known when it is deleted at the source before the next attempt, unless something else could be meant: deletions %s', async (deletions) => {
  rig = await DriveRig.start(simulator, database, { seed: deletions, files: 0, folders: 0 });
  const { port, userId } = rig.tenants.dest;
  const budget = { kind: 'files' } as const;
  const there = async (path = ''): Promise<string[]> => (await port.get<{ value: { name: string }[] }>(`/users/${userId}/drive/root${path}/children`, { budget, query: { $select: 'name' } })).value.map(({ name }) => name).sort();
  await rig.owns('source', [{ kind: 'folder', path: 'gone' }, ...['gone.bin', 'edited.txt', 'twin.txt', 'same.txt', 'stays.txt'].map((path) => ({ kind: 'write', path, bytes: 12 }) as const)]);
  await dies();
  const written = ['edited.txt', 'gone', 'gone.bin', 'same.txt', 'stays.txt', 'twin.txt'];
  expect(await there()).toEqual(written);
  // Somebody has changed one, and of another there is a second one of that name that a program made: it may be anything.
  await rig.owns('dest', [{ kind: 'write', path: 'edited.txt', bytes: 13 }, { kind: 'folder', path: 'Else' }]);
  await port.put(`/users/${userId}/drive/root:/Else/twin.txt:/content`, 'of something else', { budget });
  await rig.owns('source', ['gone', 'gone.bin', 'edited.txt', 'twin.txt', 'same.txt'].map((path) => ({ kind: 'delete', path }) as const));
  // And one has the name of an item that is still there and has no copy: its own may be meant.
  const long = ['x', 'y'].map((letter) => letter.repeat(200));
  await rig.owns('source', [{ kind: 'folder', path: 'x' }, { kind: 'folder', path: 'x/y' }, { kind: 'write', path: 'x/y/same.txt', bytes: 3 }, { kind: 'rename', path: 'x/y', to: long[1] ?? '' }, { kind: 'rename', path: 'x', to: long[0] ?? '' }]);
  const end = await rig.pass({ deletions });
  expect(end).toMatchObject({ result: 'done', counters: { total: 4, done: 2, error: 2 } });
  expect(end.notes).toContain(deletions === 'keep' ? 'INFO 2 items were deleted at the source; the copies stay.' : 'INFO 2 items were deleted at the source, and the copies removed.');
  expect(await there()).toEqual(['Else', ...written.filter((name) => deletions === 'keep' || !name.startsWith('gone')), long[0]]);
});

test('the next pass takes over what was written, renamed, moved and made, without copying anything else', async () => {
  rig = await DriveRig.start(simulator, database, { seed: 'c', files: 30, folders: 4, bytesMax: 5_000 });
  await rig.owns('source', [{ kind: 'folder', path: 'Plans' }, { kind: 'folder', path: 'Plans/Old' }, { kind: 'write', path: 'Plans/Old/a.bin', bytes: 5_000 }, { kind: 'write', path: 'Plans/b.bin', bytes: 12_000_000 }, { kind: 'write', path: 'c.txt', bytes: 10 }]);
  const first = await rig.pass();
  await expectWhole();
  const before = (await rig.writes()).length;
  await rig.owns('source', [
    { kind: 'rename', path: 'Plans/Old', to: 'Older' },
    { kind: 'write', path: 'Plans/Older/a.bin', bytes: 6_000 },
    { kind: 'folder', path: 'New' },
    { kind: 'move', path: 'Plans/b.bin', to: 'New' },
    { kind: 'rename', path: 'c.txt', to: 'C.txt' },
    { kind: 'write', path: 'New/d.bin', bytes: 1 },
  ]);
  const end = await rig.pass({ mode: 'delta', passId: 'pass 2' });
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 0, total: first.counters.total + 2 } });
  await expectWhole();
  await expectExact(end);
  const fragments = (await rig.writes()).slice(0, (await rig.writes()).length - before).filter(({ method }) => method === 'PUT');
  expect(fragments).toHaveLength(2);
});

describe('a worker that dies in the middle of a large file', () => {
  const bytes = 45_000_000;
  const fragmentsSent = async (): Promise<number> => (await rig.writes()).filter(({ method }) => method === 'PUT').length;

  const isFragment = (name: string, args: readonly unknown[]): boolean => name === 'preauthorised' && args[0] === 'PUT';
  const notes = async (): Promise<number> => (await database.sql<{ notes: number }[]>`select count(*)::int as notes from worker.unfinished`)[0]?.notes ?? NaN;

  /** A process that dies once its nth fragment has arrived: from then on nothing of it reaches anybody. */
  function dyingAfter(fragments: number): { ports: AttemptPorts; step: () => void } {
    let sent = 0;
    let dead = false;
    const destination = portWith(rig.tenants.ports.destination, async (name, args, send) => {
      if (dead) throw new Killed('after it died');
      const answer = await send();
      if (isFragment(name, args) && ++sent === fragments) {
        dead = true;
        throw new Killed('in the middle of a file');
      }
      return answer;
    });
    const step = (): void => {
      if (dead) throw new Killed('after it died');
    };
    return { ports: { ...rig.tenants.ports, destination }, step };
  }

  test('leaves a session that the next one goes on with, and no fragment is sent twice', async () => {
    rig = await DriveRig.start(simulator, database, { seed: 'e', large: [bytes] });
    const before = await notes();
    await rig.pass(dyingAfter(2));
    expect(await notes()).toBe(before + 1);
    expect(await fragmentsSent()).toBe(2);
    expect(await rig.pass()).toMatchObject({ result: 'done', counters: { error: 0 } });
    expect(await fragmentsSent()).toBe(5);
    await expectWhole();
    expect(await notes()).toBe(before);
  });

  test('leaves nothing to go on with when the file has changed since, or the session is over: it begins anew', async () => {
    rig = await DriveRig.start(simulator, database, { seed: 'e', large: [bytes] });
    await rig.pass(dyingAfter(2));
    await rig.owns('source', [{ kind: 'write', path: 'Large 0.bin', bytes: bytes + 1 }]);
    await rig.pass(dyingAfter(3));
    expect(await fragmentsSent()).toBe(5);
    await simulator.control('POST', '/files/expire', { tenant: rig.tenants.dest.tenantId, what: 'uploadSessions' });
    expect(await rig.pass()).toMatchObject({ result: 'done', counters: { error: 0 } });
    expect(await fragmentsSent()).toBe(10);
    await expectWhole();
  });

  test('and a unit that is stopped for good goes on with it as well', async () => {
    rig = await DriveRig.start(simulator, database, { seed: 'e', large: [bytes] });
    const halt = new Halt(50);
    let sent = 0;
    // Once two have arrived it is told to stop, and the others wait until it has.
    const destination = portWith(rig.tenants.ports.destination, async (name, args, send) => {
      if (!isFragment(name, args)) return await send();
      if (sent === 2) await once(halt.hard, 'abort');
      const answer = await send();
      if (++sent === 2) halt.stop(new Stopped('pause'));
      return answer;
    });
    expect((await rig.pass({ halt, ports: { ...rig.tenants.ports, destination } })).result).toBe('released');
    const before = await fragmentsSent();
    expect(await rig.pass()).toMatchObject({ result: 'done', counters: { error: 0 } });
    expect((await fragmentsSent()) - before).toBeLessThanOrEqual(3);
    await expectWhole();
  });
});
