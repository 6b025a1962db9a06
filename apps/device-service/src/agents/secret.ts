/** Secrets of devices and enrolment tokens: 256 random bits, shown once, stored as SHA-256 (nothing to guess, so nothing to slow down). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export const newSecret = (): string => randomBytes(32).toString('base64url');
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
/** Compares in constant time. */
export const isSecret = (given: string, stored: Uint8Array): boolean => timingSafeEqual(hashSecret(given), stored);
