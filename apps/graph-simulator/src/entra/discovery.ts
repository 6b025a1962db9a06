import type { GraphReply, HostRequest } from '../http/route.js';
import type { World } from '../world/world.js';
import { entraFault } from './entra-error.js';
import type { SigningKey } from './signing-key.js';

const login = 'https://login.microsoftonline.com';
const manyTenants = new Set(['common', 'organizations']);

/** The openid-configuration of one tenant (or of common and organizations), v2 and v1 form. */
export function openidConfiguration(world: World, v2: boolean): (req: HostRequest) => GraphReply {
  return (req) => {
    const name = (req.params['tenant'] ?? '').toLowerCase();
    const tenant = world.findTenant(name);
    if (tenant === undefined && !manyTenants.has(name)) throw entraFault(90002, `Tenant '${name}' not found.`, { nowMs: world.clock.now() });
    const id = tenant?.id ?? '{tenantid}';
    const path = tenant?.id ?? name;
    const part = v2 ? 'v2.0/' : '';
    return {
      status: 200,
      contentType: 'application/json; charset=utf-8',
      json: {
        token_endpoint: `${login}/${path}/oauth2/${part}token`,
        token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
        jwks_uri: `${login}/${path}/discovery/${part}keys`,
        response_modes_supported: ['query', 'fragment', 'form_post'],
        subject_types_supported: ['pairwise'],
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
        issuer: v2 ? `${login}/${id}/v2.0` : `https://sts.windows.net/${id}/`,
        authorization_endpoint: `${login}/${path}/oauth2/${part}authorize`,
        tenant_region_scope: 'EU',
        cloud_instance_name: 'microsoftonline.com',
        cloud_graph_host_name: 'graph.windows.net',
        msgraph_host: 'graph.microsoft.com',
      },
    };
  };
}

/** The public keys tokens are signed with. */
export function jwks(key: SigningKey): () => GraphReply {
  return () => ({ status: 200, contentType: 'application/json; charset=utf-8', json: { keys: [key.jwk()] } });
}

/** GET /common/discovery/instance: which hosts are one cloud, and where the tenant's metadata is. */
export function instanceDiscovery(world: World): (req: HostRequest) => GraphReply {
  return (req) => {
    const asked = req.query.get('authorization_endpoint');
    if (asked === null) throw entraFault(900144, "The request must contain the following parameter: 'authorization_endpoint'.", { nowMs: world.clock.now() });
    const tenant = /^https:\/\/[^/]+\/([^/]+)\//i.exec(asked)?.[1] ?? 'common';
    return {
      status: 200,
      contentType: 'application/json; charset=utf-8',
      json: {
        tenant_discovery_endpoint: `${login}/${tenant}/v2.0/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [{ preferred_network: 'login.microsoftonline.com', preferred_cache: 'login.windows.net', aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'] }],
      },
    };
  };
}
