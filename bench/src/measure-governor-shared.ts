/**
 * Whether jobs that share a budget use all of it and share it fairly: one mailbox under Microsoft's published limits, read by two processes.
 * First a job of one organisation in the one and a job of another organisation in the other; then a third, of another workload, joins.
 * A short window of the same numbers stands for the ten minutes, at the simulator and in the governor's configuration alike.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Flow } from '@migrator/graph-client';
import { checkout } from '@migrator/stack';
import { request } from 'undici';
import { startBenchStack } from './bench-stack.js';
import { cpuDuring } from './cpu.js';
import { figure, type Figure } from './figure.js';
import type { GovernedReading, ReaderOrder, ReaderReport } from './governed-reader.js';
import { Tenants } from './tenants.js';
import type { Measure } from './measure.js';

const publishedRequests = 10_000;
const publishedWindowSeconds = 600;
const usedMin = 0.95;
const unfairMax = 0.1;
const refusedMax = 0.005;

interface Reader {
  pid: number;
  order(order: ReaderOrder): void;
  counts(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

async function startReader(read: GovernedReading): Promise<Reader> {
  const child = fork(join(checkout, 'bench/dist/governed-reader.js'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const order = (each: ReaderOrder): void => {
    child.send(each);
  };
  const hear = async <T>(wanted: (report: ReaderReport) => T | null): Promise<T> => {
    for (;;) {
      const [report] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('A reader ended.'); })])) as [ReaderReport];
      const found = wanted(report);
      if (found !== null) return found;
    }
  };
  const shared = hear((report) => ('shared' in report && report.shared ? true : null));
  order({ read });
  await shared;
  return {
    pid: child.pid ?? 0,
    order,
    counts: async () => {
      const answered = hear((report) => ('counts' in report ? report.counts : null));
      order({ count: true });
      return answered;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

interface Phase {
  used: number;
  /** How far the worst is from its fair share, as a part of it. */
  unfair: number;
}

export const measureGovernorShared: Measure = async ({ short, progress }) => {
  const timeScale = short ? 60 : 10;
  const windowSeconds = publishedWindowSeconds / timeScale;
  const bench = await startBenchStack();
  const readers: Reader[] = [];
  try {
    const tenants = new Tenants(bench);
    const tenant = await tenants.make('contoso', [{ alias: 'ada', content: 'empty' }]);
    await tenants.control.call('POST', '/limits', { profile: 'published', timeScale });
    const { clientId, clientSecret } = bench.stack.simulatorApp;
    const flow = (job: string, organisation: string, workload: string): Flow => ({ organisation, job, workload });
    const common = { redisUrl: bench.stack.redisUrl, namespace: bench.state.namespace, lastHop: bench.stack.simulatorUrl, clientId, clientSecret, tenantId: tenant.microsoftId, mailbox: tenant.userIds['ada'] ?? '', limits: { windowsShorterBy: timeScale }, lanes: 6 };
    const one = await startReader({ ...common, flows: [flow('a', 'organisation 1', 'EMAIL')] });
    readers.push(one);
    const two = await startReader({ ...common, flows: [flow('b', 'organisation 2', 'EMAIL'), flow('c', 'organisation 2', 'TEAMS')] });
    readers.push(two);
    // On a connection of its own: one that was left idle for a whole phase may be on its way to being closed.
    const counters = async (): Promise<{ requests: number; throttled: number }> => (await request(new URL('/counters', bench.stack.simulatorControlUrl), { reset: true })).body.json() as Promise<{ requests: number; throttled: number }>;

    /** Over one window, beginning `afterSeconds` from now. */
    const phase = async (name: string, jobs: readonly string[], afterSeconds: number): Promise<Phase> => {
      await pause(afterSeconds * 1_000);
      const all = async (): Promise<Record<string, number>> => Object.assign({}, ...(await Promise.all(readers.map((each) => each.counts())))) as Record<string, number>;
      const [before, began] = [await all(), performance.now()];
      await pause(windowSeconds * 1_000);
      const [after, tookSeconds] = [await all(), (performance.now() - began) / 1_000];
      const got = jobs.map((job) => (after[job] ?? 0) - (before[job] ?? 0));
      const sum = got.reduce((total, each) => total + each, 0);
      const used = sum / (publishedRequests * (tookSeconds / windowSeconds));
      const fair = sum / jobs.length;
      const unfair = Math.max(...got.map((each) => Math.abs(each - fair) / fair));
      progress(`${name}: ${jobs.map((job, index) => `${job} ${got[index] ?? 0}`).join(', ')} requests in ${tookSeconds.toFixed(1)} s; ${(used * 100).toFixed(1)} % of what is allowed; the worst ${(unfair * 100).toFixed(1)} % from its share`);
      return { used, unfair };
    };

    const { value, seconds: cpu } = await cpuDuring({ ...bench.pids(), one: one.pid, two: two.pid }, async () => {
      const began = performance.now();
      one.order({ start: 'a' });
      two.order({ start: 'b' });
      const pair = await phase('two jobs', ['a', 'b'], windowSeconds);
      two.order({ start: 'c' });
      // Soon: a sixth of a window after it has begun the third has its share.
      const three = await phase('a third one', ['a', 'b', 'c'], windowSeconds / 6);
      return { pair, three, seconds: (performance.now() - began) / 1_000 };
    });
    const { requests, throttled } = await counters();
    progress(`the simulator’s share of the time ${(((cpu['graph-simulator'] ?? 0) / value.seconds) * 100).toFixed(0)} %; it counted ${throttled} refusals of ${requests} requests`);
    const share = (name: string, { used, unfair }: Phase): Figure[] => [
      figure(`governor-shared.${name}.used`, used, 'of the limit', 1, { says: `≥ ${usedMin}`, reached: used >= usedMin }),
      figure(`governor-shared.${name}.unfair`, unfair, 'from the fair share', 1, { says: `≤ ${unfairMax}`, reached: unfair <= unfairMax }),
    ];
    return [
      ...share('two', value.pair),
      ...share('three', value.three),
      figure('governor-shared.refused', throttled / requests, 'of all requests', refusedMax, { says: `< ${refusedMax}`, reached: throttled / requests < refusedMax }),
      figure('governor-shared.simulator-share', (cpu['graph-simulator'] ?? 0) / value.seconds, 'of one core', 1),
    ];
  } finally {
    for (const each of readers) await each.stop();
    await bench.down();
  }
};
