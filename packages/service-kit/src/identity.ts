/** The signed internal identity: a service accepts no request without one. */
import { internalIdentitySchema, type CallerIdentity, type InternalIdentity, type ServiceName } from '@migrator/contracts/identity';
import { AppError } from '@migrator/contracts/errors';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';
import type { Secret } from './config.js';

const issuer = 'migrator';
const lifetimeSeconds = 60;
/** A token is used again while at least this much of its life is left: signing and verifying cost more than the rest of a forwarded call. */
const reusedSeconds = 30;
const clockToleranceSeconds = 5;
/** Tokens remembered at a time, signed and verified each. */
const remembered = 10_000;

export interface IdentitySigner {
  /** A token for internal calls as this identity, valid for at least 30 s more. */
  sign(identity: InternalIdentity): Promise<string>;
}

export interface IdentityVerifier {
  /** The identity in the token, or UNAUTHORIZED. */
  verify(token: string | undefined): Promise<InternalIdentity>;
}

/** `key` is INTERNAL_SIGNING_KEY: 32 bytes in base64. */
export function createIdentity(key: Secret, clock: Clock): IdentitySigner & IdentityVerifier {
  const bytes = Buffer.from(key.reveal(), 'base64');
  const signed = new LRUCache<string, { token: Promise<string>; reusedUntil: number }>({ max: remembered });
  const verified = new LRUCache<string, { identity: InternalIdentity; expires: number }>({ max: remembered });
  const nowSeconds = (): number => Math.floor(clock.now().getTime() / 1000);
  return {
    sign({ org, actor, role, scopes }) {
      const now = nowSeconds();
      const name = `${org ?? ''} ${actor} ${role} ${scopes.join()}`;
      const known = signed.get(name);
      if (known !== undefined && now < known.reusedUntil) return known.token;
      const token = new SignJWT({ org, actor, role, scopes }).setProtectedHeader({ alg: 'HS256' }).setIssuer(issuer).setIssuedAt(now).setExpirationTime(now + lifetimeSeconds).sign(bytes);
      signed.set(name, { token, reusedUntil: now + reusedSeconds });
      return token;
    },
    async verify(token) {
      if (token === undefined) throw new AppError('UNAUTHORIZED', { publicMessage: 'An internal identity is required.' });
      const known = verified.get(token);
      if (known !== undefined && nowSeconds() < known.expires) return known.identity;
      try {
        const { payload } = await jwtVerify(token, bytes, { issuer, algorithms: ['HS256'], clockTolerance: clockToleranceSeconds, currentDate: clock.now(), requiredClaims: ['exp'] });
        const identity = internalIdentitySchema.parse(payload);
        verified.set(token, { identity, expires: (payload.exp ?? 0) + clockToleranceSeconds });
        return identity;
      } catch (cause) {
        throw new AppError('UNAUTHORIZED', { publicMessage: 'The internal identity is not valid.', cause });
      }
    },
  };
}

/** The identity a service uses for its own calls. */
export const serviceIdentity = (service: ServiceName, requestId: string, org: InternalIdentity['org'] = null): CallerIdentity => ({ org, actor: `service:${service}`, role: 'service', scopes: ['read', 'write', 'admin'], requestId });
