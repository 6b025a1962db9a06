/** A second pass over a large mailbox that has been copied: with nothing new in it, and with a thousand items that are. */
import { recordCopied } from './already-copied.js';
import type { BenchStack } from './bench-stack.js';
import { residentBytes, startBenchStack } from './bench-stack.js';
import { figure, type Figure } from './figure.js';
import { Tenants, onlyMessages, type TenantMade } from './tenants.js';
import type { Measure, MeasureOptions } from './measure.js';

const mb = 1024 * 1024;
const wanted = { requestsAFolder: 3, seconds: 20, mb: 300 };
/** The least that an item takes: its import, a twentieth of an export; a look in the ledger, its claim, its outcome. */
const least = { requests: 1.05, probes: 3 };
const inProportion = 2;

interface Copied {
  bench: BenchStack;
  tenants: Tenants;
  source: TenantMade;
  jobId: string;
  folders: number;
  first: Pass;
}

/** What a pass cost. */
interface Pass {
  seconds: number;
  requests: number;
  /** Rows looked for in the ledger, by its key. */
  probes: number;
  workerMb: number;
  /** What the worker held before it. */
  idleMb: number;
  done: number;
}

/** A mailbox of which everything has been copied, and a job of which a first pass has found that. */
async function copied({ short, rows, progress }: MeasureOptions): Promise<Copied> {
  const items = rows ?? (short ? 2_000 : 1_000_000);
  const bench = await startBenchStack({ 'migration-worker': { LOG_LEVEL: 'warn' } });
  try {
    const tenants = new Tenants(bench);
    const content = { ...onlyMessages, messages: items, mailFolders: short ? 8 : 40, bodyChars: 200 };
    const source = await tenants.make('contoso', [{ alias: 'large', content }]);
    const destination = await tenants.make('fabrikam', [{ alias: 'large', content }]);
    const [sourceId, destId] = [await tenants.connect(source, 'source'), await tenants.connect(destination, 'destination')];
    // A worker makes its own tables.
    await bench.freshWorkers(1);
    const began = performance.now();
    const recorded = await recordCopied(bench, source, destination, 'large', progress);
    if (recorded !== items) throw new Error(`${recorded} of ${items} items were recorded as copied.`);
    await bench.sql`vacuum analyze worker.ledger`;
    progress(`${items} items recorded as copied in ${Math.round((performance.now() - began) / 1_000)} s`);
    let jobId = '';
    const first = await observed(bench, tenants, async () => {
      const { job, seconds } = await tenants.migrate(sourceId, destId);
      jobId = job.id;
      return { seconds, done: job.doneItems };
    });
    // The mailbox's settings are items too.
    if (first.done < items) throw new Error(`The first pass found ${first.done} of ${items} items.`);
    const { byRoute } = await tenants.control.call<{ byRoute: Record<string, number> }>('GET', '/counters');
    if (byRoute['POST /api/{version}/Mailboxes/{mbx}/importItem'] !== undefined) throw new Error('The first pass copied what had been copied.');
    const [{ folders = 0 } = {}] = await bench.sql<{ folders: number }[]>`select count(*)::int as folders from worker.unit_containers u join worker.containers c using (container_no) join worker.units w using (unit_no) where w.job_id = ${jobId} and c.kind like 'IPF.%'`;
    progress(`a first pass found them in ${folders} folders in ${Math.round(first.seconds)} s; the simulator holds ${Math.round(residentBytes(bench.pidOf('graph-simulator'), 'now') / mb)} MB, at most ${Math.round(residentBytes(bench.pidOf('graph-simulator'), 'peak') / mb)} MB`);
    return { bench, tenants, source, jobId, folders, first };
  } catch (error) {
    await bench.down();
    throw error;
  }
}

/** Runs a pass on a worker that has done nothing before. */
async function observed(bench: BenchStack, tenants: Tenants, run: () => Promise<{ seconds: number; done: number }>): Promise<Pass> {
  await bench.freshWorkers(1);
  const idleMb = residentBytes(bench.pidOf('migration-worker-1'), 'now') / mb;
  const probesBefore = await probes(bench);
  await tenants.control.call('DELETE', '/requests');
  const { seconds, done } = await run();
  const { requests } = await tenants.control.call<{ requests: number }>('GET', '/counters');
  const workerMb = residentBytes(bench.pidOf('migration-worker-1'), 'peak') / mb;
  // PostgreSQL counts what a connection did once the connection has ended.
  await bench.freshWorkers(0);
  return { seconds, requests, workerMb, idleMb, done, probes: (await probes(bench)) - probesBefore };
}

async function probes({ sql }: BenchStack): Promise<number> {
  const [row] = await sql<{ probes: number }[]>`
    select coalesce(sum(s.idx_scan), 0)::float as probes from pg_inherits i join pg_stat_all_indexes s on s.relid = i.inhrelid join pg_index x on x.indexrelid = s.indexrelid
    where i.inhparent = 'worker.ledger'::regclass and x.indisprimary`;
  return row?.probes ?? Number.NaN;
}

async function unchangedPass({ bench, tenants, jobId, first }: Copied): Promise<Pass> {
  const pass = await observed(bench, tenants, async () => {
    const { job, seconds } = await tenants.deltaPass(jobId);
    return { seconds, done: job.doneItems };
  });
  if (pass.done !== first.done) throw new Error(`The job says ${pass.done} of ${first.done} items after a pass that found nothing.`);
  return pass;
}

function unchangedFigures({ first, folders }: Copied, { seconds, requests, workerMb, idleMb }: Pass): Figure[] {
  return [
    // The least there is: one question a folder.
    figure('delta-unchanged.requests-a-folder', requests / folders, 'requests', 1, { says: `≤ ${wanted.requestsAFolder}`, reached: requests / folders <= wanted.requestsAFolder }),
    figure('delta-unchanged.time', seconds, 's', first.seconds, { says: `< ${wanted.seconds} s`, reached: seconds < wanted.seconds }),
    figure('delta-unchanged.worker-memory', workerMb, 'MB', idleMb, { says: `< ${wanted.mb} MB`, reached: workerMb < wanted.mb }),
  ];
}

export const measureDeltaUnchanged: Measure = async (options) => {
  const mailbox = await copied(options);
  try {
    return unchangedFigures(mailbox, await unchangedPass(mailbox));
  } finally {
    await mailbox.bench.down();
  }
};

export const measureDeltaFew: Measure = async (options) => {
  const mailbox = await copied(options);
  const { bench, tenants, source, jobId, first } = mailbox;
  try {
    const unchanged = await unchangedPass(mailbox);
    const changed = options.short ? 50 : 1_000;
    const perMailbox = { new: changed * 0.4, edited: changed * 0.4, readFlags: changed * 0.2, newFolder: false, moved: 0, deleted: 0 };
    const { counts } = await tenants.control.call<{ counts: Record<string, number> }>('POST', '/exchange/changes', { tenant: source.domain, perMailbox });
    const made = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (made !== changed) throw new Error(`${made} of ${changed} items were changed.`);
    const few = await observed(bench, tenants, async () => {
      const { job, seconds } = await tenants.deltaPass(jobId);
      return { seconds, done: job.doneItems };
    });
    if (few.done !== first.done + perMailbox.new) throw new Error(`The job says ${few.done} items, not ${first.done} and ${perMailbox.new} new ones.`);
    options.progress(`unchanged: ${unchanged.requests} requests, ${unchanged.probes} rows looked for, ${unchanged.seconds} s; ${changed} changed: ${few.requests} requests, ${few.probes} rows looked for, ${few.seconds} s`);
    // The pass that found nothing is what is paid whatever has changed.
    const against = (name: string, unit: string, of: (pass: Pass) => number, atLeast: number): Figure => {
      const each = (of(few) - of(unchanged)) / changed;
      return figure(`delta-few.${name}-a-changed-item`, each, unit, atLeast, { says: `in proportion: ≤ ${inProportion} × the least an item takes`, reached: each <= atLeast * inProportion });
    };
    return [
      ...unchangedFigures(mailbox, unchanged),
      against('requests', 'requests', ({ requests }) => requests, least.requests),
      against('ledger-rows', 'rows', ({ probes: looked }) => looked, least.probes),
      figure('delta-few.time', few.seconds, 's', unchanged.seconds),
      figure('delta-few.worker-memory', few.workerMb, 'MB', few.idleMb, { says: `< ${wanted.mb} MB`, reached: few.workerMb < wanted.mb }),
    ];
  } finally {
    await bench.down();
  }
};
