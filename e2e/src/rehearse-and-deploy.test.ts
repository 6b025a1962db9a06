/** A rehearsal first, then the real thing while workers are deployed and scaled: over real processes, with leases too long to wait for. */
import postgres from 'postgres';
import { jobAnswer, listItemsAnswer, listUnitsAnswer, type Job } from '@migrator/contracts/api/jobs';
import { killService, up } from '@migrator/stack';
import { eventually } from '@migrator/testing/eventually';
import { compare, connectBoth, createJob, expectEqual, jobReaches, startPlatform, type Connected, type Platform } from './platform.js';

jest.setTimeout(300_000);
/** Whoever waits for a lease of this length has failed the test by then. */
const leaseSeconds = 120;
let platform: Platform;
let tenants: Connected;
let sql: postgres.Sql;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 2, leaseSeconds });
  tenants = await connectBoth(platform);
  sql = postgres(platform.stack.databaseUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await sql.end();
  await platform.stop();
});

const jobOf = async (id: string): Promise<Job> => (await platform.api.call('GET', `/v1/jobs/${id}`, jobAnswer)).job;
interface UnitRow {
  id: string;
  status: string;
  claim: number;
  retries: number;
  expiries: number;
  worker: string | null;
  done: number;
}
const unitsOf = (jobId: string): Promise<UnitRow[]> => sql<UnitRow[]>`select id, status, claim, retries, expiries, worker_id as worker, done::int from jobs.units where job_id = ${jobId} order by id`;
const onProcess = (unit: UnitRow, pid: number): boolean => unit.worker?.includes(`-${pid}-`) === true;

test('a dry run changes nothing at the destination, and says what would be copied, what not and why, how the mapping looks, and how long it would take', async () => {
  // Everything of the destination: folders and what they hold, settings, categories, rules, and the simulator's log of writes.
  const destination = async (): Promise<unknown> => {
    const { mailboxes } = await platform.control.call<{ mailboxes: unknown[] }>('GET', '/exchange/mailboxes?tenant=fabrikam.com');
    const { writes } = await platform.control.call<{ writes: unknown[] }>('GET', '/writes?tenant=fabrikam.com&limit=100000');
    const { settings, folders, items } = await compare(platform);
    return { mailboxes, writes, settings, folders, matched: items.matched, extra: items.extra };
  };
  const before = await destination();
  const { id } = await createJob(platform, tenants, { dryRun: true, options: { filters: { maxItemBytes: 3_000_000 } } });
  const dry = await jobReaches(platform, id, ['DONE', 'ERROR']);
  expect(dry.status).toBe('DONE');
  expect(await destination()).toEqual(before);

  const result = dry.dryRunResult!;
  expect(result.wouldCopy).toEqual({ items: dry.doneItems, bytes: dry.bytesTransferred });
  expect(dry.doneItems).toBeGreaterThan(50);
  expect(dry.bytesTransferred).toBeGreaterThan(100_000);
  const filtered = result.causes.find(({ code }) => code === 'FILTERED_OUT')!;
  expect(filtered.items).toBeGreaterThan(0);
  expect(result.causes.every(({ cause, remedy }) => cause !== '' && remedy !== '')).toBe(true);
  expect(result.causes.filter(({ status }) => status === 'skipped').reduce((sum, { items }) => sum + items, 0)).toBe(result.wouldSkip);
  expect(result.causes.filter(({ status }) => status === 'failed').reduce((sum, { items }) => sum + items, 0)).toBe(result.wouldFail);
  const { items } = await platform.api.call('GET', `/v1/jobs/${id}/items?limit=500`, listItemsAnswer);
  expect(items).toHaveLength(result.wouldSkip + result.wouldFail);

  const { units } = await platform.api.call('GET', `/v1/jobs/${id}/units`, listUnitsAnswer);
  const going = units.filter(({ status }) => status === 'DONE');
  expect(going.reduce((sum, { doneItems }) => sum + doneItems, 0)).toBe(result.wouldCopy.items);
  expect(going.every(({ doneItems, bytesTransferred }) => doneItems > 0 && bytesTransferred > 0)).toBe(true);

  const unmatched = units.filter(({ dest }) => dest === null).length;
  expect(result.mapping.find((check) => check.id === 'unmatched-sources')).toMatchObject({ affectedTotal: unmatched });
  expect(result.mapping.map((check) => check.id)).toEqual(['unmatched-sources', 'shared-destinations', 'destination-users-licensed', 'mailbox-quota']);
  expect(result.realRun!.highSeconds).toBeGreaterThan(result.realRun!.lowSeconds);
  expect(dry.estimate).toBeNull();
});

test('a worker that is told to stop finishes its batch and hands its units to another one at once: no lease is waited for, no attempt counted, nothing is in doubt', async () => {
  await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: 'deploy', perMailbox: { new: 120 } });
  await platform.control.call('POST', '/limits', { latency: { fixedMs: 120, jitterMs: 20 } });
  const { id } = await createJob(platform, tenants);
  const first = platform.stack.services.find(({ name }) => name === 'migration-worker-1')!.pid!;
  const held = await eventually('a unit in the middle of its work on the first worker', async () => (await unitsOf(id)).find((unit) => onProcess(unit, first) && unit.status === 'RUNNING' && unit.done > 5), 60_000);
  expect((await jobOf(id)).estimate!.highSeconds).toBeGreaterThan(0);

  await killService(platform.dataDir, 'migration-worker-1', 'SIGTERM');
  const [doubt] = await sql<{ claimed: number }[]>`select count(*)::int as claimed from worker.ledger l join worker.units u on u.unit_no = l.unit_no where u.unit_id = ${held.id} and l.state = 1`;
  const after = await unitsOf(id);
  expect(after.some((unit) => onProcess(unit, first))).toBe(false);
  const next = await eventually('another worker to have it', async () => {
    const unit = (await unitsOf(id)).find((each) => each.id === held.id)!;
    return (unit.status === 'DONE' || (unit.status === 'RUNNING' && unit.claim > held.claim)) && unit;
  }, 20_000);
  expect(next).toMatchObject({ retries: 0, expiries: 0 });
  // What the first one had begun it had also ended, unless the second one is at it already.
  if (after.find((unit) => unit.id === held.id)!.status === 'PENDING') expect(doubt!.claimed).toBe(0);

  // The deploy goes on: the new version comes, the other old one goes.
  await platform.heal();
  await up({ dataDir: platform.dataDir, workers: 1, env: {} });
  await platform.control.call('POST', '/limits', { latency: { fixedMs: 0, jitterMs: 0 } });
  const done = await jobReaches(platform, id, ['DONE', 'ERROR'], 100_000);
  expect(done.status).toBe('DONE');
  expect((await unitsOf(id)).map(({ retries, expiries }) => ({ retries, expiries }))).toEqual((await unitsOf(id)).map(() => ({ retries: 0, expiries: 0 })));
  const silent = await sql`select message from jobs.log_lines where job_id = ${id} and message like '%fell silent%'`;
  expect(silent).toHaveLength(0);
  expectEqual(await compare(platform));
});
