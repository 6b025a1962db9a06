import type { IdentitiesAnswer, InternalPrincipal } from '@migrator/contracts/internal';
import { newOrg, World } from '../testing/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ runnable: ['EMAIL', 'ONEDRIVE', 'SHAREPOINT'] });
});
afterAll(() => world.stop());

let serial = 0;
const principal = (name: string, mail: string | null): InternalPrincipal => {
  serial += 1;
  return { id: `dbg_${String(serial).padStart(26, '0')}`, microsoftId: `principal-${serial}`, name, mail };
};

interface Side {
  people?: string[];
  groups?: InternalPrincipal[];
  guests?: InternalPrincipal[];
}
function pairOf(source: Side, dest: Side, org = world.org) {
  const add = (role: 'source' | 'destination', { people = [], groups = [], guests = [] }: Side) => {
    const id = world.addTenant(role, people.filter((name) => !name.includes('@')), { org });
    const entry = world.tenants.tenants.get(id)!;
    entry.groups.push(...groups);
    entry.guests.push(...guests);
    // Somebody whose address is not in the tenant's main domain.
    for (const upn of people.filter((name) => name.includes('@'))) {
      const other = world.addTenant(role, [upn.split('@')[0]!], { org, domain: upn.split('@')[1]! });
      entry.users.push(...world.tenants.tenants.get(other)!.users);
    }
    return id;
  };
  return { sourceTenantId: add('source', source), destTenantId: add('destination', dest), type: 'ONEDRIVE' };
}
async function jobOver(pair: ReturnType<typeof pairOf>, more: Record<string, unknown> = {}, org = world.org): Promise<{ jobId: string; unitId: string }> {
  const reply = await world.call('POST', '/v1/jobs', { ...pair, ...more }, { org });
  if (reply.status !== 201) throw new Error(reply.text);
  const jobId = (reply.body as { job: { id: string } }).job.id;
  return { jobId, unitId: (await world.unitIds(jobId))[0]! };
}
const ask = (unitId: string, names: string[]) => world.internal('POST', `/internal/units/${unitId}/identities`, { names });
const answer = async (unitId: string, ...names: string[]): Promise<[string, string | null, string][]> =>
  ((await ask(unitId, names)).body as IdentitiesAnswer).identities.map(({ name, dest, how }) => [name, dest?.name ?? null, how]);
const upload = (pair: ReturnType<typeof pairOf>, csv: string) => world.call('PUT', `/v1/mappings?${new URLSearchParams({ ...pair, type: 'IDENTITY' }).toString()}`, csv, { contentType: 'text/csv' });
const download = async (pair: ReturnType<typeof pairOf>): Promise<string> => (await world.call('GET', `/v1/mappings?${new URLSearchParams({ ...pair, type: 'IDENTITY' }).toString()}`)).text;

test('people are matched by the name before the @, groups by that of their address or by their name, guests by the whole address', async () => {
  const groups = [principal('Sales', 'sales@src.example'), principal('Readers', null), principal('Old', 'old@src.example')];
  const guests = [principal('Pat', 'pat@partner.example'), principal('Hal', 'hal@dst.example'), principal('Nobody', 'nobody@x.example')];
  const pair = pairOf({ people: ['ann', 'bob'], groups, guests }, { people: ['ann', 'hal'], groups: [principal('Verkauf', 'sales@dst.example'), principal('readers', null), principal('Old', null)], guests: [principal('Pat', 'PAT@partner.example')] });
  const { unitId } = await jobOver(pair);
  expect(await answer(unitId, 'ann@src.example/ms', 'ANN@src.example', 'bob@src.example')).toEqual([['ann@src.example/ms', 'ann@dst.example', 'automatic'], ['ANN@src.example', 'ann@dst.example', 'automatic'], ['bob@src.example', null, 'unmatched']]);
  expect(await answer(unitId, ...groups.map(({ microsoftId }) => microsoftId))).toEqual([[groups[0]!.microsoftId, 'sales@dst.example', 'automatic'], [groups[1]!.microsoftId, 'readers', 'automatic'], [groups[2]!.microsoftId, null, 'unmatched']]);
  expect(await answer(unitId, 'pat@partner.example', 'hal@dst.example', 'nobody@x.example', 'stranger@y.example')).toEqual([['pat@partner.example', 'PAT@partner.example', 'automatic'], ['hal@dst.example', 'hal@dst.example', 'automatic'], ['nobody@x.example', null, 'unmatched'], ['stranger@y.example', null, 'unknown']]);
  const [ann] = ((await ask(unitId, ['ann@src.example'])).body as IdentitiesAnswer).identities;
  expect(ann).toEqual({ name: 'ann@src.example', source: { microsoftId: 'ann@src.example/ms', kind: 'user', name: 'ann@src.example' }, dest: { microsoftId: 'ann@dst.example/ms', kind: 'user', name: 'ann@dst.example' }, how: 'automatic' });
});

test('nobody is guessed: of two people with one name only the one in the tenant’s own domain is meant, on either side', async () => {
  const pair = pairOf({ people: ['ann', 'ann@sub.example', 'bob@one.example', 'bob@two.example', 'cat'] }, { people: ['ann', 'bob', 'cat@one.example', 'cat@two.example'] });
  const { unitId } = await jobOver(pair, { options: { users: ['ann@src.example'] } });
  expect(await answer(unitId, 'ann@src.example', 'ann@sub.example', 'bob@one.example', 'bob@two.example', 'cat@src.example')).toEqual([
    ['ann@src.example', 'ann@dst.example', 'automatic'],
    ['ann@sub.example', null, 'unmatched'],
    ['bob@one.example', null, 'unmatched'],
    ['bob@two.example', null, 'unmatched'],
    ['cat@src.example', null, 'unmatched'],
  ]);
});

test('a spreadsheet corrects it, for jobs under way too; what it leaves out goes to nobody, and downloaded and uploaded again it changes nothing', async () => {
  const twins = [principal('Twins', null), principal('Twins', null)];
  const pair = pairOf({ people: ['ann', 'bob', 'cat'], groups: twins }, { people: ['ann', 'smith'], groups: [principal('Crew', 'crew@dst.example')] });
  const { unitId, jobId } = await jobOver(pair);
  expect(await world.messages(jobId)).toContainEqual(expect.stringContaining('4 of 5 people and groups'));
  const sheet = await download(pair);
  expect((await upload(pair, sheet)).body).toEqual({ rows: 5, corrected: 0, excluded: 0 });
  const corrected = sheet.replace('ann@src.example,ann@dst.example', 'ann@src.example,-').replace('bob@src.example,', 'bob@src.example,smith@dst.example').replace(`Twins [${twins[1]!.microsoftId}],`, `Twins [${twins[1]!.microsoftId}],crew@dst.example`);
  expect((await upload(pair, corrected)).body).toEqual({ rows: 5, corrected: 2, excluded: 1 });
  expect(await answer(unitId, 'ann@src.example', 'bob@src.example', 'cat@src.example', ...twins.map(({ microsoftId }) => microsoftId))).toEqual([
    ['ann@src.example', null, 'excluded'],
    ['bob@src.example', 'smith@dst.example', 'corrected'],
    ['cat@src.example', null, 'unmatched'],
    [twins[0]!.microsoftId, null, 'unmatched'],
    [twins[1]!.microsoftId, 'crew@dst.example', 'corrected'],
  ]);
  expect(await download(pair)).toContain('bob@src.example,smith@dst.example,corrected,');
  const { summary } = (await world.call('POST', '/v1/mappings/match', { ...pair, type: 'IDENTITY' })).body as { summary: Record<string, number> };
  expect(summary).toEqual({ automatic: 0, corrected: 2, excluded: 1, unmatched: 2, problems: 0 });
});

test('a later pass knows whom a later discovery found; the map of a pair is kept once for all its jobs', async () => {
  const pair = pairOf({ people: ['ann', 'bob'] }, { people: ['ann'] });
  const first = await jobOver(pair);
  await jobOver(pair);
  const dest = world.tenants.tenants.get(pair.destTenantId)!;
  dest.users.push(...world.tenants.tenants.get(world.addTenant('destination', ['bob']))!.users);
  dest.tenant.discoveredAt = new Date(Date.parse(dest.tenant.discoveredAt!) + 1_000).toISOString();
  expect(await answer(first.unitId, 'bob@src.example')).toEqual([['bob@src.example', null, 'unmatched']]);
  for (const { id } of await world.db.sql<{ id: string }[]>`select id from jobs.units where job_id = ${first.jobId} and status = 'PENDING'`) await world.migrate(id);
  await world.jobEnds(first.jobId);
  expect((await world.call('POST', `/v1/jobs/${first.jobId}/passes`, { mode: 'delta' })).status).toBe(202);
  expect(await answer(first.unitId, 'bob@src.example')).toEqual([['bob@src.example', 'bob@dst.example', 'automatic']]);
  const [row] = await world.db.sql<{ maps: number }[]>`select count(*)::int as maps from jobs.identity_maps where source_tenant_id = ${pair.sourceTenantId}`;
  expect(row?.maps).toBe(1);
});

test('a job that copies no permissions asks nobody, and a unit of another organisation answers with its own people alone', async () => {
  const quiet = await jobOver(pairOf({ people: ['ann'] }, { people: ['ann'] }), { scope: { permissions: false } });
  expect((await ask(quiet.unitId, ['ann@src.example'])).status).toBe(409);
  const other = newOrg();
  const theirs = await jobOver(pairOf({ people: ['zoe'] }, { people: ['zoe'] }, other), {}, other);
  await jobOver(pairOf({ people: ['ann'] }, { people: ['ann'] }));
  expect(await answer(theirs.unitId, 'zoe@src.example', 'ann@src.example')).toEqual([['zoe@src.example', 'zoe@dst.example', 'automatic'], ['ann@src.example', null, 'unknown']]);
});

test('questions are bounded; a unit that is not there is not found; once a tenant is gone nobody is known any more', async () => {
  const pair = pairOf({ people: ['ann'] }, { people: ['ann'] });
  const { unitId } = await jobOver(pair);
  expect((await ask(unitId, Array.from({ length: 500 }, (_each, index) => `p${index}@x.example`))).status).toBe(200);
  expect((await ask(unitId, Array.from({ length: 501 }, () => 'x'))).status).toBe(422);
  expect((await ask('unt_00000000000000000000000000', ['x'])).status).toBe(404);
  expect((await world.internal('POST', `/internal/orgs/${world.org}/tenants/${pair.sourceTenantId}/detach?erased=true`)).status).toBe(200);
  expect((await ask(unitId, ['ann@src.example'])).status).toBe(409);
  expect(await world.db.sql`select 1 from jobs.identities i join jobs.identity_maps m on m.id = i.map_id where m.source_tenant_id = ${pair.sourceTenantId}`).toHaveLength(0);
});

test('people of a directory of thousands are found as quickly as those of a small one', async () => {
  const names = Array.from({ length: 12_000 }, (_each, index) => `p${index}`);
  const pair = pairOf({}, {});
  for (const id of [pair.sourceTenantId, pair.destTenantId]) world.tenants.tenants.get(id)!.guests.push(...names.map((name) => principal(name, `${name}@partner.example`)));
  world.tenants.pageRows = 1_000;
  world.tenants.tenants.get(pair.sourceTenantId)!.users.push(...world.tenants.tenants.get(world.addTenant('source', ['ann']))!.users);
  world.tenants.tenants.get(pair.destTenantId)!.users.push(...world.tenants.tenants.get(world.addTenant('destination', ['ann']))!.users);
  const { unitId } = await jobOver(pair);
  expect(await answer(unitId, 'p11999@partner.example')).toEqual([['p11999@partner.example', 'p11999@partner.example', 'automatic']]);
  const plan = await world.db.sql<{ 'QUERY PLAN': string }[]>`explain select 1 from jobs.identity_names n join jobs.identities i on i.map_id = n.map_id and i.source_microsoft_id = n.source_microsoft_id where n.map_id = 1 and n.name = any(array['a', 'b'])`;
  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).not.toContain('Seq Scan');
});
