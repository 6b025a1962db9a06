import { createHash, createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Entra's token signing key: RS256, published through the JWKS. */
export class SigningKey {
  readonly kid: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  private constructor(privateKey: KeyObject) {
    this.#private = privateKey;
    this.#public = createPublicKey(privateKey);
    this.kid = createHash('sha256').update(this.#public.export({ type: 'spki', format: 'der' })).digest('base64url').slice(0, 27);
  }

  static generate(): SigningKey {
    return new SigningKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  }

  /** Throws when the PEM is no private key. */
  static fromPem(pem: string): SigningKey {
    return new SigningKey(createPrivateKey(pem));
  }

  toPem(): string {
    return this.#private.export({ type: 'pkcs8', format: 'pem' }) as string;
  }

  /** A signed compact JWT. */
  sign(claims: Record<string, unknown>): string {
    const head = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'RS256', x5t: this.kid, kid: this.kid })).toString('base64url');
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const signature = createSign('RSA-SHA256').update(`${head}.${body}`).sign(this.#private).toString('base64url');
    return `${head}.${body}.${signature}`;
  }

  /** The claims of a token this key signed; null for any other text. Looks at nothing but the signature. */
  verify(token: string): Record<string, unknown> | null {
    const [head, body, signature, rest] = token.split('.');
    if (head === undefined || body === undefined || signature === undefined || rest !== undefined) return null;
    if (!createVerify('RSA-SHA256').update(`${head}.${body}`).verify(this.#public, signature, 'base64url')) return null;
    try {
      return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>;
    } catch {
      return null;
    }
  }

  /** The public half as a JWK. */
  jwk(): Record<string, unknown> {
    return { ...this.#public.export({ format: 'jwk' }), use: 'sig', kid: this.kid, x5t: this.kid, alg: 'RS256' };
  }
}
