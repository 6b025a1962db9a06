/** `GET /v1/jobs/{id}/logs`. */
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { LogHub } from './log-hub.js';
import { streamLog } from './log-stream.js';

export const logRoute = (logs: LogHub): OwnRoute =>
  organisationRoute(jobEndpoints.streamJobLog, async ({ params, query, request, response, requestId }, { orgId }) => {
    const header = request.headers['last-event-id'];
    await streamLog(logs, { orgId, jobId: params.id, lastEventId: typeof header === 'string' && header !== '' ? header : query.after, requestId }, response);
    return null;
  });
