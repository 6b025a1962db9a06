import { join } from 'node:path';
import { inTransaction, migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { freshDatabase, type TestDatabase } from '@migrator/testing/servers';
import { TenantRepository } from '../tenants/tenant-repository.js';
import { DiscoveryRepository } from './discovery-repository.js';

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
const discoveries = new DiscoveryRepository();
const connect = (orgId: `org_${string}`) =>
  inTransaction(db.sql, async (tx) => {
    const tenant = await tenants.upsert(tx, { id: ids.next('ten'), orgId, domain: 'contoso.com', role: 'source', microsoftTenantId: 'm', clientId: null, grantedRoles: ['A'], connectedAt: new Date() });
    await discoveries.enqueue(tx, ids.next('dis'), tenant.id, new Date());
    return tenant;
  });
const later = (): Date => new Date(Date.now() + 60_000);

test('tenants that are connected again while their discoveries end block nobody, and users keep their ids', async () => {
  const orgs = Array.from({ length: 4 }, () => ids.next('org'));
  for (let round = 0; round < 15; round += 1) {
    for (const org of orgs) await connect(org);
    const work: Promise<unknown>[] = [];
    for (let run = await discoveries.claim(db.sql, new Date(), later()); run !== null; run = await discoveries.claim(db.sql, new Date(), later())) {
      const { id, tenantId, orgId } = run;
      await discoveries.addFindings(db.sql, id, Array.from({ length: 20 }, (_each, n) => ({ microsoftId: `user${n + (round % 2)}`, upn: `u${n}@contoso.com`, mail: null, displayName: 'U', kind: 'user' as const, hasMailbox: true, sizeBytes: 1, itemCount: 1 })));
      work.push(inTransaction(db.sql, (tx) => discoveries.finish(tx, id, tenantId, ids, new Date())), connect(orgId), connect(orgId));
    }
    await Promise.all(work);
  }
  const [counted] = await db.sql<{ tenants: number; users: number }[]>`select (select count(*) from tenants.tenants) as tenants, (select count(*) from tenants.discovered_users) as users`;
  expect(counted).toEqual({ tenants: 4, users: 80 });
  const [tenant] = await tenants.list(db.sql, orgs[0]!);
  expect(tenant).toMatchObject({ mailboxCount: 20, totalSizeBytes: 20 });
  const before = await discoveries.listUsers(db.sql, tenant!.id, null, 100, null, true);
  await connect(orgs[0]!);
  const run = (await discoveries.claim(db.sql, new Date(), later()))!;
  await discoveries.addFindings(db.sql, run.id, before.map(({ id: _id, ...finding }) => finding));
  await inTransaction(db.sql, (tx) => discoveries.finish(tx, run.id, run.tenantId, ids, new Date()));
  if (run.tenantId === tenant!.id) expect((await discoveries.listUsers(db.sql, tenant!.id, null, 100, null, true)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});

test('a run that was claimed is not claimed again until its lease is over, and is given up after several attempts', async () => {
  const org = ids.next('org');
  await db.sql`delete from tenants.discoveries`;
  const tenant = await connect(org);
  const past = new Date(Date.now() - 1_000);
  for (let attempt = 0; attempt < 5; attempt += 1) expect((await discoveries.claim(db.sql, new Date(), past))?.tenantId).toBe(tenant.id);
  expect(await discoveries.claim(db.sql, new Date(), later())).toBeNull();
  expect((await discoveries.latest(db.sql, tenant.id))?.status).toBe('ERROR');
  await connect(org);
  expect(await discoveries.claim(db.sql, new Date(), later())).not.toBeNull();
  expect(await discoveries.claim(db.sql, new Date(), later())).toBeNull();
});
