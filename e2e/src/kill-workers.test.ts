import postgres from 'postgres';
import { listItemsAnswer, listMailboxesAnswer, type Job } from '@migrator/contracts/api/jobs';
import { readState, signal } from '@migrator/stack';
import { compare, connectBoth, createJob, expectEqual, jobReaches, startPlatform, type Platform } from './platform.js';

jest.setTimeout(400_000);
let platform: Platform | undefined;
const started = (): Platform => platform!;
beforeAll(async () => {
  platform = await startPlatform({ workers: 3, leaseSeconds: 2 });
});
afterAll(() => platform?.stop());

const kills = 12;

test(`a job whose workers are killed ${kills} times at random moments loses nothing, doubles nothing, and counts what the database holds`, async () => {
  const platform = started();
  const tenants = await connectBoth(platform);
  const seed = Math.floor(Math.random() * 2 ** 31);
  process.stdout.write(`kill seed ${seed}\n`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
  // Microsoft is never this near: with a little latency the job lasts longer.
  await platform.control.call('POST', '/limits', { latency: { fixedMs: 25, jitterMs: 10 } });
  let killed = 0;
  let job = await createJob(platform, tenants);
  let finished: Job;
  for (;;) {
    let done = false;
    const end = jobReaches(platform, job.id, ['DONE', 'ERROR'], 300_000).finally(() => {
      done = true;
    });
    while (killed < kills && !done) {
      // The moment is the point of this test: it is drawn, not waited for.
      await new Promise((resolve) => setTimeout(resolve, 150 + random(900)));
      const victim = readState(platform.dataDir)?.processes[`migration-worker-${1 + random(3)}`];
      if (victim !== undefined && signal(victim, 'SIGKILL')) killed += 1;
      await platform.heal();
    }
    finished = await end;
    if (killed === kills || finished.status !== 'DONE') break;
    // A quick job was over before the last kill: the source goes on, and so does the killing.
    await platform.control.call('POST', '/exchange/changes', { tenant: 'contoso.com', seed: `kills ${killed}`, perMailbox: { new: 60, edited: 10, readFlags: 10 } });
    job = await createJob(platform, tenants);
  }
  await platform.control.call('POST', '/limits', { latency: { fixedMs: 0, jitterMs: 0 } });
  process.stdout.write(`${killed} kills\n`);
  expect(finished.status).toBe('DONE');
  expect(killed).toBe(kills);
  const comparison = await compare(platform);
  expectEqual(comparison);

  // The counters are what the rows say, and every refused item is listed with its cause.
  expect(finished.doneItems + finished.errorItems + finished.skippedItems).toBe(finished.totalItems);
  const { mailboxes } = await platform.api.call('GET', `/v1/jobs/${job.id}/mailboxes?limit=100`, listMailboxesAnswer);
  expect(mailboxes.reduce((sum, each) => sum + each.doneItems, 0)).toBe(finished.doneItems);
  expect(mailboxes.filter((each) => each.status === 'SKIPPED').map((each) => each.email)).toEqual(['lee.gu@contoso.com']);
  const { items } = await platform.api.call('GET', `/v1/jobs/${job.id}/items?status=failed&limit=100`, listItemsAnswer);
  expect(items).toHaveLength(finished.errorItems);
  expect(items.length).toBe(comparison.items.refused);
  for (const item of items) expect([item.code, item.cause, item.remedy].every((text) => text !== '')).toBe(true);
  const sql = postgres(platform.stack.databaseUrl, { max: 1 });
  try {
    const [counted] = await sql<{ done: number; error: number; skipped: number; total: number }[]>`
      select sum(done)::int as done, sum(error + unreached)::int as error, sum(skipped)::int as skipped, sum(total)::int as total from jobs.units where job_id = ${job.id}`;
    expect(counted).toEqual({ done: finished.doneItems, error: finished.errorItems, skipped: finished.skippedItems, total: finished.totalItems });
  } finally {
    await sql.end();
  }
});
