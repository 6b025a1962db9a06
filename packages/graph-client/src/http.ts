/** Plain HTTP with streams both ways, over the last hop. No token, no retry, no waiting. */
import { Agent, request as undiciRequest } from 'undici';
import type { LastHop } from './last-hop.js';

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
  signal: AbortSignal | undefined;
  timeoutMs: number;
}

export interface HttpResponse {
  status: number;
  headers: Headers;
  body: AsyncIterable<Uint8Array> & { dump(): Promise<void> };
}

/** Nothing was sent: the connection could not be made. Everything else that goes wrong may have reached the other side. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

/** What should have been a URL is none; sending it again would not help. */
export class NotAnAddressError extends Error {
  override readonly name = 'NotAnAddressError';
}

export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED']);

export function createHttp(lastHop: LastHop): Http {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 120_000, connect: { timeout: 10_000 } });
  return {
    async send({ method, url, headers, body, signal, timeoutMs }) {
      const target = URL.canParse(url) ? new URL(url) : null;
      // Node's own error carries the whole input, which may be a pre-authorised address.
      if (target === null) throw new NotAnAddressError('Microsoft named an address that is none.');
      const { origin, host } = lastHop.resolve(target);
      try {
        const response = await undiciRequest(`${origin}${target.pathname}${target.search}`, {
          dispatcher: agent,
          method: method as 'GET',
          headers: { ...headers, host },
          body: body as string | Uint8Array | null,
          signal: signal ?? null,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        const answered = new Headers();
        for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) answered.set(name, Array.isArray(value) ? value.join(', ') : value);
        return { status: response.statusCode, headers: answered, body: response.body };
      } catch (cause) {
        if (codeOf(cause).some((code) => neverSent.has(code))) throw new NotSentError('No connection could be made.', { cause });
        throw cause;
      }
    },
    close: () => agent.close(),
  };
}

function codeOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codeOf) : [];
  return [...own, ...inner, ...codeOf(error.cause)];
}
