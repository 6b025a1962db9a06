/**
 * The public door: what happens to every request, in order. TLS, address, who calls, scope, rate limit, body size, idempotency, audit,
 * then the call itself.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parse as parseQueryString } from 'node:querystring';
import { parseBody, parseParams, type Endpoint } from '@migrator/contracts/endpoint';
import { deviceEndpoints } from '@migrator/contracts/endpoints/devices';
import { AppError, notFound } from '@migrator/contracts/errors';
import type { InternalIdentity } from '@migrator/contracts/identity';
import { isId, type Id } from '@migrator/contracts/ids';
import type { Logger } from '@migrator/service-kit/logger';
import type { Authenticator } from '../access/authenticate.js';
import { actorOf, type Principal } from '../access/principal.js';
import type { AuditLog } from '../audit/audit-log.js';
import { BackendAway, type Forwarder, type HeldAnswer } from '../forwarding/forward.js';
import type { SendCheckIn } from '../forwarding/joined-check-ins.js';
import { readIdempotencyKey, type Claim, type Idempotency } from '../idempotency/idempotency.js';
import type { SharedRateLimit } from '@migrator/rate-limit/shared-rate-limit';
import { cameByTls, requireTls, type TransportRule } from '../transport-security.js';
import { securityHeaders, setAllowance, writeError, writeJson } from './answers.js';
import { clientAddressOf } from './client-address.js';
import { allowMethods, allowOrigin, isPreflight, refuseForeignOrigin, requireOwnOrigin, type CrossOriginRule } from './cross-origin.js';
import type { Exchange } from './own-route.js';
import { parseJson, readBytes, tooLarge } from './request-body.js';
import type { RouteTable, RouteTarget } from './route-table.js';

export interface ListenerDeps {
  logger: Logger;
  routes: RouteTable;
  authenticator: Authenticator;
  rateLimit: SharedRateLimit;
  /** Requests a minute from one address, for calls that need no key. */
  addressLimitPerMinute: number;
  idempotency: Idempotency;
  audit: AuditLog;
  forwarder: Forwarder;
  /** Agents' check-ins, which travel together. */
  sendCheckIn: SendCheckIn;
  transport: TransportRule;
  crossOrigin: CrossOriginRule;
  /** Whether there is such an organisation; for agents that register. */
  organisationExists(id: Id<'org'>): Promise<boolean>;
  /** Called with each finished request, for metrics. `call` is the id of the contract's call, or `none`. */
  onRequest(call: string, method: string, status: number, seconds: number): void;
}

const clientRequestId = /^[\w-]{8,64}$/;
const mebibyte = 1024 * 1024;
const changes = (endpoint: Endpoint): boolean => endpoint.method !== 'GET' && endpoint.id !== 'preflight' && endpoint.id !== 'matchMappings';

export function createListener(deps: ListenerDeps): RequestListener {
  return (request, response) => {
    const startedAt = performance.now();
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && clientRequestId.test(given) ? given : `req_${randomUUID()}`;
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    response.setHeader('X-Request-Id', requestId);
    const seen = { call: 'none' };
    response.once('close', () => {
      const seconds = (performance.now() - startedAt) / 1_000;
      deps.onRequest(seen.call, request.method ?? '', response.statusCode, seconds);
      deps.logger.debug({ requestId, call: seen.call, status: response.statusCode, tookMs: Math.round(seconds * 1_000) }, 'request');
    });
    handle(deps, request, response, requestId, seen).catch((error: unknown) => {
      writeError(response, error, requestId, deps.logger);
      // An unread body would keep the connection busy; the client has its answer.
      if (!request.complete) request.resume();
    });
  };
}

async function handle(deps: ListenerDeps, request: IncomingMessage, response: ServerResponse, requestId: string, seen: { call: string }): Promise<void> {
  requireTls(request, deps.transport);
  allowOrigin(request, response, deps.crossOrigin);
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const found = deps.routes.find(request.method ?? '', path);
  if ('allow' in found) {
    if (found.allow.length > 0) response.setHeader('Allow', found.allow.join(', '));
    if (found.allow.length > 0 && isPreflight(request)) {
      allowMethods(response, found.allow);
      writeJson(response, 200, {});
      return;
    }
    await countMisdirected(deps, request, response);
    throw found.allow.length === 0 ? notFound('NOT_FOUND') : new AppError('METHOD_NOT_ALLOWED', { publicMessage: 'This address does not take that method.' });
  }
  const { endpoint } = found.target;
  seen.call = endpoint.id;
  const exchange: Exchange = {
    ...{ request, response, requestId, path, params: found.params, search: mark === -1 ? '' : url.slice(mark + 1) },
    ...{ clientAddress: clientAddressOf(request, deps.transport), secure: cameByTls(request, deps.transport) },
    get log() {
      return deps.logger.child({ requestId });
    },
  };
  const principal = await admit(deps, endpoint, exchange);
  // What is no id is answered here, before anything of it reaches a service.
  parseParams(endpoint, found.params);
  const bytesMax = endpoint.bodyBytesMax ?? mebibyte;
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.headers['content-encoding'] !== undefined && endpoint.method !== 'GET') throw new AppError('UNSUPPORTED_MEDIA_TYPE', { publicMessage: 'Send the body uncompressed.' });

  if (principal === null && endpoint.access === 'agent') return forwardAgent(deps, found.target, exchange, bytesMax);
  const key = endpoint.idempotent === true && principal !== null ? readIdempotencyKey(request.headers['idempotency-key']) : null;
  if (principal === null || (endpoint.audit === undefined && key === null)) return answer(deps, found.target, exchange, principal, bytesMax);
  if (endpoint.method === 'GET') return readNoted(deps, found.target, exchange, principal, bytesMax);
  return change(deps, { target: found.target, exchange, principal, bytesMax, key });
}

/** A call that no route takes counts like any other: for its organisation when it says whose it is, else for its address. RATE_LIMITED. */
async function countMisdirected(deps: ListenerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await identify(deps, { request, response, clientAddress: clientAddressOf(request, deps.transport), secure: cameByTls(request, deps.transport) }, false);
  } catch (error) {
    // What the answer says of the address is the same for everybody.
    if (!(error instanceof AppError) || error.code !== 'UNAUTHORIZED') throw error;
  }
}

/** Who calls: UNAUTHORIZED, RATE_LIMITED. Each answer says what is left: to the organisation, or to an address that shows no valid key. */
async function identify({ authenticator, rateLimit, addressLimitPerMinute }: ListenerDeps, { request, response, clientAddress, secure }: Pick<Exchange, 'request' | 'response' | 'clientAddress' | 'secure'>, changing: boolean): Promise<Principal> {
  let principal: Principal;
  try {
    principal = await authenticator.authenticate({ headers: request.headers, secure });
  } catch (error) {
    if (error instanceof AppError && error.code === 'UNAUTHORIZED') setAllowance(response, await rateLimit.take(`unknown at ${clientAddress}`, addressLimitPerMinute, false));
    throw error;
  }
  setAllowance(response, await rateLimit.take(principal.orgId, principal.rateLimitPerMinute, changing));
  return principal;
}

/** Who calls, and whether they may: UNAUTHORIZED, FORBIDDEN, RATE_LIMITED. Null for calls that need nobody. */
async function admit(deps: ListenerDeps, endpoint: Endpoint, exchange: Exchange): Promise<Principal | null> {
  const { rateLimit, addressLimitPerMinute, crossOrigin } = deps;
  const { request, response, clientAddress, secure } = exchange;
  if (endpoint.access === 'agent' || endpoint.id === 'health') return null;
  if (endpoint.access === 'public') {
    setAllowance(response, await rateLimit.take(`address ${clientAddress}`, addressLimitPerMinute, endpoint.method !== 'GET'));
    if (endpoint.method !== 'GET') refuseForeignOrigin(request, crossOrigin, secure);
    return null;
  }
  const principal = await identify(deps, exchange, changes(endpoint));
  if (endpoint.access === 'person' && principal.kind !== 'person') throw new AppError('FORBIDDEN', { publicMessage: 'This is for people who are signed in; API keys cannot do it.' });
  if (endpoint.access === 'organisation' && !principal.scopes.includes(endpoint.scope)) throw new AppError('FORBIDDEN', { publicMessage: `This needs the scope “${endpoint.scope}”.` });
  if (principal.kind === 'person' && endpoint.method !== 'GET') requireOwnOrigin(request, crossOrigin, secure);
  return principal;
}

const identityOf = (principal: Principal | null): InternalIdentity | null =>
  principal === null ? null : { org: principal.orgId, actor: actorOf(principal), role: principal.role, scopes: [...principal.scopes] };

/** A call whose answer goes straight to the client. */
async function answer({ forwarder }: ListenerDeps, target: RouteTarget, exchange: Exchange, principal: Principal | null, bodyBytesMax: number): Promise<void> {
  if ('backend' in target) return forwarder.stream({ backend: target.backend, exchange, identity: identityOf(principal), bodyBytesMax });
  const body = target.endpoint.method === 'GET' ? undefined : parseJson(exchange.request, await readBytes(exchange.request, bodyBytesMax));
  const given = await target.own.run(exchange, parseQueryString(exchange.search), body, principal);
  if (given !== null) writeJson(exchange.response, target.endpoint.status, given);
}

/** A reading that is noted in the audit log before anything is shown. */
async function readNoted(deps: ListenerDeps, target: RouteTarget, exchange: Exchange, principal: Principal, bytesMax: number): Promise<void> {
  const audited = await beginAudit(deps, null, auditEvent(target, exchange, principal));
  try {
    await answer(deps, target, exchange, principal, bytesMax);
  } catch (error) {
    // Without an answer nothing was shown; one that broke off leaves the row at `unknown`.
    if (!exchange.response.headersSent) await settle(exchange, [deps.audit.settle(audited, { outcome: 'refused' })]);
    throw error;
  }
  const { statusCode } = exchange.response;
  await settle(exchange, [deps.audit.settle(audited, statusCode < 300 ? { outcome: 'done', target: paramOf(target.endpoint, exchange) } : { outcome: 'refused' })]);
}

/** An agent's call: the service must know that it came through here, and for whom a new machine registers. */
async function forwardAgent({ forwarder, sendCheckIn, organisationExists }: ListenerDeps, target: RouteTarget, exchange: Exchange, bytesMax: number): Promise<void> {
  if (!('backend' in target)) throw new Error(`${target.endpoint.id} has no service`);
  const body = await readBytes(exchange.request, bytesMax);
  if (target.endpoint.id === deviceEndpoints.checkIn.id) {
    const { requestId, clientAddress } = exchange;
    writeJson(exchange.response, target.endpoint.status, await sendCheckIn({ requestId, address: clientAddress, body: parseBody(deviceEndpoints.checkIn, parseJson(exchange.request, body)) }));
    return;
  }
  let org: Id<'org'> | null = null;
  if (target.endpoint.id === 'registerDevice') {
    const parsed = parseJson(exchange.request, body);
    const named = typeof parsed === 'object' && parsed !== null && 'orgId' in parsed ? parsed.orgId : undefined;
    if (typeof named === 'string') {
      if (!isId('org', named) || !(await organisationExists(named))) throw notFound('NOT_FOUND');
      org = named;
    }
  }
  await forwarder.stream({ backend: target.backend, exchange, identity: { org, actor: 'agent', role: 'agent', scopes: [] }, bodyBytesMax: bytesMax, body });
}

interface Change {
  target: RouteTarget;
  exchange: Exchange;
  principal: Principal;
  bytesMax: number;
  key: string | null;
}

/** A call that changes something: claimed by its idempotency key, noted in the audit log before it is let through, and settled by its answer. */
async function change(deps: ListenerDeps, { target, exchange, principal, bytesMax, key }: Change): Promise<void> {
  const { endpoint } = target;
  const { request, response } = exchange;
  const body = await readBytes(request, bytesMax);
  const claim: Claim | null = key === null ? null : await deps.idempotency.claim(principal.orgId, key, { method: endpoint.method, url: request.url ?? '', body });
  if (claim?.replay != null) {
    response.setHeader('Idempotent-Replayed', 'true');
    response.writeHead(claim.replay.status, { 'content-type': 'application/json; charset=utf-8', 'content-length': claim.replay.body.length }).end(claim.replay.body);
    return;
  }
  const audited = endpoint.audit === undefined ? null : await beginAudit(deps, claim, auditEvent(target, exchange, principal));
  let held: HeldAnswer;
  try {
    held = await perform(deps, target, exchange, principal, body, bytesMax);
  } catch (error) {
    // What the service may have begun is not known: the audit row and the key say so. Everything else changed nothing.
    const unknown = error instanceof BackendAway ? error.sent : !(error instanceof AppError) || error.code === 'INTERNAL_ERROR';
    await settle(exchange, unknown ? [claim?.lose()] : [claim?.release(), audited === null ? undefined : deps.audit.settle(audited, { outcome: 'refused' })]);
    throw error;
  }
  const done = held.status >= 200 && held.status < 300;
  if (held.unknown) await settle(exchange, [claim?.lose()]);
  else
    await settle(exchange, [
      done ? claim?.keep(held) : claim?.release(),
      audited === null ? undefined : deps.audit.settle(audited, done ? { outcome: 'done', target: targetOf(endpoint, exchange, held) } : { outcome: 'refused' }),
    ]);
  response.writeHead(held.status, { 'content-type': held.contentType, 'content-length': held.body.length }).end(held.body);
}

const auditEvent = ({ endpoint }: RouteTarget, { clientAddress, requestId }: Exchange, principal: Principal): Parameters<AuditLog['begin']>[0] => ({ orgId: principal.orgId, actor: actorOf(principal), actorName: principal.name, action: endpoint.audit?.action ?? '', target: null, address: clientAddress, requestId });

async function beginAudit({ audit }: ListenerDeps, claim: Claim | null, event: Parameters<AuditLog['begin']>[0]): Promise<Id<'aud'>> {
  try {
    return await audit.begin(event);
  } catch (cause) {
    await claim?.release().catch(() => undefined);
    throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'Changes cannot be noted in the audit log right now, so they wait. Try again shortly.', retryAfterSeconds: 2, cause });
  }
}

async function perform({ forwarder }: ListenerDeps, target: RouteTarget, exchange: Exchange, principal: Principal, body: Buffer, bodyBytesMax: number): Promise<HeldAnswer> {
  if ('backend' in target) return forwarder.hold({ backend: target.backend, exchange, identity: identityOf(principal), bodyBytesMax, body });
  const given = await target.own.run(exchange, parseQueryString(exchange.search), parseJson(exchange.request, body), principal);
  return { status: target.endpoint.status, contentType: 'application/json; charset=utf-8', unknown: false, body: Buffer.from(JSON.stringify(given)) };
}

/** What was done is done, whether or not this can be noted; the rows then stay at `unknown`, and the log says why. */
async function settle({ log }: Exchange, notes: (Promise<void> | undefined)[]): Promise<void> {
  const asked = notes.filter((note) => note !== undefined);
  for (const result of await Promise.allSettled(asked)) if (result.status === 'rejected') log.error({ err: result.reason as unknown }, 'the end of a change could not be noted');
}

function paramOf({ audit }: Endpoint, { params }: Exchange): string | null {
  return audit?.target != null && 'param' in audit.target ? (params[audit.target.param] ?? null) : null;
}

function targetOf(endpoint: Endpoint, exchange: Exchange, { body }: HeldAnswer): string | null {
  const { audit } = endpoint;
  if (audit?.target == null) return null;
  if ('param' in audit.target) return paramOf(endpoint, exchange);
  let value: unknown = JSON.parse(body.toString('utf8'));
  for (const step of audit.target.answer.split('.')) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return typeof value === 'string' ? value : null;
}
