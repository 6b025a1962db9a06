/** Streams a request to a service and its answer back; nothing is buffered. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import { internalIdentityHeader, requestIdHeader, type InternalIdentity } from '@migrator/contracts/identity';
import type { IdentitySigner } from '@migrator/service-kit/identity';
import { Pool } from 'undici';
import type { BackendName } from './routes.js';

/** What a service may see of the client's headers. Everything else, an internal identity above all, stays outside. */
const passedUp = ['accept', 'accept-language', 'content-type', 'content-length', 'transfer-encoding', 'last-event-id'] as const;
/** What belongs to one connection, or is the gateway's to say. */
const keptBack = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date', 'x-request-id']);

export interface Forwarder {
  /** Answers 503 when the service is away. `identity` null: a public address. */
  forward(backend: BackendName, identity: InternalIdentity | null, requestId: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export function createForwarder(urls: Record<BackendName, string>, signer: IdentitySigner): Forwarder {
  const pools = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, new Pool(url, { connections: 128, pipelining: 1, keepAliveTimeout: 30_000, connectTimeout: 3_000, headersTimeout: 60_000, bodyTimeout: 0 })])) as Record<BackendName, Pool>;
  return {
    async forward(backend, identity, requestId, request, response) {
      const abort = new AbortController();
      response.once('close', () => {
        if (!response.writableFinished) abort.abort();
      });
      const headers: Record<string, string> = { ...pick(request.headers), [requestIdHeader]: requestId, 'x-forwarded-for': request.socket.remoteAddress ?? '' };
      if (identity !== null) headers[internalIdentityHeader] = await signer.sign(identity);
      const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
      try {
        await pools[backend].stream({ method: (request.method ?? 'GET') as 'GET', path: request.url ?? '/', headers, body: hasBody ? request : null, signal: abort.signal }, ({ statusCode, headers: answered }) => {
          for (const [name, value] of Object.entries(answered)) if (value !== undefined && !keptBack.has(name)) response.setHeader(name, value);
          response.writeHead(statusCode);
          return response;
        });
      } catch (cause) {
        if (abort.signal.aborted) return;
        if (response.headersSent) {
          response.destroy();
          return;
        }
        throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: `The ${backend} does not answer right now. Try again shortly.`, retryAfterSeconds: 2, cause });
      }
    },
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
    },
  };
}

function pick(headers: IncomingHttpHeaders): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of passedUp) {
    const value = headers[name];
    if (typeof value === 'string' && name !== 'transfer-encoding') picked[name] = value;
  }
  return picked;
}
