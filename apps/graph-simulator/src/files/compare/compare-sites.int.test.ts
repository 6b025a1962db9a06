import { startTestSimulator, type TestSimulator } from '../../testing/test-simulator.js';
import { CopiedSite } from './testing/copied-site.js';

type Json = Record<string, unknown>;
let sim: TestSimulator;
let copied: CopiedSite;
const people = [{ alias: 'ada', displayName: 'Ada' }, { alias: 'bob', displayName: 'Bob' }];
beforeAll(async () => {
  sim = await startTestSimulator();
  await sim.control('POST', '/tenants/contoso.com/users', { users: people });
  await sim.control('POST', '/tenants/fabrikam.com/users', { users: people });
  const destination = sim.world.findTenant('fabrikam.com');
  sim.world.apps.consent(destination?.id ?? '', sim.app.clientId, sim.app.requiredRoles);
  const { json } = await sim.call('POST', 'https://login.microsoftonline.com/fabrikam.com/oauth2/v2.0/token', { token: null, form: { client_id: sim.app.clientId, client_secret: sim.app.secrets[0]?.value ?? '', scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' } });
  const site = async (tenant: string, name: string, more: Json = {}): Promise<string> => {
    const made = await sim.control('POST', `/tenants/${tenant}/sites`, { sites: [{ name, kind: 'team', ...more }] });
    return `/v1.0/sites/${String((made.json['sites'] as Json[])[0]?.['id'])}`;
  };
  const source = await site('contoso.com', 'project', {
    content: { seed: 's', files: 6, bytesMax: 20_000 },
    libraries: [{ displayName: 'Plans', content: { seed: 't', files: 2, bytesMax: 9_000 } }],
    structure: {
      lists: [{ displayName: 'Countries', items: 9, gapEvery: 4 }, { displayName: 'Assets', items: 40, gapEvery: 7, attachmentsEvery: 8, emptyEvery: 5, everyKind: true, columns: [{ name: 'Country', lookup: { listId: 'Countries' } }] }],
      libraryColumns: { Documents: [{ name: 'Stage', choice: { choices: ['a', 'b'] } }] },
      pages: { pages: 6, newsEvery: 3, foreignPartsEvery: 2, columnsEvery: 2, draftEvery: 5 },
    },
  });
  copied = new CopiedSite(sim, source, await site('fabrikam.com', 'copy'), String(json?.['access_token']));
  await sim.control('POST', '/sites/changes', { tenant: 'fabrikam.com', site: 'copy', do: sim.tenant.users.slice(0, 5).map(({ userPrincipalName }) => ({ kind: 'know', user: userPrincipalName.replace('contoso', 'fabrikam') })) });
});
afterAll(() => sim.close());

const compare = async (more: Json = {}): Promise<Record<string, Json> & { equal: boolean; libraries: Json[] }> => {
  const { status, json } = await sim.control('POST', '/sites/compare', { source: 'contoso.com', destination: 'fabrikam.com', sites: [{ source: 'project', dest: 'copy' }], ...more });
  expect(status).toBe(200);
  return (json['sites'] as (Record<string, Json> & { equal: boolean; libraries: Json[] })[])[0] as never;
};
const changes = (tenant: string, site: string, ...steps: Json[]): Promise<{ status: number }> => sim.control('POST', '/sites/changes', { tenant, site, do: steps });

test('nothing carried is missing; a whole copy through Graph is equal; every loss, double and difference is named', async () => {
  expect(await compare()).toMatchObject({ equal: false, lists: { expected: 4, missing: 3 }, libraries: [{ library: 'Documents', missing: 6 }], pages: { expected: 7, missing: 6, matched: 1 } });

  await sim.control('DELETE', '/requests');
  await copied.library('Documents', ['Stage']);
  await copied.library('Plans', []);
  await copied.lists(['Countries', 'Assets']);
  await copied.pages();
  const whole = await compare();
  expect(whole).toMatchObject({ equal: true, lists: { expected: 4, matched: 4 }, columns: { withheld: 5, missing: 0 }, items: { expected: 7 + 35, matched: 42, withheldAttachments: 5, unknownPeople: 0 }, libraries: [{ matched: 6 }, { library: 'Plans', matched: 2 }], pages: { matched: 7, placeholders: 3 } });
  expect(Number(whole['items']?.['withheldValues'])).toBeGreaterThan(35);

  // Copies of what was deleted at the source are no strangers, and what led there may still do so.
  expect((await changes('contoso.com', 'project', { kind: 'deleteItem', list: 'Countries', item: 2 }, { kind: 'editItem', list: 'Assets', item: 4, fields: { Title: 'Elsewhere' } }, { kind: 'deleteItem', list: 'Assets', item: 4 }, { kind: 'deletePage', page: 'Page-2.aspx' })).status).toBe(200);
  expect(await compare()).toMatchObject({ equal: true, items: { expected: 6 + 34, matched: 40, kept: 2, doubled: 0, extra: 0, missing: 0, differs: 0 }, pages: { matched: 6, kept: 1, extra: 0 } });

  const damage = (...steps: Json[]): Promise<{ status: number }> => changes('fabrikam.com', 'copy', ...steps);
  const item = 1;
  // What an application keeps for itself in a column that nobody sees is no difference.
  await damage({ kind: 'addColumn', list: 'Assets', column: { name: 'Own', text: {}, hidden: true } }, { kind: 'editItem', list: 'Assets', item, fields: { Own: 'x' } });
  expect(await compare()).toMatchObject({ equal: true });
  await damage({ kind: 'doubleItem', list: 'Assets', item });
  expect(await compare()).toMatchObject({ equal: false, items: { extra: 1, doubled: 1, missing: 0, differs: 0 } });
  await damage({ kind: 'deleteItem', list: 'Assets', item: 36 }, { kind: 'editItem', list: 'Assets', item, fields: { CountryLookupId: null, Active: null, Level: 'other' } });
  expect(await compare()).toMatchObject({ items: { extra: 0, missing: 0, differs: 1 } });
  await damage({ kind: 'deleteItem', list: 'Countries', item: 1 }, { kind: 'removeColumn', list: 'Assets', column: 'Qty' }, { kind: 'addColumn', list: 'Assets', column: { name: 'Mine', text: {} } }, { kind: 'deletePage', page: 'Page-0.aspx' }, { kind: 'editPage', page: 'Page-1.aspx', title: 'Other' }, { kind: 'addPage', page: 'Mine.aspx', title: 'Mine' }, { kind: 'addList', list: 'Mine' });
  await sim.control('POST', '/files/changes', { tenant: 'fabrikam.com', site: 'copy', library: 'Plans', do: [{ kind: 'write', path: 'mine.txt' }] });
  expect(await compare()).toMatchObject({
    lists: { extra: 1, examples: { extra: ['Mine'] } }, columns: { missing: 1, extra: 1, examples: { missing: ['Assets/Qty'], extra: ['Assets/Mine'] } }, libraries: [{ extra: 0 }, { library: 'Plans', extra: 1 }],
    pages: { missing: 1, extra: 1, differs: 1, examples: { missing: ['Page-0.aspx'], extra: ['Mine.aspx'], differs: [expect.stringContaining('Page-1.aspx: title') as string] } },
  });
  expect(Number((await compare())['items']?.['missing'])).toBeGreaterThan(0);
  expect((await damage({ kind: 'editItem', list: 'Assets', item: 99_999, fields: {} })).status).toBe(404);

  // Every change of the copy is in the log of writes; reading is not.
  const { json } = await sim.control('GET', `/writes?tenant=${sim.world.findTenant('fabrikam.com')?.id ?? ''}&limit=1000`);
  const routes = new Set((json['writes'] as { method: string; route: string }[]).map(({ method, route }) => `${method} ${route}`));
  for (const route of ['POST /sites/{site}/lists', 'POST /sites/{site}/lists/{list}/columns', 'POST /sites/{site}/lists/{list}/items', 'POST /sites/{site}/pages', 'POST /sites/{site}/pages/{page}/sitePage/publish', 'PATCH /drives/{drive}/items/{item}/listItem/fields']) expect(routes).toContain(route);
  expect([...routes].filter((route) => route.startsWith('GET'))).toEqual([]);
  const { json: other } = await sim.control('GET', `/writes?tenant=${sim.tenant.id}&limit=1000`);
  expect(other['writes']).toEqual([]);
});

test('somebody whom the copy’s site does not know, or who is somebody else there, is told apart', async () => {
  const [alias] = [sim.tenant.users[0]?.userPrincipalName ?? ''];
  const other = await compare({ people: { [alias]: 'admin@fabrikam.com' } });
  expect(other['items']).toMatchObject({ unknownPeople: 1 });
});
