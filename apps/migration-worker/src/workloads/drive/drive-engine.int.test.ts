/** Drives through the engine between two simulated tenants: nothing lost, nothing doubled, nothing that differs. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { dyingAt, ledgerDatabase, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
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
