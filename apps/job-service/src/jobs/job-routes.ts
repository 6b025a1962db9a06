/** Public routes of jobs: parse by contract, use case, answer by contract. */
import { createBatchBody, createJobBody, listJobsQuery } from '@migrator/contracts/api/jobs';
import { isId } from '@migrator/contracts/ids';
import { parse } from '@migrator/contracts/errors';
import { created, ok, type OrgCall, type RouteSpec } from '@migrator/service-kit/http';
import type { Cursors } from '@migrator/service-kit/cursors';
import type { makeCreateJobs } from './create-jobs.js';
import type { makeDeleteJob } from './delete-job.js';
import type { JobReader } from './job-reader.js';
import { jobNotFound } from './job-repository.js';
import type { makePauseJob } from './pause-job.js';
import type { makeResumeJob } from './resume-job.js';

export interface JobRoutesDeps {
  jobs: JobReader;
  cursors: Cursors;
  createJobs: ReturnType<typeof makeCreateJobs>;
  pauseJob: ReturnType<typeof makePauseJob>;
  resumeJob: ReturnType<typeof makeResumeJob>;
  deleteJob: ReturnType<typeof makeDeleteJob>;
}

const mebibyte = 1024 * 1024;

/** The job id in the path; what is no id is no job. */
export function jobIdOf(call: OrgCall): string {
  const id = call.params['id'];
  if (!isId('job', id)) throw jobNotFound();
  return id;
}

export function jobRoutes({ jobs, cursors, createJobs, pauseJob, resumeJob, deleteJob }: JobRoutesDeps): RouteSpec[] {
  const who = (call: OrgCall) => ({ orgId: call.org, actor: call.identity.actor, requestId: call.requestId, signal: call.signal });
  return [
    {
      method: 'POST', path: '/v1/jobs', access: 'organisation', scope: 'write',
      handle: async (call) => {
        const shared = parse(createJobBody, call.body);
        const [id = ''] = await createJobs({ ...who(call), shared, entries: [{ path: '' }] });
        return created({ job: await jobs.get(call.org, id) });
      },
    },
    {
      method: 'POST', path: '/v1/jobs/batch', access: 'organisation', scope: 'write', bodyBytesMax: 10 * mebibyte,
      handle: async (call) => {
        const { batches, ...shared } = parse(createBatchBody, call.body);
        return created({ jobIds: await createJobs({ ...who(call), shared, entries: batches.map((entry, index) => ({ ...entry, path: `batches.${index}` })) }) });
      },
    },
    {
      method: 'GET', path: '/v1/jobs', access: 'organisation', scope: 'read',
      handle: async (call) => {
        const { status, type, limit, cursor } = parse(listJobsQuery, call.query);
        const list = `jobs ${call.org} ${status ?? ''} ${type ?? ''}`;
        const [createdAt, id] = cursor === undefined ? [] : cursors.read(list, cursor);
        const rows = await jobs.list(call.org, { status, type }, createdAt === undefined || id === undefined ? null : { createdAt, id }, limit + 1);
        const page = rows.slice(0, limit);
        const last = rows.length > limit ? page.at(-1) : undefined;
        return ok({ jobs: page, nextCursor: last === undefined ? null : cursors.issue(list, [last.createdAt, last.id]), hasMore: last !== undefined });
      },
    },
    { method: 'GET', path: '/v1/jobs/:id', access: 'organisation', scope: 'read', handle: async (call) => ok({ job: await jobs.get(call.org, jobIdOf(call)) }) },
    {
      method: 'PATCH', path: '/v1/jobs/:id/pause', access: 'organisation', scope: 'write',
      handle: async (call) => {
        await pauseJob({ orgId: call.org, jobId: jobIdOf(call) });
        return ok({ status: 'PAUSED' });
      },
    },
    {
      method: 'PATCH', path: '/v1/jobs/:id/resume', access: 'organisation', scope: 'write',
      handle: async (call) => {
        await resumeJob({ orgId: call.org, jobId: jobIdOf(call), requestId: call.requestId });
        return ok({ status: 'QUEUED' });
      },
    },
    {
      method: 'DELETE', path: '/v1/jobs/:id', access: 'organisation', scope: 'write',
      handle: async (call) => {
        await deleteJob({ orgId: call.org, jobId: jobIdOf(call), actor: call.identity.actor });
        return ok({ deleted: true });
      },
    },
  ];
}
