/** `GET /v1/jobs/{id}/logs`. */
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import type { OpenStreams } from '../access/open-streams.js';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { LogHub } from './log-hub.js';
import { streamLog, type StreamLimits } from './log-stream.js';

export interface LogRouteDeps {
  logs: LogHub;
  streams: OpenStreams;
  limits?: StreamLimits;
}

export const logRoute = ({ logs, streams, limits }: LogRouteDeps): OwnRoute =>
  organisationRoute(jobEndpoints.streamJobLog, async ({ params, query, request, response, requestId, secure }, { orgId }) => {
    const header = request.headers['last-event-id'];
    await streamLog(
      logs,
      {
        ...{ orgId, jobId: params.id, lastEventId: typeof header === 'string' && header !== '' ? header : query.after, requestId },
        watch: (close) => streams.watch({ credential: { headers: request.headers, secure }, orgId, scope: 'read', close }),
        ...(limits === undefined ? {} : { limits }),
      },
      response,
    );
    return null;
  });
