import { once } from 'node:events';
import { eventually } from '@migrator/testing/eventually';
import { consumeQueue, openRedis, type QueueConsumer } from '@migrator/messaging/queues';
import { listDueUnits } from './due-units.js';
import { newOrg, World } from '../testing/world.js';

let world: World;
let redis: ReturnType<typeof openRedis>;
const consumers: QueueConsumer[] = [];
beforeAll(async () => {
  world = await World.start({ env: { QUEUE_WINDOW_UNITS: '8' } });
  redis = openRedis(world.config.REDIS_URL, world.logger);
  await once(redis, 'ready');
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
});
afterAll(async () => {
  redis.disconnect();
  await world.stop();
});

/** A worker that migrates what it is handed, one unit at a time. */
const startWorker = (onUnit: (jobId: string) => Promise<void> | void = () => undefined): QueueConsumer => {
  const consumer = consumeQueue('units', { redisUrl: world.config.REDIS_URL, namespace: world.config.MESSAGING_NAMESPACE, logger: world.logger }, 1, async ({ jobId, unitId }) => {
    await onUnit(jobId);
    await world.migrate(unitId, 1).catch(() => undefined);
  });
  consumers.push(consumer);
  return consumer;
};
const people = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
const isDone = async (id: string, org = world.org): Promise<boolean> => (await world.job(id, org)).status === 'DONE';

test('an organisation with many units does not starve one with few, nor a large job a small one', async () => {
  const [big, small] = [newOrg(), newOrg()];
  const large = await world.createJob(people(60), {}, big);
  const little = await world.createJob(people(5), {}, big);
  const other = await world.createJob(people(5), {}, small);
  const turns = (await listDueUnits(world.db.sql, 40)).map(({ jobId }) => ({ [large]: 'large', [little]: 'little', [other]: 'other' })[jobId]);
  // Every second place is the other organisation's until it has no more; the first one's places go to its jobs in turn.
  expect(turns.slice(0, 10).filter((turn) => turn === 'other')).toHaveLength(5);
  expect(turns.slice(0, 15).filter((turn) => turn === 'little')).toHaveLength(5);
  expect(turns.filter((turn) => turn === 'large')).toHaveLength(30);

  const order: string[] = [];
  startWorker((jobId) => {
    order.push(jobId);
  });
  await eventually('everything to be migrated', async () => (await isDone(large, big)) && (await isDone(little, big)) && (await isDone(other, small)), 30_000);
  // The window holds 8 units when the worker begins; the small ones are through long before the large job.
  expect(order.lastIndexOf(other)).toBeLessThan(30);
  expect(order.lastIndexOf(little)).toBeLessThan(30);
  expect(order).toHaveLength(70);
}, 40_000);

test('a unit whose destination another one works on takes no place of those that can go on, and has its turn after it', async () => {
  const source = world.addTenant('source', ['huge', 'large', 'small']);
  const pair = { sourceTenantId: source, destTenantId: world.addTenant('destination', ['one', 'small']), type: 'EMAIL' };
  for (const user of world.tenants.tenants.get(source)!.users) user.itemCount = { huge: 90_000, large: 50_000, small: 10 }[user.displayName] ?? 0;
  const create = async (more: Record<string, unknown>): Promise<string> => ((await world.call('POST', '/v1/jobs', { ...pair, ...more })).body as { job: { id: string } }).job.id;
  const mailboxMappings = ['huge', 'large'].map((name) => ({ source: `${name}@src.example`, dest: 'one@dst.example' }));
  const merged = await create({ options: { merge: true, mailboxMappings } });
  const rows = await world.db.sql<{ id: string; name: string }[]>`select id, split_part(source_address, '@', 1) as name from jobs.units where job_id = ${merged}`;
  const unit = (name: string): string => rows.find((row) => row.name === name)!.id;
  const due = async (jobId: string): Promise<string[]> => (await listDueUnits(world.db.sql, 40)).filter((each) => each.jobId === jobId).map(({ unitId }) => unitId);
  expect(await due(merged)).toEqual([unit('huge'), unit('large'), unit('small')]);
  const { claim } = await world.claim(unit('huge'));
  expect(await due(merged)).toEqual([unit('small')]);
  const asked = await world.internal('POST', `/internal/units/${unit('large')}/claim`, { workerId: 'w2', leaseSeconds: 60 });
  expect(asked.body).toMatchObject({ granted: false });
  // Another job to the same place waits too; one that writes nothing does not, nor does it hold anybody up.
  const [second, dry] = [await create({ options: { mailboxes: ['huge@src.example'], mailboxMappings } }), await create({ dryRun: true, options: { mailboxes: ['large@src.example'], mailboxMappings } })];
  expect(await due(second)).toEqual([]);
  expect(await due(dry)).toHaveLength(1);
  await world.migrate((await world.unitIds(dry))[0]!);
  await world.finish(unit('huge'), claim, 'done', { total: 1, done: 1, error: 0, skipped: 0, bytes: 1 });
  expect((await due(merged)).includes(unit('large'))).toBe(true);
  const [again = ''] = await due(second);
  await world.migrate(again);
  for (const name of ['large', 'small']) await world.migrate(unit(name));
  await eventually('the end', async () => (await isDone(merged)) && (await isDone(second)) && (await isDone(dry)));
});

test('after Redis has lost everything the units go on within seconds', async () => {
  const id = await world.createJob(people(12));
  await eventually('units on the queue', async () => (await queued()) > 0);
  await forget();
  let handed = 0;
  startWorker(async () => {
    handed += 1;
    if (handed === 4) await forget();
  });
  await eventually('the end', () => isDone(id), 15_000);
});

test('a queue job that Redis still has and no list names does not hold its unit up for ever', async () => {
  const id = await world.createJob(['ann']);
  await eventually('the unit on the queue', async () => (await queued()) > 0);
  await forget(['list', 'zset']);
  await world.db.sql`update jobs.units set due_at = now() - interval '2 minutes' where job_id = ${id}`;
  startWorker();
  await eventually('the end', () => isDone(id));
});

test('a scheduled job begins when it is due and not before', async () => {
  const at = new Date(Date.now() + 1_500);
  const id = await world.createJob(['ann'], { scheduledAt: at.toISOString() });
  let begunAt = 0;
  startWorker(() => {
    begunAt = Date.now();
  });
  const [unit = ''] = await world.unitIds(id);
  expect((await world.internal('POST', `/internal/units/${unit}/claim`, { workerId: 'w', leaseSeconds: 9 })).body).toMatchObject({ granted: false });
  await eventually('the end', () => isDone(id));
  expect(begunAt).toBeGreaterThanOrEqual(at.getTime());
  expect(begunAt).toBeLessThan(at.getTime() + 1_000);
});

test('a unit whose worker died goes on with another one', async () => {
  const id = await world.createJob(['ann']);
  const [unit = ''] = await world.unitIds(id);
  await world.claim(unit, 2);
  startWorker();
  await eventually('the end', () => isDone(id), 15_000);
  expect((await world.messages(id)).some((message) => message.includes('fell silent'))).toBe(true);
});

/** Deletes our keys at one stroke, as a lost Redis does; other tests share the server. */
async function forget(types: readonly string[] = ['hash', 'list', 'set', 'zset', 'string', 'stream']): Promise<void> {
  const script = `for _, key in ipairs(redis.call('keys', ARGV[1])) do for at = 2, #ARGV do if redis.call('type', key).ok == ARGV[at] then redis.call('del', key) end end end`;
  await redis.eval(script, 0, `${world.config.MESSAGING_NAMESPACE}:*`, ...types);
}

async function queued(): Promise<number> {
  return (await redis.keys(`${world.config.MESSAGING_NAMESPACE}:units:unt_*`)).length;
}
