/** Moves and deletions at the source, through the real engine and judged by the simulator's own comparison. */
import { createLogger } from '@migrator/service-kit/logger';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { attempt, dyingAt, ledgerDatabase, type Attempt, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
import type { UnitScope } from '../workload.js';
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

interface Comparison {
  items: { expected: number; matched: number; missing: number; extra: number; doubled: number; differs: number; kept: number; keptMoved: number; harmed: number };
  folders: { expected: number; missing: number; extra: number; differs: number };
  outboundMail: number;
  examples: Record<string, unknown[]>;
}

const workload = mailWorkload({ clock: { now: () => new Date() }, log: createLogger('test', 'silent') });
const small = { seed: 'm', messages: 60, mailFolders: 6, events: 10, contacts: 8, tasks: 4, notes: 2 };
let passes = 0;

function pass(owner: string, options: Attempt & { unit?: Partial<UnitScope> } = {}): Promise<AttemptEnd> {
  const scope: Partial<UnitScope> = { source: { microsoftId: rig.ids.source, address: rig.ids.sourceAddress }, dest: { microsoftId: rig.ids.dest, address: rig.ids.destAddress }, ...options.unit };
  return attempt(database.sql, owner, workload, { ports: { source: rig.source, destination: rig.destination }, scope, ...options });
}
const delta = (owner: string, options: Parameters<typeof pass>[1] = {}): Promise<AttemptEnd> => pass(owner, { mode: 'delta', passId: `delta ${++passes}`, ...options });
const change = (perMailbox: Record<string, number | boolean>): Promise<{ counts: Record<string, number> }> => simulator.control('POST', '/exchange/changes', { tenant: rig.ids.sourceTenant, perMailbox });
const compare = (): Promise<Comparison> => simulator.control('POST', '/compare', { source: rig.ids.sourceTenant, destination: rig.ids.destTenant, examplesMax: 3 });

async function expectEqual(kept: number): Promise<void> {
  const { items, folders, outboundMail, examples } = await compare();
  expect(examples).toMatchObject({ missing: [], extra: [], doubled: [], differs: [], harmed: [], folders: [] });
  expect(items).toMatchObject({ matched: items.expected, kept, keptMoved: 0 });
  expect(folders).toMatchObject({ missing: 0, extra: 0, differs: 0 });
  expect(outboundMail).toBe(0);
}

test('moved messages are moved, and copies of deleted ones stay by default', async () => {
  rig = await MailRig.start(simulator, small);
  const first = await pass('moves');
  await change({ moved: 5, deleted: 3, edited: 3, new: 3 });
  const end = await delta('moves');
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: first.counters.skipped } });
  await expectEqual(3);
  // Each moved item counts once; the deleted ones were migrated and stay counted.
  expect(end.counters.total).toBe(first.counters.total + 3);
  expect(end.notes.filter((note) => note.includes('at the source'))).toEqual(['INFO 5 items were moved at the source, and the copies with them.', 'INFO 3 items were deleted at the source; the copies stay.']);
});

test('deletions are applied where the job asks for it, and a second job finds the moves of the first one done', async () => {
  rig = await MailRig.start(simulator, small);
  await pass('deletions');
  await change({ moved: 4, deleted: 4 });
  await delta('deletions', { deletions: 'apply', unit: { deletions: 'apply' } });
  await expectEqual(0);
  const again = await pass('deletions', { unitId: 'second job', jobId: 'job 2', passId: 'pass of the second job' });
  expect(again.counters).toMatchObject({ bytes: 0, error: 0 });
  await change({ moved: 3 });
  await pass('deletions', { unitId: 'third job', jobId: 'job 3', passId: 'pass of the third job' });
  await expectEqual(0);
});

test('delta tokens that Exchange forgot hide neither moves nor deletions', async () => {
  rig = await MailRig.start(simulator, small);
  await pass('forgotten');
  await change({ moved: 4, deleted: 2 });
  await simulator.control('POST', '/exchange/expire', { tenant: rig.ids.sourceTenant, what: 'delta' });
  await delta('forgotten', { unit: { deletions: 'apply' } });
  await expectEqual(0);
});

test('a worker killed again and again follows every move once', async () => {
  rig = await MailRig.start(simulator, { seed: 'k', messages: 40, mailFolders: 4, settings: false });
  await pass('killed');
  await change({ moved: 8, deleted: 4, new: 4 });
  const options: Parameters<typeof pass>[1] = { mode: 'delta', passId: 'killed delta', unit: { deletions: 'apply' } };
  let kills = 0;
  for (let at = 3; kills < 60; at += 3) {
    const dying = dyingAt(at);
    const end = await pass('killed', { ...options, step: dying.step });
    if (!dying.dead()) {
      expect(end.result).toBe('done');
      break;
    }
    kills += 1;
  }
  expect(kills).toBeGreaterThan(5);
  expect(kills).toBeLessThan(60);
  await expectEqual(0);
}, 60_000);
