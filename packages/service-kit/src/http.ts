/**
 * The HTTP side of a service: routes are declared as data, bodies are parsed and errors answered in one shape. A route handler
 * knows HTTP and no SQL: it parses by contract, calls a use case and answers by contract.
 */
import { randomUUID } from 'node:crypto';
import { AppError, httpStatus, notFound, type ErrorBody } from '@migrator/contracts/errors';
import { clientAddressHeader, internalIdentityHeader, outcomeHeader, requestIdHeader, type InternalIdentity } from '@migrator/contracts/identity';
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { isDatabaseAway } from './database-away.js';
import type { IdentityVerifier } from './identity.js';
import type { Logger } from './logger.js';
import { readBody } from './request-body.js';

/** What a route handler gets. */
export interface Call {
  params: Record<string, string>;
  query: Record<string, unknown>;
  /** Parsed JSON; `undefined` when the request had no body. */
  body: unknown;
  identity: InternalIdentity;
  requestId: string;
  /** The client's address as the gateway saw it. */
  clientAddress: string;
  log: Logger;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  request: Request;
  response: Response;
}

/** A call on behalf of an organisation: `org` is never null. */
export type OrgCall = Call & { org: `org_${string}` };

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
/** The handler wrote the response itself (streams, pages). */
export const streamed = Symbol('streamed');

interface RouteBase {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express 5 path, such as `/v1/jobs/:id`. */
  path: string;
  /** Largest body in bytes; default 1 MiB. */
  bodyBytesMax?: number;
  /** The body is text of this type and not JSON. */
  bodyMediaType?: string;
}
export type RouteSpec =
  /** Anybody; the identity is empty. */
  | (RouteBase & { access: 'public'; handle(call: Call): Promise<Answer | typeof streamed> })
  /** A device agent, by way of the gateway; it shows its own secret in the body. */
  | (RouteBase & { access: 'agent'; handle(call: Call): Promise<Answer | typeof streamed> })
  /** A person, key or service acting for one organisation, with at least this scope. */
  | (RouteBase & { access: 'organisation'; scope: ApiKeyScope; handle(call: OrgCall): Promise<Answer | typeof streamed> })
  /** Another service of the platform. */
  | (RouteBase & { access: 'service'; handle(call: Call): Promise<Answer | typeof streamed> });

export interface ServiceAppOptions {
  logger: Logger;
  identity: IdentityVerifier;
  routes: readonly RouteSpec[];
}

const mebibyte = 1024 * 1024;
const nobody: InternalIdentity = { org: null, actor: 'nobody', role: 'viewer', scopes: [] };
const requestIdPattern = /^[\w-]{8,64}$/;

/** An Express app from routes: request id, identity, scope, JSON body, 404, 405 with Allow, errors in the public shape. */
export function createServiceApp({ logger, identity, routes }: ServiceAppOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple').set('case sensitive routing', true).set('strict routing', true);

  app.use((request, response, next) => {
    const given = request.get(requestIdHeader);
    const requestId = given !== undefined && requestIdPattern.test(given) ? given : `req_${randomUUID()}`;
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    next();
  });

  const methodsByPath = new Map<string, string[]>();
  for (const route of routes) {
    methodsByPath.set(route.path, [...(methodsByPath.get(route.path) ?? []), route.method]);
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    app[method](route.path, async (request: Request, response: Response) => {
      const requestId = response.locals['requestId'] as string;
      const who = route.access === 'public' ? nobody : await identity.verify(request.get(internalIdentityHeader));
      authorise(route, who);
      const abort = new AbortController();
      response.on('close', () => {
        if (!response.writableFinished) abort.abort();
      });
      const call: Call = {
        params: request.params as Record<string, string>,
        query: request.query,
        body: await readBody(request, response, { bytesMax: route.bodyBytesMax ?? mebibyte, textType: route.bodyMediaType }),
        identity: who,
        requestId,
        clientAddress: request.get(clientAddressHeader) ?? request.socket.remoteAddress ?? '',
        log: logger.child({ requestId }),
        signal: abort.signal,
        request,
        response,
      };
      const answer = route.access === 'organisation' ? await route.handle({ ...call, org: who.org as `org_${string}` }) : await route.handle(call);
      if (answer === streamed) return;
      if (answer.headers !== undefined) response.set(answer.headers);
      response.status(answer.status).json(answer.body);
    });
  }
  for (const [path, methods] of methodsByPath)
    app.all(path, (_request, response) => {
      response.set('Allow', [...new Set(methods)].join(', '));
      throw new AppError('METHOD_NOT_ALLOWED', { publicMessage: 'This address does not take that method.' });
    });
  app.use(() => {
    throw notFound('NOT_FOUND');
  });
  app.use(errorHandler(logger));
  return app;
}

function authorise(route: RouteSpec, who: InternalIdentity): void {
  if (route.access === 'public') return;
  if (route.access === 'service' || route.access === 'agent') {
    if (who.role !== route.access) throw notFound('NOT_FOUND');
    return;
  }
  if (who.org === null) throw new AppError('UNAUTHORIZED', { publicMessage: 'The call does not act for an organisation.' });
  if (!who.scopes.includes(route.scope)) throw new AppError('FORBIDDEN', { publicMessage: `This needs the scope “${route.scope}”.` });
}

/** The one place where errors become answers. Unknown errors are logged with their stack and answered without it. */
export function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const requestId = response.locals['requestId'] as string | undefined;
    if (response.headersSent) {
      logger.warn({ requestId, err: error }, 'request failed after its answer had begun');
      response.destroy();
      return;
    }
    const known = toAppError(error);
    if (known.code === 'INTERNAL_ERROR') logger.error({ requestId, err: error }, 'request failed');
    else if (known !== error && known.code === 'SERVICE_UNAVAILABLE') {
      logger.warn({ requestId, err: error }, 'request failed because the database is away');
      // A commit whose answer was lost may have happened.
      if (request.method !== 'GET') response.set(outcomeHeader, 'unknown');
    }
    if (known.retryAfterSeconds !== undefined) response.set('Retry-After', String(known.retryAfterSeconds));
    response.status(known.status).json(errorBody(known, requestId));
    void next;
  };
}

/** What a caller is told of an error. A database that is away is no fault of the call: it is worth another attempt. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof URIError) return notFound('NOT_FOUND');
  if (isDatabaseAway(error)) return new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'The database does not answer right now. Try again shortly.', retryAfterSeconds: 2, cause: error });
  return new AppError('INTERNAL_ERROR', { publicMessage: 'Something went wrong on our side.', cause: error });
}

/** The body of an error answer. */
export function errorBody(error: AppError, requestId: string | undefined): ErrorBody {
  return { error: error.publicMessage, code: error.code, status: httpStatus[error.code], ...(error.errors === undefined ? {} : { errors: error.errors }), ...(requestId === undefined ? {} : { requestId }) };
}

/** 200 with a body. */
export const ok = (body: unknown): Answer => ({ status: 200, body });
/** 201 with a body. */
export const created = (body: unknown): Answer => ({ status: 201, body });
/** 202 with a body. */
export const accepted = (body: unknown): Answer => ({ status: 202, body });
