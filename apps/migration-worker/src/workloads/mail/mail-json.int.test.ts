/** Items that Exchange's own stream does not carry, against a simulated Exchange. */
import { createLogger } from '@migrator/service-kit/logger';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type LedgerDatabase } from '../../testing/engine-rig.js';
import { mailWorkload } from './mail-workload.js';
import { MailRig } from './testing/mail-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: MailRig;
beforeAll(async () => {
  [simulator, database] = await Promise.all([startSimulator({ args: ['--limits', 'none'] }), ledgerDatabase()]);
});
afterEach(async () => {
  await rig.stop();
});
afterAll(async () => {
  await database.close();
  await simulator.stop();
});

const folders = { only: ({ kind }: { kind: string }) => kind.startsWith('IPF.') };

test('items that Exchange refuses to export arrive through JSON, once', async () => {
  rig = await MailRig.start(simulator, { seed: 'j', messages: 24, refusedExports: 4, settings: false });
  const end = await rig.pass(folders);
  expect(end.results.filter(({ outcome }) => outcome !== 'copied')).toEqual([]);
  expect(end.results).toHaveLength(24);
  expect((await rig.pass(folders)).results).toEqual([]);
  await expectEqual();
});

test('where no stream is taken, messages, events, contacts and tasks go through JSON and nobody is invited', async () => {
  rig = await MailRig.start(simulator, { seed: 'k', messages: 24, events: 20, contacts: 8, tasks: 6, notes: 2, settings: false });
  await simulator.control('POST', '/faults', { id: 'refuse', match: { path: 'importItem' }, probability: 1, seed: 'x', action: { kind: 'status', status: 400, code: 'ErrorInvalidExportedItem', message: 'no' } });
  const end = await rig.pass(folders);
  const not = end.results.filter(({ outcome, kind }) => outcome !== 'copied' && !/StickyNote|DistList/.test(kind));
  expect(not).toEqual([]);
  expect(end.results.filter(({ kind }) => kind === 'IPM.StickyNote').map((result) => (result.outcome === 'failed' ? result.failure : result.outcome))).toEqual(['DEST_ITEM_REFUSED', 'DEST_ITEM_REFUSED']);
  await expectEqual();
});

test('tasks of one title that only JSON carries are there once each, new and brought up to date, and each row names its own copy', async () => {
  rig = await MailRig.start(simulator, { seed: 't', messages: 0, tasks: 30, settings: false });
  await simulator.control('POST', '/faults', [
    { id: 'refuse', match: { path: 'importItem' }, nth: 4, times: 1_000, action: { kind: 'status', status: 400, code: 'ErrorInvalidExportedItem', message: 'no' } },
    ...['POST', 'PATCH'].flatMap((method) => [4, 11, 23, 41, 52].map((nth) => ({ id: `${method} ${nth}`, match: { method, path: '/tasks' }, nth, action: { kind: 'resetAfterWrite' } }))),
  ]);
  const workload = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });
  const { ids } = rig;
  const unit: Attempt = { ports: { source: rig.source, destination: rig.destination, people: { find: () => Promise.resolve(new Map()) } }, scope: { source: { microsoftId: ids.source, address: ids.sourceAddress }, dest: { microsoftId: ids.dest, address: ids.destAddress } } };
  const killedAt = async (passId: string, steps: readonly number[]): Promise<void> => {
    for (const at of steps) {
      const life = dyingAt(at);
      await attempt(database.sql, 'tasks', workload, { ...unit, passId, step: life.step });
      expect(life.dead()).toBe(true);
    }
    const end = await attempt(database.sql, 'tasks', workload, { ...unit, passId });
    expect(end).toMatchObject({ failure: null, counters: { error: 0, skipped: 0 } });
    const [rows] = await database.sql`select count(*)::int as items, count(distinct l.dest_id)::int as copies from worker.ledger l join worker.containers c using (container_no) where c.kind = 'IPF.Task' and l.state = 2`;
    expect(rows).toEqual({ items: 30, copies: 30 });
    await expectEqual({ missing: 0, matched: 30 });
  };
  await killedAt('pass 1', [15, 25]);
  // As if all had changed at the source.
  await database.sql`update worker.ledger l set version_hash = 0 from worker.containers c where c.container_no = l.container_no and c.kind = 'IPF.Task'`;
  await killedAt('pass 2', [12]);
}, 60_000);

/** The simulator's own comparison knows what a copy through JSON may lose; nobody may have been invited. */
async function expectEqual(more: Record<string, number> = {}): Promise<void> {
  const { items, outboundMail, examples } = await simulator.control<{ items: Record<string, number>; outboundMail: number; examples: Record<string, unknown[]> }>('POST', '/compare', { source: rig.ids.sourceTenant, destination: rig.ids.destTenant, examplesMax: 5 });
  expect(examples).toMatchObject({ extra: [], doubled: [], differs: [] });
  expect(items).toMatchObject({ extra: 0, doubled: 0, differs: 0, ...more });
  expect(outboundMail).toBe(0);
}
