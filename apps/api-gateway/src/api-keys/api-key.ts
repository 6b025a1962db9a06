/** What an API key is; pure. */
import { createHmac, randomInt } from 'node:crypto';
import { apiKeyPattern, type ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Id } from '@migrator/contracts/ids';
import type { Secret } from '@migrator/service-kit/config';

export interface ApiKey {
  id: Id<'key'>;
  orgId: Id<'org'>;
  name: string;
  last4: string;
  scopes: ApiKeyScope[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A new key: 40 base62 characters, about 238 bits. Shown once. */
export const newKeyText = (): string => `tmk_live_${Array.from({ length: 40 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')}`;

/** The only form in which a key is stored. */
export const hashKey = (key: string, pepper: Secret): Buffer => createHmac('sha256', Buffer.from(pepper.reveal(), 'base64')).update(key).digest();

/** The key in an `Authorization` header, or null when it is missing or not of the form of a key. */
export function keyFromHeader(authorization: string | undefined): string | null {
  const match = /^Bearer +(\S+)$/i.exec(authorization ?? '');
  const key = match?.[1];
  return key !== undefined && apiKeyPattern.test(key) ? key : null;
}

/** False once revoked or expired. */
export const isUsable = (key: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: Date): boolean => key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
