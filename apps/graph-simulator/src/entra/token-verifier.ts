import { GraphFault } from '../http/route.js';
import type { World } from '../world/world.js';
import type { SigningKey } from './signing-key.js';

/** What Graph takes from an access token. */
export interface TokenClaims { tenantId: string; clientId: string; roles: ReadonlySet<string>; expMs: number; nbfMs: number; audience: string }

/** The resource every Graph token is for. */
export const graphResource = 'https://graph.microsoft.com';

const cacheMax = 10_000;

/** Reads bearer tokens the way Graph does: signature, audience, lifetime by the simulated clock, and ended consents. */
export class TokenVerifier {
  readonly #seen = new Map<string, TokenClaims>();

  constructor(private readonly world: World, private readonly key: SigningKey) {}

  /** Throws GraphFault 401 InvalidAuthenticationToken for anything but a valid token. */
  verify(authorization: string | undefined): TokenClaims {
    const match = /^Bearer\s+(\S+)$/i.exec(authorization ?? '');
    const token = match?.[1];
    if (token === undefined) throw refused('Access token is empty.');
    const claims = this.#claims(token);
    if (claims.audience !== graphResource) throw refused('Access token validation failure. Invalid audience.');
    const now = this.world.clock.now();
    if (now >= claims.expMs) throw refused('Lifetime validation failed, the token is expired.');
    if (now < claims.nbfMs) throw refused('Lifetime validation failed, the token is not valid yet.');
    if (this.world.apps.tokensEnded(claims.tenantId, claims.clientId)) {
      throw refused('Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp', 'insufficient_claims');
    }
    return claims;
  }

  #claims(token: string): TokenClaims {
    const cached = this.#seen.get(token);
    if (cached !== undefined) return cached;
    if (token.split('.').length !== 3) throw refused('IDX14100: JWT is not well formed, there are no dots (.).');
    const raw = this.key.verify(token);
    if (raw === null) throw refused('Access token validation failure. Invalid signature.');
    const claims: TokenClaims = {
      tenantId: String(raw['tid']),
      clientId: String(raw['appid']),
      roles: new Set(Array.isArray(raw['roles']) ? raw['roles'].map(String) : []),
      expMs: Number(raw['exp']) * 1000,
      nbfMs: Number(raw['nbf']) * 1000,
      audience: String(raw['aud']),
    };
    if (this.#seen.size >= cacheMax) this.#seen.clear();
    this.#seen.set(token, claims);
    return claims;
  }
}

function refused(message: string, error = 'invalid_token'): GraphFault {
  return new GraphFault(401, 'InvalidAuthenticationToken', message, {
    headers: {
      'WWW-Authenticate': `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000", error="${error}"`,
    },
  });
}
