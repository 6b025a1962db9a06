import { loginHost } from '../http/host-front.js';
import type { HostRoute } from '../http/route.js';
import type { World } from '../world/world.js';
import { makeConsentEndpoint } from './consent-endpoint.js';
import { instanceDiscovery, jwks, openidConfiguration } from './discovery.js';
import type { SigningKey } from './signing-key.js';
import { makeTokenEndpoint, type TokenPolicy } from './token-endpoint.js';

/** Everything login.microsoftonline.com answers. */
export function entraRoutes(world: World, key: SigningKey, policy: TokenPolicy): HostRoute[] {
  const v1 = makeConsentEndpoint(world, false);
  const v2 = makeConsentEndpoint(world, true);
  const token = makeTokenEndpoint({ world, key, policy });
  const route = (method: HostRoute['method'], path: string, handle: HostRoute['handle'], write = false): HostRoute =>
    ({ host: loginHost, method, path, handle, write, bearer: 'ignored' });
  return [
    route('GET', '/{tenant}/adminconsent', v1.show),
    route('POST', '/{tenant}/adminconsent', v1.decide, true),
    route('GET', '/{tenant}/v2.0/adminconsent', v2.show),
    route('POST', '/{tenant}/v2.0/adminconsent', v2.decide, true),
    route('POST', '/{tenant}/oauth2/v2.0/token', token),
    route('GET', '/{tenant}/v2.0/.well-known/openid-configuration', openidConfiguration(world, true)),
    route('GET', '/{tenant}/.well-known/openid-configuration', openidConfiguration(world, false)),
    route('GET', '/{tenant}/discovery/v2.0/keys', jwks(key)),
    route('GET', '/{tenant}/discovery/keys', jwks(key)),
    route('GET', '/common/discovery/instance', instanceDiscovery(world)),
  ];
}
