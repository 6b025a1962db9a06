/** The workload against a simulated Exchange, through the real Graph client. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import type { TransferItem } from '../workload.js';
import { pageItems } from './list-items.js';
import { all, byKey, signal } from './testing/build.js';
import { MailRig, markOf } from './testing/mail-rig.js';

let simulator: TestSimulator;
let rig: MailRig;
beforeAll(async () => {
  simulator = await startSimulator({ args: ['--limits', 'none'] });
});
afterAll(async () => {
  await simulator.stop();
});
afterEach(async () => {
  await rig.stop();
});

const folders = { only: ({ kind }: { kind: string }) => kind.startsWith('IPF.') };
const inbox = { only: ({ path }: { path: string }) => path === 'Inbox' };
const small = { seed: 'a', messages: 24, mailFolders: 3, events: 12, contacts: 6, tasks: 4, notes: 2, settings: false };

/** Writes the same content over an item of the source or a copy, as a person's change would: its change key is a new one. */
async function touch(side: 'source' | 'dest', folderId: string, itemId: string): Promise<string> {
  const port = side === 'source' ? rig.source : rig.destination;
  const budget = { kind: 'outlook', mailbox: rig.ids[side] } as const;
  const { primaryMailboxId } = await port.get<{ primaryMailboxId: string }>(`/users/${rig.ids[side]}/settings/exchange`, { budget });
  const base = `/admin/exchange/mailboxes/${primaryMailboxId}`;
  const { value } = await port.post<{ value: { data: string; changeKey: string }[] }>(`${base}/exportItems`, { itemIds: [itemId] }, { budget });
  const { importUrl } = await port.post<{ importUrl: string }>(`${base}/createImportSession`, undefined, { budget });
  const body = JSON.stringify({ FolderId: folderId, Mode: 'update', ItemId: itemId, ChangeKey: value[0]?.changeKey, Data: value[0]?.data });
  const answer = await (await port.preauthorised('POST', importUrl, { budget, body })).json<{ changeKey: string }>();
  return answer.changeKey;
}

async function inboxOf(): Promise<{ session: Awaited<ReturnType<MailRig['open']>>; container: Awaited<ReturnType<MailRig['pass']>>['containers'][number]; dest: { id: string; exists: boolean }; entries: TransferItem[] }> {
  const session = await rig.open();
  const container = (await all(session.containers(signal))).find(({ path }) => path === 'Inbox')!;
  const dest = await session.ensure(container, null, signal);
  const pages = await all(session.pages(container, null, signal));
  const entries = pages.flatMap(({ items }) => items).map((item) => ({ item, existing: null, needed: null, mark: markOf(container, item) }));
  return { session, container, dest, entries };
}

async function destCount(folderId: string): Promise<number> {
  const budget = { kind: 'outlook', mailbox: rig.ids.dest } as const;
  const { primaryMailboxId } = await rig.destination.get<{ primaryMailboxId: string }>(`/users/${rig.ids.dest}/settings/exchange`, { budget });
  return (await rig.destination.get<{ totalItemCount: number }>(`/admin/exchange/mailboxes/${primaryMailboxId}/folders/${folderId}`, { budget })).totalItemCount;
}

test('a second pass over an unchanged mailbox asks for changes only and writes nothing', async () => {
  rig = await MailRig.start(simulator, small);
  const first = await rig.pass(folders);
  expect(new Set(first.results.map(({ outcome }) => outcome))).toEqual(new Set(['copied']));
  expect([...new Set(first.results.map(({ kind }) => kind))]).toEqual(expect.arrayContaining(['IPM.Note', 'IPM.Appointment', 'IPM.Contact', 'IPM.Task', 'IPM.StickyNote']));
  const second = await rig.pass(folders);
  expect(second.results).toEqual([]);
  expect(second.unchanged).toBe(0);
});

test('a dry run writes nothing and plans every folder', async () => {
  rig = await MailRig.start(simulator, small);
  const end = await rig.pass({ ...folders, dryRun: true });
  expect(end.containers.length).toBeGreaterThan(10);
  const writes = await rig.simulator.control<{ writes?: unknown[] }>('GET', `/writes?tenant=${rig.ids.destTenant}`);
  expect(JSON.stringify(writes)).not.toContain('importItem');
  expect((await rig.pass({ ...folders, dryRun: true })).containers).toHaveLength(end.containers.length);
});

test('the scope leaves out folders by their class', async () => {
  rig = await MailRig.start(simulator, small);
  const end = await rig.pass({ ...folders, scope: { calendar: false, contacts: false, tasks: false }, filters: { excludeFolders: ['projects'] } });
  expect(new Set(end.results.map(({ container }) => container))).not.toContain('Calendar');
  expect(end.results.filter(({ kind }) => /^IPM\.(Appointment|Contact|Task)/.test(kind))).toEqual([]);
  expect(end.results.map(({ kind }) => kind)).toContain('IPM.StickyNote');
  expect(end.containers.some(({ path }) => path.startsWith('Projects'))).toBe(false);
});

test('imports whose answers were cut are found again by their search keys, and none is doubled', async () => {
  rig = await MailRig.start(simulator, small);
  const { session, container, dest, entries } = await inboxOf();
  await rig.simulator.control('POST', '/faults', { id: 'cut', match: { method: 'POST', path: 'importItem' }, nth: 2, times: 3, action: { kind: 'resetAfterWrite' } });
  const results = byKey(await all(session.transfer(entries, dest, container, signal)));
  const inDoubt = entries.filter(({ item }) => results[item.key] === 'in_doubt');
  expect(inDoubt).toHaveLength(3);
  const found = await session.find(inDoubt, dest, container, signal);
  expect(inDoubt.map(({ item }) => found.get(item.key)?.length)).toEqual([1, 1, 1]);
  expect(await destCount(dest.id)).toBe(entries.length);
});

test('a worker killed between import and record finds what it wrote', async () => {
  rig = await MailRig.start(simulator, small);
  const before = await inboxOf();
  const written = await all(before.session.transfer(before.entries.slice(0, 3), before.dest, before.container, signal));
  // A new worker knows nothing of these results.
  const { session, container, dest, entries } = await inboxOf();
  const found = await session.find(entries, dest, container, signal);
  expect([...found.keys()].sort()).toEqual(written.map(({ key }) => key).sort());
  for (const result of written) expect(found.get(result.key)).toEqual([result.outcome === 'copied' ? result.dest : null]);
});

test('a changed item updates its copy in place; a copy that a person changed stays as it is', async () => {
  rig = await MailRig.start(simulator, small);
  await rig.pass(inbox);
  const { container, dest, entries } = await inboxOf();
  const [first, second] = entries;
  const copyOf = (entry: TransferItem | undefined) => rig.ledger.get(`${container.key}\n${entry!.item.key}`)!.dest;
  const old = copyOf(first);
  await touch('source', container.key, first!.item.key);
  await touch('source', container.key, second!.item.key);
  await touch('dest', dest.id, copyOf(second).id);
  const pass = await rig.pass(inbox);
  expect(byKey(pass.results)).toEqual({ [first!.item.key]: 'updated', [second!.item.key]: 'skipped DEST_ITEM_CHANGED' });
  expect(copyOf(first).id).toBe(old.id);
  expect(copyOf(first).version).not.toBe(old.version);
  expect(await destCount(dest.id)).toBe(entries.length);
});

test('a listing that the source forgets half way begins again and loses nothing', async () => {
  rig = await MailRig.start(simulator, { seed: 'b', messages: 900, settings: false });
  await rig.simulator.control('POST', '/faults', { id: 'gone', match: { path: 'items/delta.*skiptoken' }, nth: 1, action: { kind: 'status', status: 410, code: 'SyncStateNotFound', message: 'gone' } });
  const end = await rig.pass({ ...inbox, dryRun: true });
  const { entries } = await inboxOf();
  expect(entries.length).toBeGreaterThan(pageItems);
  expect(new Set(end.listed)).toEqual(new Set(entries.map(({ item }) => item.key)));
  expect(end.listed).toHaveLength(entries.length + pageItems);
});

test('an import session that ends on the way is replaced', async () => {
  rig = await MailRig.start(simulator, small);
  const { session, container, dest, entries } = await inboxOf();
  await all(session.transfer(entries.slice(0, 2), dest, container, signal));
  // Exchange's clock runs ahead of ours: the session is over there, and still good by our reckoning.
  await rig.simulator.control('POST', '/clock', { advanceMs: 2 * 3600_000 });
  const results = await all(session.transfer(entries.slice(2, 6), dest, container, signal));
  expect(results.map(({ outcome }) => outcome)).toEqual(Array(results.length).fill('copied'));
  expect(await destCount(dest.id)).toBe(6);
});

test('an export cut half way is read again and arrives once', async () => {
  rig = await MailRig.start(simulator, { seed: 'd', messages: 8, largeAttachments: [6 * 1024 * 1024], settings: false });
  await rig.simulator.control('POST', '/faults', { id: 'cut', match: { method: 'POST', path: 'exportItems' }, nth: 1, times: 2, action: { kind: 'truncateBody', bytes: 30_000 } });
  const end = await rig.pass(inbox);
  expect(new Set(end.results.map(({ outcome }) => outcome))).toEqual(new Set(['copied']));
  const { dest, entries } = await inboxOf();
  expect(await destCount(dest.id)).toBe(entries.length);
});

test('a damaged item is reported, the others arrive', async () => {
  rig = await MailRig.start(simulator, { ...small, refusedReads: 1, refusedImports: 1 });
  const end = await rig.pass(folders);
  const bad = end.results.filter(({ outcome }) => outcome !== 'copied');
  expect(bad.map((result) => (result.outcome === 'failed' ? result.failure : result.outcome)).sort()).toEqual(['DEST_ITEM_TOO_LARGE', 'SOURCE_ITEM_CORRUPT']);
});

test('an item of 60 MB passes through without being held', async () => {
  rig = await MailRig.start(simulator, { seed: 'c', messages: 2, largeAttachments: [60 * 1024 * 1024], settings: false });
  const { session, container, dest, entries } = await inboxOf();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const results = await all(session.transfer(entries, dest, container, signal));
  clearInterval(watch);
  expect(results.map(({ outcome }) => outcome)).toEqual(Array(entries.length).fill('copied'));
  expect(Math.max(...results.map((result) => (result.outcome === 'copied' ? result.bytes : 0)))).toBeGreaterThan(80_000_000);
  expect((peak - before) / 1024 / 1024).toBeLessThan(60);
});

test('a closed or missing mailbox is named by its side', async () => {
  rig = await MailRig.start(simulator, 'empty');
  const open = async (source: string, dest: string): Promise<unknown> => {
    const good = rig.ids;
    Object.assign(rig, { ids: { ...good, source, dest } });
    try {
      return await rig.open().then(
        () => 'opened',
        (error: unknown) => error,
      );
    } finally {
      Object.assign(rig, { ids: good });
    }
  };
  const nobody = '00000000-0000-4000-8000-000000000000';
  expect(await open(nobody, rig.ids.dest)).toMatchObject({ code: 'SOURCE_MISSING', side: 'source' });
  expect(await open(rig.ids.source, nobody)).toMatchObject({ code: 'DEST_MISSING', side: 'dest' });
  await rig.simulator.control('POST', '/faults', { id: 'closed', match: { path: 'mailboxes.*folders' }, nth: 1, action: { kind: 'status', status: 403, code: 'ErrorAccessDenied', message: 'Access to OData is disabled.' } });
  expect(await open(rig.ids.source, rig.ids.dest)).toMatchObject({ code: 'ACCESS_DENIED', side: 'source' });
});
