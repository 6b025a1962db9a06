/** Tokens inside pre-authorised links: signed claims with an end, unreadable for nobody and forgeable by nobody outside. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface LinkClaims {
  /** Seconds since 1970. */
  exp: number;
}

const head = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

/** Signs and checks the tokens of one kind of link. */
export class LinkTokens<C extends LinkClaims> {
  constructor(private readonly secret: string) {}

  make(claims: C): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${head}.${body}.${this.#sign(body).toString('base64url')}`;
  }

  /** The claims of a token that is ours, whether it has ended or not; null for any other text. */
  read(token: string): C | null {
    const [first = '', body = '', signature = ''] = token.split('.');
    const expected = this.#sign(body);
    const given = Buffer.from(signature, 'base64url');
    if (first !== head || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as C;
  }

  #sign(body: string): Buffer {
    return createHmac('sha256', this.secret).update(`${head}.${body}`).digest();
  }
}
