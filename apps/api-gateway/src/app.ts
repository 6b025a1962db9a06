/** The gateway's Express app from parts already built; HTTP tests start here. */
import { randomUUID } from 'node:crypto';
import { AppError } from '@migrator/contracts/errors';
import { errorHandler } from '@migrator/service-kit/http';
import type { Logger } from '@migrator/service-kit/logger';
import express, { type Express } from 'express';
import type { Authenticate } from './api-keys/authenticate.js';
import type { Forwarder } from './forwarding/forward.js';
import { findBackend, publicAddresses } from './forwarding/routes.js';
import type { LogHub } from './job-logs/log-hub.js';
import { streamLog } from './job-logs/log-stream.js';
import { requireTls, type TransportRule } from './transport-security.js';

export interface GatewayAppDeps {
  logger: Logger;
  authenticate: Authenticate;
  forwarder: Forwarder;
  logs: LogHub;
  transport: TransportRule;
  /** Called with each finished request, for metrics. */
  onRequest: (method: string, status: number, seconds: number) => void;
}

const bodyBytesMax = (path: string): number => (path === '/v1/jobs/batch' ? 10 : 1) * 1024 * 1024;
const clientRequestId = /^[\w-]{8,64}$/;

export function createGatewayApp({ logger, authenticate, forwarder, logs, transport, onRequest }: GatewayAppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true);

  app.use((request, response, next) => {
    const startedAt = process.hrtime.bigint();
    const given = request.get('x-request-id');
    response.locals['requestId'] = given !== undefined && clientRequestId.test(given) ? given : `req_${randomUUID()}`;
    response.set({ 'X-Request-Id': response.locals['requestId'] as string, 'Strict-Transport-Security': 'max-age=31536000', 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' });
    response.once('finish', () => {
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      onRequest(request.method, response.statusCode, seconds);
      logger.debug({ requestId: response.locals['requestId'], method: request.method, status: response.statusCode, tookMs: Math.round(seconds * 1000) }, 'request');
    });
    requireTls(request, transport);
    next();
  });

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });

  app.get('/v1/jobs/:id/logs', async (request, response) => {
    const requestId = response.locals['requestId'] as string;
    const { org } = await authenticate(request.get('authorization'), requestId);
    const after = request.query['after'];
    await streamLog(logs, { orgId: org, jobId: request.params.id, lastEventId: request.get('last-event-id') ?? (typeof after === 'string' ? after : undefined), requestId }, response);
  });

  app.use(async (request, response) => {
    const requestId = response.locals['requestId'] as string;
    const isPublic = publicAddresses.has(`${request.method} ${request.path}`);
    const backend = findBackend(request.path);
    if (backend === null) throw new AppError('NOT_FOUND', { publicMessage: 'There is nothing at this address.' });
    const identity = isPublic ? null : await authenticate(request.get('authorization'), requestId);
    if (Number(request.get('content-length') ?? 0) > bodyBytesMax(request.path)) throw new AppError('PAYLOAD_TOO_LARGE', { publicMessage: `The body is larger than ${bodyBytesMax(request.path)} bytes.` });
    await forwarder.forward(backend, identity, requestId, request, response);
  });

  app.use(errorHandler(logger));
  return app;
}
