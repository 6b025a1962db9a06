import type { World } from '../world/world.js';
import { admit } from './admit.js';
import { asFault, faultReply, replyCode, type Answer, type Call } from './call.js';
import { GraphFault, type GraphReply, type HostRoute } from './route.js';
import { Router } from './router.js';
import { realDelay, strike } from './strike.js';

interface HostGroup { host: string | RegExp; router: Router<HostRoute> }

const nobody = (): void => undefined;

/** Every host besides graph.microsoft.com: Entra, import and upload links, report downloads. */
export class HostFront {
  readonly #groups: HostGroup[] = [];

  constructor(private readonly world: World, routes: readonly HostRoute[]) {
    for (const route of routes) {
      let group = this.#groups.find((g) => String(g.host) === String(route.host));
      if (group === undefined) this.#groups.push((group = { host: route.host, router: new Router() }));
      group.router.add(route.method, route.path, route);
    }
  }

  /** Whether some route answers for this host name. */
  knows(host: string): boolean {
    return this.#groups.some((g) => hostMatches(g.host, host));
  }

  /** The host a path belongs to, for clients that dial the simulator by its own address; null when no host has such a path. */
  hostOf(path: string): string | null {
    for (const { host, router } of this.#groups) {
      if (typeof host === 'string' && router.find('GET', path).kind !== 'segment') return host;
    }
    return null;
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
      // Queries of pre-authorised links and consent callbacks are secrets.
      path: call.url.pathname,
      route: null,
      mailbox: null,
      code: null,
      write: false,
      inBatch: false,
      throttled: false,
      faults: [],
      units: 0,
    };
    const answer: Answer = { reply: { status: 500 }, headers: {}, effects: {}, log, finish: nobody };
    const isLogin = call.url.host === loginHost;
    const refuse = (fault: GraphFault): GraphReply =>
      faultReply(isLogin && fault.extra.body === undefined && fault.extra.emptyBody !== true ? asEntraFault(fault, call, world.clock.now()) : fault, call, world.clock.now());
    try {
      await this.#run(call, answer, refuse);
    } catch (error) {
      answer.reply = refuse(asFault(error));
    }
    log.code = replyCode(answer.reply);
    return answer;
  }

  async #run(call: Call, answer: Answer, refuse: (fault: GraphFault) => GraphReply): Promise<void> {
    const { world } = this;
    const { log } = answer;
    const { route, params } = this.#route(call);
    log.route = route.path;
    const owner = route.owner?.({ params, query: call.url.searchParams, url: call.url }) ?? null;
    log.tenantId = owner?.tenantId ?? (params['tenant'] === undefined ? null : (world.findTenant(params['tenant'])?.id ?? null));
    log.clientId = owner?.clientId ?? null;
    log.mailbox = owner?.mailbox ?? null;
    const tenant = log.tenantId === null ? undefined : world.tenants.get(log.tenantId);
    answer.finish = world.log.enter(log.mailbox ?? log.tenantId ?? call.url.host);
    if (tenant !== undefined) {
      const latency = world.limits.latencyMs(tenant.id);
      if (latency > 0) await realDelay(latency);
    }
    const upn = log.mailbox === null ? undefined : tenant?.findUser(log.mailbox)?.userPrincipalName.toLowerCase();
    const hits = world.faults.strike({
      method: call.method,
      target: call.url.host + call.url.pathname + call.url.search,
      tenantId: log.tenantId,
      clientId: log.clientId,
      mailbox: log.mailbox === null ? [] : [log.mailbox, ...(upn === undefined ? [] : [upn])],
    });
    log.faults = hits.map((h) => h.id);
    const run = async (): Promise<GraphReply> => {
      try {
        if (route.bearer !== 'ignored' && call.headers.authorization !== undefined) {
          throw new GraphFault(401, 'InvalidAuthenticationToken', 'This link carries its own permission; an Authorization header is not accepted.');
        }
        if (owner?.mailbox != null && tenant !== undefined) {
          admit(world, call, answer, {
            tenantId: tenant.id,
            tenantUsers: tenant.users.length,
            clientId: owner.clientId,
            service: 'outlook',
            mailbox: owner.mailbox,
            units: 0,
            write: call.method !== 'GET',
            report: null,
            contentLength: call.body.contentLength,
          });
        }
        return await route.handle({
          method: call.method,
          url: call.url,
          params,
          query: call.url.searchParams,
          headers: call.headers,
          each: (take) => call.body.each(take),
          get stream() { return call.body.stream; },
          body: (limit) => call.body.read(limit),
          get signal() { return call.signal(); },
          world,
        });
      } catch (error) {
        return refuse(asFault(error));
      }
    };
    const { reply, ran, effects } = await strike(hits, run, refuse);
    answer.reply = reply;
    answer.effects = effects;
    log.write = route.write === true && ran !== null && ran.status < 400 && ran.wrote !== false;
  }

  #route(call: Call): { route: HostRoute; params: Record<string, string> } {
    let allow: string[] | null = null;
    for (const { host, router } of this.#groups) {
      if (!hostMatches(host, call.url.host)) continue;
      const match = router.find(call.method, call.url.pathname);
      if (match.kind === 'found') return match;
      if (match.kind === 'method') allow ??= match.allow;
    }
    if (allow !== null) throw new GraphFault(405, 'BadRequest', 'Specified HTTP method is not allowed for the request target.', { headers: { Allow: allow.join(', ') } });
    throw new GraphFault(404, 'ResourceNotFound', 'Resource could not be discovered.');
  }

}

/** Entra's host; older names of it are mapped to this one before routing. */
export const loginHost = 'login.microsoftonline.com';

function hostMatches(pattern: string | RegExp, host: string): boolean {
  return typeof pattern === 'string' ? pattern === host : pattern.test(host);
}

/** A scripted fault on Entra's host, in the shape Entra's errors have. */
function asEntraFault(fault: GraphFault, call: Call, nowMs: number): GraphFault {
  return new GraphFault(fault.status, fault.code, fault.message, {
    headers: fault.extra.headers ?? {},
    body: {
      error: fault.code,
      error_description: fault.message,
      error_codes: [],
      timestamp: new Date(nowMs).toISOString().replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
      trace_id: call.requestId,
      correlation_id: call.clientRequestId,
    },
  });
}
