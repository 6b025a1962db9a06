/** Jobs of drives and sites, by the calls that mailboxes have. */
import type { Job, Unit } from '@migrator/contracts/api/jobs';
import { World } from '../testing/world.js';

const gib = 1024 ** 3;
let world: World;
beforeAll(async () => {
  world = await World.start({ runnable: ['EMAIL', 'ONEDRIVE', 'SHAREPOINT'], env: { GRAPH_LIMITS: '{"limits":{"files.unitsPerMinute":{"max":2500}}}' } });
  await world.internal('POST', '/internal/workers/announce', { workerId: 'w', units: 8 });
});
afterAll(() => world.stop());

/** A pair of tenants whose people have drives of so many files on both sides; null: none. */
function drives(sizes: Record<string, number | null>): { sourceTenantId: string; destTenantId: string; type: string } {
  const add = (role: 'source' | 'destination') => {
    const id = world.addTenant(role, Object.keys(sizes));
    for (const user of world.tenants.tenants.get(id)!.users) {
      const files = sizes[user.displayName] ?? null;
      user.drive = files === null ? { state: 'missing' } : { state: 'provisioned', driveId: `b!${user.id}`, usedBytes: role === 'source' ? files * 100_000 : 0, quotaBytes: 1024 * gib, fileCount: role === 'source' ? files : 0 };
    }
    return id;
  };
  return { sourceTenantId: add('source'), destTenantId: add('destination'), type: 'ONEDRIVE' };
}
let serial = 0;
const site = (host: string, name: string) => ({ id: `dbs_${String((serial += 1)).padStart(26, '0')}` as const, microsoftId: `${host},${serial},0`, name, url: `https://${host}/sites/${name.toLowerCase()}`, sizeBytes: 5_000_000, fileCount: 50, template: 'Group' });
function sites(source: string[], dest: string[]) {
  const pair = { sourceTenantId: world.addTenant('source', []), destTenantId: world.addTenant('destination', []), type: 'SHAREPOINT' };
  world.tenants.tenants.get(pair.sourceTenantId)!.sites.push(...source.map((name) => site('src', name)));
  world.tenants.tenants.get(pair.destTenantId)!.sites.push(...dest.map((name) => site('dst', name)));
  return pair;
}
const create = (body: Record<string, unknown>) => world.call('POST', '/v1/jobs', body);
const created = async (body: Record<string, unknown>): Promise<Job> => {
  const reply = await create(body);
  expect(reply.status).toBe(201);
  return (reply.body as { job: Job }).job;
};
const units = async (id: string): Promise<Unit[]> => ((await world.call('GET', `/v1/jobs/${id}/units`)).body as { units: Unit[] }).units;
const pairs = (list: Unit[]): string[] => list.map(({ source, dest, status }) => `${source} > ${dest ?? '-'} ${status}`).sort();

test('a job takes every drive that there is, matched by the name before the @; whose drive does not exist is no source', async () => {
  const job = await created(drives({ ann: 40, bob: 10, never: null }));
  expect(job).toMatchObject({ type: 'ONEDRIVE', status: 'QUEUED', scope: { files: true, permissions: true, versions: true } });
  expect(pairs(await units(job.id))).toEqual(['ann@src.example > ann@dst.example PENDING', 'bob@src.example > bob@dst.example PENDING']);
  expect((await world.messages(job.id))[0]).toContain('2 OneDrives to migrate');
  expect((await world.call('GET', `/v1/jobs/${job.id}/mailboxes`)).status).toBe(422);
});

test('a worker gets the scope, the options and both ends of its drive', async () => {
  const job = await created({ ...drives({ ann: 40 }), scope: { versions: false }, options: { versionsMax: 3, merge: true, deletions: 'apply', filters: { excludeFolders: ['Old'], maxItemBytes: 1_000 } } });
  const [unit] = await world.unitIds(job.id);
  const { work } = await world.claim(unit!);
  expect(work).toMatchObject({
    ...{ workload: 'ONEDRIVE', scope: { files: true, permissions: true, versions: false }, versionsMax: 3, merge: true, deletions: 'apply', destFolderPrefix: null, filters: { excludeFolders: ['Old'], maxItemBytes: 1_000 } },
    ...{ source: { microsoftId: 'ann@src.example/ms', address: 'ann@src.example' }, dest: { microsoftId: 'ann@dst.example/ms', address: 'ann@dst.example' } },
  });
});

test('listed people and mappings decide; what cannot be is named, each at its place', async () => {
  const pair = drives({ ann: 1, bob: 1, never: null });
  const job = await created({ ...pair, options: { users: ['ANN@src.example'], userMappings: [{ source: 'ann@src.example', dest: 'bob@dst.example' }] } });
  expect(pairs(await units(job.id))).toEqual(['ann@src.example > bob@dst.example PENDING']);
  const refused = await create({ ...pair, options: { users: ['never@src.example', 'nobody@src.example'], userMappings: [{ source: 'ann@src.example', dest: 'who@dst.example' }] } });
  expect(refused.body).toMatchObject({ status: 422, code: 'VALIDATION_ERROR' });
  expect((refused.body as { errors: { path: string; message: string }[] }).errors.map(({ path }) => path)).toEqual(['options.userMappings.0.dest', 'options.users.0', 'options.users.1']);
  const both = await create({ ...pair, options: { userMappings: [{ source: 'ann@src.example', dest: 'bob@dst.example' }] } });
  expect(both.body).toMatchObject({ status: 422, errors: [{ path: 'options', message: expect.stringContaining('merge: true') as string }] });
});

test.each([
  ['an option of another type', { options: { mailboxes: ['a'] } }, 'options.mailboxes'],
  ['a part of another type', { scope: { calendar: true } }, 'scope.calendar'],
  ['no versions at all', { options: { versionsMax: 0 } }, 'options.versionsMax'],
  ['filters that cannot be', { options: { filters: { since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' } } }, 'options.filters.until'],
])('%s is refused and named', async (_what, more, path) => {
  const reply = await create({ ...drives({ ann: 1 }), ...more });
  expect(reply.body).toMatchObject({ status: 422, errors: [expect.objectContaining({ path }) as unknown] });
});

test('a job takes every site, matched by name; one without a destination is skipped and said, a mapping by address gives it one', async () => {
  const pair = sites(['Sales', 'Plan', 'Lone'], ['sales', 'PLAN', 'Archive']);
  const job = await created(pair);
  expect(pairs(await units(job.id))).toEqual(['https://src/sites/lone > - SKIPPED', 'https://src/sites/plan > https://dst/sites/plan PENDING', 'https://src/sites/sales > https://dst/sites/sales PENDING']);
  expect(await world.messages(job.id)).toContainEqual(expect.stringContaining('https://src/sites/lone is skipped'));
  const mapped = await created({ ...pair, options: { sites: ['https://src/sites/lone/'], siteMappings: [{ source: 'Lone', dest: 'https://dst/sites/archive' }] } });
  expect(pairs(await units(mapped.id))).toEqual(['https://src/sites/lone > https://dst/sites/archive PENDING']);
  const { work } = await world.claim((await world.unitIds(mapped.id))[0]!);
  expect(work).toMatchObject({ workload: 'SHAREPOINT', scope: { files: true, lists: true, pages: true, permissions: true, versions: true }, source: { microsoftId: expect.stringMatching(/^src,/) as string }, dest: { microsoftId: expect.stringMatching(/^dst,/) as string } });
});

test('a site of a group that the destination lacks is made where the job says so: at an address that is free, and never for a site that Graph cannot make', async () => {
  const pair = sites(['Sales', 'Lone', 'Taken'], ['Sales', 'Other']);
  const at = (tenantId: string) => world.tenants.tenants.get(tenantId)!.sites;
  at(pair.sourceTenantId).push({ ...site('src', 'News'), template: 'SITEPAGEPUBLISHING#0' });
  at(pair.destTenantId).push({ ...site('dst', 'Else'), url: 'https://dst/sites/taken' });
  const job = await created({ ...pair, options: { createSites: true } });
  expect(pairs(await units(job.id))).toEqual(['https://src/sites/lone > https://dst/sites/lone PENDING', 'https://src/sites/news > - SKIPPED', 'https://src/sites/sales > https://dst/sites/sales PENDING', 'https://src/sites/taken > - SKIPPED']);
  const claimed = await Promise.all((await world.unitIds(job.id)).map(async (unit) => (await units(job.id)).find(({ id }) => id === unit)?.dest === 'https://dst/sites/lone' ? (await world.claim(unit)).work : null));
  expect(claimed.find((work) => work !== null)).toMatchObject({ dest: { microsoftId: 'new:dst:/sites/lone', address: 'https://dst/sites/lone' } });
  const { checks } = (await world.call('POST', '/v1/preflight', { ...pair, options: { createSites: true, sites: ['Lone'] } })).body as { checks: { id: string; level: string; remedy: string }[] };
  expect(checks.find(({ id }) => id === 'sites-not-creatable')).toMatchObject({ level: 'fail', remedy: expect.stringContaining('Group.Create') as string });
});

test('the largest drive is handed out first, and the tenant’s resource units bound the whole job from below, as the operator has them', async () => {
  const job = await created(drives({ small: 100, huge: 90_000, middle: 9_000 }));
  const rows = await world.db.sql<{ source_address: string }[]>`select source_address from jobs.units where job_id = ${job.id} order by expected_steps desc, id`;
  expect(rows.map((row) => row.source_address.split('@')[0])).toEqual(['huge', 'middle', 'small']);
  // Of 99,100 files at least four fifths are copied, each with two units; 2,500 go in a minute.
  const minutes = Math.ceil((99_100 * 0.8 * 2) / 2_500) - 1;
  expect(job.estimate!.lowSeconds).toBeGreaterThanOrEqual(minutes * 60);
  expect(job.estimate!.highSeconds).toBeGreaterThan(2 * job.estimate!.lowSeconds);
  for (const { estimate } of await units(job.id)) expect(estimate!.highSeconds).toBeLessThanOrEqual(job.estimate!.highSeconds + 1);
});

test('a dry run says what it is counted by, and who could not be told', async () => {
  const pair = drives({ ann: 40, bob: 10 });
  world.tenants.tenants.get(pair.destTenantId)!.users.splice(1, 1);
  const job = await created({ ...pair, dryRun: true, options: { users: ['ann@src.example'] } });
  await world.migrate((await world.unitIds(job.id))[0]!, 40);
  const { dryRunResult } = await world.jobEnds(job.id);
  expect(dryRunResult!.mapping.map(({ id }) => id)).toEqual(expect.arrayContaining(['identities-unresolved', 'onedrive-quota', 'drives-provisioned', 'path-length']));
  expect(dryRunResult!.mapping.find(({ id }) => id === 'identities-unresolved')).toMatchObject({ level: 'warn', affected: [{ name: 'bob@src.example' }] });
  expect(dryRunResult!.realRun).toMatchObject({ lowSeconds: expect.any(Number) as number });
});
