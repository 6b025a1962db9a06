import type { InternalPrincipal, InternalSite, InternalTeam, InternalUser } from '@migrator/contracts/internal';
import { platformApp, TenantWorld } from '../testing/tenant-world.js';

const gib = 1024 ** 3;
const domain = 'full.example';
const root = 1_572_864;
const users = [
  { alias: 'ada', displayName: 'Ada', drive: { usedBytes: 5 * gib, fileCount: 400 } },
  { alias: 'bo', displayName: 'Bo' },
  { alias: 'info', displayName: 'Info', kind: 'shared' },
  { alias: 'pat', displayName: 'Pat', guest: 'pat@partner.example' },
  { alias: 'leaver', displayName: 'Leaver', mailbox: false, drive: { usedBytes: 2 * gib, quotaBytes: 3 * gib } },
];
const sites = [
  { name: 'finance', displayName: 'Finance', usedBytes: 7 * gib, fileCount: 900 },
  { name: 'unnamed', displayName: ' ', usedBytes: 0 },
];

let world: TenantWorld;
let tenantId: string;
beforeAll(async () => {
  world = await TenantWorld.start();
  await world.seed(domain, { users, sites });
  await world.simulator.control('POST', `/tenants/${domain}/groups`, { displayName: 'Engineering', description: 'Build', mailNickname: 'eng', team: true, members: [`ada@${domain}`, `bo@${domain}`], owners: [`ada@${domain}`], usedBytes: 3 * gib });
  await world.simulator.control('POST', `/tenants/${domain}/groups`, { displayName: 'Not a team', mailNickname: 'plain', members: [`ada@${domain}`] });
  await world.simulator.control('POST', `/tenants/${domain}/groups`, { displayName: 'Readers', mailNickname: 'readers', kind: 'security', members: [`ada@${domain}`] });
  tenantId = (await world.connect(domain)).id;
  await world.discovered(tenantId);
});
afterAll(() => world.stop());
afterEach(async () => {
  await world.simulator.control('DELETE', '/faults');
});

interface Listed { id: string; name: string; sizeBytes: string; memberCount: number }
const list = async (what: 'sites' | 'teams', query = ''): Promise<Listed[]> => (await world.call('GET', `/v1/tenants/${tenantId}/${what}${query}`)).body[what] as Listed[];
const sizes = async (): Promise<Record<string, number>> => Object.fromEntries((await list('sites')).map(({ name, sizeBytes }) => [name, Number(sizeBytes)]));
const inside = async <T>(what: 'users' | 'sites' | 'teams' | 'groups' | 'guests'): Promise<T[]> => {
  const { body } = await world.internal(`/internal/orgs/${world.org}/tenants/${tenantId}/${what}`, 'job-service');
  return body[what === 'groups' || what === 'guests' ? 'principals' : what] as T[];
};
const drives = async (): Promise<Record<string, InternalUser['drive']>> => Object.fromEntries((await inside<InternalUser>('users')).map(({ upn, drive }) => [upn.split('@')[0], drive]));
const tenant = async (): Promise<Record<string, unknown>> => (await world.call('GET', `/v1/tenants/${tenantId}`)).body.tenant as Record<string, unknown>;
const fault = (body: Record<string, unknown>): Promise<unknown> => world.simulator.control('POST', '/faults', body);
const scan = async (end: 'DONE' | 'ERROR' = 'DONE'): Promise<string> => {
  const { job } = (await world.call('POST', `/v1/tenants/${tenantId}/discover`)).body as { job: { id: string } };
  await world.discovered(tenantId, end, job.id);
  return job.id;
};
const reasons = async (run: string): Promise<Record<string, string>> => {
  const [row] = await world.db.sql<{ skipped: { part: string; reason: string }[] }[]>`select skipped from tenants.discoveries where id = ${run}`;
  return Object.fromEntries((row?.skipped ?? []).map(({ part, reason }) => [part, reason]));
};
const everything = async () => ({ sites: await list('sites'), teams: await list('teams'), drives: await drives(), tenant: { ...(await tenant()), discoveredAt: null } });
const found = { 'Communication site': root, Finance: 7 * gib, unnamed: 0, Engineering: 3 * gib, 'Not a team': 0 };

test('every site is listed with its size and nobody’s OneDrive is, by the report and by the library where the report is silent', async () => {
  expect(await sizes()).toEqual(found);
  const finance = (await inside<InternalSite>('sites')).find(({ name }) => name === 'Finance');
  expect(finance).toEqual({ id: expect.stringMatching(/^dbs_/) as string, microsoftId: expect.stringMatching(/^full\.sharepoint\.com,/) as string, name: 'Finance', url: 'https://full.sharepoint.com/sites/finance', sizeBytes: 7 * gib, fileCount: 900, template: 'Communication Site' });
  // Too new for the report.
  expect((await inside<InternalSite>('sites')).find(({ name }) => name === 'Engineering')).toMatchObject({ sizeBytes: 3 * gib, fileCount: null, template: null });
});

test('every team is listed with its members counted; other groups are not', async () => {
  const [team, ...others] = await inside<InternalTeam>('teams');
  expect(others).toEqual([]);
  expect(team).toEqual({ id: expect.stringMatching(/^dbt_/) as string, microsoftId: expect.any(String) as string, name: 'Engineering', mailNickname: 'eng', memberCount: 2 });
  expect(await list('teams')).toEqual([{ id: team?.id, tenantId, teamId: team?.microsoftId, name: 'Engineering', description: 'Build', memberCount: 2 }]);
});

test('every group and every guest is found, for they hold permissions; no guest counts as one of the people', async () => {
  const id = expect.stringMatching(/^dbg_/) as string;
  const microsoftId = expect.any(String) as string;
  expect(await inside<InternalPrincipal>('groups')).toEqual([
    { id, microsoftId, name: 'Engineering', mail: `eng@${domain}` },
    { id, microsoftId, name: 'Not a team', mail: `plain@${domain}` },
    { id, microsoftId, name: 'Readers', mail: null },
  ]);
  expect(await inside<InternalPrincipal>('guests')).toEqual([{ id, microsoftId, name: 'Pat', mail: 'pat@partner.example' }]);
  expect((await inside<InternalUser>('users')).map(({ displayName }) => displayName)).not.toContain('Pat');
});

test('a OneDrive is found with its room, also that of somebody without a licence; who has none has none, and who was not asked is not known', async () => {
  const provisioned = { state: 'provisioned', driveId: expect.stringMatching(/^b!/) as string };
  expect(await drives()).toEqual({ ada: { ...provisioned, usedBytes: 5 * gib, quotaBytes: 1024 * gib, fileCount: 400 }, bo: { state: 'missing' }, info: null, leaver: { ...provisioned, usedBytes: 2 * gib, quotaBytes: 3 * gib, fileCount: 0 } });
});

test('the tenant has its room and the sum of everything', async () => {
  const used = Object.values(found).reduce((sum, bytes) => sum + bytes, 0);
  const [mail] = await world.db.sql<{ bytes: number }[]>`select sum(size_bytes)::int8 as bytes from tenants.discovered_users where tenant_id = ${tenantId}`;
  expect(await tenant()).toMatchObject({ siteCount: 5, sharepointUsedBytes: used, sharepointQuotaBytes: 1024 * gib + 25 * 10 * gib, onedriveQuotaPerUserBytes: 1024 * gib, totalSizeBytes: used + 7 * gib + (mail?.bytes ?? 0) });
  expect((await world.internal(`/internal/orgs/${world.org}/tenants/${tenantId}`, 'job-service')).body).toMatchObject({ sharepointUsedBytes: used, sharepointQuotaBytes: 1274 * gib, onedriveQuotaPerUserBytes: 1024 * gib, sharingCapability: 'externalUserAndGuestSharing', skippedParts: [] });
});

test('sites and teams come in pages that miss nothing and repeat nothing, and are searched by name and address', async () => {
  const all = await list('sites');
  const paged: Listed[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = (await world.call('GET', `/v1/tenants/${tenantId}/sites?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)).body as { sites: Listed[]; nextCursor: string | null };
    paged.push(...page.sites);
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(all);
  expect((await list('sites', '?search=SITES%2Ffin')).map(({ name }) => name)).toEqual(['Finance']);
  expect((await list('teams', '?search=engin&limit=1')).map(({ name }) => name)).toEqual(['Engineering']);
  expect((await world.call('GET', `/v1/tenants/${tenantId}/teams?cursor=nonsense`)).status).toBe(422);
});

test('throttling is waited for, alone and inside batches, and nothing is missing afterwards', async () => {
  const before = await everything();
  const throttled = { kind: 'status', status: 429, code: 'activityLimitReached', message: 'x', headers: { 'Retry-After': '1' } };
  await fault({ id: 'sites', match: { path: 'getAllSites' }, times: 1, action: throttled });
  await fault({ id: 'drives', match: { path: '/users/[^/]+/drive' }, times: 2, action: throttled });
  await fault({ id: 'busy', match: { path: '/sites/[^/]+/drive' }, times: 1, action: { kind: 'status', status: 503, code: 'serviceNotAvailable', message: 'x', headers: { 'Retry-After': '1' } } });
  await fault({ id: 'members', match: { path: '/members' }, times: 1, action: throttled });
  await scan();
  expect(await everything()).toEqual(before);
});

test('a scan that fails late changes nothing of what was found before', async () => {
  const before = await everything();
  await world.simulator.control('POST', `/tenants/${domain}/sites`, { sites: [{ name: 'late' }] });
  await fault({ id: 'broken', match: { path: '/v1.0/groups' }, times: 1_000, action: { kind: 'status', status: 409, code: 'Conflict', message: 'x' } });
  await scan('ERROR');
  expect(await everything()).toEqual(before);
  expect(await world.db.sql`select 1 from tenants.discovery_place_findings`).toHaveLength(0);
  expect(await world.db.sql`select 1 from tenants.discovery_findings`).toHaveLength(0);
  await world.simulator.control('DELETE', `/tenants/${domain}/sites/late`);
});

test('a second scan replaces what was found; what is still there keeps its id, and a site nobody may read has no known size', async () => {
  const before = await list('sites');
  await world.simulator.control('POST', `/tenants/${domain}/sites`, { sites: [{ name: 'vault', displayName: 'Vault', usedBytes: gib, locked: true }] });
  await world.simulator.control('DELETE', `/tenants/${domain}/sites/unnamed`);
  await world.simulator.control('DELETE', `/tenants/${domain}/sites/ada_full_example`);
  const run = await scan();
  const after = await list('sites');
  expect(after.map(({ name }) => name).sort()).toEqual(['Communication site', 'Engineering', 'Finance', 'Not a team', 'Vault']);
  for (const { id, name } of before) if (name !== 'unnamed') expect(after.find((each) => each.name === name)?.id).toBe(id);
  expect((await inside<InternalSite>('sites')).find(({ name }) => name === 'Vault')?.sizeBytes).toBeNull();
  expect(await drives()).toMatchObject({ ada: { state: 'missing' } });
  expect(await reasons(run)).toEqual({ 'site-sizes': expect.stringMatching(/423/) as string });
  expect(await world.db.sql`select 1 from tenants.discovery_place_findings`).toHaveLength(0);
});

describe('without a permission', () => {
  const all = ['Organization.Read.All', 'User.Read.All', 'Group.Read.All', 'Reports.Read.All', 'MailboxSettings.Read', 'Mail.Read', 'Sites.Read.All', 'Files.Read.All', 'SharePointTenantSettings.Read.All'];
  const withoutRoles = async (pattern: RegExp): Promise<string> => {
    await world.simulator.control('POST', '/consents', { tenant: domain, clientId: platformApp.clientId, roles: all.filter((role) => !pattern.test(role)) });
    return scan();
  };
  test('for sites and files: those parts are empty with their reason, people and teams are whole', async () => {
    const run = await withoutRoles(/^(Sites|Files)/);
    expect([await list('sites'), (await list('teams')).map(({ name }) => name)]).toEqual([[], ['Engineering']]);
    expect(await drives()).toEqual({ ada: null, bo: null, info: null, leaver: null });
    expect(await tenant()).toMatchObject({ siteCount: null, sharepointUsedBytes: null, mailboxCount: 3, sharepointQuotaBytes: 1274 * gib });
    expect(await reasons(run)).toEqual({ sites: expect.stringMatching(/not granted Sites\.Read\.All/) as string, drives: expect.stringMatching(/not granted Files\.Read\.All/) as string });
  });
  test('for groups, settings and licences: teams and room are unknown, and the usual OneDrive stands in for the tenant’s', async () => {
    const run = await withoutRoles(/^(Group|SharePointTenant)/);
    expect([(await list('sites')).length, await list('teams'), await inside('groups')]).toEqual([5, [], []]);
    expect(await tenant()).toMatchObject({ siteCount: 5, onedriveQuotaPerUserBytes: 3 * gib });
    expect(await reasons(run)).toMatchObject({ teams: expect.stringMatching(/403 Authorization_RequestDenied.*Group\.Read\.All/) as string, groups: expect.stringMatching(/403/) as string, 'sharepoint-settings': expect.stringMatching(/403/) as string });
  });
  test('for reports: sizes come from each library', async () => {
    const run = await withoutRoles(/^Reports/);
    expect(await reasons(run)).toMatchObject({ 'unlicensed-drives': expect.stringMatching(/without a licence/) as string });
    expect((await world.internal(`/internal/orgs/${world.org}/tenants/${tenantId}`, 'job-service')).body).toMatchObject({ skippedParts: expect.arrayContaining([expect.objectContaining({ part: 'unlicensed-drives' })]) as unknown[] });
    expect(await sizes()).toMatchObject({ Finance: 7 * gib, Engineering: 3 * gib, 'Communication site': root });
    expect(await drives()).toMatchObject({ bo: { state: 'missing' }, leaver: null });
  });
});

test('a tenant that conceals names is measured all the same', async () => {
  await fetch(`${world.simulator.controlUrl}/tenants/${domain}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ concealedNames: true }) });
  await world.simulator.control('POST', '/consents', { tenant: domain, clientId: platformApp.clientId });
  await scan();
  expect(await sizes()).toMatchObject({ Finance: 7 * gib, Engineering: 3 * gib });
});

test('a tenant without a SharePoint licence has no sites and no OneDrives, and that is no failure', async () => {
  await world.seed('bare.example', { users: [{ alias: 'info', displayName: 'Info', kind: 'shared' }] });
  tenantId = (await world.connect('bare.example')).id;
  const { latestJob } = (await world.discovered(tenantId)).body as { latestJob: { id: string } };
  expect(await tenant()).toMatchObject({ mailboxCount: 1, siteCount: null, onedriveQuotaPerUserBytes: null });
  expect(await reasons(latestJob.id)).toMatchObject({ sites: expect.stringMatching(/400 BadRequest/) as string });
});

test('sites are followed over pages; a part that is refused half-way is not half a part', async () => {
  await world.seed('many.example', { users: [{ alias: 'ada', displayName: 'Ada' }], sites: Array.from({ length: 450 }, (_each, n) => ({ name: `site${n}`, usedBytes: 10 })) });
  tenantId = (await world.connect('many.example')).id;
  await world.discovered(tenantId);
  expect(await tenant()).toMatchObject({ siteCount: 451, sharepointUsedBytes: 4_500 + root });
  expect(new Set((await list('sites')).map(({ name }) => name)).size).toBe(451);
  await fault({ id: 'half', match: { path: 'getAllSites.*skiptoken' }, times: 1_000, action: { kind: 'status', status: 403, code: 'accessDenied', message: 'x' } });
  const run = await scan();
  expect([await list('sites'), (await tenant())['siteCount']]).toEqual([[], null]);
  expect(await reasons(run)).toEqual({ sites: expect.stringMatching(/403 accessDenied/) as string });
});
