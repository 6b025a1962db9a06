/** Lists and pages of sites through the engine, held against each other by what Graph shows of both sites, and by a verification. */
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { dyingAt, dyingUnrecorded, Killed, ledgerDatabase, portWith, type AttemptEnd, type LedgerDatabase } from '../../testing/engine-rig.js';
import { verifyAttempt } from '../../testing/verify-rig.js';
import { recountUnit } from '../../engine/ledger.js';
import { newSiteId } from '@migrator/contracts/new-site';
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
const items = async ({ port, siteId }: SiteEnd, list: string): Promise<Raw[]> => {
  const all: Raw[] = [];
  for await (const { value } of port.pages<{ fields: Raw }>(`/sites/${siteId}/lists/${list}/items`, { budget, query: { $expand: 'fields($select=Title,Qty,Price,Kind,Level,Tags,Due,Seen,Active,Remarks,Code,Country,CountryLookupId,Parent,ParentLookupId,Related,Boss,BossLookupId,Team,Total,Attachments,Ward,Rank,Home,HomeLookupId)' } })) all.push(...value.map(({ fields }) => fields));
  return all;
};
/** Numbers of lookups and people differ; what they show does not. */
const shown = (fields: Raw): string => {
  const people = (value: unknown): unknown => (Array.isArray(value) ? value.map((each: Raw) => each['LookupValue']) : value);
  const { Related, Team, ...rest } = fields;
  const own = Object.entries({ ...rest, Related: people(Related), Team: people(Team) }).filter(([key, value]) => value !== undefined && !/^@|^id$|LookupId$|^Attachments$/.test(key));
  return JSON.stringify(own.sort(([one], [other]) => (one < other ? -1 : 1)));
};
const expectSame = async (list: string): Promise<void> => {
  expect((await items(rig.dest, list)).map(shown).sort()).toEqual((await items(rig.source, list)).map(shown).sort());
};

/** Columns of content types, in the site and in the list that has them. */
const typeColumns = async ({ port, siteId }: SiteEnd): Promise<Record<string, unknown>> => {
  const shownOf = async (path: string): Promise<Record<string, Raw[]>> => {
    const all: Record<string, Raw[]> = {};
    for (const { id, name } of (await port.get<{ value: Raw[] }>(`${path}/contentTypes`, { budget })).value) {
      const { value } = await port.get<{ value: Raw[] }>(`${path}/contentTypes/${String(id)}/columns`, { budget });
      all[String(name)] = value.map(({ name: column, displayName, text, choice, indexed, columnGroup }) => ({ column, displayName, text, choice, indexed, columnGroup }));
    }
    return all;
  };
  const lists = (await port.get<{ value: Raw[] }>(`/sites/${siteId}/lists`, { budget })).value.filter(({ displayName }) => displayName === 'Orders');
  return { site: await shownOf(`/sites/${siteId}`), list: await shownOf(`/sites/${siteId}/lists/${String(lists[0]?.['id'])}`) };
};

const structure = {
  people: 1,
  columns: [{ name: 'Ward', displayName: 'District', columnGroup: 'Town', text: {} }, { name: 'Rank', choice: { choices: ['a', 'b'] } }, { name: 'Home', lookup: { listId: 'Countries' } }, { kind: 'url', name: 'Site' }],
  contentTypes: [{ name: 'Order', columns: ['Ward', 'Home'] }, { name: 'Offer', columns: ['Ward', 'Rank', 'Site'] }],
  lists: [
    { displayName: 'Orders', items: 30, attachmentsEvery: 10, emptyEvery: 7, everyKind: true, contentTypes: ['Order', 'Offer'], columns: [{ name: 'Country', lookup: { listId: 'Countries', columnName: 'Title' } }] },
    { displayName: 'Countries', items: 6, columns: [{ name: 'Area', number: {} }] },
  ],
};

test('lists arrive with columns of every kind that Graph carries, their lookups lead to the copies, and what it does not carry is told item by item', async () => {
  rig = await SiteRig.start(simulator, database, { structure }, { structure: { people: 1 } });
  const planned = await rig.pass({ dryRun: true, scope: { dryRun: true } });
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(planned.counters).toMatchObject({ total: end.counters.total, done: end.counters.done, skipped: end.counters.skipped });
  await expectSame('Countries');
  await expectSame('Orders');
  const { site, list } = await typeColumns(rig.source);
  const withoutLinks = (types: unknown): unknown => Object.fromEntries(Object.entries(types as Record<string, Raw[]>).map(([name, columns]) => [name, columns.filter(({ column }) => column !== 'Site')]));
  expect(await typeColumns(rig.dest)).toEqual({ site: withoutLinks(site), list: withoutLinks(list) });
  const codes = end.reports.map(({ code }) => code ?? '');
  const count = (code: string): number => codes.filter((each) => each === code).length;
  expect(new Set(codes)).toEqual(new Set(['SITE_SETTINGS_NOT_CARRIED', 'COLUMN_NOT_CARRIED', 'VALUES_NOT_CARRIED', 'ATTACHMENTS_NOT_CARRIED']));
  expect({ columns: count('COLUMN_NOT_CARRIED'), attachments: count('ATTACHMENTS_NOT_CARRIED') }).toEqual({ columns: 6, attachments: (await items(rig.source, 'Orders')).filter(({ Attachments }) => Attachments === true).length });
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));

  const verified = await verifyAttempt(database.sql, rig.owner, rig.workload, { ports: rig.tenants.ports, scope: rig.scope });
  expect(verified.found.filter(({ code }) => code !== 'VERIFY_NOT_COPIED')).toEqual([]);
  expect(verified.found).toHaveLength(codes.length - 1);
});

test('what files and folders have in the columns of their library arrives beside them, whatever dies when, without a trace in their dates and versions', async () => {
  const columns = [{ name: 'Stage', choice: { choices: ['a', 'b', 'c'] } }, { name: 'Boss', personOrGroup: {} }, { name: 'Country', lookup: { listId: 'Countries', columnName: 'Title' } }, { kind: 'url', name: 'Link' }];
  rig = await SiteRig.start(simulator, database, { content: { seed: 'v', files: 10, folders: 3, versionsEvery: 3, bytesMax: 500 }, structure: { people: 1, libraryColumns: { Documents: columns }, contentTypes: [{ name: 'Contract', parent: 'Document' }], lists: [{ displayName: 'Countries', items: 4 }] } }, { structure: { people: 1 } });
  const { port: source, siteId } = rig.source;
  const types = (await source.get<{ value: Raw[] }>(`/sites/${siteId}/contentTypes`, { budget })).value;
  await source.post(`/sites/${siteId}/lists/Documents/contentTypes/addCopy`, { contentType: String(types.find(({ name }) => name === 'Contract')?.['id']) }, { budget });
  const listed = (await source.get<{ value: { id: string; driveItem: Raw }[] }>(`/sites/${siteId}/lists/Documents/items`, { budget, query: { $expand: 'driveItem($select=id,name,file)' } })).value;
  const contract = Number(listed.find(({ driveItem }) => driveItem['file'] !== undefined)?.id);
  await rig.edits('source', { kind: 'setType', list: 'Documents', item: contract, type: 'Contract' });
  await rig.control('parser', 'dest', { on: false });
  const scope = { scope: { files: true, lists: true, pages: false, versions: true, permissions: false } };
  const planned = await rig.pass({ scope: { ...scope, dryRun: true }, dryRun: true });
  let end: AttemptEnd;
  for (let at = 5; ; at += 9) {
    const dying = dyingAt(at);
    end = await rig.pass({ scope, step: dying.step });
    if (!dying.dead()) break;
  }
  expect(end).toMatchObject({ result: 'done', counters: { error: 0, total: planned.counters.total, skipped: planned.counters.skipped } });
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));
  const told = (code: string): string[] => planned.reports.filter((report) => report.code === code).map(({ container, kind, sourceItemId }) => `${container} ${kind} ${sourceItemId.split(':')[0] ?? ''}`);
  expect(told('COLUMN_NOT_CARRIED')).toEqual(['Documents libraryColumn column']);
  expect(told('VALUES_NOT_CARRIED').length).toBeGreaterThan(0);
  // Graph sets no content type of a file.
  expect(told('CONTENT_TYPE_NOT_CARRIED').sort()).toEqual(['Documents libraryContentType contentType', `Documents libraryValues ${contract}`]);
  expect(end.reports.filter(({ code }) => code === 'CONTENT_TYPE_NOT_CARRIED')).toHaveLength(2);
  const valued = async ({ port, siteId }: SiteEnd): Promise<string[]> => {
    const { value } = await port.get<{ value: { fields: Raw; driveItem: Raw }[] }>(`/sites/${siteId}/lists/Documents/items`, { budget, query: { $expand: 'fields($select=Title,Stage,Boss,BossLookupId,Country,CountryLookupId),driveItem($select=id,name)' } });
    return value.map(({ fields, driveItem }) => `${String(driveItem['name'])} ${shown(fields)}`).sort();
  };
  const expectAll = async (): Promise<void> => {
    expect(await valued(rig.dest)).toEqual(await valued(rig.source));
    expect(await rig.compareLibraries({ versions: true })).toMatchObject({ missing: 0, extra: 0, differs: 0 });
    const { found } = await verifyAttempt(database.sql, rig.owner, rig.workload, { ports: rig.tenants.ports, scope: { ...rig.scope, ...scope } });
    expect(found.filter(({ code }) => code !== 'VERIFY_NOT_COPIED')).toEqual([]);
  };
  await expectAll();
  const { value } = await rig.source.port.get<{ value: { id: string; fields: Raw }[] }>(`/sites/${rig.source.siteId}/lists/Documents/items`, { budget, query: { $expand: 'fields($select=Stage)' } });
  const changed = value.find(({ fields }) => fields['Stage'] === 'a');
  await rig.source.port.patch(`/sites/${rig.source.siteId}/lists/Documents/items/${changed?.id ?? ''}/fields`, { Stage: 'b', Title: 'Now with a title' }, { budget });
  await rig.owns('source', [{ kind: 'write', path: 'new.bin', bytes: 12 }]);
  const before = (await rig.writes()).filter(({ route }) => route.endsWith('/fields')).length;
  expect(await rig.pass({ scope, mode: 'delta', passId: 'pass 2' })).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect((await rig.writes()).filter(({ route }) => route.endsWith('/fields'))).toHaveLength(before + 1);
  await expectAll();
}, 60_000);

test('values whose write was in doubt when their file was deleted at the source are gone, and in doubt no longer', async () => {
  rig = await SiteRig.start(simulator, database, { content: { seed: 'd', files: 2, bytesMax: 100 }, structure: { libraryColumns: { Documents: [{ name: 'Amount', number: {} }] } } });
  const scope = { scope: { files: true, lists: false, pages: false, versions: false, permissions: false } };
  let dead = false;
  const step = (): void => {
    if (dead) throw new Killed('after it died');
  };
  const destination = portWith(rig.dest.port, async (_name, args, send) => {
    step();
    dead = String(args[0]).endsWith('/listItem/fields');
    step();
    return await send();
  });
  expect((await rig.pass({ step, ports: { ...rig.tenants.ports, destination }, scope })).unexpected).toBeInstanceOf(Killed);
  const { value } = await rig.source.port.get<{ value: { name: string }[] }>(`/sites/${rig.source.siteId}/drive/root/children`, { budget });
  await rig.owns('source', value.map(({ name }) => ({ kind: 'delete', path: name })));
  expect(await rig.pass({ scope, deletions: 'apply' })).toMatchObject({ result: 'done', counters: { error: 0 } });
  const end = await rig.pass({ mode: 'retry', passId: 'pass 2', scope });
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(await database.sql`select 1 from worker.ledger l join worker.containers c using (container_no) join worker.units u on u.mapping_no = c.mapping_no where u.unit_id = ${`unit ${rig.owner}`} and l.state = 1`).toHaveLength(0);
  expect(end.counters).toEqual(await recountUnit(database.sql, `unit ${rig.owner}`));
});

test('items whose people the destination’s site does not know arrive without them, and a retry completes them once it does', async () => {
  rig = await SiteRig.start(simulator, database, { structure: { people: 1, lists: [{ displayName: 'Tasks', items: 9, columns: [{ name: 'Boss', personOrGroup: {} }] }] } });
  const first = await rig.pass();
  const { error } = first.counters;
  expect(error).toBeGreaterThan(0);
  expect(first.reports.filter(({ code }) => code === 'PERSON_NOT_AT_DESTINATION')).toHaveLength(error);
  expect(await items(rig.dest, 'Tasks')).toHaveLength(9);
  await rig.owns('dest', [{ kind: 'write', path: 'a.txt', bytes: 5 }, { kind: 'share', path: 'a.txt', with: rig.tenants.dest.address }]);
  const { value } = await rig.dest.port.get<{ value: Raw[] }>(`/sites/${rig.dest.siteId}/drive/root/children`, { budget });
  await rig.dest.port.post(`/sites/${rig.dest.siteId}/drive/items/${String(value[0]?.['id'])}/invite`, { recipients: [{ objectId: rig.tenants.dest.userId }], roles: ['read'], requireSignIn: true, sendInvitation: false }, { budget });
  const retried = await rig.pass({ mode: 'retry', passId: 'pass 2' });
  expect(retried).toMatchObject({ result: 'done', counters: { error: 0, total: first.counters.total } });
  await expectSame('Tasks');
});

test('a worker killed again and again, with answers lost, makes every item and page once', async () => {
  rig = await SiteRig.start(simulator, database, { structure: { ...structure, pages: { pages: 6, newsEvery: 3, foreignPartsEvery: 2 } } }, { structure: { people: 1 } });
  const lost = { probability: 0.2, times: 12, action: { kind: 'resetAfterWrite' } };
  await rig.fault({ ...lost, id: 'lost items', match: { method: 'POST', path: '/(items|pages)$' }, seed: 'x' });
  await rig.fault({ ...lost, id: 'lost structure', match: { method: 'POST', path: '/(lists|columns|contentTypes|addCopy)$' }, seed: 'x' });
  await rig.fault({ id: 'lost fields', match: { method: 'PATCH', path: '/fields$' }, probability: 0.2, seed: 'y', times: 4, action: { kind: 'resetAfterWrite' } });
  let end: AttemptEnd;
  for (let at = 4; ; at += 6) {
    const dying = dyingAt(at);
    end = await rig.pass({ step: dying.step });
    if (!dying.dead()) break;
  }
  expect(end).toMatchObject({ result: 'done' });
  // What lost more answers than one pass asks after is for a pass that nothing disturbs.
  await simulator.control('DELETE', '/faults');
  expect(await rig.pass({ mode: 'retry', passId: 'pass 2' })).toMatchObject({ result: 'done', counters: { error: 0, total: end.counters.total } });
  await expectSame('Countries');
  await expectSame('Orders');
  expect(JSON.stringify(await typeColumns(rig.dest))).toBe(JSON.stringify(await typeColumns(rig.source)).replaceAll(/,\{"column":"Site"[^}]*\}/g, ''));
  const pages = (await rig.dest.port.get<{ value: Raw[] }>(`/sites/${rig.dest.siteId}/pages/microsoft.graph.sitePage`, { budget })).value;
  expect(new Set(pages.map(({ name }) => name)).size).toBe(pages.length);
  expect(pages).toHaveLength(7);
  expect(pages.filter(({ publishingState }) => (publishingState as Raw)['level'] !== 'published')).toEqual([]);
}, 60_000);

test.each(['lists', 'pages'] as const)('of the %s that a worker wrote before it died, what is deleted at the source before the next attempt goes where the job asks for it; what somebody has changed stays', async (part) => {
  rig = await SiteRig.start(simulator, database, { structure: { lists: [{ displayName: 'Notes', items: 5, columns: [] }], pages: { pages: 5, newsEvery: 9, foreignPartsEvery: 9 } } });
  const scope = { scope: { files: false, lists: part === 'lists', pages: part === 'pages' } };
  const there = async (side: SiteEnd): Promise<string[]> =>
    part === 'lists' ? (await items(side, 'Notes')).map(({ Title }) => String(Title)).sort() : (await side.port.get<{ value: Raw[] }>(`/sites/${side.siteId}/pages/microsoft.graph.sitePage`, { budget })).value.map(({ name }) => String(name)).sort();
  const { step, destination } = dyingUnrecorded(rig.dest.port);
  const all = await there(rig.source);
  expect((await rig.pass({ step, ports: { ...rig.tenants.ports, destination }, scope })).unexpected).toBeInstanceOf(Killed);
  expect(await there(rig.dest)).toEqual(all);
  await (part === 'lists' ? rig.edits('dest', { kind: 'editItem', list: 'Notes', item: 2, fields: { Title: 'mine' } }) : rig.edits('dest', { kind: 'editPage', page: 'Page-2.aspx', title: 'mine' }));
  await rig.edits('source', ...[2, 4].map((number) => (part === 'lists' ? { kind: 'deleteItem', list: 'Notes', item: number } : { kind: 'deletePage', page: `Page-${number}.aspx` })));
  const end = await rig.pass({ deletions: 'apply', scope });
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(end.notes).toContain('INFO 1 item was deleted at the source, and the copies removed.');
  expect(await there(rig.dest)).toEqual([...(await there(rig.source)), part === 'lists' ? 'mine' : 'Page-2.aspx'].sort());
});

test('pages arrive with their parts, pointing at the new site, published where they were; a part that Graph does not take is told', async () => {
  rig = await SiteRig.start(simulator, database, { structure: { pages: { pages: 12, newsEvery: 4, foreignPartsEvery: 3, draftEvery: 5, columnsEvery: 2 } } });
  const { source, dest } = rig.tenants;
  const gone = `gone@${source.address.split('@')[1] ?? ''}`;
  const persons = (...addresses: string[]): Raw[] => addresses.map((address) => ({ id: `i:0#.f|membership|${address}`, upn: address, role: '' }));
  const people = { '@odata.type': '#microsoft.graph.standardWebPart', webPartType: '7f718435-ee4d-431c-bdbf-9c4ff326f46e', data: { dataVersion: '1.3', title: 'People', properties: { layout: 1, persons: persons(source.address, gone) } } };
  const canvasLayout = { horizontalSections: [{ layout: 'oneColumn', columns: [{ width: 12, webparts: [people] }] }] };
  await rig.source.port.post(`/sites/${rig.source.siteId}/pages`, { '@odata.type': '#microsoft.graph.sitePage', name: 'Who.aspx', title: 'Who', titleArea: { layout: 'plain', alternativeText: 'A door' }, canvasLayout }, { budget });
  const planned = await rig.pass({ dryRun: true, scope: { dryRun: true } });
  const end = await rig.pass();
  expect(end).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(planned.counters).toEqual({ ...end.counters, bytes: planned.counters.bytes });
  expect(new Set(end.reports.map(({ code }) => code))).toEqual(new Set(['SITE_SETTINGS_NOT_CARRIED', 'WEB_PART_NOT_CARRIED', 'WEB_PART_NAMES_PERSON']));
  const whole = async ({ port, siteId }: SiteEnd): Promise<Map<string, Raw>> => {
    const { value } = await port.get<{ value: Raw[] }>(`/sites/${siteId}/pages/microsoft.graph.sitePage`, { budget });
    const all = new Map<string, Raw>();
    for (const { id, name } of value) all.set(String(name), await port.get<Raw>(`/sites/${siteId}/pages/${String(id)}/microsoft.graph.sitePage`, { budget, query: { $expand: 'canvasLayout' } }));
    return all;
  };
  const [before, after] = [await whole(rig.source), await whole(rig.dest)];
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [name, page] of before) {
    const copy = after.get(name);
    expect(copy).toMatchObject({ title: page['title'], promotionKind: page['promotionKind'], description: page['description'] });
    expect((copy?.['publishingState'] as Raw)['level']).toBe((page['publishingState'] as Raw)['level'] === 'published' ? 'published' : 'checkout');
    const [host] = rig.source.siteId.split(',');
    expect(JSON.stringify(copy?.['canvasLayout'])).not.toContain(host);
  }
  const verified = await verifyAttempt(database.sql, rig.owner, rig.workload, { ports: rig.tenants.ports, scope: rig.scope });
  expect(verified.found.filter(({ code }) => code !== 'VERIFY_NOT_COPIED')).toEqual([]);
  const again = await rig.pass({ mode: 'delta', passId: 'pass 2' });
  expect(again).toMatchObject({ result: 'done', counters: { total: end.counters.total, error: 0 } });

  // Whom web parts show is their counterpart, by and by.
  expect(after.get('Who.aspx')).toMatchObject({ titleArea: { alternativeText: 'A door' } });
  const shownPeople = async (): Promise<string> => JSON.stringify((await whole(rig.dest)).get('Who.aspx')?.['canvasLayout']);
  expect(await shownPeople()).toContain(JSON.stringify(persons(dest.address, gone)));
  for (const { tenantId } of [source, dest]) await simulator.control('POST', `/tenants/${tenantId}/users`, { users: [{ alias: 'gone', displayName: 'Gone' }] });
  expect(await rig.pass({ mode: 'delta', passId: 'pass 3' })).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(await shownPeople()).toContain(JSON.stringify(persons(dest.address, gone.replace(source.address.split('@')[1] ?? '', dest.address.split('@')[1] ?? ''))));
});

test('a site that is still to be made comes with a group like the source’s, made once however often one asks while it is on its way; a dry run makes nothing', async () => {
  rig = await SiteRig.start(simulator, database, {});
  const { source, dest, ports } = rig.tenants;
  await simulator.control('POST', `/tenants/${source.tenantId}/groups`, { displayName: 'Club', description: 'All of us', mailNickname: 'club', owners: [source.address] });
  const hostname = rig.dest.siteId.split(',')[0] ?? '';
  const wish = { microsoftId: newSiteId(hostname, 'club'), sourceAddress: 'https://source.sharepoint.com/sites/club', dryRun: false };
  const ask = (more: { dryRun?: boolean } = {}): Promise<string | null | undefined> | undefined => rig.workload.destination?.({ ...wish, ...more }, ports, new AbortController().signal);
  expect(await ask({ dryRun: true })).toBeNull();
  const planned = await rig.pass({ dryRun: true, scope: { ...rig.scope, dest: { microsoftId: wish.microsoftId, address: 'https://dest/sites/club' }, dryRun: true } });
  expect(planned).toMatchObject({ result: 'done', counters: { error: 0 } });
  expect(await rig.writes()).toEqual([]);
  await rig.fault({ id: 'lost group', match: { method: 'POST', path: '/groups$' }, times: 1, action: { kind: 'resetAfterWrite' } });
  let made: string | null | undefined = null;
  for (let asked = 0; made === null && asked < 6; asked++) {
    made = await ask()?.catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'DEST_MISSING', side: 'dest', transient: true });
      return null;
    });
  }
  expect(made).toMatch(new RegExp(`^${hostname},`));
  expect(await ask()).toBe(made);
  const { value } = await dest.port.get<{ value: Raw[] }>('/groups', { budget: { kind: 'directory' }, query: { $select: 'id,displayName,description,mailNickname' } });
  expect(value.map(({ displayName, description, mailNickname }) => [displayName, description, mailNickname])).toEqual([['Club', 'All of us', 'club']]);
  const owners = await dest.port.get<{ value: Raw[] }>(`/groups/${String(value[0]?.['id'])}/owners`, { budget: { kind: 'directory' } });
  expect(owners.value.map(({ id }) => id)).toEqual([dest.userId]);
});
