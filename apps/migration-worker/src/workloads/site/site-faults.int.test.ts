/** What can befall a site while it is copied, and what it has that is awkward: each has its outcome with a code, and the next pass brings the rest, once. */
import type { RequestOptions } from '@migrator/graph-client';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { recountUnit } from '../../engine/ledger.js';
import { type AttemptEnd, type AttemptPorts, dyingAt, Killed, type LedgerDatabase, ledgerDatabase, portWith } from '../../testing/engine-rig.js';
import { verifyAttempt, type VerifyAttemptEnd } from '../../testing/verify-rig.js';
import type { Raw } from '../drive/drive-item.js';
import { SiteRig, type SiteEnd } from './testing/site-rig.js';

let simulator: TestSimulator;
let database: LedgerDatabase;
let rig: SiteRig;
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

const budget = { kind: 'files' } as const;
const columnsOf = ({ port, siteId }: SiteEnd, list: string): Promise<{ value: Raw[] }> => port.get(`/sites/${siteId}/lists/${list}/columns`, { budget });
const itemsOf = async ({ port, siteId }: SiteEnd, list: string, fields: string): Promise<Raw[]> => {
  const all: Raw[] = [];
  for await (const { value } of port.pages<Raw>(`/sites/${siteId}/lists/${list}/items`, { budget, query: { $expand: `fields($select=${fields})`, $top: '1000' } })) all.push(...value);
  return all;
};
const codes = ({ reports }: AttemptEnd): string[] => reports.filter(({ status, code }) => status !== 'resolved' && code !== 'SITE_SETTINGS_NOT_CARRIED').map(({ code }) => code ?? '').sort();
/** The last that was said of each item, all reports of the unit taken together. */
const lastSaid = ({ reports }: AttemptEnd): string[] => {
  const last = new Map<string, string>();
  for (const { itemKey, status, code, kind } of reports) {
    if (status === 'resolved' || code === 'SITE_SETTINGS_NOT_CARRIED') last.delete(itemKey);
    else last.set(itemKey, `${code ?? ''} ${kind}`);
  }
  return [...last.values()].sort();
};
/** Worker after worker dies, each some steps later, until one does not. */
const killedAgainAndAgain = async (stride: number): Promise<{ end: AttemptEnd; notes: string[] }> => {
  const notes: string[] = [];
  for (let at = stride; ; at += stride) {
    const dying = dyingAt(at);
    const end = await rig.pass({ step: dying.step });
    notes.push(...end.notes);
    if (!dying.dead()) return { end, notes };
  }
};
const verify = (scope: AttemptScope = {}): Promise<VerifyAttemptEnd> => verifyAttempt(database.sql, rig.owner, rig.workload, { ports: rig.tenants.ports, scope: { ...rig.scope, ...scope } });
type AttemptScope = NonNullable<NonNullable<Parameters<SiteRig['pass']>[0]>['scope']>;

test.each(['source', 'dest'] as const)('a site of the %s that is locked is ACCESS_DENIED, unlocked it is copied; one that is not there is missing, and nothing is written', async (side) => {
  rig = await SiteRig.start(simulator, database, { content: { seed: 'l', files: 3, bytesMax: 100 } });
  const lock = (locked: boolean): Promise<unknown> => simulator.control('PATCH', `/tenants/${rig[side].tenantId}/sites/team`, { locked });
  // Held against each other byte by byte.
  await rig.control('parser', 'dest', { on: false });
  await lock(true);
  expect(await rig.pass()).toMatchObject({ result: 'failed', failure: { code: 'ACCESS_DENIED', side } });
  expect(await rig.writes()).toEqual([]);
  await lock(false);
  const [host = ''] = rig[side].siteId.split(',');
  const gone = { microsoftId: `${host},00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002`, address: 'https://gone/sites/gone' };
  expect(await rig.pass({ unitId: `gone ${rig.owner}`, scope: { [side]: gone } })).toMatchObject({ result: 'failed', failure: { code: side === 'source' ? 'SOURCE_MISSING' : 'DEST_MISSING', side } });
  expect(await rig.writes()).toEqual([]);
  expect(await rig.pass()).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(await rig.compareLibraries()).toMatchObject({ missing: 0, extra: 0, differs: 0, matched: 3 });
});

test('an item that the destination’s list refuses is DEST_ITEM_REFUSED beside those it takes, and a retry brings it once the list takes it', async () => {
  const structure = (maximum?: number): Raw => ({ lists: [{ displayName: 'Tasks', items: maximum === undefined ? 12 : 0, columns: [{ name: 'Qty', number: maximum === undefined ? {} : { maximum } }] }] });
  rig = await SiteRig.start(simulator, database, { structure: structure() }, { structure: structure(100) });
  const large = (await itemsOf(rig.source, 'Tasks', 'Qty')).filter((raw) => Number((raw['fields'] as Raw)['Qty']) > 100).length;
  expect(large).toBeGreaterThan(0);
  const end = await rig.pass();
  expect(codes(end)).toEqual(Array.from({ length: large }, () => 'DEST_ITEM_REFUSED'));
  expect(await itemsOf(rig.dest, 'Tasks', 'Qty')).toHaveLength(12 - large);
  const column = (await columnsOf(rig.dest, 'Tasks')).value.find(({ name }) => name === 'Qty');
  await rig.dest.port.patch(`/sites/${rig.dest.siteId}/lists/Tasks/columns/${String(column?.['id'])}`, { number: { maximum: 1_000 } }, { budget });
  const next = await rig.pass({ mode: 'retry', passId: 'pass 2' });
  expect(next).toMatchObject({ result: 'done', counters: { error: 0, total: end.counters.total } });
  expect(await itemsOf(rig.dest, 'Tasks', 'Qty')).toHaveLength(12);
  expect(next.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));
});

test('a list of more than 5,000 items takes no new index: its columns come without, lost answers are looked for page by page, nothing is doubled, and a column that had to be indexed is an item with its outcome, whatever dies when, until it is there', async () => {
  const columns = [{ name: 'Code', text: {}, indexed: true }, { name: 'Serial', text: {}, indexed: true, enforceUniqueValues: true }];
  rig = await SiteRig.start(simulator, database, { structure: { lists: [{ displayName: 'Long', items: 7, columns }] } }, { structure: { lists: [{ displayName: 'Long', items: 5_001 }] } });
  await rig.fault({ id: 'lost', match: { method: 'POST', path: '/items$' }, times: 3, action: { kind: 'resetAfterWrite' } });
  const { end, notes } = await killedAgainAndAgain(4);
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 9 } });
  expect(lastSaid(end)).toEqual(['COLUMN_REFUSED listColumn', ...Array.from({ length: 7 }, () => 'VALUES_NOT_CARRIED listItem')]);
  expect(notes.join()).toContain('Serial');
  expect((await verify()).found.filter(({ because, kind }) => because === 'COLUMN_REFUSED' && kind === 'listColumn')).toHaveLength(1);
  // Told again by every pass that lists it, and counted once.
  expect((await rig.pass({ mode: 'retry', passId: 'pass 2' })).counters).toEqual(end.counters);
  const there = (await columnsOf(rig.dest, 'Long')).value.map(({ name, indexed }) => `${String(name)} ${String(indexed)}`);
  expect(there).toEqual(expect.arrayContaining(['Code false', 'MigratorItem false']));
  const copies = (await itemsOf(rig.dest, 'Long', 'Title,Code,MigratorItem')).map(({ fields }) => fields as Raw).filter((fields) => fields['MigratorItem'] !== undefined);
  expect(new Set(copies.map((fields) => fields['MigratorItem'])).size).toBe(7);
  expect(copies.map((fields) => fields['Code']).sort()).toEqual((await itemsOf(rig.source, 'Long', 'Code')).map(({ fields }) => (fields as Raw)['Code']).sort());
  expect(copies).toHaveLength(7);
  await rig.dest.port.post(`/sites/${rig.dest.siteId}/lists/Long/columns`, { name: 'Serial', text: {} }, { budget });
  const next = await rig.pass({ mode: 'retry', passId: 'pass 3' });
  expect(next).toMatchObject({ result: 'done', counters: { error: 0, skipped: 1, total: end.counters.total } });
  expect(lastSaid(next)).toEqual([]);
  const serials = async (side: SiteEnd): Promise<unknown[]> => (await itemsOf(side, 'Long', 'Serial,MigratorItem')).map(({ fields }) => (fields as Raw)['Serial']).filter((value) => value !== undefined).sort();
  expect(await serials(rig.dest)).toEqual(await serials(rig.source));
  expect(next.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));
});

test('a content type that the destination refuses, or takes without a column, is an item with its outcome, as each item that has another one for it, and as a column that a library refuses, whatever dies when', async () => {
  const contentTypes = [{ name: 'Ticket', columns: ['Prio', 'Twin'] }, { name: 'Desk', columns: ['Prio'] }];
  const lists = [{ displayName: 'Tickets', items: 4, contentTypes: ['Ticket'] }, { displayName: 'Desks', items: 6, contentTypes: ['Desk'] }];
  rig = await SiteRig.start(simulator, database, { content: { seed: 'c', files: 3, bytesMax: 50 }, structure: { libraryColumns: { Documents: [{ name: 'Amount', number: {} }] }, columns: [{ name: 'Prio', number: {} }, { name: 'Twin', lookup: { listId: 'Tickets' } }], contentTypes, lists } }, { structure: { lists: [{ displayName: 'Desks', items: 0 }] } });
  const desks = (await itemsOf(rig.source, 'Desks', 'Title')).filter((raw) => (raw['contentType'] as Raw)['name'] === 'Desk').length;
  expect(desks).toBeGreaterThan(0);
  for (const [list, path] of [['Desks', '/contentTypes/addCopy$'], ['Documents', '/columns$']] as const) {
    const { id } = await rig.dest.port.get<Raw>(`/sites/${rig.dest.siteId}/lists/${list}`, { budget });
    await rig.fault({ id: list, match: { method: 'POST', path: `${String(id)}${path}` }, action: { kind: 'status', status: 400, code: 'invalidRequest' } });
  }
  const filled = (await itemsOf(rig.source, 'Documents', 'Amount')).filter((raw) => (raw['fields'] as Raw)['Amount'] !== undefined).length;
  expect(filled).toBeGreaterThan(0);
  const { end } = await killedAgainAndAgain(3);
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 4 + desks + filled } });
  const ofItems = Array.from({ length: desks }, () => 'CONTENT_TYPE_NOT_CARRIED listItem');
  expect(lastSaid(end)).toEqual(['COLUMN_REFUSED libraryColumn', ...Array.from({ length: filled }, () => 'VALUES_NOT_CARRIED libraryValues'), ...Array.from({ length: 2 }, () => 'CONTENT_TYPE_NOT_CARRIED contentType'), ...ofItems].sort());
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));
  expect((await verify()).found.filter(({ because }) => because === 'CONTENT_TYPE_NOT_CARRIED').map(({ code }) => code)).toEqual(Array.from({ length: desks }, () => 'VERIFY_PARTLY_COPIED'));
  await simulator.control('DELETE', '/faults');
  const next = await rig.pass({ mode: 'retry', passId: 'pass 2' });
  // The column is there now with its values, and so is the type; copies keep the one that they were made with.
  expect(lastSaid(next)).toEqual(['CONTENT_TYPE_NOT_CARRIED contentType', ...ofItems]);
  expect(next.counters).toEqual({ ...end.counters, done: end.counters.done + 2 + filled, skipped: end.counters.skipped - 2 - filled, bytes: next.counters.bytes });
});

test('lists that look each other up in a ring, and content types with their columns, arrive whole', async () => {
  const lookup = (name: string, listId: string): Raw => ({ name, lookup: { listId, columnName: 'Title' } });
  rig = await SiteRig.start(simulator, database, {
    structure: {
      columns: [{ name: 'Prio', number: {} }],
      contentTypes: [{ name: 'Ticket', columns: ['Prio'] }],
      lists: [
        { displayName: 'Desks', items: 5, columns: [lookup('Ticket1', 'Tickets')] },
        { displayName: 'Tickets', items: 8, contentTypes: ['Ticket'], columns: [lookup('Desk', 'Desks'), lookup('Parent', 'Tickets')] },
      ],
    },
  });
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(codes(end)).toEqual([]);
  const shown = async (side: SiteEnd, list: string, fields: string): Promise<string[]> => (await itemsOf(side, list, fields)).map((raw) => JSON.stringify([(raw['contentType'] as Raw)['name'], ...fields.split(',').filter((name) => !name.endsWith('LookupId')).map((name) => (raw['fields'] as Raw)[name])])).sort();
  for (const [list, fields] of [['Desks', 'Title,Ticket1,Ticket1LookupId'], ['Tickets', 'Title,Prio,Desk,DeskLookupId,Parent,ParentLookupId']] as const) expect(await shown(rig.dest, list, fields)).toEqual(await shown(rig.source, list, fields));
  expect(new Set((await itemsOf(rig.dest, 'Tickets', 'Title')).map((raw) => (raw['contentType'] as Raw)['name']))).toEqual(new Set(['Item', 'Ticket']));
  expect((await verify()).found.filter(({ because }) => because !== 'SITE_SETTINGS_NOT_CARRIED')).toEqual([]);
  expect((await rig.pass({ mode: 'delta', passId: 'pass 2' })).counters).toEqual(end.counters);
});

test('an Office file of a library that is renamed and edited before the next pass has each version once, and its new content though it was edited in the second of its copy', async () => {
  rig = await SiteRig.start(simulator, database, { content: { seed: 'o', files: 12, bytesMax: 500 } });
  await rig.control('parser', 'dest', { on: false });
  await rig.owns('source', [{ kind: 'write', path: 'now.docx', bytes: 600 }]);
  const scope = { scope: { files: true, lists: false, pages: false, versions: true, permissions: false } };
  expect(await rig.pass({ scope })).toMatchObject({ result: 'done', counters: { error: 0 } });
  const { value } = await rig.source.port.get<{ value: { name: string }[] }>(`/sites/${rig.source.siteId}/drive/root/children`, { budget });
  const old = value.map(({ name }) => name).find((name) => name !== 'now.docx' && /\.(docx|xlsx|pptx)$/.test(name)) ?? '';
  const renamed = `renamed.${old.split('.').at(-1) ?? ''}`;
  await rig.owns('source', [{ kind: 'rename', path: old, to: renamed }, { kind: 'write', path: renamed, bytes: 900 }, { kind: 'write', path: 'now.docx', bytes: 700 }]);
  expect(await rig.pass({ scope, mode: 'delta', passId: 'pass 2' })).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect((await rig.compareLibraries({ versions: true })).examples).toEqual({ missing: [], extra: [], differs: [] });
  expect((await verify(scope)).found.filter(({ because }) => because !== 'SITE_SETTINGS_NOT_CARRIED')).toEqual([]);
});

test('files of a library bring their sharing, and what is deleted goes with it where the job asks for it', async () => {
  rig = await SiteRig.start(simulator, database, { content: { seed: 's', files: 2, bytesMax: 50 } });
  await rig.control('parser', 'dest', { on: false });
  const { source, dest } = rig.tenants;
  for (const { tenantId } of [source, dest]) await simulator.control('POST', `/tenants/${tenantId}/users`, { users: [{ alias: 'bob', displayName: 'Bob' }] });
  const bob = `bob@${source.address.split('@')[1] ?? ''}`;
  await rig.owns('source', [
    ...(['Team', 'Other'].map((path) => ({ kind: 'folder' as const, path }))),
    { kind: 'write', path: 'Team/a.txt', bytes: 10 },
    { kind: 'write', path: 'Other/b.txt', bytes: 11 },
    { kind: 'share', path: 'Team', with: bob, role: 'read' },
    { kind: 'share', path: 'Other/b.txt', link: { type: 'view', scope: 'organization' } },
  ]);
  const scope = { scope: { files: true, lists: false, pages: false, permissions: true, versions: false } };
  const expectSame = async (): Promise<void> => {
    expect(await rig.compareLibraries({ permissions: true })).toMatchObject({ missing: 0, extra: 0, differs: 0 });
  };
  expect(await rig.pass({ scope })).toMatchObject({ result: 'done', counters: { error: 0, skipped: 1 } });
  await expectSame();
  expect((await verify(scope)).found.filter(({ because }) => because !== 'SITE_SETTINGS_NOT_CARRIED')).toEqual([]);
  await rig.owns('source', [{ kind: 'delete', path: 'Other/b.txt' }, { kind: 'unshare', path: 'Team' }]);
  const end = await rig.pass({ scope, mode: 'delta', passId: 'pass 2', deletions: 'apply' });
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, skipped: 1 } });
  await expectSame();
});

test('values change no file’s date: neither those that a process sends late, when another one has finished since, nor those of one that could not note what it began', async () => {
  rig = await SiteRig.start(simulator, database, { content: { seed: 'd', files: 4, folders: 0, bytesMax: 50 }, structure: { libraryColumns: { Documents: [{ name: 'Stage', choice: { choices: ['a', 'b'] } }] } } });
  await rig.control('parser', 'dest', { on: false });
  let sent = 0;
  // It dies of what it sends late.
  const late = (before: () => Promise<void>): AttemptPorts => {
    let dead = false;
    return {
      ...rig.tenants.ports,
      destination: portWith(rig.dest.port, async (name, [path, body, options], send) => {
        if (dead) throw new Killed('after it was late');
        if (name !== 'patch' || !String(path).endsWith('/listItem/fields')) return await send();
        sent++;
        await before();
        dead = true;
        // Already on its way: nothing calls it back.
        return await rig.dest.port.patch(String(path), body, { ...(options as RequestOptions), signal: new AbortController().signal });
      }),
    };
  };
  const unnoted = await rig.pass({
    ports: late(() => Promise.resolve()),
    step: (name) => {
      if (name === 'before a note') throw new Killed(name);
    },
  });
  expect(unnoted.unexpected).toBeInstanceOf(Killed);
  expect(sent).toBe(0);
  const others: Promise<AttemptEnd>[] = [];
  await rig.pass({
    ports: late(async () => {
      if (others.length === 0) others.push(rig.pass());
      await others[0];
    }),
  });
  expect(sent).toBeGreaterThan(0);
  expect(await others[0]).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(await rig.compareLibraries()).toMatchObject({ missing: 0, extra: 0, differs: 0, matched: 4 });
  expect((await verify()).found.filter(({ because }) => because !== 'SITE_SETTINGS_NOT_CARRIED')).toEqual([]);
});
