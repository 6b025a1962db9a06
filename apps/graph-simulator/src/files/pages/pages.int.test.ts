import { startTestSimulator, type Reply, type TestSimulator } from '../../testing/test-simulator.js';

type Json = Record<string, unknown>;
let sim: TestSimulator;
let site = '';
beforeAll(async () => {
  sim = await startTestSimulator();
  const made = await sim.control('POST', '/tenants/contoso.com/sites', {
    sites: [{
      name: 'press',
      structure: {
        pages: { pages: 12, newsEvery: 4, foreignPartsEvery: 5, draftEvery: 6, columnsEvery: 2 },
        columns: [{ name: 'Area', text: {} }],
        contentTypes: [{ name: 'Order', parent: 'Item', columns: ['Area'] }],
        lists: [{ displayName: 'Orders', items: 4, contentTypes: ['Order'] }, { displayName: 'Plain', items: 1 }],
      },
    }],
  });
  site = `/v1.0/sites/${String((made.json['sites'] as Json[])[0]?.['id'])}`;
});
afterAll(() => sim.close());

const get = (path: string): Promise<Reply> => sim.call('GET', `${site}${path}`);
const send = (method: string, path: string, body: unknown): Promise<Reply> => sim.call(method, `${site}${path}`, { body });
const values = (reply: Reply): Json[] => (reply.json?.['value'] ?? []) as Json[];
const cast = 'microsoft.graph.sitePage';
const typed = { '@odata.type': '#microsoft.graph.sitePage' };
const canvas = (...webparts: Json[]): Json => ({ horizontalSections: [{ id: '1', layout: 'oneColumn', emphasis: 'none', columns: [{ id: '1', width: 12, webparts }] }] });
const text = { '@odata.type': '#microsoft.graph.textWebPart', innerHtml: '<p>Hi</p>' };
const standard = (webPartType: string): Json => ({ '@odata.type': '#microsoft.graph.standardWebPart', webPartType, data: { dataVersion: '1.0', title: 'x', properties: {} } });

test('pages are listed with their state, and show their canvas through the cast alone', async () => {
  const pages = values(await get('/pages?$top=999'));
  expect(pages.map(({ name }) => name)).toEqual(['Home.aspx', ...Array.from({ length: 12 }, (_each, n) => `Page-${String(n)}.aspx`)]);
  expect(pages.filter((page) => (page['publishingState'] as Json)['level'] === 'checkout').map(({ name, publishingState }) => [name, (publishingState as Json)['versionId']])).toEqual([['Page-5.aspx', '0.1'], ['Page-11.aspx', '0.1']]);
  expect(values(await get(`/pages/${cast}?$select=name,promotionKind`)).filter(({ promotionKind }) => promotionKind === 'newsPost').map(({ name }) => name)).toEqual(['Page-3.aspx', 'Page-7.aspx', 'Page-11.aspx']);
  const id = String(pages[2]?.['id']);
  expect(await get(`/pages/${id}?$expand=canvasLayout`)).toMatchObject({ status: 400, error: { message: expect.stringContaining("'canvasLayout' on type 'microsoft.graph.baseSitePage'") as string } });
  expect((await get(`/pages/${id}/sitePage?$expand=canvasLayout`)).status).toBe(400);
  const page = await get(`/pages/${id}/${cast}?$expand=canvasLayout`);
  expect(page.json).toMatchObject({ canvasLayout: { horizontalSections: [{ layout: 'oneColumn' }, { layout: 'twoColumns' }], verticalSection: { emphasis: 'soft' } } });
  expect(JSON.stringify(page.json)).toContain('https://contoso.sharepoint.com/sites/press');
  expect(values(await get(`/pages/${id}/${cast}/webParts`))).toHaveLength(6);
  const foreign = await get(`/pages/${String(pages[5]?.['id'])}/${cast}/webParts`);
  expect(values(foreign).map((part) => part['webPartType'])).toEqual(expect.arrayContaining([expect.stringMatching(/^(8c88f208|f92bf067|20745d7d)/)]));
});

test('a page is a draft until it is published, again after each change; names are taken once; other web parts than fourteen fail it', async () => {
  const body = { ...typed, name: 'hello.aspx', title: 'Hello', pageLayout: 'article', promotionKind: 'page', titleArea: { layout: 'plain', textAlignment: 'left' }, canvasLayout: canvas(text, standard('D1D91016-032F-456D-98A4-721247C305E8')) };
  const made = await send('POST', '/pages', body);
  expect(made).toMatchObject({ status: 201, json: { name: 'hello.aspx', publishingState: { level: 'checkout', versionId: '0.1', checkedOutBy: { application: { id: sim.app.clientId } } } } });
  const page = `/pages/${String(made.json?.['id'])}/${cast}`;
  const state = async (): Promise<unknown> => (await get(page)).json?.['publishingState'];
  expect(await send('POST', `${page}/publish`, undefined)).toMatchObject({ status: 204, text: '' });
  expect(await state()).toEqual({ level: 'published', versionId: '1.0' });
  expect(await send('PATCH', page, { ...typed, title: 'Hello all', canvasLayout: canvas(text, text) })).toMatchObject({ status: 200, json: { title: 'Hello all', publishingState: { level: 'checkout', versionId: '1.1' } } });
  await send('POST', `${page}/publish`, undefined);
  expect(await state()).toEqual({ level: 'published', versionId: '2.0' });
  expect([(await send('PATCH', page, { ...typed, promotionKind: 'newsPost' })).status, (await send('PATCH', page, { ...typed, promotionKind: 'page' })).status]).toEqual([200, 400]);
  expect(await send('POST', '/pages', { ...body, name: 'Hello.ASPX' })).toMatchObject({ status: 409, error: { code: 'nameAlreadyExists' } });
  for (const wrong of [
    { ...body, name: 'b.aspx', '@odata.type': undefined }, { ...body, name: 'b.aspx', canvasLayout: canvas(standard('8c88f208-6c77-4bdb-86a0-0c47b4316588')) }, { ...body, name: 'b.html' }, { ...body, name: 'b.aspx', title: undefined }, { ...body, name: 'b.aspx', colour: 'red' },
    { ...body, name: 'b.aspx', canvasLayout: { horizontalSections: [{ layout: 'twoColumns', columns: [{ width: 12, webparts: [] }] }] } },
  ]) expect([wrong, (await send('POST', '/pages', wrong)).status]).toEqual([wrong, 400]);
  expect((await send('PATCH', page.replace(`/${cast}`, ''), { ...typed, title: 'x' })).status).toBe(405);
  expect((await sim.call('DELETE', `${site}${page.replace(`/${cast}`, '')}`)).status).toBe(204);
  expect((await get(page)).status).toBe(404);
});

test('content types of a site are copied to its lists with their columns, and items name one of the list', async () => {
  const [item, , , order] = values(await get('/contentTypes'));
  expect([item?.['id'], order?.['name'], order?.['parentId']]).toEqual(['0x01', 'Order', '0x01']);
  expect(values(await get('/lists/Orders/items')).map(({ contentType }) => (contentType as Json)['name'])).toEqual(['Order', 'Item', 'Order', 'Item']);
  expect((await get('/lists/Orders')).json).toMatchObject({ list: { contentTypesEnabled: true } });
  const made = await send('POST', '/contentTypes', { name: 'Invoice', base: { id: '0x01' }, group: 'Ours' });
  expect(made).toMatchObject({ status: 201, json: { name: 'Invoice', parentId: '0x01', group: 'Ours' } });
  expect((await send('POST', '/contentTypes', { name: 'Invoice', base: { id: '0x01' } })).status).toBe(409);
  const type = `/contentTypes/${String(made.json?.['id'])}`;
  const [, area] = values(await get('/columns'));
  expect(area).toMatchObject({ name: 'Area', type: 'text' });
  expect((await send('POST', `${type}/columns`, { 'sourceColumn@odata.bind': `https://graph.microsoft.com${site}/columns/${String(area?.['id'])}` })).status).toBe(200);
  const copy = await send('POST', '/lists/Plain/contentTypes/addCopy', { contentType: `https://graph.microsoft.com${site}${type}` });
  expect(copy).toMatchObject({ status: 201, json: { name: 'Invoice', parentId: made.json?.['id'] } });
  expect(values(await get('/lists/Plain/columns')).map(({ name }) => name)).toContain('Area');
  const placed = await send('POST', '/lists/Plain/items', { contentType: { id: copy.json?.['id'] }, fields: { Title: 'a', Area: 'north' } });
  expect(placed.json).toMatchObject({ contentType: { name: 'Invoice' } });
  expect((await get(`/lists/Plain/items/${String(placed.json?.['id'])}?$expand=fields(select=Area)`)).json?.['fields']).toMatchObject({ Area: 'north' });
  expect((await send('POST', '/lists/Plain/items', { contentType: { id: made.json?.['id'] }, fields: {} })).status).toBe(400);
});
