import fc from 'fast-check';
import { eventually } from '@migrator/testing/eventually';
import type { ClaimUnitAnswer } from '@migrator/contracts/internal';
import { unitFailures } from '@migrator/contracts/outcomes';
import { World } from '../testing/world.js';
import { expiriesMax, retriesMax } from './unit.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const zero = { total: 0, done: 0, error: 0, skipped: 0, bytes: 0 };
const tryClaim = async (unitId: string, workerId = 'w'): Promise<ClaimUnitAnswer> => (await world.internal('POST', `/internal/units/${unitId}/claim`, { workerId, leaseSeconds: 60 })).body as ClaimUnitAnswer;
const expire = async (unitId: string): Promise<void> => {
  await world.db.sql`update jobs.units set lease_until = now() - interval '1 second' where id = ${unitId} and status = 'RUNNING'`;
};
const stored = async (unitId: string): Promise<{ status: string; claim: number; retries: number; dueInMs: number }> => {
  const [row] = await world.db.sql<{ status: string; claim: number; retries: number; dueInMs: number }[]>`select status, claim, retries, extract(epoch from due_at - now())::float8 * 1000 as "dueInMs" from jobs.units where id = ${unitId}`;
  if (row === undefined) throw new Error('no such unit');
  return row;
};

test('a unit claimed by many at once is granted once', async () => {
  const id = await world.createJob(['ann', 'bob', 'cat']);
  for (const unit of await world.unitIds(id)) {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => tryClaim(unit, `w${index}`)));
    expect(answers.filter(({ granted }) => granted)).toHaveLength(1);
  }
  expect((await world.job(id)).status).toBe('RUNNING');
});

test('whatever happens in whatever order: one holder at a time, numbers only grow, an old claim does nothing, and sums are the rows’', async () => {
  type Step = { do: 'claim' | 'renew' | 'finish' | 'expire' | 'late'; unit: number; result: 'done' | 'released' | 'retry' };
  const step: fc.Arbitrary<Step> = fc.record({ do: fc.constantFrom('claim', 'claim', 'renew', 'finish', 'expire', 'late'), unit: fc.nat(1), result: fc.constantFrom('done', 'released', 'retry') });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (steps) => {
      const id = await world.createJob(['ann', 'bob']);
      const units = await world.unitIds(id);
      const held = new Map<string, number>();
      const past = new Map<string, number[]>(units.map((unit) => [unit, []]));
      const lastClaim = new Map<string, number>();
      for (const { do: what, unit: index, result } of steps) {
        const unit = units[index] ?? '';
        const claim = held.get(unit);
        if (what === 'claim') {
          const granted = (await Promise.all([tryClaim(unit), tryClaim(unit)])).filter((answer) => answer.granted);
          expect(granted.length).toBeLessThanOrEqual(claim === undefined ? 1 : 0);
          const [answer] = granted;
          if (answer?.granted === true) {
            expect(answer.claim).toBeGreaterThan(lastClaim.get(unit) ?? 0);
            lastClaim.set(unit, answer.claim);
            held.set(unit, answer.claim);
          }
        } else if (what === 'renew' && claim !== undefined) {
          expect((await world.internal('POST', `/internal/units/${unit}/renew`, { claim, leaseSeconds: 60 })).body).toEqual({ desired: 'run' });
        } else if (what === 'finish' && claim !== undefined) {
          const reply = await world.finish(unit, claim, result, { total: 3, done: 2, error: 1, skipped: 0, bytes: 9 });
          expect(reply.status).toBe(200);
          expect((await world.finish(unit, claim, 'released')).body).toEqual(reply.body);
          held.delete(unit);
        } else if (what === 'expire' && claim !== undefined) {
          await expire(unit);
          await eventually('the lease to be taken away', async () => (await stored(unit)).status === 'PENDING');
          past.get(unit)?.push(claim);
          held.delete(unit);
        } else if (what === 'late') {
          for (const old of past.get(unit) ?? []) {
            expect((await world.internal('POST', `/internal/units/${unit}/renew`, { claim: old, leaseSeconds: 60 })).body).toEqual({ desired: 'lost' });
            expect((await world.finish(unit, old, 'done', { total: 99, done: 99, error: 0, skipped: 0, bytes: 0 })).status).toBe(409);
          }
        }
      }
      const [sums] = await world.db.sql`
        select j.total_items = sum(u.total) and j.done_items = sum(u.done) and j.error_items = sum(u.error + u.unreached) and j.bytes_transferred = sum(u.bytes)
          and j.units_claimed = count(*) filter (where u.status = 'RUNNING') and j.units_pending = count(*) filter (where u.status = 'PENDING') and j.units_done = count(*) filter (where u.status = 'DONE') as equal
        from jobs.jobs j join jobs.units u on u.job_id = j.id where j.id = ${id} group by j.id`;
      expect(sums).toEqual({ equal: true });
    }),
    {
      numRuns: 5,
      // The story that matters most, whatever the dice say: a worker that wakes up after its unit was given to another one.
      examples: [[(['claim', 'expire', 'late', 'claim', 'late', 'finish', 'late'] as const).map((what): Step => ({ do: what, unit: 0, result: 'done' }))]],
    },
  );
});

test('a unit that fails transiently waits longer each time, is given up after its attempts, and progress starts the count again', async () => {
  const id = await world.createJob(['ann']);
  const [unit = ''] = await world.unitIds(id);
  const delays: number[] = [];
  const attempt = async (done: number): Promise<string> => {
    await world.db.sql`update jobs.units set due_at = now() where id = ${unit}`;
    const { claim } = await world.claim(unit);
    const { body } = await world.finish(unit, claim, 'retry', { ...zero, total: 50, done }, { code: 'SERVICE_UNREACHABLE', graphCode: null, requestId: null, side: 'source' });
    return (body as { status: string }).status;
  };
  for (const done of [1, 1, 1, 2]) {
    expect(await attempt(done)).toBe('PENDING');
    delays.push(Math.round((await stored(unit)).dueInMs / 1000));
    expect(await tryClaim(unit)).toMatchObject({ granted: false });
  }
  expect(delays).toEqual([2, 4, 8, 2]);
  for (let count = 1; count < retriesMax; count += 1) expect(await attempt(2)).toBe('PENDING');
  expect(await attempt(2)).toBe('ERROR');
  const job = await eventually('the end', async () => ((await world.job(id)).status === 'ERROR' ? await world.job(id) : null));
  expect(job).toMatchObject({ failure: { code: 'ATTEMPTS_EXHAUSTED', cause: expect.stringContaining(unitFailures.SERVICE_UNREACHABLE.cause) as string }, totalItems: 50, doneItems: 2, errorItems: 48 });
});

test('a unit over which worker after worker falls silent is tried twice at once, then ever more rarely, and set aside; the others go on and the job ends', async () => {
  const id = await world.createJob(['ann', 'bob']);
  const [poison = '', healthy = ''] = await world.unitIds(id);
  const delays: number[] = [];
  for (let silence = 1; silence < expiriesMax; silence += 1) {
    await world.db.sql`update jobs.units set due_at = now() where id = ${poison} and status = 'PENDING'`;
    await world.claim(poison);
    await expire(poison);
    await eventually('the lease to be taken away', async () => (await stored(poison)).status === 'PENDING');
    delays.push(Math.max(0, Math.round((await stored(poison)).dueInMs / 1_000)));
    if (silence === 3) expect(await tryClaim(poison)).toMatchObject({ granted: false });
  }
  expect(delays).toEqual([0, 0, 5, 10, 20]);
  await world.migrate(healthy);
  await world.db.sql`update jobs.units set due_at = now() where id = ${poison}`;
  await world.claim(poison);
  await expire(poison);
  const job = await eventually('the end', async () => ((await world.job(id)).status === 'DONE' ? await world.job(id) : null));
  expect(job).toMatchObject({ outcome: 'with_errors', doneItems: 3 });
  const { body } = await world.call('GET', `/v1/jobs/${id}/units?status=ERROR`);
  expect((body as { units: unknown[] }).units).toMatchObject([{ id: poison, failure: { code: 'WORKER_LOST', remedy: unitFailures.WORKER_LOST.remedy } }]);
});

test('a unit whose worker died and that had got further begins its count of silences anew', async () => {
  const id = await world.createJob(['ann']);
  const [unit = ''] = await world.unitIds(id);
  for (let done = 1; done <= expiriesMax + 2; done += 1) {
    const { claim } = await world.claim(unit);
    await world.report('progress', { jobId: id, unitId: unit, claim }, { counters: { ...zero, total: 50, done } });
    await eventually('the progress to be stored', async () => (await world.job(id)).doneItems === done);
    await expire(unit);
    await eventually('the lease to be taken away', async () => (await stored(unit)).status === 'PENDING');
  }
  expect(await tryClaim(unit)).toMatchObject({ granted: true });
});

test('lost access stops the job: nothing new starts, the others let go in order, and it ends with ERROR and the reason', async () => {
  const id = await world.createJob(['ann', 'bob', 'cat']);
  const [first = '', second = '', third = ''] = await world.unitIds(id);
  const one = await world.claim(first);
  const two = await world.claim(second);
  await world.finish(first, one.claim, 'failed', { ...zero, total: 4, done: 1 }, { code: 'ACCESS_LOST', graphCode: 'invalid_client', requestId: null, side: 'source' });
  expect(await world.job(id)).toMatchObject({ status: 'RUNNING', failure: null });
  expect(await tryClaim(third)).toMatchObject({ granted: false });
  expect((await world.internal('POST', `/internal/units/${second}/renew`, { claim: two.claim, leaseSeconds: 60 })).body).toEqual({ desired: 'pause' });
  await world.finish(second, two.claim, 'released', { ...zero, total: 9, done: 5 });
  const job = await eventually('the end', async () => ((await world.job(id)).status === 'ERROR' ? await world.job(id) : null));
  expect(job).toMatchObject({ failure: { code: 'ACCESS_LOST' }, outcome: 'with_errors', totalItems: 13, doneItems: 6, errorItems: 7, passes: [{ status: 'ERROR' }] });
  expect((await world.messages(id)).at(-1)).toContain('Job stopped');
});

test('workers of a deleted job are told to cancel, and may still finish', async () => {
  const id = await world.createJob(['ann']);
  const [unit = ''] = await world.unitIds(id);
  const { claim } = await world.claim(unit);
  await world.call('DELETE', `/v1/jobs/${id}`);
  expect((await world.internal('POST', `/internal/units/${unit}/renew`, { claim, leaseSeconds: 60 })).body).toEqual({ desired: 'cancel' });
  expect((await world.finish(unit, claim, 'released')).status).toBe(200);
});

test('what a unit is worked with: both ends, scope, filters, merge, business hours', async () => {
  const businessHours = { timeZone: 'Europe/Berlin', days: ['MON', 'FRI'], from: '08:00', to: '18:00', share: 0.25 };
  const id = await world.createJob(['ann'], { dryRun: true, scope: { tasks: false }, options: { merge: true, filters: { maxItemBytes: 5 }, businessHours } });
  const { work } = await world.claim((await world.unitIds(id))[0] ?? '');
  expect(work).toMatchObject({
    ...{ orgId: world.org, jobId: id, mode: 'full', workload: 'EMAIL', dryRun: true, merge: true, filters: { maxItemBytes: 5 }, businessHours, counters: zero },
    ...{ source: { address: 'ann@src.example', microsoftId: 'ann@src.example/ms' }, dest: { address: 'ann@dst.example', microsoftId: 'ann@dst.example/ms' }, scope: { email: true, calendar: true, contacts: true, tasks: false } },
  });
});

test('what moved and was deleted at the source is told per unit over all passes, and per pass; a repeated finish adds nothing', async () => {
  const id = await world.createJob(['ann', 'bob']);
  const [ann = '', bob = ''] = await world.unitIds(id);
  const finish = async (unit: string, departures: { moved: number; deleted: number; removed: number; kept: number }): Promise<void> => {
    const answer = await tryClaim(unit);
    if (!answer.granted) throw new Error(answer.reason);
    const body = { claim: answer.claim, result: 'done', counters: { ...zero, total: 1, done: 1 }, departures, failure: null };
    for (let times = 0; times < 2; times++) expect((await world.internal('POST', `/internal/units/${unit}/finish`, body)).status).toBe(200);
  };
  const none = { moved: 0, deleted: 0, removed: 0, kept: 0 };
  await finish(ann, none);
  await finish(bob, none);
  await eventually('the job to end', async () => (await world.job(id)).status === 'DONE');
  expect((await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'delta' })).status).toBe(202);
  await finish(ann, { moved: 3, deleted: 2, removed: 4, kept: 1 });
  await finish(bob, { moved: 1, deleted: 0, removed: 1, kept: 0 });
  await eventually('the delta pass to end', async () => (await world.job(id)).status === 'DONE');
  expect((await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'delta' })).status).toBe(202);
  await finish(ann, { moved: 5, deleted: 2, removed: 6, kept: 1 });
  await finish(bob, { moved: 1, deleted: 0, removed: 1, kept: 0 });
  const { passes } = (await world.call('GET', `/v1/jobs/${id}/passes`)).body as { passes: { movedItems: number; deletedItems: number; removedItems: number }[] };
  expect(passes.map(({ movedItems, deletedItems, removedItems }) => [movedItems, deletedItems, removedItems])).toEqual([[0, 0, 0], [4, 2, 5], [2, 0, 2]]);
  const { units } = (await world.call('GET', `/v1/jobs/${id}/units`)).body as { units: { id: string; movedItems: number; deletedItems: number; removedItems: number }[] };
  expect(units.find((unit) => unit.id === ann)).toMatchObject({ movedItems: 5, deletedItems: 2, removedItems: 6 });
  expect((await world.job(id)).passes.at(1)).toMatchObject({ movedItems: 4, deletedItems: 2, removedItems: 5 });
});

test('a worker is told what the job’s options say of deletions and of the destination’s folder', async () => {
  const reply = await world.call('POST', '/v1/jobs', { sourceTenantId: world.addTenant('source', ['dan']), destTenantId: world.addTenant('destination', ['dan']), type: 'EMAIL', options: { deletions: 'apply', destFolderPrefix: 'Migrated/contoso', filters: { includeFolders: ['Inbox'] } } });
  const [unit = ''] = await world.unitIds((reply.body as { job: { id: string } }).job.id);
  expect(await tryClaim(unit)).toMatchObject({ granted: true, work: { deletions: 'apply', destFolderPrefix: 'Migrated/contoso', filters: { includeFolders: ['Inbox'] } } });
});
