import type { PreflightCheck } from '@migrator/contracts/api/preflight';
import type { InternalUser } from '@migrator/contracts/internal';
import { World } from '../testing/world.js';

const gib = 1024 ** 3;
let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const allRoles = ['User.Read.All', 'MailboxFolder.ReadWrite.All', 'MailboxItem.ReadWrite.All', 'MailboxItem.ImportExport.All', 'Mail.ReadWrite', 'MailboxSettings.ReadWrite', 'Calendars.ReadWrite', 'Contacts.ReadWrite', 'Tasks.ReadWrite.All', 'Sites.FullControl.All', 'Files.ReadWrite.All', 'Group.ReadWrite.All', 'Team.Create', 'ChannelMessage.Read.All', 'Chat.Read.All', 'Chat.Create', 'Teamwork.Migrate.All', 'TeamMember.ReadWrite.All', 'TeamsTab.ReadWrite.All'];

/** A pair of tenants with every permission, and what a test changes of the people. */
function pairOf(type: string, people: string[], change: { source?: (user: InternalUser, name: string) => void; dest?: (user: InternalUser, name: string) => void } = {}) {
  const pair = { sourceTenantId: world.addTenant('source', people), destTenantId: world.addTenant('destination', people), type };
  for (const [id, edit] of [[pair.sourceTenantId, change.source], [pair.destTenantId, change.dest]] as const) {
    const entry = world.tenants.tenants.get(id);
    if (entry === undefined) throw new Error('no such tenant');
    entry.tenant.grantedRoles = [...allRoles];
    for (const user of entry.users) edit?.(user, user.displayName);
  }
  return pair;
}
const entryOf = (id: string) => {
  const entry = world.tenants.tenants.get(id);
  if (entry === undefined) throw new Error('no such tenant');
  return entry;
};
const check = async (body: Record<string, unknown>): Promise<{ level: string; checks: Map<string, PreflightCheck> }> => {
  const reply = await world.call('POST', '/v1/preflight', body);
  expect(reply.status).toBe(200);
  const { checks, level } = reply.body as { checks: PreflightCheck[]; level: string };
  return { level, checks: new Map(checks.map((one) => [one.id, one])) };
};
const names = (found: PreflightCheck | undefined): string[] => found?.affected.map(({ name }) => name) ?? [];

test('a job that nothing stands in the way of passes every check of its type and no other, and nothing is created', async () => {
  const pair = pairOf('EMAIL', ['ann', 'bob']);
  const { level, checks } = await check(pair);
  expect(level).toBe('pass');
  expect([...checks.keys()]).toEqual(['roles-source', 'roles-destination', 'discovery-fresh', 'unmatched-sources', 'shared-destinations', 'destination-users-licensed', 'mailbox-quota']);
  expect([...checks.values()].filter(({ level: one }) => one !== 'pass')).toEqual([]);
  const [row] = await world.db.sql<{ count: number }[]>`select count(*)::int as count from jobs.jobs where source_tenant_id = ${pair.sourceTenantId}`;
  expect(row?.count).toBe(0);
});

test('missing permissions are named for each side, only those that the scope needs', async () => {
  const pair = pairOf('EMAIL', ['ann']);
  entryOf(pair.sourceTenantId).tenant.grantedRoles = allRoles.filter((role) => !['Tasks.ReadWrite.All', 'MailboxItem.ImportExport.All'].includes(role));
  entryOf(pair.destTenantId).tenant.grantedRoles = [];
  const all = await check(pair);
  expect([all.level, all.checks.get('roles-source')?.level, all.checks.get('roles-destination')?.affectedTotal]).toEqual(['fail', 'fail', 9]);
  expect(names(all.checks.get('roles-source'))).toEqual(['MailboxItem.Export.All', 'Tasks.Read.All']);
  expect(names((await check({ ...pair, scope: { tasks: false } })).checks.get('roles-source'))).toEqual(['MailboxItem.Export.All']);
});

test('unmatched sources warn when all are taken and forbid when they are listed; shared destinations forbid unless they merge', async () => {
  const pair = pairOf('EMAIL', ['ann', 'bob', 'cat']);
  entryOf(pair.destTenantId).users.splice(2, 1);
  const unmatched = async (options: Record<string, unknown>) => (await check({ ...pair, options })).checks;
  expect((await unmatched({})).get('unmatched-sources')).toMatchObject({ level: 'warn', affectedTotal: 1, affected: [{ name: 'cat@src.example' }] });
  expect((await unmatched({ mailboxes: ['cat@src.example'] })).get('unmatched-sources')?.level).toBe('fail');
  const mailboxMappings = [{ source: 'cat@src.example', dest: 'ann@dst.example' }];
  expect((await unmatched({ mailboxMappings })).get('shared-destinations')).toMatchObject({ level: 'fail', affected: [{ name: 'ann@dst.example' }] });
  expect((await unmatched({ mailboxMappings, merge: true })).get('shared-destinations')?.level).toBe('warn');
});

test('a mailbox is held against the quota of its destination, an unknown one against 50 and 100 GB', async () => {
  const sizes: Record<string, [number, number | null]> = { fits: [40, 50], near: [46, 50], over: [51, 50], large: [60, 100], unknown: [60, null], nowhere: [101, null] };
  const pair = pairOf('EMAIL', Object.keys(sizes), {
    source: (user, name) => (user.sizeBytes = (sizes[name]?.[0] ?? 0) * gib),
    dest: (user, name) => (user.mailboxQuotaBytes = sizes[name]?.[1] === null ? null : (sizes[name]?.[1] ?? 0) * gib),
  });
  const quota = (await check(pair)).checks.get('mailbox-quota');
  expect(quota?.level).toBe('fail');
  expect(quota?.affected.map(({ name, detail }) => `${name.split('@')[0] ?? ''} ${detail}`)).toEqual(['over 51.0 GB of 50.0 GB', 'nowhere 101.0 GB of 50.0 GB (assumed; its quota is not known)', 'near 46.0 GB of 50.0 GB', 'unknown 60.0 GB of 50.0 GB (assumed; its quota is not known)']);
});

test('destinations without a mailbox are told apart: no licence, or not made yet', async () => {
  const pair = pairOf('EMAIL', ['ann', 'bob'], { dest: (user, name) => Object.assign(user, { hasMailbox: false, mailboxLicensed: name === 'bob' }) });
  const licences = (await check(pair)).checks.get('destination-users-licensed');
  expect(licences?.affected.map(({ detail }) => detail)).toEqual([expect.stringContaining('no licence'), expect.stringContaining('not made')]);
});

test('OneDrives: not provisioned, over their own quota or the tenant’s, and without a licence', async () => {
  const pair = pairOf('ONEDRIVE', ['none', 'own', 'tenant', 'fits'], {
    source: (user) => (user.drive = { state: 'provisioned', driveId: user.id, usedBytes: 200 * gib, quotaBytes: 1024 * gib, fileCount: null }),
    dest: (user, name) => {
      user.drive = name === 'none' ? { state: 'missing' } : { state: 'provisioned', driveId: user.id, usedBytes: 0, quotaBytes: name === 'own' ? 100 * gib : name === 'tenant' ? null : 1024 * gib, fileCount: null };
      user.driveLicensed = name !== 'none';
    },
  });
  entryOf(pair.destTenantId).tenant.onedriveQuotaPerUserBytes = 150 * gib;
  const { checks } = await check(pair);
  expect(names(checks.get('drives-provisioned'))).toEqual(['none@dst.example']);
  expect(names(checks.get('destination-users-licensed'))).toEqual(['none@dst.example']);
  expect(names(checks.get('onedrive-quota')).sort()).toEqual(['none@dst.example', 'own@dst.example', 'tenant@dst.example']);
});

test('sites: storage left at the destination, sites above 1 TB and 25 TB, refused names', async () => {
  const pair = pairOf('SHAREPOINT', []);
  const [source, dest] = [entryOf(pair.sourceTenantId), entryOf(pair.destTenantId)];
  const site = (domain: string, path: string, sizeBytes: number) => ({ id: `dbs_${String(path.length).padStart(26, '0')}` as const, microsoftId: `${domain},${path}`, name: path, url: `https://${domain}/sites/${encodeURIComponent(path)}`, sizeBytes, fileCount: null, template: null });
  source.sites.push(site('src', 'News', 100 * gib), site('src', 'Archive', 2 * 1024 * gib), site('src', 'a_vti_b', gib));
  dest.sites.push(site('dst', 'News', 0), site('dst', 'Archive', 0));
  const storage = async (quota: number, used: number) => {
    Object.assign(dest.tenant, { sharepointQuotaBytes: quota * gib, sharepointUsedBytes: used * gib });
    return (await check(pair)).checks;
  };
  const wide = await storage(10_000, 0);
  expect(wide.get('sharepoint-quota')?.level).toBe('pass');
  expect(wide.get('site-size')).toMatchObject({ level: 'warn', affected: [{ name: 'https://src/sites/Archive', detail: '2.0 TB' }] });
  expect(wide.get('refused-names')).toMatchObject({ level: 'fail', affected: [{ name: 'https://src/sites/a_vti_b' }] });
  expect(wide.get('unmatched-sources')?.affectedTotal).toBe(1);
  expect((await storage(3_000, 700)).get('sharepoint-quota')?.level).toBe('warn');
  expect((await storage(3_000, 900)).get('sharepoint-quota')?.level).toBe('fail');
  Object.assign(dest.tenant, { sharepointQuotaBytes: null });
  expect((await check(pair)).checks.get('sharepoint-quota')?.level).toBe('warn');
});

const serialId = <P extends string>(prefix: P, serial: number) => `${prefix}_${String(serial).padStart(26, '0')}` as const;

test('what a OneDrive holds already counts as a warning, for it may be our own copies', async () => {
  const pair = pairOf('ONEDRIVE', ['full', 'roomy'], {
    source: (user) => (user.drive = { state: 'provisioned', driveId: user.id, usedBytes: 50 * gib, quotaBytes: 100 * gib, fileCount: 10 }),
    dest: (user, name) => (user.drive = { state: 'provisioned', driveId: user.id, usedBytes: name === 'full' ? 60 * gib : gib, quotaBytes: 100 * gib, fileCount: 10 }),
  });
  expect((await check(pair)).checks.get('onedrive-quota')).toMatchObject({ level: 'warn', affected: [{ name: 'full@dst.example', detail: '50.0 GB of 100.0 GB, 60.0 GB are used already' }] });
});

test('who cannot be told at the destination is named before the start, and not once permissions are left out or the mapping says so', async () => {
  const pair = pairOf('ONEDRIVE', ['ann', 'bob']);
  entryOf(pair.destTenantId).users.splice(1, 1);
  entryOf(pair.sourceTenantId).groups.push({ id: serialId('dbg', 901), microsoftId: 'g', name: 'Readers', mail: null });
  const identities = async (more = {}) => (await check({ ...pair, ...more })).checks.get('identities-unresolved');
  expect(await identities()).toMatchObject({ level: 'warn', affectedTotal: 2, affected: [{ name: 'bob@src.example', detail: expect.stringContaining('user') as string }, { name: 'Readers', detail: expect.stringContaining('group') as string }] });
  expect(await identities({ scope: { permissions: false } })).toBeUndefined();
  await world.call('PUT', `/v1/mappings?${new URLSearchParams({ ...pair, type: 'IDENTITY' }).toString()}`, 'source,dest\nbob@src.example,-\nReaders,ann@dst.example\n', { contentType: 'text/csv' });
  expect(await identities()).toMatchObject({ level: 'pass' });
});

test('the destination’s policy of sharing, and what discovery could not see, are said', async () => {
  const pair = pairOf('ONEDRIVE', ['ann']);
  const [source, dest] = [entryOf(pair.sourceTenantId), entryOf(pair.destTenantId)];
  for (const side of [source, dest]) side.guests.push({ id: serialId('dbg', side === source ? 902 : 903), microsoftId: 'pat', name: 'Pat', mail: 'pat@partner.example' });
  const sharing = async (at: string | null, from: string | null = 'externalUserAndGuestSharing') => {
    Object.assign(dest.tenant, { sharingCapability: at });
    Object.assign(source.tenant, { sharingCapability: from });
    return (await check(pair)).checks.get('sharing-policy');
  };
  expect(await sharing('disabled')).toMatchObject({ level: 'warn', detail: expect.stringContaining('1 guests') as string });
  expect(await sharing('externalUserSharingOnly')).toMatchObject({ level: 'warn', detail: expect.stringContaining('no links for anybody') as string });
  expect(await sharing('externalUserSharingOnly', 'existingExternalUserSharingOnly')).toMatchObject({ level: 'pass' });
  expect(await sharing(null)).toMatchObject({ level: 'warn', detail: expect.stringContaining('not known') as string });
  expect(await sharing('externalUserAndGuestSharing')).toMatchObject({ level: 'pass' });
  expect((await check(pair)).checks.get('discovery-whole')?.level).toBe('pass');
  Object.assign(source.tenant, { skippedParts: [{ part: 'groups', reason: 'Microsoft answered 403.' }, { part: 'teams', reason: 'of no concern' }] });
  expect((await check(pair)).checks.get('discovery-whole')).toMatchObject({ level: 'warn', affected: [{ name: 'src.example', detail: 'Microsoft answered 403.' }] });
});

test('sites that Graph cannot create are named with what makes them; those of groups are not, and SharePoint’s own are no sources', async () => {
  const pair = pairOf('SHAREPOINT', []);
  const source = entryOf(pair.sourceTenantId);
  const site = (serial: number, path: string, template: string | null) => ({ id: serialId('dbs', serial), microsoftId: `src,${serial}`, name: `Site ${serial}`, url: `https://src${path}`, sizeBytes: 1, fileCount: 1, template });
  source.sites.push(site(11, '/sites/news', 'Communication Site'), site(12, '/sites/crew', 'Group'), site(13, '/sites/plan', 'STS#3'), site(14, '/sites/crew-secret', 'TEAMCHANNEL#0'), site(15, '/sites/fresh', null), site(16, '/sites/crew/below', 'Group'), site(17, '/search', 'Basic Search Center'));
  const { checks } = await check(pair);
  const sites = checks.get('sites-not-creatable');
  expect(sites).toMatchObject({ level: 'warn', affectedTotal: 5 });
  expect(sites?.affected.map(({ name, detail }) => [name.slice('https://src/sites/'.length), detail.split(':')[0]])).toEqual([
    ['news', 'a communication site'], ['plan', 'a team site without a group'], ['crew-secret', 'the site of a private or shared channel'], ['fresh', 'what it was made from is not known (new, or names in reports are concealed)'], ['crew/below', 'a classic site or a subsite'],
  ]);
  expect(checks.get('unmatched-sources')?.affectedTotal).toBe(6);
  expect((await world.call('POST', '/v1/preflight', { ...pair, options: { sites: ['https://src/search'] } })).body).toMatchObject({ status: 422, errors: [{ path: 'options.sites.0', message: expect.stringContaining('SharePoint’s own') as string }] });
});

test('paths that become longer are named with the length that still fits', async () => {
  const pair = pairOf('SHAREPOINT', []);
  entryOf(pair.sourceTenantId).sites.push({ id: serialId('dbs', 21), microsoftId: 's', name: 'Plan', url: 'https://src/sites/plan', sizeBytes: 1, fileCount: 1, template: null }, { id: serialId('dbs', 22), microsoftId: 't', name: 'Team', url: 'https://src/sites/long-name', sizeBytes: 1, fileCount: 1, template: null });
  entryOf(pair.destTenantId).sites.push({ id: serialId('dbs', 23), microsoftId: 'd', name: 'Plan', url: 'https://dst/sites/plan%20of%202026', sizeBytes: 0, fileCount: 0, template: null }, { id: serialId('dbs', 24), microsoftId: 'e', name: 'Team', url: 'https://dst/teams/team', sizeBytes: 0, fileCount: 0, template: null });
  expect((await check(pair)).checks.get('path-length')).toMatchObject({ level: 'warn', affectedTotal: 1, affected: [{ name: 'https://src/sites/plan', detail: 'paths become 8 characters longer: those above 392 at the source do not fit' }] });
  const drives = pairOf('ONEDRIVE', ['ann']);
  expect((await check(drives)).checks.get('path-length')?.level).toBe('pass');
  expect((await check({ ...pairOf('ONEDRIVE', ['ann', 'ann.of.the.south']), options: { users: ['ann@src.example'], userMappings: [{ source: 'ann@src.example', dest: 'ann.of.the.south@dst.example' }] } })).checks.get('path-length')?.level).toBe('warn');
});

test('teams are matched by name', async () => {
  const pair = pairOf('TEAMS_CHAT', []);
  const team = (name: string, serial: number) => ({ id: `dbt_${String(serial).padStart(26, '0')}` as const, microsoftId: `team-${serial}`, name, mailNickname: null, memberCount: 3 });
  entryOf(pair.sourceTenantId).teams.push(team('Sales', 1), team('a/b', 2));
  entryOf(pair.destTenantId).teams.push(team('SALES', 3));
  const { checks } = await check(pair);
  expect(names(checks.get('unmatched-sources'))).toEqual(['a/b']);
  expect(names(checks.get('refused-names'))).toEqual(['a/b']);
});

test('an old discovery warns, a missing one forbids and is not a bad request', async () => {
  const pair = pairOf('EMAIL', ['ann']);
  entryOf(pair.sourceTenantId).tenant.discoveredAt = new Date(Date.now() - 8 * 86_400_000).toISOString();
  expect((await check(pair)).checks.get('discovery-fresh')?.level).toBe('warn');
  entryOf(pair.destTenantId).tenant.discoveredAt = null;
  expect((await check({ ...pair, options: { mailboxes: ['ann@src.example'] } })).checks.get('discovery-fresh')).toMatchObject({ level: 'fail', affectedTotal: 1 });
});

test('enforcePreflight refuses a job, and each entry of a batch, with what failed; warnings do not', async () => {
  const pair = pairOf('EMAIL', ['ann', 'bob'], { source: (user, name) => (user.sizeBytes = (name === 'bob' ? 120 : 47) * gib) });
  const refused = await world.call('POST', '/v1/jobs', { ...pair, enforcePreflight: true });
  expect(refused.status).toBe(422);
  expect(refused.body.errors).toEqual([{ path: 'enforcePreflight', message: expect.stringContaining('Mailbox sizes') as string }]);
  expect((await world.call('POST', '/v1/jobs', pair)).status).toBe(201);
  expect((await world.call('POST', '/v1/jobs', { ...pair, enforcePreflight: true, options: { mailboxes: ['ann@src.example'] } })).status).toBe(201);
  const batch = await world.call('POST', '/v1/jobs/batch', { ...pair, enforcePreflight: true, batches: [{ options: { mailboxes: ['ann@src.example'] } }, { options: { mailboxes: ['bob@src.example'] } }] });
  expect(batch.body.errors.map(({ path }: { path: string }) => path)).toEqual(['batches.1']);
});

test.each([
  ['an option of another workload', { options: { sites: ['x'] } }, 'options.sites'],
  ['a scope that does not exist', { scope: { files: true } }, 'scope.files'],
  ['a source that was not discovered', { options: { mailboxes: ['nobody@src.example'] } }, 'options.mailboxes.0'],
])('%s is a bad request', async (_what, more, path) => {
  const reply = await world.call('POST', '/v1/preflight', { ...pairOf('EMAIL', ['ann']), ...more });
  expect([reply.status, reply.body.errors[0].path]).toEqual([422, path]);
});
