/** Public routes of what belongs to a job: log export, mailboxes, units, items, passes. */
import { once } from 'node:events';
import { createPassBody, listItemsQuery, listMailboxesQuery } from '@migrator/contracts/api/jobs';
import { parse } from '@migrator/contracts/errors';
import type { Sql } from '@migrator/service-kit/database';
import { accepted, ok, streamed, type OrgCall, type RouteSpec } from '@migrator/service-kit/http';
import type { ItemReader } from '../items/item-reader.js';
import { exportLog } from '../logs/export-log.js';
import type { Cursors } from '@migrator/service-kit/cursors';
import type { makeCreatePass } from '../passes/create-pass.js';
import { describePass, type PassReader } from '../passes/pass-reader.js';
import { describeMailbox, describeUnit, type UnitReader } from '../units/unit-reader.js';
import { invalid } from './job-input.js';
import type { JobReader } from './job-reader.js';
import { jobIdOf } from './job-routes.js';

export interface JobDetailRoutesDeps {
  sql: Sql;
  jobs: JobReader;
  units: UnitReader;
  items: ItemReader;
  passes: PassReader;
  cursors: Cursors;
  createPass: ReturnType<typeof makeCreatePass>;
}

export function jobDetailRoutes({ sql, jobs, units, items, passes, cursors, createPass }: JobDetailRoutesDeps): RouteSpec[] {
  /** One page after a cursor of `list`, by the id of its rows. */
  const pageById = async <Row extends { id: string }>(list: string, cursor: string | undefined, limit: number, read: (afterId: string | null, count: number) => Promise<Row[]>) => {
    const [afterId = null] = cursor === undefined ? [] : cursors.read(list, cursor);
    const rows = await read(afterId, limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { page, nextCursor: last === undefined ? null : cursors.issue(list, [last.id]), hasMore: last !== undefined };
  };
  const listUnits = async (call: OrgCall) => {
    const jobId = jobIdOf(call);
    const { status, limit, cursor } = parse(listMailboxesQuery, call.query);
    const job = await jobs.identify(call.org, jobId);
    return { job, ...(await pageById(`units ${jobId} ${status ?? ''}`, cursor, limit, (afterId, count) => units.list({ id: jobId, status: job.status }, status, afterId, count))) };
  };
  return [
    {
      method: 'GET', path: '/v1/jobs/:id/mailboxes', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const { job, page, nextCursor, hasMore } = await listUnits(call);
        if (job.type !== 'EMAIL') throw invalid([{ path: 'id', message: `this is a job of type ${job.type}; only EMAIL jobs have mailboxes` }]);
        return ok({ mailboxes: page.map((unit) => describeMailbox(unit, job.status)), nextCursor, hasMore });
      },
    },
    {
      method: 'GET', path: '/v1/jobs/:id/units', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const { job, page, nextCursor, hasMore } = await listUnits(call);
        return ok({ units: page.map((unit) => describeUnit(unit, job.status)), nextCursor, hasMore });
      },
    },
    {
      method: 'GET', path: '/v1/jobs/:id/items', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const jobId = jobIdOf(call);
        const { status, limit, cursor } = parse(listItemsQuery, call.query);
        await jobs.identify(call.org, jobId);
        const { page, nextCursor, hasMore } = await pageById(`items ${jobId} ${status ?? ''}`, cursor, limit, (afterId, count) => items.list(jobId, status, afterId, count));
        return ok({ items: page, nextCursor, hasMore });
      },
    },
    {
      method: 'GET', path: '/v1/jobs/:id/passes', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const jobId = jobIdOf(call);
        await jobs.identify(call.org, jobId);
        return ok({ passes: await passes.list(jobId) });
      },
    },
    {
      method: 'POST', path: '/v1/jobs/:id/passes', access: 'organisation', scope: 'write',
      handle: async (call) => {
        const jobId = jobIdOf(call);
        const { mode } = parse(createPassBody, call.body);
        return accepted({ pass: describePass(await createPass({ orgId: call.org, jobId, mode, actor: call.identity.actor, requestId: call.requestId })) });
      },
    },
    {
      method: 'GET', path: '/v1/jobs/:id/logs/export', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const jobId = jobIdOf(call);
        const { logSeq } = await jobs.identify(call.org, jobId);
        const { response, signal } = call;
        response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="job-logs.csv"', 'cache-control': 'no-store' });
        for await (const chunk of exportLog(sql, jobId, logSeq)) {
          if (signal.aborted) return streamed;
          if (!response.write(chunk)) await once(response, 'drain', { signal }).catch(ignoreAbort);
        }
        response.end();
        return streamed;
      },
    },
  ];
}

/** The client went away while we waited for it; the loop sees the signal. */
function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
