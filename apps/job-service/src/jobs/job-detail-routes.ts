/** Public routes of what belongs to a job: log export, mailboxes, units, items, passes. */
import { once } from 'node:events';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import type { UnitStatus } from '@migrator/contracts/api/jobs';
import { pageOf, type Cursors } from '@migrator/service-kit/cursors';
import type { Sql } from '@migrator/service-kit/database';
import { route } from '@migrator/service-kit/endpoint-route';
import { streamed, type RouteSpec } from '@migrator/service-kit/http';
import type { EstimateReader } from '../estimate/estimate-reader.js';
import type { ItemReader } from '../items/item-reader.js';
import { exportLog } from '../logs/export-log.js';
import type { makeCreatePass } from '../passes/create-pass.js';
import { describePass, type PassReader } from '../passes/pass-reader.js';
import { describeMailbox, describeUnit, type UnitReader } from '../units/unit-reader.js';
import { invalid } from './job-input.js';
import type { JobReader } from './job-reader.js';

export interface JobDetailRoutesDeps {
  sql: Sql;
  jobs: JobReader;
  units: UnitReader;
  items: ItemReader;
  passes: PassReader;
  estimates: EstimateReader;
  cursors: Cursors;
  createPass: ReturnType<typeof makeCreatePass>;
}

const { exportJobLog, listJobMailboxes, listJobUnits, listJobItems, listJobPasses, createPass: beginPass } = jobEndpoints;

export function jobDetailRoutes({ sql, jobs, units, items, passes, estimates, cursors, createPass }: JobDetailRoutesDeps): RouteSpec[] {
  /** One page after a cursor of `list`, by the id of its rows. */
  const pageById = async <Row extends { id: string }>(list: string, cursor: string | undefined, limit: number, read: (afterId: string | null, count: number) => Promise<Row[]>) => {
    const [afterId = null] = cursor === undefined ? [] : cursors.read(list, cursor);
    return pageOf(cursors, list, await read(afterId, limit + 1), limit, (row) => [row.id]);
  };
  const listUnits = async (org: string, jobId: string, { status, limit, cursor }: { status?: UnitStatus | undefined; limit: number; cursor?: string | undefined }) => {
    const job = await jobs.identify(org, jobId);
    return { job, ...(await pageById(`units ${jobId} ${status ?? ''}`, cursor, limit, (afterId, count) => units.list({ id: jobId, status: job.status }, status, afterId, count))) };
  };
  return [
    route(listJobMailboxes, async ({ org, params, query }) => {
      const { job, rows, ...rest } = await listUnits(org, params.id, query);
      if (job.type !== 'EMAIL') throw invalid([{ path: 'id', message: `this is a job of type ${job.type}; only EMAIL jobs have mailboxes` }]);
      return { mailboxes: rows.map((unit) => describeMailbox(unit, job.status)), ...rest };
    }),
    route(listJobUnits, async ({ org, params, query }) => {
      const { job, rows, ...rest } = await listUnits(org, params.id, query);
      const estimateOf = await estimates.ofUnits({ orgId: org, id: params.id, status: job.status });
      return { units: rows.map((unit) => describeUnit(unit, job.status, estimateOf)), ...rest };
    }),
    route(listJobItems, async ({ org, params, query: { status, limit, cursor } }) => {
      await jobs.identify(org, params.id);
      const { rows, ...rest } = await pageById(`items ${params.id} ${status ?? ''}`, cursor, limit, (afterId, count) => items.list(params.id, status, afterId, count));
      return { items: rows, ...rest };
    }),
    route(listJobPasses, async ({ org, params }) => {
      await jobs.identify(org, params.id);
      return { passes: await passes.list(params.id) };
    }),
    route(beginPass, async ({ org, params, body, identity, requestId, signal }) => ({ pass: describePass(await createPass({ orgId: org, jobId: params.id, mode: body.mode, actor: identity.actor, requestId, signal })) })),
    route(exportJobLog, async ({ org, params, response, signal }) => {
      const { logSeq } = await jobs.identify(org, params.id);
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="job-logs.csv"', 'cache-control': 'no-store' });
      for await (const chunk of exportLog(sql, params.id, logSeq)) {
        if (signal.aborted) return streamed;
        if (!response.write(chunk)) await once(response, 'drain', { signal }).catch(ignoreAbort);
      }
      response.end();
      return streamed;
    }),
  ];
}

/** The client went away while we waited for it; the loop sees the signal. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
