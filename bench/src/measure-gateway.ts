/** What the gateway costs: the same call through it, with key check and rate limit, and straight at job-service with its internal token. */
import type { Measure } from './measure.js';
import { startBenchStack } from './bench-stack.js';
import { figure, median } from './figure.js';
import { hammer, type Target } from './load.js';
import { idOf, insertJobs, settle } from './rows.js';

/** The share of job-service's own rate that must come through, by Node.js line. */
const shareWanted = Number(process.versions.node.split('.')[0]) >= 24 ? 0.45 : 0.35;
const addedWantedMs = 1;

export const measureGateway: Measure = async ({ short, progress }) => {
  const bench = await startBenchStack();
  try {
    await insertJobs(bench.sql, bench.stack.orgId, 1_000);
    await settle(bench.sql, ['jobs.jobs', 'jobs.passes']);
    const path = `/v1/jobs/${idOf('job', 500)}`;
    const through: Target = { url: bench.stack.gatewayUrl, path, headers: bench.withKey };
    // A token lives for a minute, so each measurement takes a new one.
    const straight = async (): Promise<Target> => ({ url: bench.urlOf('job-service'), path, headers: await bench.withToken() });

    const rounds = short ? 1 : 5;
    const seconds = short ? 0.5 : 5;
    progress('warming up');
    await hammer(through, { connections: 32, seconds });
    await hammer(await straight(), { connections: 32, seconds });
    const rates: { gateway: number; direct: number }[] = [];
    const latencies: { gateway: number; direct: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      const direct = await hammer(await straight(), { connections: 32, seconds });
      const gateway = await hammer(through, { connections: 32, seconds });
      rates.push({ gateway: gateway.perSecond, direct: direct.perSecond });
      const alone = { connections: 1, seconds: seconds / 2 };
      latencies.push({ direct: median((await hammer(await straight(), alone)).latencies), gateway: median((await hammer(through, alone)).latencies) });
    }
    // The round in the middle: noise of a shared machine falls on both sides of a round.
    const ratio = median(rates.map(({ gateway, direct }) => gateway / direct));
    const shown = rates.find(({ gateway, direct }) => gateway / direct === ratio) ?? { gateway: Number.NaN, direct: Number.NaN };
    const added = median(latencies.map(({ gateway, direct }) => gateway - direct));
    return [
      figure('gateway.requests', shown.gateway, '1/s', shown.direct, { says: `ratio ≥ ${shareWanted}`, reached: ratio >= shareWanted }),
      figure('gateway.added-median', added, 'ms', median(latencies.map(({ direct }) => direct)), { says: `≤ ${addedWantedMs} ms`, reached: added <= addedWantedMs }),
    ];
  } finally {
    await bench.down();
  }
};
