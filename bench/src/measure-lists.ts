/** Lists of a million: the first and the last page cost alike, and little. */
import { Secret } from '@migrator/service-kit/config';
import { createCursors } from '@migrator/service-kit/cursors';
import type { Measure } from './measure.js';
import { startBenchStack, type BenchStack } from './bench-stack.js';
import { figure, percentile, type Figure } from './figure.js';
import { hammer, type Target } from './load.js';
import { idOf, insertItems, insertJobs, insertLines, settle } from './rows.js';

const wantedMs = 25;
const says = `p99 < ${wantedMs} ms`;

export const measureLists: Measure = async ({ short, progress }) => {
  const rows = short ? 5_000 : 1_000_000;
  const bench = await startBenchStack();
  try {
    const { sql, stack } = bench;
    const large = idOf('job', rows);
    progress(`storing ${rows} jobs`);
    await insertJobs(sql, stack.orgId, rows);
    progress(`storing ${rows} items and ${rows} lines`);
    await insertItems(sql, large, rows);
    await insertLines(sql, large, rows);
    await settle(sql, ['jobs.jobs', 'jobs.passes', 'jobs.items', 'jobs.log_lines']);

    const p99 = async (name: string, target: Target): Promise<number> => {
      progress(name);
      await hammer(target, { connections: 4, seconds: short ? 0.2 : 2 });
      return percentile((await hammer(target, { connections: 4, seconds: short ? 0.5 : 8 })).latencies, 0.99);
    };
    const get = (path: string): Target => ({ url: stack.gatewayUrl, path, headers: bench.withKey });
    const figures: Figure[] = [];
    for (const { name, first, last, small } of await pages(bench, large, rows)) {
      const firstMs = await p99(`${name}, first page`, get(first));
      const lastMs = await p99(`${name}, last page`, get(last));
      const smallMs = await p99(`${name}, a list of one page`, get(small));
      figures.push(figure(`lists.${name}.first.p99`, firstMs, 'ms', smallMs, { says, reached: firstMs < wantedMs }), figure(`lists.${name}.last.p99`, lastMs, 'ms', smallMs, { says, reached: lastMs < wantedMs }));
    }
    // The log is read in pages by the gateway for its streams, by the position in the log.
    const log = async (after: number, jobId: string): Promise<Target> => ({ url: bench.urlOf('job-service'), path: `/internal/orgs/${stack.orgId}/jobs/${jobId}/logs?after=${after}&limit=100`, headers: await bench.withToken('service') });
    const smallMs = await p99('log, a list of one page', await log(0, idOf('job', rows - 1)));
    for (const [place, after] of [['first', 0], ['last', rows - 100]] as const) {
      const ms = await p99(`log, ${place} page`, await log(after, large));
      figures.push(figure(`lists.log.${place}.p99`, ms, 'ms', smallMs, { says, reached: ms < wantedMs }));
    }
    return figures;
  } finally {
    await bench.down();
  }
};

/** The addresses of the first and last pages, and of a list that has one page only. */
async function pages({ sql, stack, state, withKey }: BenchStack, large: string, rows: number): Promise<{ name: string; first: string; last: string; small: string }[]> {
  const cursors = createCursors(new Secret(state.secrets.signingKey), 'job-service');
  const nextOf = async (path: string): Promise<string> => {
    const response = await fetch(new URL(path, stack.gatewayUrl), { headers: withKey });
    return ((await response.json()) as { nextCursor: string }).nextCursor;
  };
  // What a cursor says is learnt from a real one; only its position is moved to the end.
  const moved = async (path: string, list: string, position: (string | number)[]): Promise<string> => {
    const known = cursors.read(list, await nextOf(path));
    if (known.length !== position.length) throw new Error(`the cursor of ${list} holds ${JSON.stringify(known)}`);
    return `${path}&cursor=${cursors.issue(list, position.map(String))}`;
  };
  const [row] = await sql<{ at: Date }[]>`select created_at as at from jobs.jobs where id = ${idOf('job', 21)}`;
  const one = idOf('job', rows - 1);
  await sql`insert into jobs.items select ${one}, item_key, ${idOf('itm', rows + 1)}, unit_id, claim, status, container, kind, source_item_id, code, graph_code, request_id, at from jobs.items where job_id = ${large} limit 1`;
  await sql`insert into jobs.log_lines values (${one}, 1, 'INFO', 'Job created', now())`;
  await sql`update jobs.jobs set log_seq = 1, live_seq = 1 where id = ${one}`;
  return [
    { name: 'jobs', first: '/v1/jobs?limit=20', last: await moved('/v1/jobs?limit=20', `jobs ${stack.orgId}  `, [row?.at.toISOString() ?? '', idOf('job', 21)]), small: '/v1/jobs?limit=20&type=TEAMS' },
    { name: 'items', first: `/v1/jobs/${large}/items?limit=50`, last: await moved(`/v1/jobs/${large}/items?limit=50`, `items ${large} `, [idOf('itm', 51)]), small: `/v1/jobs/${one}/items?limit=50` },
  ];
}
