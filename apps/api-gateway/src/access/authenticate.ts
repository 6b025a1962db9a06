/** From a request's headers to who makes it: an API key or a person's session. Every way to fail answers alike. */
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import type { Clock } from '@migrator/service-kit/clock';
import type { Secret } from '@migrator/service-kit/config';
import type { Sql } from '@migrator/service-kit/database';
import { LRUCache } from 'lru-cache';
import { hashKey, isUsable, keyFromHeader } from '../api-keys/api-key.js';
import { findKeyByHash } from '../api-keys/key-lookup.js';
import type { KeyUse } from '../api-keys/key-use.js';
import { roleOfScopes, type PersonPrincipal, type Principal } from './principal.js';

/** What a caller comes in with. */
export interface Credential {
  headers: Pick<IncomingHttpHeaders, 'authorization' | 'cookie'>;
  /** The client came by TLS, where only the cookie that TLS alone can set is believed. */
  secure: boolean;
}

/** Who a session cookie belongs to. */
export interface SessionSource {
  find(headers: Pick<IncomingHttpHeaders, 'cookie'>, secure: boolean): Promise<PersonPrincipal | null>;
}

export interface AuthenticateDeps {
  sql: Sql;
  keyUse: KeyUse;
  sessions: SessionSource;
  pepper: Secret;
  clock: Clock;
}

export interface Authenticator {
  /** UNAUTHORIZED for whatever is missing, malformed, unknown, expired or revoked; SERVICE_UNAVAILABLE when it cannot be looked up. */
  authenticate(credential: Credential): Promise<Principal>;
  /** Who that is at this moment, without taking it for use; null for nobody. SERVICE_UNAVAILABLE when it cannot be looked up. */
  holder(credential: Credential): Promise<Principal | null>;
  /** Forgets everything remembered: somebody's access changed. */
  forget(): void;
}

/** How long an answer is remembered; a change is told to every instance at once, and this bounds what is lost with a message. */
const rememberedMs = 5_000;
const rememberedMax = 20_000;

interface Remembered {
  principal: Principal;
  /** Milliseconds since the epoch. */
  until: number;
}

const unauthorized = (): AppError => new AppError('UNAUTHORIZED', { publicMessage: 'A valid API key or a session is required: Authorization: Bearer tmk_live_…' });

export function createAuthenticator({ sql, keyUse, sessions, pepper, clock }: AuthenticateDeps): Authenticator {
  const remembered = new LRUCache<string, Promise<Remembered | null>>({ max: rememberedMax, ttl: rememberedMs });

  const findKey = async (text: string): Promise<Remembered | null> => {
    const key = await findKeyByHash(sql, hashKey(text, pepper));
    if (key === null || !isUsable(key, clock.now())) return null;
    const { id: keyId, orgId, scopes, rateLimitPerMinute, name } = key;
    return { principal: { kind: 'key', keyId, orgId, role: roleOfScopes(scopes), scopes, rateLimitPerMinute, name }, until: key.expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER };
  };
  const findSession = async ({ headers, secure }: Credential): Promise<Remembered | null> => {
    const principal = await sessions.find(headers, secure);
    return principal === null ? null : { principal, until: Number.MAX_SAFE_INTEGER };
  };
  /** One look-up at a time for the same secret; only what was found stays remembered. */
  const lookUp = (name: string, find: () => Promise<Remembered | null>): Promise<Remembered | null> => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const finding = find();
    remembered.set(name, finding);
    const drop = (): void => {
      if (remembered.peek(name) === finding) remembered.delete(name);
    };
    finding.then((found) => {
      if (found === null) drop();
    }, drop);
    return finding;
  };

  const holder = async (credential: Credential): Promise<Principal | null> => {
    const { authorization, cookie } = credential.headers;
    let found: Remembered | null = null;
    try {
      if (authorization !== undefined) {
        const text = keyFromHeader(authorization);
        if (text !== null) found = await lookUp(`key ${text}`, () => findKey(text));
      } else if (cookie !== undefined && cookie.length <= 8_192) found = await lookUp(`${credential.secure ? 'secure' : 'plain'} session ${cookie}`, () => findSession(credential));
    } catch (cause) {
      throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'Access cannot be checked right now. Try again shortly.', retryAfterSeconds: 2, cause });
    }
    return found === null || found.until <= clock.now().getTime() ? null : found.principal;
  };

  return {
    async authenticate(credential) {
      const principal = await holder(credential);
      if (principal === null) throw unauthorized();
      if (principal.kind === 'key') keyUse.note(principal.keyId);
      return principal;
    },
    holder,
    forget: () => {
      remembered.clear();
    },
  };
}
