/** Plain HTTP with streams both ways, over the last hop. No token, no retry, no waiting. */
import { Agent, type Dispatcher } from 'undici';
import { whenAborted } from './abort.js';
import { AnswerBody, type Incoming } from './answer-body.js';
import { RawHeaders, type AnswerHeaders } from './answer-headers.js';
import { ByteReader } from './byte-reader.js';
import { addresses, connector, sendingError } from './connections.js';
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
  headers: AnswerHeaders;
  body: AnswerBody;
}

/** A GET whose answer goes into memory that is there. */
export interface ReadRequest {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal | undefined;
  /** Between two bytes. */
  timeoutMs: number;
  /** From the beginning of the answer to its end. */
  answerMs: number;
  into: Buffer;
}

/** `body`: of a refusal. */
export interface ReadResponse extends HttpResponse {
  /** The part of the memory that an answer filled which is no refusal. Rejects when it was cut, took too long, or has more. */
  filled(): Promise<Buffer>;
}

export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>;
  read(request: ReadRequest): Promise<ReadResponse>;
  close(): Promise<void>;
}

/** Of a large body that is sent: what the processor's nearer caches hold. */
const pieceBytes = 256 * 1024;

/** One request and its answer. Hears of them in the client's own way, where it has not yet made an object of all headers. */
class Exchange implements Dispatcher.DispatchHandler, Incoming {
  #abort: ((reason: Error) => void) | null = null;
  #resume: (() => void) | null = null;
  #paused = false;
  #body: AnswerBody | null = null;
  readonly #forget: () => void;

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly answered: (response: HttpResponse) => void,
    private readonly failed: (error: Error) => void,
  ) {
    this.#forget = signal === undefined ? () => undefined : whenAborted(signal, () => { this.abort(signal.reason as Error); });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#resume?.();
  }

  /** Before it has a connection there is nothing to end: it looks at its signal then. */
  abort(reason: Error): void {
    this.#abort?.(reason);
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort;
    if (this.signal?.aborted === true) abort(this.signal.reason as Error);
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    // Others may come before the answer itself.
    if (status < 200) return true;
    this.#resume = resume;
    this.#body = new AnswerBody(this);
    this.answered({ status, headers: new RawHeaders(headers), body: this.#body });
    return !this.#paused;
  }

  onData(piece: Buffer): boolean {
    this.#body?.received(piece);
    return !this.#paused;
  }

  onComplete(): void {
    this.#forget();
    this.#body?.ended();
  }

  onError(error: Error): void {
    this.#forget();
    if (this.#body === null) this.failed(error);
    else this.#body.failed(error);
  }
}

export function createHttp(lastHop: LastHop): Http {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 120_000, connect: connector(lastHop) });
  const reader = new ByteReader(lastHop);
  const resolve = addresses(lastHop);
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
        throw sendingError(cause);
      }
    },
    read: async ({ url, ...request }) => reader.read(resolve(url), request),
    async close() {
      reader.close();
      await agent.close();
    },
  };
}

/** Handed over in one, it would be copied to stand behind its head, and encrypted as a whole before any of it is sent. */
const isLarge = (body: HttpRequest['body']): body is Uint8Array => body instanceof Uint8Array && body.length > 2 * pieceBytes;

function* pieces(body: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < body.length; from += pieceBytes) yield body.subarray(from, from + pieceBytes);
}
