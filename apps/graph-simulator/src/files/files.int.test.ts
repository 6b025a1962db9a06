import { startTestSimulator, type TestSimulator } from '../testing/test-simulator.js';

let sim: TestSimulator;
beforeAll(async () => {
  sim = await startTestSimulator();
  await sim.control('POST', '/tenants', { domain: 'many.example', displayName: 'Many', users: [{ alias: 'a', displayName: 'A' }], sites: Array.from({ length: 7 }, (_each, n) => ({ name: `s${String(n)}`, usedBytes: n })) });
});
afterAll(async () => { await sim.close(); });

type Json = Record<string, unknown>;
const values = (json: Json | null): Json[] => (json?.['value'] ?? []) as Json[];
const licensed = 'adele.vance@contoso.com';

async function allSites(path: string): Promise<{ sites: Json[]; links: string[] }> {
  const sites: Json[] = [];
  const links: string[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const { json } = await sim.call('GET', next);
    sites.push(...values(json));
    next = json?.['@odata.nextLink'] as string | undefined;
    if (next !== undefined) links.push(next);
  }
  return { sites, links };
}

const csv = async (report: string): Promise<{ header: string[]; rows: string[][] }> => {
  const { status, headers } = await sim.call('GET', `/v1.0/reports/${report}(period='D7')`);
  expect(status).toBe(302);
  const { text } = await sim.call('GET', String(headers.location), { token: null });
  const [header = [], ...rows] = text.replace(/^\uFEFF/, '').trimEnd().split('\r\n').map((line) => line.split(','));
  return { header, rows };
};

/** A token of the app as it would be with these roles alone. */
async function withRoles<T>(roles: string[], act: (token: string) => Promise<T>): Promise<T> {
  sim.world.apps.consent(sim.tenant.id, sim.app.clientId, roles);
  try {
    return await act(await sim.token());
  } finally {
    sim.world.apps.consent(sim.tenant.id, sim.app.clientId, sim.app.requiredRoles);
  }
}

describe('sites', () => {
  test.each(['v1.0', 'beta'])('%s lists every site collection once, personal ones marked, over links that carry on', async (version) => {
    const { sites, links } = await allSites(`/${version}/sites/getAllSites?$top=2&$select=id,webUrl,isPersonalSite,siteCollection`);
    expect(links.every((link) => link.startsWith(`https://graph.microsoft.com/${version}/sites/oneDrive.getAllSites?`) && link.includes('$skiptoken='))).toBe(true);
    expect(sites.map((site) => site['webUrl']).sort()).toEqual([
      'https://contoso-my.sharepoint.com/personal/adele_vance_contoso_com', 'https://contoso-my.sharepoint.com/personal/soren_kjaer_contoso_com', 'https://contoso.sharepoint.com',
      'https://contoso.sharepoint.com/sites/engineering', 'https://contoso.sharepoint.com/sites/finance', 'https://contoso.sharepoint.com/sites/intranet', 'https://contoso.sharepoint.com/sites/sales',
    ]);
    expect(sites.filter((site) => site['isPersonalSite']).length).toBe(2);
    expect(new Set(sites.map((site) => site['id'])).size).toBe(sites.length);
    expect(Object.keys(sites[0] ?? {}).sort()).toEqual(['id', 'isPersonalSite', 'siteCollection', 'webUrl']);
  });
  test('are found by id, collection, address and as root; another organisation’s are not', async () => {
    const byPath = await sim.call('GET', '/v1.0/sites/contoso.sharepoint.com:/sites/Finance');
    const id = String(byPath.json?.['id']);
    expect(byPath.json).toMatchObject({ displayName: 'Finance', name: 'finance', siteCollection: { hostname: 'contoso.sharepoint.com' } });
    for (const path of [`/v1.0/sites/${id}`, `/v1.0/sites/${id.split(',')[1] ?? ''}`]) expect((await sim.call('GET', path)).json?.['id']).toBe(id);
    expect((await sim.call('GET', '/v1.0/sites/root')).json?.['webUrl']).toBe('https://contoso.sharepoint.com');
    expect(await sim.call('GET', '/v1.0/sites/contoso.sharepoint.com:/sites/nothing')).toMatchObject({ status: 404, error: { code: 'itemNotFound' } });
    expect(await sim.call('GET', '/v1.0/sites/many.sharepoint.com:/sites/s1')).toMatchObject({ status: 400, error: { code: 'invalidRequest' } });
    const [theirs] = sim.world.findTenant('many.example')?.files.sites ?? [];
    expect((await sim.call('GET', `/v1.0/sites/${theirs?.collectionId ?? ''}`)).status).toBe(404);
  });
  test('a locked site answers 423 to whoever reads it, and stays in the inventory', async () => {
    await sim.control('POST', '/tenants/contoso.com/sites', { sites: [{ name: 'closed', locked: true }] });
    const found = (await allSites('/v1.0/sites/getAllSites')).sites.find((site) => site['name'] === 'closed');
    expect(await sim.call('GET', `/v1.0/sites/${String(found?.['id'])}/drive`)).toMatchObject({ status: 423, error: { code: 'resourceLocked' } });
    await sim.control('DELETE', '/tenants/contoso.com/sites/closed');
    expect((await sim.call('GET', `/v1.0/sites/${String(found?.['id'])}`)).status).toBe(404);
  });
  test('a tenant whose licences bring no SharePoint answers 400 to everything', async () => {
    await sim.control('POST', '/tenants', { domain: 'bare.example', displayName: 'Bare', users: [{ alias: 'a', displayName: 'A', mailbox: false }] });
    const bare = sim.world.findTenant('bare.example');
    sim.world.apps.consent(bare?.id ?? '', sim.app.clientId, sim.app.requiredRoles);
    const { json } = await sim.call('POST', `https://login.microsoftonline.com/${bare?.id ?? ''}/oauth2/v2.0/token`, { token: null, form: { client_id: sim.app.clientId, client_secret: sim.app.secrets[0]?.value ?? '', scope: 'https://graph.microsoft.com/.default', grant_type: 'client_credentials' } });
    const token = String(json?.['access_token']);
    for (const path of ['/v1.0/sites/getAllSites', '/v1.0/sites/root', '/v1.0/users/a@bare.example/drive', '/v1.0/admin/sharepoint/settings']) expect((await sim.call('GET', path, { token })).status).toBe(400);
  });
});

describe('drives', () => {
  test('a user’s OneDrive comes with its quota, and again by its own id', async () => {
    const { json } = await sim.call('GET', `/v1.0/users/${licensed}/drive`);
    expect(json).toMatchObject({ driveType: 'business', name: 'OneDrive', owner: { user: { email: licensed } } });
    const quota = json?.['quota'] as { used: number; total: number; remaining: number; state: string };
    expect(quota.used).toBeGreaterThan(0);
    expect(quota).toMatchObject({ total: 1024 ** 4, remaining: 1024 ** 4 - quota.used, state: 'normal', deleted: 0 });
    expect((await sim.call('GET', `/v1.0/drives/${String(json?.['id'])}?$select=id`)).json?.['id']).toBe(json?.['id']);
    expect((await sim.call('GET', '/v1.0/drives/b!nothing')).status).toBe(404);
  });
  test.each(['info@contoso.com', 'new.hire@contoso.com'])('%s has none: 404, and asking does not make one', async (upn) => {
    await sim.control('POST', '/tenants/contoso.com/users', { users: [{ alias: 'new.hire', displayName: 'New Hire' }] });
    for (let times = 0; times < 2; times += 1) expect(await sim.call('GET', `/v1.0/users/${upn}/drive`)).toMatchObject({ status: 404, error: { code: 'ResourceNotFound' } });
    await sim.control('DELETE', '/tenants/contoso.com/users/new.hire@contoso.com');
  });
  test('a quota that is used up says so', async () => {
    const name = 'adele_vance_contoso_com';
    for (const [used, state] of [[900, 'normal'], [901, 'nearing'], [991, 'critical'], [1000, 'exceeded']] as const) {
      sim.tenant.files.sites.filter((site) => site.name === name).forEach((site) => Object.assign(site, { usedBytes: used, quotaBytes: 1000 }));
      expect((await sim.call('GET', `/v1.0/users/${licensed}/drive?$select=quota`)).json).toMatchObject({ quota: { state, remaining: 1000 - used } });
    }
  });
  test('a site’s library and a group’s are one and the same', async () => {
    const [group] = values((await sim.call('GET', "/v1.0/groups?$filter=resourceProvisioningOptions/Any(x:x eq 'Team')")).json);
    const site = await sim.call('GET', `/v1.0/groups/${String(group?.['id'])}/sites/root`);
    const drive = await sim.call('GET', `/v1.0/sites/${String(site.json?.['id'])}/drive`);
    expect(drive.json).toMatchObject({ driveType: 'documentLibrary', name: 'Documents', owner: { group: { displayName: 'Engineering' } }, quota: { total: 25 * 1024 ** 4 } });
    expect((await sim.call('GET', `/v1.0/groups/${String(group?.['id'])}/drive`)).json?.['id']).toBe(drive.json?.['id']);
    const security = sim.tenant.groups.find((each) => each.securityEnabled);
    expect((await sim.call('GET', `/v1.0/groups/${security?.id ?? ''}/drive`)).status).toBe(404);
  });
});

test('a team shows its settings and counts; a group that is none is 404; members can be counted', async () => {
  const [team] = values((await sim.call('GET', "/v1.0/groups?$filter=resourceProvisioningOptions/Any(x:x eq 'Team')&$select=id")).json);
  const id = String(team?.['id']);
  expect((await sim.call('GET', `/v1.0/teams/${id}`)).json).toMatchObject({ displayName: 'Engineering', isArchived: false, summary: { ownersCount: 2, membersCount: 0, guestsCount: 0 } });
  const sales = sim.tenant.groups.find((group) => group.mailNickname === 'sales');
  expect(await sim.call('GET', `/v1.0/teams/${sales?.id ?? ''}`)).toMatchObject({ status: 404, error: { code: 'NotFound' } });
  expect((await sim.call('GET', `/v1.0/groups/${id}/members/$count`, { headers: { ConsistencyLevel: 'eventual' } })).text).toBe('2');
  expect((await sim.call('GET', `/v1.0/groups/${id}/members/$count`)).status).toBe(400);
});

describe('usage reports', () => {
  test('SharePoint’s has a row for every site but OneDrives, and none for sites younger than two days', async () => {
    await sim.control('POST', '/tenants/contoso.com/sites', { sites: [{ name: 'fresh', usedBytes: 5 }] });
    const { header, rows } = await csv('getSharePointSiteUsageDetail');
    const at = (name: string) => header.indexOf(name);
    const finance = sim.tenant.files.sites.find((site) => site.name === 'finance');
    expect(rows.find((row) => row[at('Site Id')] === finance?.collectionId)?.[at('Storage Used (Byte)')]).toBe(String(finance?.usedBytes));
    expect(rows.map((row) => row[at('Site URL')]).sort()).toEqual(['https://contoso.sharepoint.com', ...['engineering', 'finance', 'intranet', 'sales'].map((name) => `https://contoso.sharepoint.com/sites/${name}`)]);
    await sim.control('DELETE', '/tenants/contoso.com/sites/fresh');
  });
  test('OneDrive’s names owners; concealed names are hashes', async () => {
    const { header, rows } = await csv('getOneDriveUsageAccountDetail');
    expect(rows.map((row) => row[header.indexOf('Owner Principal Name')]).sort()).toEqual([licensed, 'soren.kjaer@contoso.com']);
    sim.tenant.concealedNames = true;
    const hidden = await csv('getOneDriveUsageAccountDetail');
    const sites = await csv('getSharePointSiteUsageDetail');
    sim.tenant.concealedNames = false;
    expect(hidden.rows.map((row) => row[header.indexOf('Owner Principal Name')])).toEqual([expect.stringMatching(/^[0-9A-F]{32}$/), expect.stringMatching(/^[0-9A-F]{32}$/)]);
    expect(sites.rows.every((row) => /^[0-9A-F]{32}$/.test(row[sites.header.indexOf('Site Id')] ?? ''))).toBe(true);
  });
});

test.each([
  ['/v1.0/sites/getAllSites', 'Sites.Read.All', 'accessDenied'],
  [`/v1.0/users/${licensed}/drive`, 'Files.Read.All', 'accessDenied'],
  ['/v1.0/admin/sharepoint/settings', 'SharePointTenantSettings.Read.All', 'accessDenied'],
])('%s is 403 without its role and open with %s alone', async (path, role, code) => {
  expect(await withRoles(['User.Read.All'], (token) => sim.call('GET', path, { token }))).toMatchObject({ status: 403, error: { code } });
  expect((await withRoles([role], (token) => sim.call('GET', path, { token }))).status).toBe(200);
});
