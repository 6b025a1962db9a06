/** Every public address of the gateway, from the contract: what it answers itself and what it passes on. */
import type { Endpoint } from '@migrator/contracts/endpoint';
import { endpoints } from '@migrator/contracts/endpoints/all';
import createRouter from 'find-my-way';
import type { BackendName } from '../forwarding/forward.js';
import type { OwnRoute } from './own-route.js';

export type RouteTarget = { endpoint: Endpoint; own: OwnRoute } | { endpoint: Endpoint; backend: BackendName };

export interface RouteTable {
  /** The target and its path parameters; what other methods the address takes when it does not take this one (none: there is no such address). */
  find(method: string, path: string): { target: RouteTarget; params: Record<string, string | undefined> } | { allow: string[] };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof methods)[number];
const isMethod = (method: string): method is Method => (methods as readonly string[]).includes(method);

/** Longer addresses do not get past Node's limit for a head. */
const addressMax = 16_384;

/** An address that cannot be decoded names nothing: its `%` stand for themselves, so that it is answered like any other wrong id. */
function decodable(path: string): string {
  if (!path.includes('%')) return path;
  try {
    decodeURIComponent(path);
    return path;
  } catch {
    return path.replaceAll('%', '%25');
  }
}

/** Throws when the gateway would leave a call of the contract unanswered, or answer one that is not in it. */
export function createRouteTable(own: readonly OwnRoute[], contract: readonly Endpoint[] = endpoints): RouteTable {
  const router = createRouter({ caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: addressMax });
  const ownById = new Map(own.map((route) => [route.endpoint.id, route]));
  if (ownById.size !== own.length) throw new Error('two routes answer the same call');
  for (const endpoint of contract) {
    const route = ownById.get(endpoint.id);
    ownById.delete(endpoint.id);
    if ((endpoint.owner === 'api-gateway') !== (route !== undefined)) throw new Error(`${endpoint.id}: the contract says that ${endpoint.owner} answers it`);
    const target: RouteTarget = route === undefined ? { endpoint, backend: endpoint.owner as BackendName } : { endpoint, own: route };
    router.on(endpoint.method, endpoint.path, () => undefined, target);
  }
  const named = new Map<string, string[]>();
  for (const { path, method } of contract) if (!path.includes(':')) named.set(path, [...(named.get(path) ?? []), method]);
  if (ownById.size > 0) throw new Error(`not in the contract: ${[...ownById.keys()].join(', ')}`);
  return {
    find(method, asked) {
      const path = decodable(asked);
      // `/v1/tenants/connect` is one address, whatever the method: never a tenant called “connect”.
      const allow = named.get(path);
      if (allow !== undefined && !allow.includes(method)) return { allow };
      const found = isMethod(method) ? router.find(method, path) : null;
      // An empty parameter is no address: `/v1/jobs/` is not a job.
      if (found !== null && Object.values(found.params).every((value) => value !== '')) return { target: found.store as RouteTarget, params: found.params };
      return { allow: path.endsWith('/') ? [] : methods.filter((other) => router.find(other, path) !== null) };
    },
  };
}
