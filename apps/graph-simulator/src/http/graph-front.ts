import type { TokenVerifier } from '../entra/token-verifier.js';
import type { World } from '../world/world.js';
import { admit } from './admit.js';
import { runBatch } from './batch.js';
import { asFault, faultReply, replyCode, type Answer, type Call } from './call.js';
import { normaliseQuery } from './query-options.js';
import { GraphFault, type GraphReply, type GraphRequest, type GraphService, type GraphVersion, type Route } from './route.js';
import { Router } from './router.js';
import { realDelay, strike } from './strike.js';

/** Writes through Graph are limited to about this (graph/exchange.md 2). */
const bodyBytesMax = 4 * 1024 * 1024;

interface Target { version: GraphVersion; path: string }

const noPermission: Readonly<Record<GraphService, readonly [string, string]>> = {
  outlook: ['ErrorAccessDenied', 'Access is denied. Check credentials and try again.'],
  directory: ['Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'],
  reports: ['Authorization_RequestDenied', 'Insufficient privileges to complete the operation.'],
  files: ['accessDenied', 'Access denied'],
  teams: ['Forbidden', 'Missing role permissions on the request.'],
};

const nobody = (): void => undefined;

/** graph.microsoft.com: token, route, faults, limits, roles, then the handler; for single requests and for items of a batch alike. */
export class GraphFront {
  readonly #router = new Router<Route>();

  constructor(private readonly world: World, routes: readonly Route[], private readonly tokens: TokenVerifier) {
    for (const route of routes) this.#router.add(route.method, route.path, route);
  }

  /** Answers one call. Never throws. */
  async answer(call: Call): Promise<Answer> {
    const { world } = this;
    const log: Answer['log'] = {
      at: new Date(world.clock.now()).toISOString(),
      requestId: call.requestId,
      clientRequestId: call.clientRequestId,
      tenantId: null,
      clientId: null,
      method: call.method,
      host: call.url.host,
      path: call.url.pathname + call.url.search,
      route: null,
      mailbox: null,
      code: null,
      write: false,
      inBatch: call.inBatch,
      throttled: false,
      faults: [],
      units: 0,
    };
    const answer: Answer = { reply: { status: 500 }, headers: {}, effects: {}, log, finish: nobody };
    const refuse = (fault: GraphFault): GraphReply => faultReply(fault, call, world.clock.now());
    try {
      await this.#run(call, answer, refuse);
    } catch (error) {
      answer.reply = refuse(asFault(error));
    }
    log.code = replyCode(answer.reply);
    if (world.samples.wanted && answer.reply.status !== 0 && log.faults.length === 0) await this.#sample(call, answer);
    return answer;
  }

  async #sample({ method, url, body, headers }: Call, { reply, log }: Answer): Promise<void> {
    const isJson = (type: unknown): boolean => typeof type !== 'string' || type.includes('json');
    const said = isJson(headers['content-type']) ? await body.whole?.catch(() => null) : null;
    const options = [...url.searchParams.keys()].sort().join(',');
    this.world.samples.offer(`${method} ${log.route ?? ''} ${options} ${String(reply.status)}`, () => ({
      method, url: url.href, status: reply.status,
      ...(said == null || said.length === 0 ? {} : { requestBody: JSON.parse(said.toString('utf8')) as unknown }),
      ...(reply.json === undefined ? {} : { body: reply.json }),
    }));
  }

  async #run(call: Call, answer: Answer, refuse: (fault: GraphFault) => GraphReply): Promise<void> {
    const { world } = this;
    const { log } = answer;
    const claims = this.tokens.verify(call.headers.authorization);
    const tenant = world.tenants.get(claims.tenantId);
    if (tenant === undefined) throw new GraphFault(401, 'InvalidAuthenticationToken', 'Access token validation failure. The tenant is not known.');
    log.tenantId = tenant.id;
    log.clientId = claims.clientId;

    const target = parseTarget(call.url.pathname);
    const batch = target.path.toLowerCase() === '/$batch';
    const route = batch ? null : this.#route(call.method, target);
    if (batch && call.method !== 'POST') throw notAllowed(['POST']);
    const { query, url } = normaliseQuery(call.url, route?.route.queryOptions ?? []);
    const mailbox = route?.route.mailbox?.({ params: route.params, tenant }) ?? null;
    log.mailbox = mailbox;
    log.route = batch ? '/$batch' : (route?.route.path ?? null);
    answer.finish = world.log.enter(mailbox ?? tenant.id);

    const latency = call.inBatch ? 0 : world.limits.latencyMs(tenant.id);
    if (latency > 0) await realDelay(latency);

    const upn = mailbox === null ? undefined : tenant.findUser(mailbox)?.userPrincipalName.toLowerCase();
    const hits = world.faults.strike({
      method: call.method,
      target: url.host + url.pathname + url.search,
      tenantId: tenant.id,
      clientId: claims.clientId,
      mailbox: mailbox === null ? [] : [mailbox, ...(upn === undefined ? [] : [upn])],
    });
    log.faults = hits.map((h) => h.id);

    const run = async (): Promise<GraphReply> => {
      try {
        if (route === null) return await this.#batch(call, target.version);
        admit(world, call, answer, {
          tenantId: tenant.id,
          tenantUsers: tenant.users.length,
          clientId: claims.clientId,
          service: route.route.service,
          mailbox,
          units: resourceUnits(route.route, query),
          sharing: route.route.sharing === true,
          write: route.route.method !== 'GET',
          report: route.route.service === 'reports' ? route.route.path : null,
          contentLength: call.body.contentLength,
        });
        if (!route.route.roles.some((role) => claims.roles.has(role))) {
          const [code, message] = noPermission[route.route.service];
          throw new GraphFault(403, code, message);
        }
        return await route.route.handle(graphRequest(call, target.version, url, query, route.params, tenant, claims));
      } catch (error) {
        return refuse(asFault(error));
      }
    };
    const { reply, ran, effects } = await strike(hits, run, refuse);
    answer.reply = reply;
    answer.effects = effects;
    log.write = route?.route.write === true && ran !== null && ran.status < 400 && ran.wrote !== false;
  }

  #route(method: string, target: Target): { route: Route; params: Record<string, string> } {
    const match = this.#router.find(method, target.path, (r) => r.versions?.includes(target.version) ?? true);
    if (match.kind === 'found') return match;
    if (/^\/me(\/|$)/i.test(target.path)) throw new GraphFault(400, 'BadRequest', '/me request is only valid with delegated authentication flow.');
    if (match.kind === 'method') throw notAllowed(match.allow);
    throw new GraphFault(400, 'BadRequest', `Resource not found for the segment '${match.segment}'.`);
  }

  async #batch(call: Call, version: GraphVersion): Promise<GraphReply> {
    if (call.inBatch) throw new GraphFault(400, 'BadRequest', 'A batch request cannot be nested.');
    const body = await call.body.read(bodyBytesMax);
    return runBatch({ body, version, outer: call, answer: (item) => this.answer(item), isOutlook: (method, path) => this.#isOutlook(method, path, version), log: this.world.log, random: () => this.world.ids.random() });
  }

  #isOutlook(method: string, path: string, version: GraphVersion): boolean {
    try {
      const match = this.#router.find(method, path, (r) => r.versions?.includes(version) ?? true);
      return match.kind === 'found' && match.route.service === 'outlook';
    } catch {
      // A path that cannot be decoded belongs to no service; answering it will say what is wrong.
      return false;
    }
  }
}

function notAllowed(allow: readonly string[]): GraphFault {
  return new GraphFault(405, 'BadRequest', 'Specified HTTP method is not allowed for the request target.', { headers: { Allow: allow.join(', ') } });
}

function parseTarget(pathname: string): Target {
  const match = /^\/(v1\.0|beta)(\/.*)?$/i.exec(pathname);
  if (match?.[1] === undefined) throw new GraphFault(400, 'BadRequest', `Invalid version: ${pathname.split('/')[1] ?? ''}`);
  return { version: match[1].toLowerCase() as GraphVersion, path: match[2] ?? '/' };
}

/** What a call costs of the directory's or of SharePoint's resource units (graph/platform.md 6.4, graph/files.md 10.1). */
export function resourceUnits(route: Pick<Route, 'service' | 'units' | 'method'>, query: URLSearchParams): number {
  const own = typeof route.units === 'function' ? route.units(query) : route.units;
  if (route.service === 'files') return own ?? (route.method === 'GET' ? 1 : 2);
  if (route.service !== 'directory') return 0;
  let units = own ?? 1;
  if (query.has('$select')) units -= 1;
  const top = Number(query.get('$top') ?? 'NaN');
  if (top < 20) units -= 1;
  if (query.has('$expand')) units += 1;
  return Math.max(1, units);
}

function graphRequest(
  call: Call, version: GraphVersion, url: URL, query: URLSearchParams, params: Record<string, string>,
  tenant: GraphRequest['tenant'], claims: { clientId: string; roles: ReadonlySet<string> },
): GraphRequest {
  const body = (): Promise<Buffer> => call.body.read(bodyBytesMax);
  return {
    method: call.method,
    version,
    url,
    params,
    query,
    headers: call.headers,
    tenant,
    app: { clientId: claims.clientId, roles: claims.roles },
    body,
    json: async () => {
      const raw = await body();
      if (raw.length === 0) return undefined;
      try {
        return JSON.parse(raw.toString('utf8')) as unknown;
      } catch {
        throw new GraphFault(400, 'BadRequest', 'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.');
      }
    },
    each: (take) => call.body.each(take),
    get stream() { return call.body.stream; },
    inBatch: call.inBatch,
    get signal() { return call.signal(); },
  };
}
