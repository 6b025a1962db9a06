/** Seals notes with AES-256-GCM under a key derived from the one that all services share. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '@migrator/service-kit/config';
import type { NoteSeal } from '../engine/unfinished-ledger.js';

const nonceBytes = 12;
const tagBytes = 16;

export function createNoteSeal(key: Secret): NoteSeal {
  const bytes = Buffer.from(hkdfSync('sha256', key.reveal(), '', 'migration-worker unfinished transfers', 32));
  return {
    seal(note, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(note, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, context) {
      const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(0, nonceBytes)).setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
