/** Jobs that begin later, and waves of them: to the second, whatever happens meanwhile, and all or none. */
import { openRedis } from '@migrator/messaging/queues';
import { consumeQueue, type QueueConsumer } from '@migrator/messaging/queues';
import { eventually } from '@migrator/testing/eventually';
import { testRedisUrl } from '@migrator/testing/servers';
import { World } from '../testing/world.js';

let world: World;
const consumers: QueueConsumer[] = [];
const begun = new Map<string, number>();

beforeAll(async () => {
  world = await World.start();
  // Notes when the first unit of each job may be claimed.
  consumers.push(
    consumeQueue('units', { redisUrl: testRedisUrl(), namespace: world.config.MESSAGING_NAMESPACE, logger: world.logger }, 8, async ({ unitId }) => {
      const { body } = await world.internal('POST', `/internal/units/${unitId}/claim`, { workerId: 'w', leaseSeconds: 60 });
      const answer = body as { granted: boolean; claim?: number; work?: { jobId: string } };
      if (!answer.granted || answer.claim === undefined) return;
      begun.set(answer.work?.jobId ?? '', Date.now());
      await world.finish(unitId, answer.claim, 'done');
    }),
  );
});
afterAll(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  await world.stop();
});

const isDone = async (id: string): Promise<boolean> => (await world.job(id)).status === 'DONE';

test('a scheduled job begins within a second of its time though the service was restarted and Redis forgot everything', async () => {
  const at = new Date(Date.now() + 4_000);
  const id = await world.createJob(['ann'], { scheduledAt: at.toISOString() });
  expect((await world.job(id)).status).toBe('QUEUED');
  expect(await world.call('PATCH', `/v1/jobs/${id}/pause`)).toMatchObject({ status: 409, body: { code: 'JOB_NOT_RUNNING' } });
  await world.services.splice(0, 1)[0]?.stop();
  const redis = openRedis(testRedisUrl(), world.logger);
  await eventually('Redis', () => redis.status === 'ready');
  const keys = await redis.keys(`${world.config.MESSAGING_NAMESPACE}:*`);
  if (keys.length > 0) await redis.del(...keys);
  redis.disconnect();
  await world.addService();
  await eventually('the end', () => isDone(id), 15_000);
  expect(begun.get(id)).toBeGreaterThanOrEqual(at.getTime());
  expect(begun.get(id)).toBeLessThan(at.getTime() + 1_000);
});

test('a time that has passed is now', async () => {
  const id = await world.createJob(['ann'], { scheduledAt: '2020-01-01T00:00:00Z' });
  await eventually('the end', () => isDone(id));
});

test('each job of a batch begins at its own time', async () => {
  const first = Date.now() + 1_200;
  const times = [first, first + 1_000];
  const tenants = { sourceTenantId: world.addTenant('source', ['ann', 'bob']), destTenantId: world.addTenant('destination', ['ann', 'bob']) };
  const { body, status } = await world.call('POST', '/v1/jobs/batch', { ...tenants, type: 'EMAIL', batches: times.map((time, index) => ({ name: `Wave ${index}`, scheduledAt: new Date(time).toISOString(), options: { mailboxes: [index === 0 ? 'ann@src.example' : 'bob@src.example'] } })) });
  expect(status).toBe(201);
  const { jobIds } = body as { jobIds: string[] };
  for (const [index, id] of jobIds.entries()) {
    await eventually('the end', () => isDone(id), 15_000);
    expect(begun.get(id)).toBeGreaterThanOrEqual(times[index] ?? 0);
    expect(begun.get(id)).toBeLessThan((times[index] ?? 0) + 1_000);
    expect((await world.job(id)).name).toBe(`Wave ${index}`);
  }
});

test('a wave of 500 jobs is there whole or not at all, also when its connection is cut in the middle', async () => {
  const people = Array.from({ length: 500 }, (_, index) => `p${index}`);
  const tenants = { sourceTenantId: world.addTenant('source', people), destTenantId: world.addTenant('destination', people) };
  const batch = { ...tenants, type: 'EMAIL', scheduledAt: '2099-01-01T00:00:00Z', batches: people.map((name) => ({ name, options: { mailboxes: [`${name}@src.example`] } })) };
  const count = async (): Promise<number> => Number((await world.db.sql`select count(*)::int as n from jobs.jobs where source_tenant_id = ${tenants.sourceTenantId}`)[0]?.['n']);
  const cut = async (): Promise<boolean> => {
    const rows = await world.db.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'job-service' and xact_start is not null and query ilike '%insert into jobs.%'`;
    return rows.length > 0;
  };
  let answered = false;
  const sent = world.call('POST', '/v1/jobs/batch', batch).finally(() => {
    answered = true;
  });
  while (!answered && !(await cut()));
  const broken = await sent;
  expect(await count()).toBe(broken.status === 201 ? 500 : 0);
  const whole = await world.call('POST', '/v1/jobs/batch', batch);
  expect(whole.status).toBe(201);
  expect((whole.body as { jobIds: string[] }).jobIds).toHaveLength(500);
  expect(await count()).toBe(broken.status === 201 ? 1_000 : 500);
  // In the order of the request.
  const [first] = await world.db.sql<{ name: string }[]>`select name from jobs.jobs where id = ${(whole.body as { jobIds: string[] }).jobIds[0] ?? ''}`;
  expect(first?.name).toBe('p0');
});
