/** A mailbox over which every worker process dies: set aside after its attempts, and nobody else suffers. */
import postgres from 'postgres';
import { listUnitsAnswer, passAnswer } from '@migrator/contracts/api/jobs';
import { eventually } from '@migrator/testing/eventually';
import { compare, connectBoth, createJob, expectEqual, jobReaches, startPlatform, type Connected, type Platform } from './platform.js';

jest.setTimeout(300_000);
let platform: Platform;
let tenants: Connected;
let sql: postgres.Sql;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 2, leaseSeconds: 2, settings: { 'migration-worker': { WORKER_UNITS: '2' } } });
  tenants = await connectBoth(platform);
  sql = postgres(platform.stack.databaseUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await sql.end();
  await platform.stop();
});

const deathsExpected = 6;

test('a unit that ends every worker that takes it is set aside after six of them, with code, cause, remedy and page; the rest arrives and the job ends', async () => {
  // Microsoft keeps this mailbox waiting for longer than its workers live: nothing of it gets through, however slow the machine is.
  const address = 'adele.vance@contoso.com';
  await platform.control.call('POST', '/faults', [{ id: 'hold', match: { mailbox: address }, action: { kind: 'delayMs', ms: 120_000 } }]);
  const { id } = await createJob(platform, tenants);
  const [poison] = await sql<{ id: string }[]>`select id from jobs.units where job_id = ${id} and source_address = ${address}`;
  let deaths = 0;
  let claim = -1;
  await eventually(
    'the unit to be set aside',
    async () => {
      const [unit] = await sql<{ status: string; worker: string | null; claim: number }[]>`select status, worker_id as worker, claim from jobs.units where id = ${poison!.id}`;
      if (unit!.status === 'ERROR') return true;
      const pid = Number(/-(\d+)-[0-9a-f]+$/.exec(unit!.worker ?? '')?.[1]);
      if (unit!.status === 'RUNNING' && unit!.claim !== claim && Number.isInteger(pid)) {
        claim = unit!.claim;
        process.kill(pid, 'SIGKILL');
        deaths += 1;
        await platform.heal();
      }
      return false;
    },
    200_000,
  );
  expect(deaths).toBe(deathsExpected);
  const done = await jobReaches(platform, id, ['DONE', 'ERROR'], 60_000);
  expect(done).toMatchObject({ status: 'DONE', outcome: 'with_errors' });
  const { units } = await platform.api.call('GET', `/v1/jobs/${id}/units`, listUnitsAnswer);
  const failed = units.filter(({ status }) => status === 'ERROR');
  expect(failed).toMatchObject([{ id: poison!.id, failure: { code: 'WORKER_LOST' } }]);
  expect([failed[0]!.failure!.cause, failed[0]!.failure!.remedy].every((text) => text.length > 20)).toBe(true);
  expect(units.filter(({ status }) => status === 'DONE').length).toBeGreaterThan(1);
  const others = units.filter(({ status }) => status === 'DONE').map(({ source }) => source);
  expectEqual(await compare(platform, others));

  await fetch(`${platform.stack.simulatorControlUrl}/faults`, { method: 'DELETE' });
  // Its cause removed, a retry pass brings the rest, and what was in doubt is not doubled.
  await platform.api.call('POST', `/v1/jobs/${id}/passes`, passAnswer, { mode: 'retry' });
  expect(await jobReaches(platform, id, ['DONE', 'ERROR'])).toMatchObject({ status: 'DONE' });
  expectEqual(await compare(platform));
});
