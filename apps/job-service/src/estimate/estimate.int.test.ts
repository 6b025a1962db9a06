import type { Estimate, Job } from '@migrator/contracts/api/jobs';
import { eventually } from '@migrator/testing/eventually';
import type { LimitOverrides } from '@migrator/graph-client/limits';
import { systemClock } from '@migrator/service-kit/clock';
import { newOrg, World } from '../testing/world.js';
import { createEstimateReader } from './estimate-reader.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());
beforeEach(() => world.db.sql`delete from jobs.workers`);

const announce = (workerId: string, units: number) => world.internal('POST', '/internal/workers/announce', { workerId, units });
/** As it is worked out now; the service may give out one that is a second old. */
const estimateOf = async (id: string, overrides: LimitOverrides = {}): Promise<Estimate | null> => createEstimateReader({ sql: world.db.sql, clock: systemClock, overrides, tenantHours: (_org, id) => Promise.resolve(world.tenants.tenants.get(id)?.tenant.businessHours ?? null) }).ofJob({ ...(await world.job(id)), orgId: world.org });
const unitEstimates = async (id: string): Promise<{ id: string; estimate: Estimate | null }[]> => ((await world.call('GET', `/v1/jobs/${id}/units`)).body as { units: { id: string; estimate: Estimate | null }[] }).units;

/** A job over mailboxes of so many items each. */
async function jobOver(sizes: Record<string, number>, more: Record<string, unknown> = {}, org = world.org): Promise<string> {
  const names = Object.keys(sizes);
  const source = world.addTenant('source', names, { org });
  for (const [index, user] of world.tenants.tenants.get(source)!.users.entries()) Object.assign(user, { itemCount: sizes[names[index]!], sizeBytes: sizes[names[index]!]! * 5_000 });
  const reply = await world.call('POST', '/v1/jobs', { sourceTenantId: source, destTenantId: world.addTenant('destination', names, { org }), type: 'EMAIL', ...more }, { org });
  expect(reply.status).toBe(201);
  return (reply.body as { job: Job }).job.id;
}

test('before the start: bounds from discovery and the limits, none without a worker, shorter with more workers, and none in lists', async () => {
  const id = await jobOver({ ann: 40_000, bob: 5_000, cat: 5_000, dan: 5_000 });
  expect(await estimateOf(id)).toBeNull();
  await announce('w1', 1);
  const alone = (await estimateOf(id))!;
  // 40,000 items at 10,000 requests in ten minutes take half an hour at least, and the others wait behind them.
  expect(alone.lowSeconds).toBeGreaterThanOrEqual(1_800);
  expect(alone.highSeconds).toBeGreaterThan(alone.lowSeconds);
  expect(alone.basis).toBe('limits');
  expect(Date.parse(alone.latestEnd!) - Date.parse(alone.earliestEnd!)).toBe((alone.highSeconds - alone.lowSeconds) * 1_000);
  await announce('w2', 3);
  const together = (await estimateOf(id))!;
  expect(together.highSeconds).toBeLessThan(alone.highSeconds);
  await announce('w2', 0);
  expect((await estimateOf(id))!.highSeconds).toBe(alone.highSeconds);
  expect(((await world.call('GET', '/v1/jobs')).body as { jobs: Job[] }).jobs[0]).not.toHaveProperty('estimate');
  await world.call('DELETE', `/v1/jobs/${id}`);
});

test('each unit has its own bounds: the first one its work, a later one its turn besides, and none is done after the job', async () => {
  await announce('w1', 1);
  const id = await jobOver({ small: 500, large: 9_000, middle: 3_000 });
  const job = (await estimateOf(id))!;
  const [first, second, third] = (await unitEstimates(id)).map(({ estimate }) => estimate!).sort((a, b) => a.highSeconds - b.highSeconds);
  expect(first!.highSeconds).toBeLessThan(second!.highSeconds);
  expect(second!.lowSeconds).toBeGreaterThanOrEqual(first!.lowSeconds);
  expect(third!.highSeconds).toBeLessThanOrEqual(job.highSeconds);
  await world.call('DELETE', `/v1/jobs/${id}`);
});

test('other jobs that want the same workers make it longer; a scheduled one counts from its time and does not compete before it', async () => {
  await announce('w1', 2);
  const id = await jobOver({ ann: 4_000, bob: 4_000 });
  const alone = (await estimateOf(id))!;
  const later = await jobOver({ cat: 50_000 }, { scheduledAt: '2099-01-01T00:00:00Z' });
  expect((await estimateOf(id))!.highSeconds).toBe(alone.highSeconds);
  expect((await estimateOf(later))!.earliestEnd! > '2099-01-01').toBe(true);
  const rival = await jobOver({ dan: 4_000, eve: 4_000 });
  expect((await estimateOf(id))!.highSeconds).toBeGreaterThan(alone.highSeconds * 1.5);
  for (const each of [id, later, rival]) await world.call('DELETE', `/v1/jobs/${each}`);
});

test('while it runs the pace is measured; paused it tells how long, but not until when; finished it tells nothing', async () => {
  await announce('w1', 1);
  const id = await jobOver({ ann: 4_000 });
  const [unit = ''] = await world.unitIds(id);
  const { claim } = await world.claim(unit, 600);
  // A hundred seconds at work for half of it: as if the claim had begun then.
  await world.db.sql`update jobs.units set claimed_at = now() - interval '100 seconds' where id = ${unit}`;
  await world.report('progress', { jobId: id, unitId: unit, claim }, { counters: { total: 4_000, done: 2_000, error: 0, skipped: 0, bytes: 2_000 * 6_600 } });
  const running = await eventually('the progress', async () => {
    const estimate = await estimateOf(id);
    return estimate?.basis === 'measured' && estimate;
  });
  expect(running.lowSeconds).toBeLessThan(100);
  expect(running.highSeconds).toBeGreaterThan(100);
  expect(running.highSeconds).toBeLessThan(250);
  await world.call('PATCH', `/v1/jobs/${id}/pause`);
  for (const state of ['draining', 'idle']) {
    if (state === 'idle') await world.finish(unit, claim, 'released', { total: 4_000, done: 2_000, error: 0, skipped: 0, bytes: 2_000 * 6_600 });
    expect(await estimateOf(id)).toMatchObject({ earliestEnd: null, latestEnd: null, basis: 'measured' });
  }
  await world.call('PATCH', `/v1/jobs/${id}/resume`);
  const again = await world.claim(unit);
  await world.finish(unit, again.claim, 'done', { total: 4_000, done: 4_000, error: 0, skipped: 0, bytes: 4_000 * 6_600 });
  await eventually('the end', async () => (await world.job(id)).status === 'DONE');
  expect(await estimateOf(id)).toBeNull();
  expect((await unitEstimates(id))[0]!.estimate).toBeNull();
});

test('what a pass took is what the next one between the same tenants is expected to take', async () => {
  await announce('w1', 1);
  const people = { ann: 4_000 };
  const first = await jobOver(people);
  const [unit = ''] = await world.unitIds(first);
  const { claim } = await world.claim(unit, 600);
  await world.db.sql`update jobs.units set claimed_at = now() - interval '200 seconds' where id = ${unit}`;
  await world.finish(unit, claim, 'done', { total: 4_000, done: 4_000, error: 0, skipped: 0, bytes: 4_000 * 6_600 });
  const { sourceTenantId, destTenantId } = await eventually('the end', async () => ((await world.job(first)).status === 'DONE' ? await world.job(first) : null));
  const next = ((await world.call('POST', '/v1/jobs', { sourceTenantId, destTenantId, type: 'EMAIL' })).body as { job: Job }).job;
  expect(next.estimate).toMatchObject({ basis: 'earlier' });
  expect(next.estimate!.lowSeconds).toBeLessThan(200);
  expect(next.estimate!.highSeconds).toBeGreaterThan(200);
  await world.call('DELETE', `/v1/jobs/${next.id}`);
  // A later pass has nothing known to write: it may be over at once.
  await world.call('POST', `/v1/jobs/${first}/passes`, { mode: 'delta' });
  expect(await estimateOf(first)).toMatchObject({ lowSeconds: 0 });
});

test('a job’s largest units are handed out first, and the sum of what is open is that of its rows whatever happens', async () => {
  const id = await jobOver({ small: 10, huge: 90_000, middle: 3_000 });
  const rows = await world.db.sql<{ source_address: string }[]>`select source_address from jobs.units where job_id = ${id} and status = 'PENDING' order by expected_steps desc, id`;
  expect(rows.map((row) => row.source_address.split('@')[0])).toEqual(['huge', 'middle', 'small']);
  const equal = async (): Promise<boolean> =>
    (await world.db.sql<{ equal: boolean }[]>`select j.open_steps = coalesce(sum(u.expected_steps) filter (where u.status in ('PENDING', 'RUNNING')), 0) as equal from jobs.jobs j join jobs.units u on u.job_id = j.id where j.id = ${id} group by j.id`)[0]!.equal;
  expect(await equal()).toBe(true);
  for (const unit of await world.unitIds(id)) {
    await world.migrate(unit);
    expect(await equal()).toBe(true);
  }
  await eventually('the end', async () => (await world.job(id)).status === 'DONE');
  await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'delta' });
  expect(await equal()).toBe(true);
});

test('a job’s detail follows within a moment, and shows nobody another organisation’s estimate', async () => {
  await announce('w1', 1);
  const other = newOrg();
  const [mine, theirs] = [await jobOver({ ann: 4_000 }), await jobOver({ ann: 90_000 }, {}, other)];
  const shown = await eventually('what was shown before the other job came to be forgotten', async () => {
    const { estimate } = await world.job(mine);
    return estimate?.highSeconds === (await estimateOf(mine))!.highSeconds && estimate;
  });
  expect((await world.job(theirs, other)).estimate!.lowSeconds).toBeGreaterThan(shown.highSeconds);
  for (const [id, stranger] of [[mine, other], [theirs, world.org]] as const) {
    const refused = await world.call('GET', `/v1/jobs/${id}`, undefined, { org: stranger });
    expect([refused.status, refused.text.includes('Seconds')]).toEqual([404, false]);
  }
  await announce('w1', 0);
  await eventually('the estimate to go with the last worker', async () => (await world.job(mine)).estimate === null);
});

test('what the operator knows better of Microsoft’s limits counts, for all tenants and for the one', async () => {
  await announce('w1', 1);
  const id = await jobOver({ ann: 40_000 });
  const { destTenantId } = await world.job(id);
  const { microsoftTenantId } = world.tenants.tenants.get(destTenantId)!.tenant;
  const low = async (overrides: LimitOverrides): Promise<number> => (await estimateOf(id, overrides))!.lowSeconds;
  const published = await low({});
  expect(published).toBeGreaterThanOrEqual(1_800);
  expect(await low({ limits: { 'outlook.requests': { max: 100_000 } } })).toBeLessThan(published / 2);
  expect(await low({ windowsShorterBy: 10 })).toBeLessThan(published / 2);
  expect(await low({ tenants: { [microsoftTenantId.toLowerCase()]: { 'outlook.requests': { max: 2_000 } } } })).toBeGreaterThan(published * 3);
  expect(await low({ tenants: { another: { 'outlook.requests': { max: 2_000 } } } })).toBe(published);
});

test('business hours of the job and of either tenant make it longer, and hours without an end tell no time', async () => {
  await announce('w1', 1);
  const always = { timeZone: 'UTC', days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], from: '00:00', to: '00:00' } as const;
  const businessHours = { ...always, days: [...always.days], share: 0.5 };
  const people = { ann: 40_000 };
  const bounds = async (id: string): Promise<[number, number]> => {
    const { lowSeconds, highSeconds } = (await estimateOf(id))!;
    return [lowSeconds, highSeconds];
  };
  const free = await jobOver(people);
  const [low, high] = await bounds(free);
  const unitHigh = async (id: string): Promise<number> => (await unitEstimates(id))[0]!.estimate!.highSeconds;
  const unitFree = await unitHigh(free);
  await world.call('DELETE', `/v1/jobs/${free}`);
  const own = await jobOver(people, { options: { businessHours } });
  // At best half of the limits is enough.
  const slower = await bounds(own);
  expect(slower[0]).toBe(low);
  expect(Math.abs(slower[1] - 2 * high)).toBeLessThanOrEqual(2);
  expect(Math.abs((await unitHigh(own)) - 2 * unitFree)).toBeLessThanOrEqual(2);
  await world.call('DELETE', `/v1/jobs/${own}`);
  for (const side of ['source', 'destination'] as const) {
    const tenants = { sourceTenantId: world.addTenant('source', ['ann']), destTenantId: world.addTenant('destination', ['ann']) };
    Object.assign(world.tenants.tenants.get(tenants.sourceTenantId)!.users[0]!, { itemCount: 40_000, sizeBytes: 200_000_000 });
    Object.assign(world.tenants.tenants.get(side === 'source' ? tenants.sourceTenantId : tenants.destTenantId)!.tenant, { businessHours });
    const { job } = (await world.call('POST', '/v1/jobs', { ...tenants, type: 'EMAIL' })).body as { job: Job };
    expect(Math.abs(job.estimate!.highSeconds - 2 * high)).toBeLessThanOrEqual(2);
    await world.call('DELETE', `/v1/jobs/${job.id}`);
  }
  const never = await jobOver(people, { options: { businessHours: { ...businessHours, share: 0 } } });
  expect(await estimateOf(never)).toBeNull();
  await world.call('DELETE', `/v1/jobs/${never}`);
});

test('the service reads them from the setting that its workers read', async () => {
  const slow = await World.start({ env: { GRAPH_LIMITS: '{"limits":{"outlook.requests":{"max":1000}}}' } });
  try {
    await slow.internal('POST', '/internal/workers/announce', { workerId: 'w', units: 1 });
    const names = ['ann'];
    const source = slow.addTenant('source', names);
    slow.tenants.tenants.get(source)!.users[0]!.itemCount = 40_000;
    const reply = await slow.call('POST', '/v1/jobs', { sourceTenantId: source, destTenantId: slow.addTenant('destination', names), type: 'EMAIL' });
    expect((reply.body as { job: Job }).job.estimate!.lowSeconds).toBeGreaterThanOrEqual(18_000);
  } finally {
    await slow.stop();
  }
});
