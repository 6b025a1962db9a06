/** Which web pages of other origins may call: those that are configured. A page elsewhere can neither read answers nor use a session. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@migrator/contracts/errors';

export interface CrossOriginRule {
  /** Origins such as `https://console.example`, exactly. */
  origins: ReadonlySet<string>;
  /** The platform's own origin. */
  publicOrigin: string;
}

const exposed = 'X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotent-Replayed, Content-Disposition';

/** Sets the headers for an allowed origin. Nothing for others: the browser then keeps the answer from the page. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, { origins }: CrossOriginRule): void {
  const { origin } = request.headers;
  if (origins.size > 0) response.setHeader('Vary', 'Origin');
  if (origin === undefined || !origins.has(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
  response.setHeader('Access-Control-Expose-Headers', exposed);
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
}

/** True for the question a browser asks before a call from another origin. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean => method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

export function allowMethods(response: ServerResponse, methods: readonly string[]): void {
  response.setHeader('Access-Control-Allow-Methods', methods.join(', '));
  response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id');
  response.setHeader('Access-Control-Max-Age', '600');
}

/** `own`: the platform's own page or an allowed one; `foreign`: another page; `unsaid`: no browser that is made today, most likely a program. */
function comesFrom({ headers }: IncomingMessage, { origins, publicOrigin }: CrossOriginRule, secure: boolean): 'own' | 'foreign' | 'unsaid' {
  const { origin, host = '', 'sec-fetch-site': site } = headers;
  if (origin !== undefined) return origin === publicOrigin || origins.has(origin) || origin === `${secure ? 'https' : 'http'}://${host}` ? 'own' : 'foreign';
  if (site === undefined) return 'unsaid';
  return site === 'same-origin' ? 'own' : 'foreign';
}

/** A change by session must say that it comes from the platform's own pages or an allowed origin: a cookie alone proves only which browser it is. FORBIDDEN. */
export function requireOwnOrigin(request: IncomingMessage, rule: CrossOriginRule, secure: boolean): void {
  if (comesFrom(request, rule, secure) !== 'own') throw new AppError('FORBIDDEN', { publicMessage: 'A session changes things only from the pages of the platform, which send their Origin. Programs use an API key.' });
}

/** A call that opens a session must not come from somebody else's page: people would work in an account that is not theirs. FORBIDDEN. */
export function refuseForeignOrigin(request: IncomingMessage, rule: CrossOriginRule, secure: boolean): void {
  if (comesFrom(request, rule, secure) === 'foreign') throw new AppError('FORBIDDEN', { publicMessage: 'This page may not do that.' });
}
