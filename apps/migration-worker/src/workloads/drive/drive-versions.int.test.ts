/** Earlier versions of files: as many as asked, oldest first, with their dates; once, whatever dies when; and what cannot be carried is said. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { dyingAt, dyingAtWrite, ledgerDatabase, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
import { recountUnit } from '../../engine/ledger.js';
import { DriveRig, type Step } from './testing/drive-rig.js';

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

const scope = { files: true, versions: true, permissions: false };
const start = async (content: Record<string, unknown> = {}): Promise<void> => {
  rig = await DriveRig.start(simulator, database, { seed: 'v', files: 12, folders: 2, versionsEvery: 3, emptyEvery: 5, bytesMax: 4_000, ...content });
};
const pass = (options: Parameters<DriveRig['pass']>[0] = {}, versionsMax: number | null = null): Promise<AttemptEnd> => rig.pass({ ...options, scope: { scope, versionsMax } });
const expectSame = async (versionsMax = 50_000): Promise<void> => {
  const { expected, matched, missing, extra, differs, examples } = await rig.compare({ versions: true, versionsMax });
  expect({ matched, missing, extra, differs, examples }).toEqual({ matched: expected, missing: 0, extra: 0, differs: 0, examples: { missing: [], extra: [], differs: [] } });
};
const clean = { result: 'done', counters: { error: 0, skipped: 0 } } as const;
/** A file with versions of several sizes, one of them empty and one larger than a fragment. */
const grown: Step[] = [100, 0, 12_000_000, 300].map((bytes) => ({ kind: 'write', path: 'grown.bin', bytes }));

test('all versions arrive in their order, with size, content and date; later ones follow in a delta pass, and a second job sends nothing', async () => {
  await start();
  await rig.owns('source', grown);
  const end = await pass();
  expect(end).toMatchObject(clean);
  await expectSame();
  expect(await recountUnit(database.sql, `unit ${rig.owner}`)).toEqual(end.counters);
  await rig.owns('source', [{ kind: 'write', path: 'grown.bin', bytes: 400 }, { kind: 'write', path: 'grown.bin', bytes: 500 }, { kind: 'rename', path: 'grown.bin', to: 'renamed.bin' }]);
  expect(await pass({ mode: 'delta', passId: 'pass 2' })).toMatchObject(clean);
  await expectSame();
  expect((await rig.verify({ scope })).found).toEqual([]);
  const before = (await rig.writes()).length;
  expect(await pass({ unitId: `other ${rig.owner}`, jobId: 'job 2', passId: 'pass 3' })).toMatchObject(clean);
  expect((await rig.writes()).length).toBe(before);
});

test('no more than the job asks for: the newest ones', async () => {
  await start();
  await rig.owns('source', grown);
  expect(await pass({}, 2)).toMatchObject(clean);
  await expectSame(2);
});

test('a worker killed again and again at any step, and answers that are lost, leave no version out and none twice', async () => {
  await start();
  await rig.owns('source', grown);
  await rig.fault({ id: 'cut', match: { method: 'PUT', path: 'uploadSession|content' }, probability: 0.2, seed: 'x', times: 12, action: { kind: 'resetAfterWrite' } });
  let kills = 0;
  for (let at = 2; kills < 60; at += 2) {
    const dying = dyingAt(at);
    const end = await pass({ step: dying.step });
    if (!dying.dead()) {
      expect(end).toMatchObject(clean);
      break;
    }
    kills += 1;
  }
  expect(kills).toBeGreaterThan(4);
  await expectSame();
}, 60_000);

test('a worker that dies after each of its writes leaves no version out and none twice, whatever of the files changed', async () => {
  await start({ versionsEvery: 0, files: 2 });
  await rig.owns('source', [...grown, ...['a', 'b', 'c'].map((name) => ({ kind: 'write', path: `${name}.bin`, bytes: 50 }) as const), { kind: 'write', path: 'empty.txt', bytes: 0 }, { kind: 'folder', path: 'Plans' }]);
  const died = async (passId: string, mode: 'full' | 'delta'): Promise<number> => {
    for (let deaths = 0; deaths < 100; deaths++) {
      const { step, destination, dead } = dyingAtWrite(rig.tenants.dest.port);
      const end = await pass({ step, passId, mode, ports: { ...rig.tenants.ports, destination } });
      if (dead()) continue;
      expect(end).toMatchObject(clean);
      await expectSame();
      return deaths;
    }
    return Infinity;
  };
  expect(await died('pass 1', 'full')).toBeLessThan(60);
  // Versions of one second and one size cannot be told apart.
  const later = (): Promise<unknown> => simulator.control('POST', '/clock', { advanceMs: 5_000 });
  await later();
  await rig.owns('source', [
    { kind: 'rename', path: 'a.bin', to: 'A2.bin' },
    { kind: 'move', path: 'b.bin', to: 'Plans' },
    { kind: 'write', path: 'c.bin', bytes: 51 },
    { kind: 'rename', path: 'c.bin', to: 'C2.bin' },
    { kind: 'write', path: 'grown.bin', bytes: 0 },
    { kind: 'write', path: 'empty.txt', bytes: 0 },
  ]);
  await later();
  await rig.fault({ id: 'lost', match: { method: 'PATCH', path: '/items/' }, nth: 2, times: 4, action: { kind: 'resetAfterWrite' } });
  expect(await died('pass 2', 'delta')).toBeLessThan(60);
  expect((await rig.verify({ scope })).found).toEqual([]);
}, 60_000);

test('a version too many, which setting the date after a new name has made and nobody could remove then, goes with the next edit', async () => {
  await start({ versionsEvery: 0 });
  const later = (): Promise<unknown> => simulator.control('POST', '/clock', { advanceMs: 5_000 });
  await rig.owns('source', [{ kind: 'write', path: 'a.bin', bytes: 50 }]);
  expect(await pass()).toMatchObject(clean);
  await later();
  await rig.owns('source', [{ kind: 'rename', path: 'a.bin', to: 'A2.bin' }]);
  await later();
  await rig.fault({ id: 'refused', match: { method: 'DELETE', path: '/versions/' }, times: 1, action: { kind: 'status', status: 403, code: 'accessDenied' } });
  expect(await pass({ mode: 'delta', passId: 'pass 2' })).toMatchObject(clean);
  expect(await rig.compare({ versions: true })).toMatchObject({ differs: 1 });
  await rig.owns('source', [{ kind: 'write', path: 'A2.bin', bytes: 60 }]);
  expect(await pass({ mode: 'delta', passId: 'pass 3' })).toMatchObject(clean);
  await expectSame();
});

test('a version that the source does not deliver is left out and said; the file is there, and a retry that finds nothing new says so again', async () => {
  await start({ versionsEvery: 0 });
  await rig.owns('source', grown);
  await rig.fault({ id: 'lost', match: { method: 'GET', path: 'versions/3.0/content' }, action: { kind: 'status', status: 404, code: 'itemNotFound' } });
  const end = await pass();
  expect(end.reports.map(({ status, code }) => `${status} ${code ?? ''}`)).toEqual(['skipped VERSIONS_INCOMPLETE']);
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 1 } });
  expect((await rig.compare()).differs).toBe(0);
  expect((await rig.compare({ versions: true })).examples.differs).toHaveLength(1);
  expect((await rig.verify({ scope })).found).toEqual([expect.objectContaining({ code: 'VERIFY_PARTLY_COPIED', because: 'VERSIONS_INCOMPLETE', fields: ['versions'] })]);
  const writes = (await rig.writes()).length;
  expect(await pass({ mode: 'retry', passId: 'pass 2' })).toMatchObject({ counters: { skipped: 1 } });
  expect((await rig.writes()).length).toBe(writes);
});

test('bytes that are not of the range that was asked for are not taken for a version, of which the source states no hash', async () => {
  await start({ versionsEvery: 0 });
  await rig.owns('source', grown);
  const { port } = rig.tenants.source;
  const read = port.preauthorisedBytes.bind(port);
  jest.spyOn(port, 'preauthorisedBytes').mockImplementation(async (url, options) => {
    const answer = await read(url, options);
    if (options.into.length === 100) return { ...answer, headers: new Headers({ 'content-range': 'bytes 1-100/100' }) };
    return options.into.length === 12_000_000 % 10_485_760 ? { ...answer, status: 302, headers: new Headers() } : answer;
  });
  const end = await pass();
  jest.restoreAllMocks();
  expect(end.reports.map(({ status, code }) => `${status} ${code ?? ''}`)).toEqual(['skipped VERSIONS_INCOMPLETE']);
  expect((await rig.compare()).differs).toBe(0);
});

test('a file that changes while its versions are written is gone on with, not begun again', async () => {
  await start({ versionsEvery: 0 });
  await rig.owns('source', grown);
  const { port } = rig.tenants.dest;
  const send = port.preauthorised.bind(port);
  let sent = 0;
  jest.spyOn(port, 'preauthorised').mockImplementation(async (method, url, options) => {
    const answer = await send(method, url, options);
    if (method === 'PUT' && ++sent === 4) await rig.owns('source', [{ kind: 'write', path: 'grown.bin', bytes: 600 }]);
    return answer;
  });
  expect(await pass()).toMatchObject(clean);
  jest.restoreAllMocks();
  expect(await pass({ mode: 'delta', passId: 'pass 2' })).toMatchObject(clean);
  await expectSame();
});
