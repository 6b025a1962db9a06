/** What no database and no queue may show is sealed with AES-256-GCM under a key derived from the one that all services share. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from './config.js';

/** `context` is bound to what is sealed: it opens only together with it. */
export interface Seal {
  seal(text: string, context: string): Buffer;
  /** Null when it was sealed under another key, for something else, or was changed since. */
  open(sealed: Buffer, context: string): string | null;
}

const nonceBytes = 12;
const tagBytes = 16;

/** `purpose`: seals of one purpose open nothing of another. */
export function createSeal(key: Secret, purpose: string): Seal {
  const bytes = Buffer.from(hkdfSync('sha256', key.reveal(), '', purpose, 32));
  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, context) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(0, nonceBytes)).setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
