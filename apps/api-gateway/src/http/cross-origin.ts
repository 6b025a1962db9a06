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

/** A change by session must come from the platform's own pages or an allowed origin: a cookie alone proves only which browser it is. FORBIDDEN. */
export function requireOwnOrigin(request: IncomingMessage, { origins, publicOrigin }: CrossOriginRule): void {
  const { origin, host } = request.headers;
  if (origin === undefined) {
    // Programs send no Origin; a browser that does not send one still says where the call comes from.
    const site = request.headers['sec-fetch-site'];
    if (site === undefined || site === 'same-origin' || site === 'none') return;
  } else if (origin === publicOrigin || origins.has(origin) || origin === `https://${host ?? ''}` || origin === `http://${host ?? ''}`) return;
  throw new AppError('FORBIDDEN', { publicMessage: 'This page may not use the session.' });
}
