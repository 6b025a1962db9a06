import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { UnitWork } from '@migrator/contracts/internal';
import { publishControl } from '@migrator/messaging/live';
import { connectNats, type Nats } from '@migrator/messaging/nats';
import { openQueue, type TypedQueue } from '@migrator/messaging/queues';
import { readWork, type WorkReader, type WorkReport } from '@migrator/messaging/work';
import { parseEnv } from '@migrator/service-kit/config';
import { openDatabase, type Database } from '@migrator/service-kit/database';
import { systemIds } from '@migrator/service-kit/ids';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { freshDatabase, freshNamespace, testNatsUrl, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startWorker, type Worker } from './compose.js';
import { workerEnv, type WorkerConfig } from './config.js';
import { recountUnit } from './engine/ledger.js';
import { FakeWorld, fakeWorkload, noFaults, type Faults } from './testing/fake-workload.js';
import { PlatformStandIn } from './testing/platform-stand-in.js';

const ids = systemIds();
const logger = createLogger('migration-worker', 'silent');
let database: TestDatabase;
let db: Database;
let platform: PlatformStandIn;
let config: WorkerConfig;
let nats: Nats;
let queue: TypedQueue<'units'>;
let reader: WorkReader;
const reports: WorkReport[] = [];
const workers: Worker[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  platform = await PlatformStandIn.start();
  config = parseEnv(workerEnv, {
    ...{ PRIVATE_PORT: '0', DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NATS_URL: testNatsUrl(), INTERNAL_SIGNING_KEY: randomBytes(32).toString('base64') },
    ...{ MESSAGING_NAMESPACE: freshNamespace(), TENANT_SERVICE_URL: platform.url, JOB_SERVICE_URL: platform.url, LEASE_SECONDS: '2', LOG_LEVEL: 'silent' },
  });
  db = openDatabase(database.url, { applicationName: 'test' });
  nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'test', logger });
  queue = openQueue('units', { redisUrl: config.REDIS_URL, namespace: config.MESSAGING_NAMESPACE, logger });
  reader = await readWork(nats, 0);
  void (async () => {
    for await (const report of reader.reports) reports.push(report);
  })();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  reader.close();
  await Promise.all([queue.close(), nats.close(), platform.stop(), db.close()]);
  await database.drop();
});

async function work(world: FakeWorld, faults: Faults, keepTenantsMs?: number): Promise<Worker> {
  const worker = await startWorker(config, logger, join(process.cwd(), 'apps/migration-worker'), new Map([['EMAIL', fakeWorkload(world, faults)]]), keepTenantsMs);
  workers.push(worker);
  return worker;
}

let deliveries = 0;
const deliver = ({ orgId, jobId, unitId }: UnitWork): Promise<void> => queue.addBulk([{ payload: { orgId, jobId, unitId }, jobId: `${unitId}.${++deliveries}` }]);

function newUnit(): UnitWork {
  const unitId = ids.next('unt');
  return {
    ...{ orgId: ids.next('org'), jobId: ids.next('job'), unitId, passId: ids.next('pas'), mode: 'full', workload: 'EMAIL', dryRun: false, sourceTenantId: ids.next('ten'), destTenantId: ids.next('ten') },
    ...{ source: { microsoftId: `s ${unitId}`, address: 'ada@contoso.com' }, dest: { microsoftId: `d ${unitId}`, address: 'ada@fabrikam.com' } },
    ...{ scope: { email: true, calendar: true, contacts: true, tasks: true }, filters: {}, merge: false, deletions: 'keep', destFolderPrefix: null, versionsMax: null, businessHours: null, counters: { total: 0, done: 0, error: 0, skipped: 0, bytes: 0 } },
  };
}

const linesOf = (unitId: string): string[] => reports.flatMap((report) => (report.type === 'log' && report.payload.unitId === unitId ? [`${report.payload.level} ${report.payload.message}`] : []));

function worldOf(items: number): FakeWorld {
  const world = new FakeWorld();
  for (let item = 0; item < items; item++) world.put('Inbox', `item-${item}`, { sizeBytes: 100 });
  return world;
}

test('a unit delivered many times to two workers is migrated once, and reported before it is finished', async () => {
  const world = worldOf(40);
  const unit = platform.add(newUnit());
  const { unitId } = unit.work;
  const faults = { ...noFaults(), refused: new Set(['item-7']) };
  let storedAtFinish: number | null = null;
  platform.onFinish = () => {
    void nats.jsm.streams.info(nats.stream('work')).then((info) => (storedAtFinish = info.state.last_seq));
  };
  await work(world, faults);
  await work(world, faults);
  for (let time = 0; time < 5; time++) await deliver(unit.work);
  await eventually('the unit to be finished', () => unit.finishes.length > 0);
  expect(unit.claims).toBe(1);
  expect(unit.finishes).toEqual([{ claim: 1, result: 'done', counters: { total: 40, done: 39, error: 1, skipped: 0, bytes: 3_900 }, departures: { moved: 0, deleted: 0, removed: 0, kept: 0 }, failure: null }]);
  await eventually('all reports to be read', () => linesOf(unitId).length >= 4 && storedAtFinish !== null && reports.length >= storedAtFinish);
  expect(linesOf(unitId)).toEqual([
    'INFO ada@contoso.com: started',
    'ERROR ada@contoso.com: an item of class thing in “Inbox” failed. The destination refused the item. Graph said ErrorInvalidItem.',
    'WARN ada@contoso.com: 1 items failed.',
    'OK ada@contoso.com → 39 items migrated',
  ]);
  expect(reports.flatMap((report) => (report.type === 'items' && report.payload.unitId === unitId ? report.payload.items : []))).toMatchObject([{ status: 'failed', sourceItemId: 'item-7', code: 'DEST_ITEM_REFUSED', container: 'Inbox' }]);
  expect(await recountUnit(db.sql, unitId)).toEqual(unit.finishes[0]?.counters);
});

test('a paused unit is released within a batch and goes on later without looking anything up again', async () => {
  const world = worldOf(200);
  const unit = platform.add(newUnit());
  platform.onFinish = () => undefined;
  let writes = 0;
  const faults = {
    ...noFaults(),
    step: (name: string) => {
      if (name === 'after a write' && ++writes === 20) {
        unit.desired = 'pause';
        publishControl(nats, unit.work.jobId);
      }
    },
  };
  await work(world, faults);
  await deliver(unit.work);
  await eventually('the unit to be released', () => unit.finishes.length > 0);
  expect(unit.finishes[0]).toMatchObject({ result: 'released', failure: null });
  expect(world.calls.written).toBeLessThan(120);
  unit.desired = 'run';
  await deliver(unit.work);
  await eventually('the unit to be done', () => unit.finishes.length > 1);
  expect(unit.finishes[1]).toMatchObject({ claim: 2, result: 'done', counters: { total: 200, done: 200 } });
  expect(world.calls.find).toBe(0);
  expect(world.actual('Inbox')).toEqual(world.expected('Inbox'));
});

test('a worker that is stopped releases its units, and another one finishes them', async () => {
  const world = worldOf(200);
  const unit = platform.add(newUnit());
  let writes = 0;
  let stopped: Promise<void> | undefined;
  const first = await work(world, { ...noFaults(), step: (name) => { if (name === 'after a write' && ++writes === 20) stopped = first.stop(); } });
  workers.pop();
  await deliver(unit.work);
  await eventually('the worker to be told to stop', () => stopped !== undefined);
  await (stopped ?? Promise.reject(new Error('not told to stop')));
  expect(unit.finishes).toMatchObject([{ result: 'released' }]);
  await work(world, noFaults());
  await deliver(unit.work);
  await eventually('the unit to be done', () => unit.finishes.length > 1);
  expect(unit.finishes[1]).toMatchObject({ result: 'done', counters: { total: 200, done: 200 } });
  expect(world.actual('Inbox')).toEqual(world.expected('Inbox'));
});

test('a unit at work goes on asking after its tenants: what is said of them meanwhile holds for it', async () => {
  const world = worldOf(20);
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { goOn = resolve; });
  jest.spyOn(world, 'turn').mockReturnValue(held);
  const unit = platform.add(newUnit());
  const asked = (tenantId: string): number => platform.credentials.get(tenantId) ?? 0;
  await work(world, noFaults(), 0);
  await deliver(unit.work);
  await eventually('both tenants to be asked for again and again', () => asked(unit.work.sourceTenantId) > 2 && asked(unit.work.destTenantId) > 2);
  expect(unit.finishes).toEqual([]);
  goOn();
  await eventually('the unit to be done', () => unit.finishes.length > 0);
  expect(unit.finishes[0]).toMatchObject({ result: 'done', counters: { total: 20, done: 20 } });
});

test('a worker whose claim was given away stops, writes nothing more, and says nothing', async () => {
  const world = worldOf(4_000);
  const unit = platform.add(newUnit());
  let writes = 0;
  await work(world, {
    ...noFaults(),
    step: (name) => {
      if (name === 'after a write' && ++writes === 20) {
        unit.claim++;
        publishControl(nats, unit.work.jobId);
      }
    },
  });
  await deliver(unit.work);
  await eventually('the worker to learn of it', () => unit.renewals > 0);
  const metrics = async (): Promise<boolean> => (await (await fetch(`${workers[0]?.privateUrl ?? ''}/metrics`)).text()).includes('migrator_worker_units_active{service="migration-worker"} 0');
  await eventually('the unit to be left', metrics);
  expect(unit.finishes).toEqual([]);
  // How soon it learns depends on the machine; that it goes on to the end would be the fault.
  expect(world.calls.written).toBeLessThan(2_000);
  expect(linesOf(unit.work.unitId).filter((line) => line.startsWith('OK'))).toEqual([]);
});

test('a worker says how many units it works at once, and takes leave when it stops', async () => {
  const worker = await work(worldOf(0), noFaults());
  await eventually('the announcement', () => (platform.announced.get(worker.workerId) ?? 0) > 0);
  await worker.stop();
  workers.splice(workers.indexOf(worker), 1);
  expect(platform.announced.get(worker.workerId)).toBe(0);
});

test('a worker names every dependency when asked whether it is ready', async () => {
  const worker = await work(worldOf(0), noFaults());
  const ask = async (): Promise<{ status: string }> => (await (await fetch(`${worker.privateUrl}/readyz`)).json()) as { status: string };
  const answer = await eventually('the worker to be ready', async () => {
    const now = await ask();
    return now.status === 'ready' && now;
  });
  expect(answer).toEqual({ status: 'ready', dependencies: { postgres: { ok: true }, redis: { ok: true }, nats: { ok: true } } });
});
