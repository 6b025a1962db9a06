/** Customers' own app secrets, encrypted with AES-256-GCM under a key that is not in the database. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { AppCredential } from '@migrator/graph-client';
import type { Secret } from '@migrator/service-kit/config';

export interface Vault {
  /** `context` (the tenant's id) is bound to the cipher text: it opens for the same tenant only. */
  seal(credential: AppCredential, context: string): string;
  open(sealed: string, context: string): AppCredential;
}

export function createVault(key: Secret): Vault {
  const bytes = Buffer.from(key.reveal(), 'base64');
  const keyId = createHash('sha256').update(bytes).digest('hex').slice(0, 8);
  return {
    seal(credential, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(JSON.stringify(credential), 'utf8'), cipher.final()]);
      return ['v1', keyId, nonce.toString('base64url'), cipher.getAuthTag().toString('base64url'), text.toString('base64url')].join('.');
    },
    open(sealed, context) {
      const [version, sealedUnder, nonce = '', tag = '', text = ''] = sealed.split('.');
      if (version !== 'v1') throw new Error('The stored credential has an unknown form.');
      if (sealedUnder !== keyId) throw new Error('The stored credential was encrypted under another SECRETS_KEY.');
      const decipher = createDecipheriv('aes-256-gcm', bytes, Buffer.from(nonce, 'base64url')).setAAD(Buffer.from(context)).setAuthTag(Buffer.from(tag, 'base64url'));
      return JSON.parse(Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]).toString('utf8')) as AppCredential;
    },
  };
}
