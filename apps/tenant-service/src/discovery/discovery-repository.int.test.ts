import { join } from 'node:path';
import { inTransaction, migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { freshDatabase, type TestDatabase } from '@migrator/testing/servers';
import { TenantRepository } from '../tenants/tenant-repository.js';
import { RunLost, type ClaimedRun } from './claimed-run.js';
import { DiscoveryRepository, type Finding } from './discovery-repository.js';
import { PlaceRepository, type PlaceFinding } from './place-repository.js';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await freshDatabase();
  await migrateDatabase({ url: database.url, schema: 'tenants', folder: join(process.cwd(), 'apps/tenant-service/migrations') });
  db = openDatabase(database.url, { applicationName: 'test', max: 12 });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const ids = systemIds();
const tenants = new TenantRepository();
const places = new PlaceRepository();
const discoveries = new DiscoveryRepository(places);
const facts = { sitesRead: true, sharepointQuotaBytes: null, onedriveQuotaPerUserBytes: null, sharingCapability: null, skipped: [] };
const unseen = { accountEnabled: null, mailboxLicensed: null, driveLicensed: null, mailboxQuotaBytes: null, drive: null };
const connect = (orgId: `org_${string}`) =>
  inTransaction(db.sql, async (tx) => {
    const tenant = await tenants.upsert(tx, { id: ids.next('ten'), orgId, domain: 'contoso.com', role: 'source', microsoftTenantId: 'm', clientId: null, grantedRoles: ['A'], connectedAt: new Date() });
    await discoveries.enqueue(tx, ids.next('dis'), tenant!.id, new Date());
    return tenant!;
  });
const find = (run: ClaimedRun, findings: Finding[]) => inTransaction(db.sql, (tx) => discoveries.addFindings(tx, run, findings));
const finish = (run: ClaimedRun) => inTransaction(db.sql, (tx) => discoveries.finish(tx, run, ids, new Date(), facts));
const giveUp = () => inTransaction(db.sql, (tx) => discoveries.giveUp(tx, new Date()));
const person = (n: number): Finding => ({ microsoftId: `p${n}`, upn: `p${n}@contoso.com`, mail: `p${n}@contoso.com`, displayName: 'P', kind: 'user', hasMailbox: true, sizeBytes: 1, itemCount: 1, ...unseen });
const later = (): Date => new Date(Date.now() + 60_000);

test('tenants that are connected again while their discoveries end block nobody, and users keep their ids', async () => {
  const orgs = Array.from({ length: 4 }, () => ids.next('org'));
  for (let round = 0; round < 15; round += 1) {
    for (const org of orgs) await connect(org);
    const work: Promise<unknown>[] = [];
    for (let run = await discoveries.claim(db.sql, new Date(), later()); run !== null; run = await discoveries.claim(db.sql, new Date(), later())) {
      const { orgId } = run;
      await find(run, Array.from({ length: 20 }, (_each, n) => ({ microsoftId: `user${n + (round % 2)}`, upn: `u${n}@contoso.com`, mail: null, displayName: 'U', kind: 'user' as const, hasMailbox: true, sizeBytes: 1, itemCount: 1, ...unseen })));
      work.push(finish(run), connect(orgId), connect(orgId));
    }
    await Promise.all(work);
  }
  const [counted] = await db.sql<{ tenants: number; users: number }[]>`select (select count(*) from tenants.tenants) as tenants, (select count(*) from tenants.discovered_users) as users`;
  expect(counted).toEqual({ tenants: 4, users: 80 });
  const [tenant] = await tenants.list(db.sql, orgs[0]!, null, null, 10);
  expect(tenant).toMatchObject({ mailboxCount: 20, totalSizeBytes: 20 });
  const before = await discoveries.listUsers(db.sql, tenant!.id, null, 100, null, true);
  await connect(orgs[0]!);
  const run = (await discoveries.claim(db.sql, new Date(), later()))!;
  await find(run, before.map(({ id: _id, ...finding }) => finding));
  await finish(run);
  if (run.tenantId === tenant!.id) expect((await discoveries.listUsers(db.sql, tenant!.id, null, 100, null, true)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});

test('a run that was claimed is not claimed again until its lease is over, and is given up after several attempts', async () => {
  const org = ids.next('org');
  await db.sql`delete from tenants.discoveries`;
  const tenant = await connect(org);
  const past = new Date(Date.now() - 1_000);
  for (let attempt = 0; attempt < 5; attempt += 1) expect((await discoveries.claim(db.sql, new Date(), past))?.tenantId).toBe(tenant.id);
  expect(await discoveries.claim(db.sql, new Date(), later())).toBeNull();
  expect((await giveUp()).map((run) => run.tenantId)).toEqual([tenant.id]);
  expect((await discoveries.latest(db.sql, tenant.id))?.status).toBe('ERROR');
  await connect(org);
  expect(await discoveries.claim(db.sql, new Date(), later())).not.toBeNull();
  expect(await discoveries.claim(db.sql, new Date(), later())).toBeNull();
});

test('an instance that lost its run to another changes nothing: neither findings nor snapshot nor state', async () => {
  await db.sql`delete from tenants.discoveries`;
  const tenant = await connect(ids.next('org'));
  const stale = (await discoveries.claim(db.sql, new Date(), new Date(Date.now() - 1)))!;
  await find(stale, [person(1)]);
  const ours = (await discoveries.claim(db.sql, new Date(), later()))!;
  expect(ours.id).toBe(stale.id);
  await inTransaction(db.sql, (tx) => discoveries.clearFindings(tx, ours));
  await expect(find(stale, [person(2)])).rejects.toThrow(RunLost);
  await expect(finish(stale)).rejects.toThrow(RunLost);
  expect(await discoveries.renew(db.sql, stale, later())).toBe(false);
  expect(await inTransaction(db.sql, (tx) => discoveries.fail(tx, stale, 'x', new Date()))).toBe(false);
  await discoveries.release(db.sql, stale);
  await find(ours, [person(3)]);
  await finish(ours);
  expect((await discoveries.listUsers(db.sql, tenant.id, null, 10, null, true)).map((user) => user.microsoftId)).toEqual(['p3']);
});

test('sites and teams that a dead attempt had found are not in the snapshot of the next, and it cannot add to that', async () => {
  await db.sql`delete from tenants.discoveries`;
  const tenant = await connect(ids.next('org'));
  const site = (name: string): PlaceFinding => ({ kind: 'site', microsoftId: name, name, detail: { url: `https://x/${name}`, sizeBytes: 1 } });
  const add = (run: ClaimedRun, findings: PlaceFinding[]) => inTransaction(db.sql, (tx) => places.addFindings(tx, run, findings));
  const listed = async () => (await places.list(db.sql, tenant.id, 'site', null, 10, null)).map(({ name }) => name);
  const first = (await discoveries.claim(db.sql, new Date(), later()))!;
  await add(first, [site('old')]);
  await finish(first);
  await inTransaction(db.sql, (tx) => discoveries.enqueue(tx, ids.next('dis'), tenant.id, new Date()));
  const dead = (await discoveries.claim(db.sql, new Date(), new Date(Date.now() - 1)))!;
  await add(dead, [site('half'), { kind: 'team', microsoftId: 't', name: 't', detail: {} }]);
  expect(await listed()).toEqual(['old']);
  const ours = (await discoveries.claim(db.sql, new Date(), later()))!;
  await inTransaction(db.sql, (tx) => discoveries.clearFindings(tx, ours));
  await expect(add(dead, [site('late')])).rejects.toThrow(RunLost);
  await add(ours, [site('new'), site('new')]);
  await finish(ours);
  expect([await listed(), await places.list(db.sql, tenant.id, 'team', null, 10, null)]).toEqual([['new'], []]);
});

test('a run that was given back is taken up at once and does not count as an attempt', async () => {
  await db.sql`delete from tenants.discoveries`;
  await connect(ids.next('org'));
  for (let times = 0; times < 10; times += 1) {
    const run = (await discoveries.claim(db.sql, new Date(), later()))!;
    await discoveries.release(db.sql, run);
  }
  expect(await giveUp()).toEqual([]);
  expect((await discoveries.claim(db.sql, new Date(), later()))?.claim).toBe(1);
});

test('disconnecting while a discovery ends leaves nothing of the tenant behind', async () => {
  await db.sql`delete from tenants.discoveries`;
  for (let round = 0; round < 15; round += 1) {
    const tenant = await connect(ids.next('org'));
    const run = (await discoveries.claim(db.sql, new Date(), later()))!;
    await find(run, [person(1), person(2)]);
    await Promise.allSettled([finish(run), inTransaction(db.sql, (tx) => tenants.disconnect(tx, tenant.id, new Date()))]);
    const [left] = await db.sql<{ users: number; runs: number }[]>`select (select count(*) from tenants.discovered_users where tenant_id = ${tenant.id}) as users, (select count(*) from tenants.discoveries where tenant_id = ${tenant.id}) as runs`;
    expect(left).toEqual({ users: 0, runs: 0 });
    await expect(inTransaction(db.sql, (tx) => discoveries.enqueue(tx, ids.next('dis'), tenant.id, new Date()))).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' });
  }
});
