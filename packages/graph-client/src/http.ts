/** Plain HTTP with streams both ways, over the last hop. No token, no retry, no waiting. */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { whenAborted } from './abort.js';
import { AnswerBody } from './answer-body.js';
import type { LastHop } from './last-hop.js';

export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array> | null;
  signal: AbortSignal | undefined;
  timeoutMs: number;
}

/** Headers of an answer, found by name in any case. Not the `Headers` of fetch: making one costs as much as sending the request. */
export interface AnswerHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
}

export interface HttpResponse {
  status: number;
  headers: AnswerHeaders;
  body: AnswerBody;
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

interface Address {
  origin: string;
  host: string;
  path: string;
}
const knownMax = 256;
/** Of a large body that is sent: what the processor's nearer caches hold. */
const pieceBytes = 256 * 1024;

class ReceivedHeaders implements AnswerHeaders {
  /** Names are in lower case. */
  constructor(private readonly received: IncomingHttpHeaders) {}

  get(name: string): string | null {
    const value = this.received[name.toLowerCase()];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }

  *[Symbol.iterator](): Generator<[string, string]> {
    for (const name of Object.keys(this.received)) yield [name, this.get(name) ?? ''];
  }
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #body: AnswerBody | null = null;
  readonly #forget: () => void;

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly answered: (response: HttpResponse) => void,
    private readonly failed: (error: Error) => void,
  ) {
    this.#forget = signal === undefined ? () => undefined : whenAborted(signal, () => this.#controller?.abort(signal.reason as Error));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.signal?.aborted === true) controller.abort(this.signal.reason as Error);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Others may come before the answer itself.
    if (status < 200) return;
    this.#body = new AnswerBody(controller);
    this.answered({ status, headers: new ReceivedHeaders(headers), body: this.#body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#body?.received(piece);
  }

  onResponseEnd(): void {
    this.#forget();
    this.#body?.ended();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#forget();
    if (this.#body === null) this.failed(error);
    else this.#body.failed(error);
  }
}

export function createHttp(lastHop: LastHop): Http {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 120_000, connect: connector(lastHop) });
  /** Where addresses lead. The same ones come again and again: an import's is the same for every item of a mailbox. */
  const known = new Map<string, Address>();
  const resolve = (url: string): Address => {
    let address = known.get(url);
    if (address === undefined) {
      const target = URL.canParse(url) ? new URL(url) : null;
      // Node's own error carries the whole input, which may be a pre-authorised address.
      if (target === null) throw new NotAnAddressError('Microsoft named an address that is none.');
      address = { ...lastHop.resolve(target), path: `${target.pathname}${target.search}` };
      if (known.size >= knownMax) known.clear();
      known.set(url, address);
    }
    return address;
  };
  return {
    async send({ method, url, headers, body, signal, timeoutMs }) {
      const { origin, host, path } = resolve(url);
      const request: Dispatcher.DispatchOptions = {
        origin,
        path,
        method: method as 'GET',
        headers: isLarge(body) ? { ...headers, host, 'content-length': String(body.length) } : { ...headers, host },
        body: (isLarge(body) ? pieces(body) : body) as string | Uint8Array | null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      };
      try {
        return await new Promise((resolve, reject) => agent.dispatch(request, new Exchange(signal, resolve, reject)));
      } catch (cause) {
        if (codeOf(cause).some((code) => neverSent.has(code))) throw new NotSentError('No connection could be made.', { cause });
        throw cause;
      }
    },
    close: () => agent.close(),
  };
}

/** Handed over in one, it would be copied to stand behind its head, and encrypted as a whole before any of it is sent. */
const isLarge = (body: HttpRequest['body']): body is Uint8Array => body instanceof Uint8Array && body.length > 2 * pieceBytes;

function* pieces(body: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < body.length; from += pieceBytes) yield body.subarray(from, from + pieceBytes);
}

function connector({ dial }: LastHop): buildConnector.connector {
  const connect = buildConnector({ timeout: 10_000 });
  // The certificate is held against the production name, whoever answers.
  return dial === null ? connect : (options, done) => { connect(options.protocol === 'https:' ? { ...options, ...dial, servername: options.servername ?? options.hostname } : options, done); };
}

function codeOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codeOf) : [];
  return [...own, ...inner, ...codeOf(error.cause)];
}
