/** Public routes of jobs: parsed by contract, use case, answered by contract. */
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { pageOf, type Cursors } from '@migrator/service-kit/cursors';
import { route } from '@migrator/service-kit/endpoint-route';
import type { OrgCall, RouteSpec } from '@migrator/service-kit/http';
import type { makeCreateJobs } from './create-jobs.js';
import type { makeDeleteJob } from './delete-job.js';
import type { DryRunReader } from '../dry-run/dry-run-result.js';
import type { EstimateReader } from '../estimate/estimate-reader.js';
import type { JobReader } from './job-reader.js';
import type { makePauseJob } from './pause-job.js';
import type { makeResumeJob } from './resume-job.js';

export interface JobRoutesDeps {
  jobs: JobReader;
  estimates: EstimateReader;
  dryRuns: DryRunReader;
  cursors: Cursors;
  createJobs: ReturnType<typeof makeCreateJobs>;
  pauseJob: ReturnType<typeof makePauseJob>;
  resumeJob: ReturnType<typeof makeResumeJob>;
  deleteJob: ReturnType<typeof makeDeleteJob>;
}

const { createJob, createJobBatch, listJobs, getJob, pauseJob: pause, resumeJob: resume, deleteJob: remove } = jobEndpoints;

export function jobRoutes({ jobs, estimates, dryRuns, cursors, createJobs, pauseJob, resumeJob, deleteJob }: JobRoutesDeps): RouteSpec[] {
  const who = (call: Pick<OrgCall, 'org' | 'identity' | 'requestId' | 'signal'>) => ({ orgId: call.org, actor: call.identity.actor, requestId: call.requestId, signal: call.signal });
  /** A job as it is shown alone: with what lists do not say of it. */
  const detail = async (orgId: string, jobId: string) => {
    const job = await jobs.get(orgId, jobId);
    const [estimate, dryRunResult] = await Promise.all([estimates.ofJob({ ...job, orgId }), dryRuns.find({ ...job, orgId })]);
    return { job: { ...job, estimate, dryRunResult } };
  };
  return [
    route(createJob, async (call) => {
      const [id = ''] = await createJobs({ ...who(call), shared: call.body, entries: [{ path: '' }] });
      return detail(call.org, id);
    }),
    route(createJobBatch, async (call) => {
      const { batches, ...shared } = call.body;
      return { jobIds: await createJobs({ ...who(call), shared, entries: batches.map((entry, index) => ({ ...entry, path: `batches.${index}` })) }) };
    }),
    route(listJobs, async ({ org, query: { status, type, limit, cursor } }) => {
      const list = `jobs ${org} ${status ?? ''} ${type ?? ''}`;
      const [createdAt, id] = cursor === undefined ? [] : cursors.read(list, cursor);
      const found = await jobs.list(org, { status, type }, createdAt === undefined || id === undefined ? null : { createdAt, id }, limit + 1);
      const { rows, ...rest } = pageOf(cursors, list, found, limit, (job) => [job.createdAt, job.id]);
      return { jobs: rows, ...rest };
    }),
    route(getJob, ({ org, params }) => detail(org, params.id)),
    route(pause, async ({ org, params }) => {
      await pauseJob({ orgId: org, jobId: params.id });
      return { status: 'PAUSED' as const };
    }),
    route(resume, async ({ org, params, requestId }) => {
      await resumeJob({ orgId: org, jobId: params.id, requestId });
      return { status: 'QUEUED' as const };
    }),
    route(remove, async ({ org, params, identity }) => {
      await deleteJob({ orgId: org, jobId: params.id, actor: identity.actor });
      return { deleted: true as const };
    }),
  ];
}
