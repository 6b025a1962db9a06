/** Passes a request on to the service that owns it, and its answer back as it comes; nothing is buffered unless the caller asks for the answer. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint } from '@migrator/contracts/endpoint';
import { AppError } from '@migrator/contracts/errors';
import { clientAddressHeader, internalIdentityHeader, outcomeHeader, requestIdHeader, type InternalIdentity } from '@migrator/contracts/identity';
import type { IdentitySigner } from '@migrator/service-kit/identity';
import { Pool, type Dispatcher } from 'undici';
import { hasBody, limitedBody, tooLarge } from '../http/request-body.js';
import type { Exchange } from '../http/own-route.js';

export type BackendName = Exclude<Endpoint['owner'], 'api-gateway'>;

/** A service that gave no answer. `sent`: the request may have reached it, so what it asked for may have been done. */
export class BackendAway extends AppError {
  constructor(
    backend: BackendName,
    readonly sent: boolean,
    cause: unknown,
  ) {
    super('SERVICE_UNAVAILABLE', { publicMessage: `The ${backend} does not answer right now. Try again shortly.`, retryAfterSeconds: 2, cause });
  }
}

/** A whole answer, held back. */
export interface HeldAnswer {
  status: number;
  contentType: string;
  /** An error, and what was asked for may have been done all the same. */
  unknown: boolean;
  body: Buffer;
}

export interface Forwarding {
  backend: BackendName;
  exchange: Exchange;
  identity: InternalIdentity | null;
  bodyBytesMax: number;
  /** The body, when it has been read already. */
  body?: Buffer | undefined;
}

export interface Forwarder {
  /** Streams the answer to the client. Throws BackendAway as long as nothing of it has been written. */
  stream(forwarding: Forwarding): Promise<void>;
  /** The whole answer, at most 1 MiB; for calls that create or change, whose answers are small. */
  hold(forwarding: Forwarding): Promise<HeldAnswer>;
  close(): Promise<void>;
}

/** What a service may see of the client's headers. Everything else, an internal identity above all, stays outside. */
const passedUp = ['accept', 'content-type', 'last-event-id'] as const;
/** What of a service's headers reaches the client; the rest belongs to one connection, or is the gateway's to say. */
const passedDown = ['content-type', 'content-length', 'content-disposition', 'retry-after', 'allow', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'content-security-policy', 'location'] as const;
const heldBytesMax = 1024 * 1024;
/** Smaller bodies are read whole before they are sent: that is cheaper than a stream. */
const smallBytes = 64 * 1024;

export function createForwarder(urls: Record<BackendName, string>, signer: IdentitySigner): Forwarder {
  const open = (url: string): Pool => new Pool(url, { connections: 128, pipelining: 1, keepAliveTimeout: 30_000, connectTimeout: 3_000, headersTimeout: 60_000, bodyTimeout: 120_000 });
  const pools: Record<BackendName, Pool> = { 'tenant-service': open(urls['tenant-service']), 'job-service': open(urls['job-service']), 'device-service': open(urls['device-service']) };

  const requestOf = async ({ exchange, identity, body, bodyBytesMax }: Forwarding): Promise<Dispatcher.DispatchOptions> => {
    const { request, requestId, clientAddress } = exchange;
    const headers: Record<string, string> = { [requestIdHeader]: requestId, [clientAddressHeader]: clientAddress };
    for (const name of passedUp) {
      const value = request.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (identity !== null) headers[internalIdentityHeader] = await signer.sign(identity);
    const base = { method: request.method as Dispatcher.HttpMethod, path: request.url ?? '/', headers };
    if (body !== undefined) return { ...base, body: body.length === 0 ? null : body };
    if (!hasBody(request)) return { ...base, body: null };
    const length = Number(request.headers['content-length'] ?? Number.NaN);
    if (length > bodyBytesMax) throw tooLarge(bodyBytesMax);
    if (Number.isFinite(length)) headers['content-length'] = String(length);
    if (length <= smallBytes) {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      return { ...base, body: Buffer.concat(chunks) };
    }
    return { ...base, body: limitedBody(request, bodyBytesMax) as unknown as Exclude<Dispatcher.DispatchOptions['body'], undefined> };
  };

  const dispatch = (forwarding: Forwarding, options: Dispatcher.DispatchOptions, receive: { start(status: number, headers: IncomingHttpHeaders): void; data(controller: Dispatcher.DispatchController, chunk: Buffer): void; end(): void }): Promise<void> =>
    new Promise((resolve, reject) => {
      const { backend, exchange } = forwarding;
      let sent = false;
      let control: Dispatcher.DispatchController | undefined;
      const left = (): void => {
        control?.abort(new Error('the client went away'));
      };
      exchange.response.once('close', left);
      const finish = (settle: () => void): void => {
        exchange.response.off('close', left);
        settle();
      };
      pools[backend].dispatch(options, {
        onRequestStart: (controller) => {
          sent = true;
          control = controller;
        },
        onResponseStart: (_controller, status, headers) => {
          if (status >= 200) receive.start(status, headers as IncomingHttpHeaders);
        },
        onResponseData: (controller, chunk) => {
          receive.data(controller, chunk);
        },
        onResponseEnd: () => {
          finish(() => {
            receive.end();
            resolve();
          });
        },
        onResponseError: (_controller, error) => {
          finish(() => {
            reject(error instanceof AppError ? error : new BackendAway(backend, sent, error));
          });
        },
      });
    });

  return {
    async stream(forwarding) {
      const { response } = forwarding.exchange;
      const options = await requestOf(forwarding);
      await dispatch(forwarding, options, {
        start: (status, headers) => {
          for (const name of passedDown) {
            const value = headers[name];
            if (value !== undefined) response.setHeader(name, value);
          }
          response.writeHead(status);
        },
        data: (controller, chunk) => {
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => {
            controller.resume();
          });
        },
        end: () => {
          response.end();
        },
      });
    },
    async hold(forwarding) {
      const options = await requestOf(forwarding);
      const chunks: Buffer[] = [];
      let answer: Omit<HeldAnswer, 'body'> = { status: 0, contentType: '', unknown: false };
      let bytes = 0;
      await dispatch(forwarding, options, {
        start: (status, headers) => {
          answer = { status, contentType: headers['content-type'] ?? 'application/json; charset=utf-8', unknown: status === 500 || headers[outcomeHeader] === 'unknown' };
          const retryAfter = headers['retry-after'];
          if (retryAfter !== undefined) forwarding.exchange.response.setHeader('Retry-After', retryAfter);
        },
        data: (controller, chunk) => {
          bytes += chunk.length;
          if (bytes > heldBytesMax) controller.abort(new Error('the answer is larger than the gateway holds'));
          else chunks.push(chunk);
        },
        end: () => undefined,
      });
      return { ...answer, body: Buffer.concat(chunks) };
    },
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
    },
  };
}
