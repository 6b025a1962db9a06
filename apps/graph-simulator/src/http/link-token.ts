/** Tokens inside pre-authorised links: signed claims with an end, unreadable for nobody and forgeable by nobody outside. */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface LinkClaims {
  /** Seconds since 1970. */
  exp: number;
}

const head = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

const knownMax = 10_000;

/** Signs and checks the tokens of one kind of link. */
export class LinkTokens<C extends LinkClaims> {
  /** Tokens whose signature was found good: an import's address comes back with every item. */
  readonly #known = new Map<string, Readonly<C>>();

  constructor(private readonly secret: string) {}

  make(claims: C): string {
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${head}.${body}.${this.#sign(body).toString('base64url')}`;
  }

  /** The claims of a token that is ours, whether it has ended or not; null for any other text. */
  read(token: string): Readonly<C> | null {
    const known = this.#known.get(token);
    if (known !== undefined) return known;
    const [first = '', body = '', signature = ''] = token.split('.');
    const expected = this.#sign(body);
    const given = Buffer.from(signature, 'base64url');
    if (first !== head || given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as C;
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(token, claims);
    return claims;
  }

  #sign(body: string): Buffer {
    return createHmac('sha256', this.secret).update(`${head}.${body}`).digest();
  }
}
