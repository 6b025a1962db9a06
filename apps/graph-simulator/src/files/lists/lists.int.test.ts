import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';

type Json = Record<string, unknown>;
let sim: TestSimulator;
let site = '';
beforeAll(async () => {
  sim = await startTestSimulator();
  await sim.control('POST', '/tenants/contoso.com/users', { users: [{ alias: 'ada', displayName: 'Ada' }, { alias: 'bob', displayName: 'Bob' }] });
  const made = await sim.control('POST', '/tenants/contoso.com/sites', {
    sites: [{
      name: 'project', displayName: 'Project', kind: 'team', libraries: [{ displayName: 'Drawings: 2024', content: { files: 3 } }],
      content: { seed: 'p', files: 10, folders: 2 },
      structure: {
        lists: [
          { displayName: 'Countries', items: 5 },
          { displayName: 'Assets', items: 120, gapEvery: 7, versionsEvery: 10, attachmentsEvery: 9, everyKind: true, columns: [{ name: 'Country', lookup: { listId: 'Countries' } }] },
          { displayName: 'Long', items: 6_000, columns: [{ name: 'Code', text: {}, indexed: true }, { name: 'Note', text: {} }] },
          { displayName: 'Wide', items: 3, columns: Array.from({ length: 15 }, (_each, n) => ({ name: `P${String(n)}`, personOrGroup: {} })) },
          { displayName: 'Settings', items: 1, system: true },
        ],
        libraryColumns: { Documents: [{ name: 'Stage', choice: { choices: ['a', 'b'] } }] },
      },
      sites: [{ name: 'sub', displayName: 'Below', sites: [{ name: 'deep' }] }],
    }],
  });
  expect(made.status).toBe(200);
  site = `/v1.0/sites/${String((made.json['sites'] as Json[])[0]?.['id'])}`;
});
afterAll(() => sim.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Reply> => sim.call('GET', `${site}${path}`, { headers });
const post = (path: string, body: unknown): Promise<Reply> => sim.call('POST', `${site}${path}`, { body });
const patch = (path: string, body: unknown): Promise<Reply> => sim.call('PATCH', `${site}${path}`, { body });
const values = (reply: Reply): Json[] => (reply.json?.['value'] ?? []) as Json[];
async function all(path: string): Promise<{ items: Json[]; delta: string | undefined; pages: number }> {
  const items: Json[] = [];
  let delta: string | undefined;
  let pages = 0;
  for (let next: string | undefined = `${site}${path}`; next !== undefined; pages += 1) {
    const reply: Reply = await sim.call('GET', next);
    expect(reply.status).toBe(200);
    items.push(...values(reply));
    delta = reply.json?.['@odata.deltaLink'] as string | undefined;
    next = reply.json?.['@odata.nextLink'] as string | undefined;
  }
  return { items, delta, pages };
}
const fieldsOf = (item: Json | null | undefined): Json => (item?.['fields'] ?? {}) as Json;

describe('sites', () => {
  test('lie below one another, are reached by id and by address, and only roots are in the inventory', async () => {
    const [sub] = values(await get('/sites'));
    expect(sub).toMatchObject({ displayName: 'Below', webUrl: 'https://contoso.sharepoint.com/sites/project/sub', siteCollection: { hostname: 'contoso.sharepoint.com' } });
    expect(sub).not.toHaveProperty('root');
    const [deep] = values(await sim.call('GET', '/v1.0/sites/contoso.sharepoint.com:/sites/project/sub:/sites'));
    expect(deep).toMatchObject({ name: 'deep' });
    expect((await sim.call('GET', `/v1.0/sites/${String(deep?.['id'])}`)).json).toMatchObject({ id: deep?.['id'] });
    expect((await sim.call('GET', '/v1.0/sites/contoso.sharepoint.com:/sites/project/sub/deep')).json).toMatchObject({ id: deep?.['id'] });
    const inventory = values(await sim.call('GET', '/v1.0/sites/getAllSites?$top=999'));
    expect(inventory.map(({ name }) => name)).toContain('project');
    expect(inventory.map(({ name }) => name)).not.toContain('sub');
    expect((await sim.call('GET', `/v1.0/sites/${String(sub?.['id'])}/drive`)).json?.['webUrl']).toBe('https://contoso.sharepoint.com/sites/project/sub/Shared%20Documents');
  });

  test('have several libraries; SharePoint’s own are shown to those who select system', async () => {
    expect(values(await get('/drives?$select=id,name,webUrl')).map(({ name }) => name)).toEqual(['Documents', 'Drawings: 2024']);
    const system = values(await get('/drives?$select=id,name,system'));
    expect(system.map(({ name }) => name)).toEqual(['Documents', 'Drawings: 2024', 'Style Library']);
    const second = String(system[1]?.['id']);
    expect((await sim.call('GET', `/v1.0/drives/${second}`)).json?.['webUrl']).toBe('https://contoso.sharepoint.com/sites/project/Drawings%202024');
    const files = values(await sim.call('GET', `/v1.0/drives/${second}/root/children`));
    expect(files).toHaveLength(3);
    const list = (await sim.call('GET', `/v1.0/drives/${second}/list`)).json;
    expect((await get(`/lists/${String(list?.['id'])}/drive`)).json?.['id']).toBe(second);
    const link = new URL(String(files[0]?.['@microsoft.graph.downloadUrl']));
    expect((await sim.call('GET', link.href, { token: null })).status).toBe(200);
  });

  test('a group’s site is not found while SharePoint makes it, then is there, in the inventory too', async () => {
    const made = await sim.call('POST', '/v1.0/groups', { body: { displayName: 'New team', mailNickname: 'newteam', mailEnabled: true, securityEnabled: false, groupTypes: ['Unified'], visibility: 'Private', 'owners@odata.bind': ['https://graph.microsoft.com/v1.0/users/ada@contoso.com'] } });
    expect(made).toMatchObject({ status: 201, json: { displayName: 'New team', groupTypes: ['Unified'], visibility: 'Private' } });
    const group = `/v1.0/groups/${String(made.json?.['id'])}`;
    const address = '/v1.0/sites/contoso.sharepoint.com:/sites/newteam';
    expect((await sim.call('GET', address)).status).toBe(404);
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push((await sim.call('GET', `${group}/sites/root`)).status);
    expect(answers).toEqual([404, 404, 200]);
    expect((await sim.call('GET', address)).status).toBe(200);
    expect((await sim.call('GET', `${group}/drive`)).json).toMatchObject({ driveType: 'documentLibrary' });
    const again = { displayName: 'x', mailNickname: 'NewTeam', mailEnabled: true, securityEnabled: false, groupTypes: ['Unified'] };
    expect(await sim.call('POST', '/v1.0/groups', { body: again })).toMatchObject({ status: 400, error: { code: 'Request_BadRequest' } });
    expect((await sim.call('POST', '/v1.0/groups', { body: { ...again, mailNickname: 'no', colour: 'red' } })).status).toBe(400);
  });
});

describe('lists', () => {
  test('are shown with their kind; hidden ones with system alone; each is found by id and by title', async () => {
    expect(values(await get('/lists')).map(({ displayName, list }) => [displayName, (list as Json)['template']])).toEqual([['Documents', 'documentLibrary'], ['Drawings: 2024', 'documentLibrary'], ['Countries', 'genericList'], ['Assets', 'genericList'], ['Long', 'genericList'], ['Wide', 'genericList']]);
    const system = values(await get('/lists?$select=id,displayName,system,list'));
    expect(system.filter((each) => each['system'] !== undefined).map(({ displayName }) => displayName)).toEqual(['Style Library', 'User Information List', 'Settings']);
    const byTitle = (await get("/lists('Assets')")).json;
    expect((await get(`/lists/${String(byTitle?.['id'])}`)).json).toEqual({ ...byTitle });
    expect(byTitle?.['webUrl']).toBe('https://contoso.sharepoint.com/sites/project/Lists/Assets');
    expect((await get('/lists/nothing')).error?.['code']).toBe('itemNotFound');
  });

  test('columns come with their facet, hyperlinks and terms without one; what cannot be made is refused', async () => {
    const columns = new Map(values(await get('/lists/Assets/columns')).map((each) => [each['name'], each]));
    expect(columns.get('Kind')).toMatchObject({ choice: { choices: ['Ä', 'B & C', 'D;#E'], displayAs: 'dropDownMenu', allowTextEntry: false }, isDeletable: true, readOnly: false });
    expect(columns.get('Country')).toMatchObject({ lookup: { listId: (await get('/lists/Countries')).json?.['id'], columnName: 'Title' } });
    for (const name of ['Link', 'Topic', 'Place']) expect(Object.keys(columns.get(name) ?? {})).toEqual(['id', 'columnGroup', 'description', 'displayName', 'enforceUniqueValues', 'hidden', 'indexed', 'isDeletable', 'isReorderable', 'isSealed', 'name', 'readOnly', 'required']);
    const refused = async (body: unknown): Promise<[number, unknown]> => {
      const reply = await post('/lists/Countries/columns', body);
      return [reply.status, reply.error?.['code']];
    };
    expect(await refused({ name: 'A' })).toEqual([400, 'invalidRequest']);
    expect(await refused({ name: 'A', text: {}, number: {} })).toEqual([400, 'invalidRequest']);
    expect(await refused({ name: 'A', term: {} })).toEqual([400, 'invalidRequest']);
    expect(await refused({ name: 'A', text: {}, defaultValue: null })).toEqual([500, 'generalException']);
    expect(await refused({ name: 'A', lookup: { listId: 'x', columnName: 'Title' } })).toEqual([400, 'invalidRequest']);
    expect(await refused({ name: 'Title', text: {} })).toEqual([409, 'nameAlreadyExists']);
    expect(await refused({ name: 'A', text: {}, enforceUniqueValues: true })).toEqual([400, 'invalidRequest']);
    const made = await post('/lists/Countries/columns', { name: 'Area', number: { decimalPlaces: 'two', minimum: 0 } });
    expect(made).toMatchObject({ status: 201, json: { name: 'Area', number: { minimum: 0 } } });
    expect((await patch(`/lists/Countries/columns/${String(made.json?.['id'])}`, { displayName: 'Area (km²)', indexed: true })).json).toMatchObject({ displayName: 'Area (km²)', name: 'Area', indexed: true });
    expect((await patch(`/lists/Countries/columns/${String(made.json?.['id'])}`, { text: {} })).status).toBe(400);
    expect((await sim.call('DELETE', `${site}/lists/Countries/columns/${String(made.json?.['id'])}`)).status).toBe(204);
  });

  test('are made with their columns, once for each title; a library comes with its drive', async () => {
    const countries = String((await get('/lists/Countries')).json?.['id']);
    const body = { displayName: 'Orders / 2024', list: { template: 'genericList' }, columns: [{ name: 'Qty', number: {} }, { name: 'Land', lookup: { listId: countries, columnName: 'Title' } }] };
    expect((await post('/lists', { ...body, name: 'x' })).error?.['message']).toContain("Cannot define a 'name'");
    const made = await post('/lists', body);
    expect(made).toMatchObject({ status: 201, json: { displayName: 'Orders / 2024', name: 'Orders  2024', list: { template: 'genericList' } } });
    expect(await post('/lists', body)).toMatchObject({ status: 409, error: { code: 'nameAlreadyExists' } });
    expect((await post('/lists', { displayName: 'Broken', list: { template: 'documentLibrary' }, columns: [{ name: 'FileLeafRef', text: {} }] })).status).toBe(409);
    expect((await get('/lists/Broken')).status).toBe(404);
    const library = await post('/lists', { displayName: 'Plans', list: { template: 'documentLibrary' } });
    const drive = String((await get(`/lists/${String(library.json?.['id'])}/drive`)).json?.['id']);
    expect((await sim.call('PUT', `/v1.0/drives/${drive}/root:/a.txt:/content`, { raw: Buffer.from('x') })).status).toBe(201);
    expect(values(await get('/drives')).map(({ name }) => name)).toContain('Plans');
    expect(await post('/lists/Plans/items', { fields: { Title: 'x' } })).toMatchObject({ status: 400, error: { code: 'invalidRequest' } });
    expect(values(await get('/lists/Plans/items?$expand=fields,driveItem($select=id,name)'))[0]).toMatchObject({ fields: { FileLeafRef: 'a.txt', FileSizeDisplay: '1' }, driveItem: { name: 'a.txt' } });
  });
});

describe('items', () => {
  test('come in pages with their fields as Graph writes them, the same each time, deleted numbers left out', async () => {
    const { items, pages } = await all('/lists/Assets/items?$expand=fields&$top=25');
    expect([items.length, pages]).toEqual([120 - 17, 5]);
    expect(items.map(({ id }) => Number(id))).toEqual(Array.from({ length: 120 }, (_each, n) => n + 1).filter((id) => id % 7 !== 0));
    expect((await all('/lists/Assets/items?$expand=fields')).items).toEqual(items);
    const names = new Set(items.flatMap((item) => Object.keys(fieldsOf(item))));
    for (const name of ['Title', 'CountryLookupId', 'BossLookupId', 'ParentLookupId', 'AuthorLookupId', 'Total', 'Link', 'Topics', 'Attachments']) expect(names).toContain(name);
    for (const name of ['Country', 'Boss', 'Author']) expect(names).not.toContain(name);
    const people = new Map(values(await get("/lists('User Information List')/items?$expand=fields($select=id,EMail,UserName,Title)")).map((item) => [String(item['id']), fieldsOf(item)]));
    for (const item of items.slice(0, 20)) {
      const fields = fieldsOf(item);
      if (fields['BossLookupId'] !== undefined) expect(people.get(fields['BossLookupId'] as string)).toHaveProperty('UserName');
      for (const { LookupId, Email } of (fields['Team'] ?? []) as { LookupId: number; Email?: string }[]) expect(people.get(String(LookupId))?.['EMail']).toBe(Email);
      for (const id of [fields['ParentLookupId'], ...((fields['Related'] ?? []) as Json[]).map((each) => each['LookupId'])]) if (id !== undefined) expect(Number(id) % 7).not.toBe(0);
    }
    expect(items.filter((item) => fieldsOf(item)['Attachments'] === true).map(({ id }) => id)).toEqual(items.map(({ id }) => id).filter((id) => Number(id) % 9 === 0));
    const versions = values(await get('/lists/Assets/items/10/versions?$expand=fields'));
    expect(versions.map(({ id }) => id)).toEqual(['3.0', '2.0', '1.0']);
    expect(fieldsOf(versions[2])['Title']).toBeDefined();
  });

  test('lookups beyond twelve are not shown unless they are named, and no query names more', async () => {
    const [item] = values(await get('/lists/Wide/items?$expand=fields'));
    const shown = Object.keys(fieldsOf(item)).filter((name) => /^P\d+LookupId$/.test(name));
    expect(shown).toHaveLength(10);
    const named = (from: number, to: number): string => Array.from({ length: to - from }, (_each, n) => `P${String(from + n)}LookupId`).join(',');
    expect(Object.keys(fieldsOf(values(await get(`/lists/Wide/items?$expand=fields($select=${named(5, 15)})`))[0]))).toContain('P14LookupId');
    expect(await get(`/lists/Wide/items?$expand=fields($select=${named(0, 13)})`)).toMatchObject({ status: 400, error: { code: 'invalidRequest' } });
  });

  test('are filtered by columns with an index; without one only when asked for, and never in a long list', async () => {
    const code = String(fieldsOf((await get('/lists/Long/items/42?$expand=fields')).json)['Code']);
    const filter = (name: string): string => `$filter=fields/${name} eq '${encodeURIComponent(code.replaceAll("'", "''"))}'&$top=1000`;
    expect(values(await get(`/lists/Long/items?${filter('Code')}`)).map(({ id }) => id)).toContain('42');
    const prefer = { Prefer: 'HonorNonIndexedQueriesWarningMayFailRandomly' };
    expect((await get(`/lists/Long/items?${filter('Note')}`)).error?.['message']).toContain('not indexed');
    expect((await get(`/lists/Long/items?${filter('Note')}`, prefer)).error?.['message']).toContain('threshold');
    expect(await post('/lists/Long/columns', { name: 'Late', text: {}, indexed: true })).toMatchObject({ status: 400, error: { message: expect.stringContaining('threshold') as unknown } });
    expect((await post('/lists/Long/columns', { name: 'Late', text: {} })).status).toBe(201);
    expect((await get("/lists/Assets/items?$filter=fields/Title eq 'x'")).status).toBe(400);
    expect((await get("/lists/Assets/items?$filter=fields/Title eq 'x'", prefer)).status).toBe(200);
    expect((await get('/lists/Assets/items?$filter=createdDateTime gt 2020-01-01T00:00:00Z')).status).toBe(400);
    expect(values(await get('/lists/Assets/items?$orderby=fields/Qty desc&$expand=fields($select=Qty)&$top=2')).map((item) => fieldsOf(item)['Qty'])).toEqual(expect.arrayContaining([expect.any(Number)]));
  });

  test('are written in Graph’s forms alone; who and when SharePoint says itself', async () => {
    const boss = String((values(await get("/lists('User Information List')/items")).at(0) ?? {})['id']);
    const write = (fields: Json): Promise<Reply> => post('/lists/Assets/items', { fields });
    const made = await write({ Title: 'New', Code: 'c', Qty: 3, Price: 2.5, Active: true, Kind: 'Ä', 'Tags@odata.type': 'Collection(Edm.String)', Tags: ['red'], Due: '2024-02-03', BossLookupId: boss, 'TeamLookupId@odata.type': 'Collection(Edm.Int32)', TeamLookupId: [Number(boss)], ParentLookupId: '1', Created: '2001-01-01T00:00:00Z', AuthorLookupId: boss });
    expect(made.status).toBe(201);
    const id = String(made.json?.['id']);
    expect(id).toBe('121');
    expect(made.json).toMatchObject({ createdBy: { application: { id: sim.app.clientId } }, contentType: { name: 'Item' } });
    const { json: written } = await get(`/lists/Assets/items/${id}?$expand=fields`);
    expect(written).toMatchObject({ fields: { Title: 'New', Qty: 3, Total: 7.5, Tags: ['red'], Due: '2024-02-03T00:00:00Z', BossLookupId: boss, Team: [{ LookupId: Number(boss) }], ParentLookupId: '1' } });
    expect(String(fieldsOf(written)['Created'])).not.toContain('2001');
    for (const [fields, status] of [
      [{ Nothing: 1 }, 400], [{ Total: 1 }, 400], [{ Attachments: true }, 400], [{ Qty: '3' }, 400], [{ Qty: -1 }, 400], [{ Link: { Url: 'https://a', Description: 'b' } }, 500], [{ Topic: { Label: 'a' } }, 500], [{ BossLookupId: 6 }, 500],
      [{ BossLookupId: '999' }, 400], [{ Boss: 'Ada' }, 500], [{ TeamLookupId: [Number(boss)] }, 500], [{ Tags: ['red'] }, 500], [{ ParentLookupId: '7' }, 400],
    ] as [Json, number][]) expect([fields, (await write(fields)).status]).toEqual([fields, status]);
    const changed = await patch(`/lists/Assets/items/${id}/fields`, { Title: 'Newer', Qty: null });
    expect(changed).toMatchObject({ status: 200, json: { Title: 'Newer', _UIVersionString: '2.0' } });
    expect(changed.json).not.toHaveProperty('Qty');
    expect((await sim.call('PATCH', `${site}/lists/Assets/items/${id}/fields`, { body: { Title: 'x' }, headers: { 'if-match': '"other,1"' } })).status).toBe(412);
    expect((await post(`/lists/Assets/items/${id}/versions/1.0/restoreVersion`, {})).status).toBe(204);
    expect((await get(`/lists/Assets/items/${id}/fields?$select=Title,Qty`)).json).toMatchObject({ Title: 'New', Qty: 3 });
    expect((await sim.call('DELETE', `${site}/lists/Assets/items/${id}`)).status).toBe(204);
    expect((await get(`/lists/Assets/items/${id}`)).status).toBe(404);
    expect((await write({ Title: 'Next' })).json?.['id']).toBe('122');
    for (const path of ['/lists/Assets/items/9/attachments', '/lists/Assets/items/9/attachmentFiles']) expect((await get(path)).status).toBe(400);
  });

  test('delta tells what was written and deleted since; a forgotten token starts anew', async () => {
    const first = await all('/lists/Countries/items/delta?$top=2');
    // Who changed an item last a listing says, and a delta does not.
    expect(first.items.flatMap((item) => Object.keys(item))).not.toContain('lastModifiedBy');
    expect(Object.keys(values(await get('/lists/Countries/items?$select=id,lastModifiedBy'))[0] ?? {})).toContain('lastModifiedBy');
    expect([first.items.length, first.pages]).toEqual([5, 3]);
    await post('/lists/Countries/items', { fields: { Title: 'Nova' } });
    await sim.call('DELETE', `${site}/lists/Countries/items/3`);
    const delta = (first.delta ?? '').replace('https://graph.microsoft.com', '');
    const next = await sim.call('GET', delta);
    expect(values(next)).toEqual([expect.objectContaining({ id: '6' }) as Json, expect.objectContaining({ id: '3', deleted: { state: 'deleted' } }) as Json]);
    await sim.control('POST', '/files/expire', { tenant: 'contoso.com', site: 'project', what: 'delta' });
    expect(await sim.call('GET', delta)).toMatchObject({ status: 410, error: { code: 'resyncRequired' }, headers: { location: expect.stringContaining('/items/delta') as string } });
  });

  test('a file is an item of its library’s list, with columns; somebody it is shared with is known to the site from then on', async () => {
    const [file] = values(await get('/drive/root/children')).filter((each) => each['file'] !== undefined);
    const item = `${site}/drive/items/${String(file?.['id'])}`;
    const listItem = await sim.call('GET', `${item}/listItem?$expand=fields`);
    expect(listItem.json).toMatchObject({ contentType: { name: 'Document' }, fields: { FileLeafRef: file?.['name'] } });
    expect((await sim.call('PATCH', `${item}/listItem/fields`, { body: { Stage: 'b', Title: 'T' } })).json).toMatchObject({ Stage: 'b', Title: 'T', _UIVersionString: '2.0' });
    expect((await get(`/lists/Documents/items/${String(listItem.json?.['id'])}/driveItem`)).json?.['id']).toBe(file?.['id']);
    const knows = async (): Promise<boolean> => values(await get("/lists('User Information List')/items?$expand=fields")).some((each) => fieldsOf(each)['Title'] === 'All managers');
    expect(await knows()).toBe(false);
    await sim.call('POST', `${item}/invite`, { body: { recipients: [{ objectId: sim.tenant.groups.find(({ securityEnabled }) => securityEnabled)?.id }], roles: ['read'], requireSignIn: true, sendInvitation: false } });
    expect(await knows()).toBe(true);
  });
});

test('calls cost what SharePoint charges, and a site’s grants are applications alone', async () => {
  await sim.control('DELETE', '/requests');
  for (const path of ['/lists', '/lists/Assets', '/lists/Assets/items', '/lists/Assets/items/1', '/lists/Assets/columns']) await get(path);
  await post('/lists/Assets/items', { fields: { Title: 'x' } });
  expect(values(await get('/permissions'))).toEqual([]);
  const { json } = await sim.control('GET', '/requests');
  expect((json['requests'] as { units: number }[]).map(({ units }) => units).reverse()).toEqual([2, 1, 2, 1, 2, 2, 5]);
});
