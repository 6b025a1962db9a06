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

interface FolderNow {
  path: string;
  items: number;
  wellKnownName: string | null;
}

const foldersOf = async (tenant: string): Promise<FolderNow[]> => (await simulator.control<{ mailboxes: { folders: FolderNow[] }[] }>('GET', `/exchange/mailboxes?tenant=${tenant}`)).mailboxes[0]?.folders ?? [];
const writes = async (): Promise<string[]> => (await simulator.control<{ writes: { method: string; path: string }[] }>('GET', `/writes?tenant=${rig.ids.destTenant}&limit=5000`)).writes.map(({ method, path }) => `${method} ${path}`);

/** What the owner of a mailbox does to a folder of it, by the classic API. */
async function changeFolder(side: 'source' | 'dest', name: string, change: { displayName?: string; destination?: string }): Promise<void> {
  const port = side === 'source' ? rig.source : rig.destination;
  const budget = { kind: 'outlook', mailbox: rig.ids[side] } as const;
  const find = async (below: string): Promise<string | null> => {
    const { value } = await port.get<{ value: { id: string; displayName: string; childFolderCount: number }[] }>(`/users/${rig.ids[side]}/mailFolders${below}`, { budget, query: { $top: '100' } });
    const here = value.find(({ displayName }) => displayName === name);
    if (here !== undefined) return here.id;
    for (const { id, childFolderCount } of value) {
      const found = childFolderCount > 0 ? await find(`/${encodeURIComponent(id)}/childFolders`) : null;
      if (found !== null) return found;
    }
    return null;
  };
  const id = await find('');
  if (id === null) throw new Error(`there is no folder ${name}`);
  const path = `/users/${rig.ids[side]}/mailFolders/${encodeURIComponent(id)}`;
  if (change.displayName !== undefined) await port.patch(path, { displayName: change.displayName }, { budget });
  if (change.destination !== undefined) await port.post(`${path}/move`, { destinationId: change.destination }, { budget });
}

const ownFolders = async (tenant: string): Promise<string[]> => (await foldersOf(tenant)).filter(({ path, wellKnownName }) => wellKnownName === null && path !== '').map(({ path }) => path);

test('folders that were renamed and moved are renamed and moved, and none of their items is written again', async () => {
  rig = await MailRig.start(simulator, small);
  await pass('folders');
  await change({ renamedFolders: 2, movedFolders: 2 });
  await simulator.control('DELETE', '/requests');
  const end = await delta('folders');
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  await expectEqual(0);
  expect((await writes()).filter((line) => line.includes('importItem') || line.startsWith('DELETE'))).toEqual([]);
  // A third pass finds everything in its place.
  await simulator.control('DELETE', '/requests');
  await delta('folders');
  expect((await writes()).filter((line) => line.startsWith('PATCH') || line.endsWith('/move'))).toEqual([]);
}, 60_000);

test('two folders that changed their names, and one that was deleted, are followed as well', async () => {
  rig = await MailRig.start(simulator, small);
  const budget = { kind: 'outlook', mailbox: rig.ids.source } as const;
  const [first, second, third] = ['Erstes', 'Second', 'Troisième'] as const;
  for (const displayName of [first, second, third]) {
    const { id } = await rig.source.post<{ id: string }>(`/users/${rig.ids.source}/mailFolders`, { displayName }, { budget });
    await rig.source.post(`/users/${rig.ids.source}/mailFolders/${encodeURIComponent(id)}/messages`, { subject: `in ${displayName}`, body: { contentType: 'text', content: displayName } }, { budget });
  }
  await pass('swapped');
  await changeFolder('source', first, { displayName: 'for a moment' });
  await changeFolder('source', second, { displayName: first });
  await changeFolder('source', 'for a moment', { displayName: second });
  await changeFolder('source', third, { destination: 'deleteditems' });
  await delta('swapped');
  await expectEqual(0);
}, 60_000);

test('a folder of the destination’s own that took the items in keeps its name, and new items go on arriving there', async () => {
  rig = await MailRig.start(simulator, small);
  const name = (await ownFolders(rig.ids.sourceTenant)).find((path) => /^Projects/.test(path) && !path.includes('/'));
  if (name === undefined) throw new Error('the mailbox has no such folder');
  const budget = { kind: 'outlook', mailbox: rig.ids.dest } as const;
  await rig.destination.post(`/users/${rig.ids.dest}/mailFolders`, { displayName: name }, { budget });
  await pass('own', { unit: { merge: true } });
  await changeFolder('source', name, { displayName: 'Another name' });
  const end = await delta('own', { unit: { merge: true } });
  const dest = await foldersOf(rig.ids.destTenant);
  const source = await foldersOf(rig.ids.sourceTenant);
  expect(dest.find(({ path }) => path === name)?.items).toBe(source.find(({ path }) => path === 'Another name')?.items);
  expect(dest.some(({ path }) => path === 'Another name')).toBe(false);
  expect(end.notes.filter((note) => note.includes('not one that we made'))).toHaveLength(1);
}, 60_000);

test('below a prefix everything arrives in folders of its own, settings stay out, and another prefix is another copy', async () => {
  rig = await MailRig.start(simulator, { seed: 'p', messages: 20, mailFolders: 3, events: 4, contacts: 3 }, { seed: 'own', messages: 8, events: 2 });
  const before = await foldersOf(rig.ids.destTenant);
  const planned = await pass('prefixed', { dryRun: true, unit: { destPrefix: 'Migrated/contoso', dryRun: true } });
  expect(await foldersOf(rig.ids.destTenant)).toEqual(before);
  const end = await pass('prefixed', { unit: { destPrefix: '/Migrated/contoso/' } });
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 0 } });
  expect(planned.counters.done).toBe(end.counters.done);
  const after = await foldersOf(rig.ids.destTenant);
  const source = (await foldersOf(rig.ids.sourceTenant)).filter(({ path, items }) => items > 0 && after.some((folder) => folder.path === `Migrated/contoso/${path}`));
  expect(source.length).toBeGreaterThan(5);
  expect(source.map(({ path, items }) => [path, items])).toEqual(source.map(({ path }) => [path, after.find((folder) => folder.path === `Migrated/contoso/${path}`)?.items]));
  expect(after.filter(({ path }) => !path.startsWith('Migrated'))).toEqual(before);
  // The same prefix, written otherwise, by another job: nothing is written again.
  const again = await pass('prefixed', { unitId: 'prefixed again', jobId: 'job 2', unit: { destPrefix: 'migrated/Contoso' } });
  expect(again.counters).toEqual({ ...end.counters, bytes: 0 });
  await pass('prefixed', { unitId: 'prefixed elsewhere', jobId: 'job 3', unit: { destPrefix: 'Elsewhere' } });
  const elsewhere = await foldersOf(rig.ids.destTenant);
  expect(source.map(({ path, items }) => [path, items])).toEqual(source.map(({ path }) => [path, elsewhere.find((folder) => folder.path === `Elsewhere/${path}`)?.items]));
  expect(elsewhere.filter(({ path }) => path.startsWith('Migrated'))).toEqual(after.filter(({ path }) => path.startsWith('Migrated')));
}, 60_000);

test('of folders that are asked for by path only those arrive, in their place', async () => {
  rig = await MailRig.start(simulator, small);
  const nested = (await ownFolders(rig.ids.sourceTenant)).find((path) => path.includes('/')) ?? '';
  const end = await pass('included', { filters: { includeFolders: [nested.toUpperCase()] }, unit: { filters: { includeFolders: [nested.toUpperCase()] } } });
  const [source, dest] = await Promise.all([foldersOf(rig.ids.sourceTenant), foldersOf(rig.ids.destTenant)]);
  const filled = dest.filter(({ items }) => items > 0).map(({ path, items }) => [path, items]);
  expect(filled).toEqual(source.filter(({ path, items }) => items > 0 && (path === nested || path.startsWith(`${nested}/`))).map(({ path, items }) => [path, items]));
  expect(end.counters.skipped).toBe(0);
}, 60_000);

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
