/** A second pass over a drive of a million things that have been copied, with nothing new in it; and the pass before, which had to list them all. */
import { residentBytes, startBenchStack, type BenchStack } from './bench-stack.js';
import { figure } from './figure.js';
import type { Measure } from './measure.js';
import { recordDriveCopied } from './recorded-drive.js';
import { Tenants } from './tenants.js';

const mb = 1024 * 1024;
const wanted = { seconds: 30, mb: 300 };
/** Beside the pages of delta: two tokens, and at each side a drive and its root. */
const aPass = 2 + 2 * 2;
const pageItems = 1_000;

interface Pass {
  seconds: number;
  requests: number;
  pages: number;
  workerMb: number;
  idleMb: number;
  done: number;
}

/** Runs a pass on a worker that has done nothing before. */
async function observed(bench: BenchStack, tenants: Tenants, run: () => Promise<{ seconds: number; done: number }>): Promise<Pass> {
  await bench.freshWorkers(1);
  const pid = bench.pidOf('migration-worker-1');
  const idleMb = residentBytes(pid, 'now') / mb;
  await tenants.control.call('DELETE', '/requests');
  const { seconds, done } = await run();
  const { requests, byRoute } = await tenants.control.call<{ requests: number; byRoute: Record<string, number> }>('GET', '/counters');
  const pages = Object.entries(byRoute).filter(([route]) => route.endsWith('/delta')).reduce((sum, [, count]) => sum + count, 0);
  return { seconds, requests, pages, workerMb: residentBytes(pid, 'peak') / mb, idleMb, done };
}

export const measureDeltaFiles: Measure = async ({ short, rows, progress }) => {
  const items = rows ?? (short ? 4_000 : 1_000_000);
  const bench = await startBenchStack({ 'migration-worker': { LOG_LEVEL: 'warn', GRAPH_LIMITS: JSON.stringify({ limits: { 'files.unitsPerMinute': { max: 1e15 } } }) } });
  try {
    const tenants = new Tenants(bench);
    const folders = Math.ceil(items / 100);
    const drive = { content: { files: items - folders, folders, awkwardNames: false } };
    const source = await tenants.make('contoso', [{ alias: 'ada', drive }]);
    const destination = await tenants.make('fabrikam', [{ alias: 'ada', drive }]);
    const [sourceId, destId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
    // A worker makes its own tables.
    await bench.freshWorkers(1);
    const recorded = await recordDriveCopied(bench, source, destination, 'ada', progress);
    if (recorded !== items) throw new Error(`${recorded} of ${items} things were recorded as copied.`);
    await bench.sql`vacuum analyze worker.ledger`;
    let jobId = '';
    const first = await observed(bench, tenants, async () => {
      const { job, seconds } = await tenants.migrate(sourceId, destId, { type: 'ONEDRIVE', scope: { versions: false, permissions: false } });
      jobId = job.id;
      return { seconds, done: job.doneItems };
    });
    if (first.done !== items) throw new Error(`The first pass found ${first.done} of ${items} things.`);
    progress(`a first pass found ${items} things: ${first.requests} requests, ${first.pages} pages of delta, ${first.seconds.toFixed(1)} s, worker at most ${first.workerMb.toFixed(0)} MB; the simulator at most ${(residentBytes(bench.pidOf('graph-simulator'), 'peak') / mb).toFixed(0)} MB`);
    const second = await observed(bench, tenants, async () => {
      const { job, seconds } = await tenants.deltaPass(jobId);
      return { seconds, done: job.doneItems };
    });
    if (second.done !== items) throw new Error(`The job says ${second.done} of ${items} things after a pass that found nothing.`);
    progress(`a pass with nothing new: ${second.requests} requests, ${second.pages} pages of delta`);
    const beside = Math.max(first.requests - first.pages, second.requests - second.pages);
    return [
      figure('delta-unchanged-files.requests', second.requests, 'requests', 1 + aPass, { says: `by the page of delta, and ${aPass} for the pass`, reached: second.pages <= 1 && first.pages <= Math.ceil((items + 1) / pageItems) + 1 && beside <= aPass }),
      figure('delta-unchanged-files.time', second.seconds, 's', first.seconds, { says: `< ${wanted.seconds} s`, reached: second.seconds < wanted.seconds }),
      figure('delta-unchanged-files.worker-memory', second.workerMb, 'MB', second.idleMb, { says: `< ${wanted.mb} MB`, reached: second.workerMb < wanted.mb }),
      figure('delta-unchanged-files.first-pass-memory', first.workerMb, 'MB', first.idleMb, { says: `< ${wanted.mb} MB`, reached: first.workerMb < wanted.mb }),
    ];
  } finally {
    await bench.down();
  }
};
