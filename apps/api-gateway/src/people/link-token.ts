/** The bearer tokens of links in messages. */
import { createHash } from 'node:crypto';
import type { Ids } from '@migrator/service-kit/ids';

/** 256 bits as base64url. */
export const newLinkToken = (ids: Ids): string => ids.secret(32);

/** The only form in which a token is stored; 256 random bits need no salt. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();
