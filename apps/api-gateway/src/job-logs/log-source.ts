/** The stored log of a job, as job-service tells it. */
import { internalLogsAnswer, type InternalLogsAnswer } from '@migrator/contracts/internal';
import { serviceIdentity } from '@migrator/service-kit/identity';
import type { InternalClient } from '@migrator/service-kit/internal-client';

export type StoredLine = InternalLogsAnswer['lines'][number];

export interface LogSource {
  /** Up to `limit` lines after a position, in order. `after` is a sequence number or a log id. JOB_NOT_FOUND when the job is not this organisation's. */
  page(orgId: string, jobId: string, after: { seq: number } | { id: string }, limit: number, requestId: string): Promise<InternalLogsAnswer>;
}

export const createLogSource = (jobs: InternalClient): LogSource => ({
  page: (orgId, jobId, after, limit, requestId) => {
    const position = 'seq' in after ? `after=${after.seq}` : `afterId=${encodeURIComponent(after.id)}`;
    return jobs.call({
      method: 'GET',
      path: `/internal/orgs/${encodeURIComponent(orgId)}/jobs/${encodeURIComponent(jobId)}/logs?${position}&limit=${limit}`,
      identity: serviceIdentity('api-gateway', requestId, orgId as `org_${string}`),
      answer: internalLogsAnswer,
    });
  },
});
