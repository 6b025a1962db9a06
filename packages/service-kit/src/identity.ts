/** The signed internal identity: a service accepts no request without one. */
import { internalIdentitySchema, type InternalIdentity, type ServiceName } from '@migrator/contracts/identity';
import { AppError } from '@migrator/contracts/errors';
import { jwtVerify, SignJWT } from 'jose';
import type { Clock } from './clock.js';
import type { Secret } from './config.js';

const issuer = 'migrator';
const lifetimeSeconds = 60;

export interface IdentitySigner {
  /** A token for one internal call, valid for 60 s. */
  sign(identity: InternalIdentity): Promise<string>;
}

export interface IdentityVerifier {
  /** The identity in the token, or UNAUTHORIZED. */
  verify(token: string | undefined): Promise<InternalIdentity>;
}

/** `key` is INTERNAL_SIGNING_KEY: 32 bytes in base64. */
export function createIdentity(key: Secret, clock: Clock): IdentitySigner & IdentityVerifier {
  const bytes = Buffer.from(key.reveal(), 'base64');
  return {
    async sign(identity) {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ ...identity }).setProtectedHeader({ alg: 'HS256' }).setIssuer(issuer).setIssuedAt(now).setExpirationTime(now + lifetimeSeconds).sign(bytes);
    },
    async verify(token) {
      if (token === undefined) throw new AppError('UNAUTHORIZED', { publicMessage: 'An internal identity is required.' });
      try {
        const { payload } = await jwtVerify(token, bytes, { issuer, algorithms: ['HS256'], clockTolerance: 5, currentDate: clock.now() });
        return internalIdentitySchema.parse(payload);
      } catch (cause) {
        throw new AppError('UNAUTHORIZED', { publicMessage: 'The internal identity is not valid.', cause });
      }
    },
  };
}

/** The identity a service uses for its own calls. */
export const serviceIdentity = (service: ServiceName, requestId: string, org: InternalIdentity['org'] = null): InternalIdentity => ({ org, actor: `service:${service}`, role: 'service', scopes: ['read', 'write', 'admin'], requestId });
