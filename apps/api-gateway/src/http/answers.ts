/** How the gateway writes its own answers. */
import type { ServerResponse } from 'node:http';
import { errorBody, toAppError } from '@migrator/service-kit/http';
import type { Logger } from '@migrator/service-kit/logger';
import { RateLimited, type Allowance } from '@migrator/rate-limit/shared-rate-limit';

/** On every answer. Pages set a content security policy of their own. */
export const securityHeaders = {
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export function setAllowance(response: ServerResponse, { limit, remaining, resetSeconds }: Allowance): void {
  response.setHeader('RateLimit-Limit', limit);
  response.setHeader('RateLimit-Remaining', remaining);
  response.setHeader('RateLimit-Reset', resetSeconds);
}

export function writeJson(response: ServerResponse, status: number, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': text.length }).end(text);
}

/** The one place where errors become answers here. Unknown errors are logged with their stack and answered without it. */
export function writeError(response: ServerResponse, error: unknown, requestId: string, log: Logger): void {
  if (response.headersSent || response.destroyed) {
    if (!response.writableFinished) log.warn({ requestId, err: error }, 'request failed after its answer had begun');
    response.destroy();
    return;
  }
  const known = toAppError(error);
  if (known.code === 'INTERNAL_ERROR') log.error({ requestId, err: error }, 'request failed');
  else if (known !== error && known.code === 'SERVICE_UNAVAILABLE') log.warn({ requestId, err: error }, 'request failed because the database is away');
  if (known instanceof RateLimited) setAllowance(response, known.allowance);
  if (known.retryAfterSeconds !== undefined) response.setHeader('Retry-After', known.retryAfterSeconds);
  writeJson(response, known.status, errorBody(known, requestId));
}
