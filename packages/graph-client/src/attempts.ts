/**
 * How long a request is tried. Refusals that were not carried out are repeated for everybody; lost answers only for what may be
 * repeated. This is the only loop over attempts in the product.
 */
import type { Budget, RequestBody } from './graph-port.js';
import { readFailure } from './failure.js';
import { GraphRequestError } from './graph-request-error.js';
import type { Cost, Governed } from './governor/governor.js';
import { NotAnAddressError, NotSentError } from './connections.js';
import type { HttpResponse } from './http.js';
import { TokenError } from './tokens/token-error.js';

export interface Attempt<T> {
  budget: Budget;
  /** Requests it counts for. */
  requests: number;
  /** Whether it changes something at Microsoft's. */
  write: boolean;
  /** Resource units, when known to differ from the usual. */
  units?: number;
  repeatable: boolean;
  /** False for pre-authorised addresses: a 401 there is final, no token would help. */
  authenticated: boolean;
  signal: AbortSignal | undefined;
  body: RequestBody | null;
  /** Size of a body that is a stream, when it is known. */
  contentLength: number | undefined;
  /** About that size, when it is not. */
  bytesExpected?: number | undefined;
  /** Sends once. `fresh`: with a new token. */
  send(body: string | Uint8Array | AsyncIterable<Uint8Array> | null, fresh: boolean): Promise<HttpResponse>;
  /** Takes what is needed of an accepted answer before it counts as an answer; a failure here is a lost answer. */
  receive(response: HttpResponse): Promise<T> | T;
}

/** A request is given up after this long without success (a hold-up of that length is an outage, not throttling). Waiting for its turn does not count: business hours alone may take a day. */
export const patienceMs = 30 * 60_000;
const lostAnswersMax = 12;
const unsentMax = 30;
/** Flat steps for the byte window, which rolls: doubling would only waste it. */
const byteSteps = [15_000, 30_000, 45_000, 60_000];

/** The answer with its permit still held: release it when the body has been read. */
export interface Granted<T> {
  response: HttpResponse;
  value: T;
  release: () => void;
}

export async function attempt<T>(governed: Governed, request: Attempt<T>): Promise<Granted<T>> {
  const { budget, repeatable, signal } = request;
  let deadline = performance.now() + patienceMs;
  /** What Microsoft told us to wait before the next turn. */
  let toldMs = 0;
  const known = sizeOf(request.body) ?? request.contentLength ?? null;
  const expected = known ?? request.bytesExpected ?? 0;
  const cost: Cost = { requests: request.requests, bytes: expected, write: request.write, ...(request.units === undefined ? {} : { units: request.units }) };
  let lost = 0;
  let refused = 0;
  let renewed = false;
  let fresh = false;
  let bodyTaken = false;
  for (;;) {
    const askedAt = performance.now();
    const permit = await acquire(governed, budget, cost, signal);
    const began = performance.now();
    deadline += Math.max(0, began - askedAt - toldMs);
    toldMs = 0;
    let response: HttpResponse | null = null;
    try {
      let sent = 0;
      const body = materialise(request.body, (bytes) => {
        bodyTaken = true;
        const beyond = Math.min(bytes, sent + bytes - expected);
        sent += bytes;
        if (known === null && beyond > 0) governed.sent(budget, beyond);
      });
      const asked = fresh;
      fresh = false;
      response = await request.send(body, asked);
      governed.answered(budget, cost, response.status, performance.now() - began, response.headers);
      if (response.status < 400) return { response, value: await request.receive(response), release: permit.release };
    } catch (cause) {
      permit.release();
      if (response === null) governed.answered(budget, cost, 0, performance.now() - began, null);
      const status = response?.status ?? 0;
      const requestId = response?.headers.get('request-id') ?? null;
      if (signal?.aborted === true) throw new GraphRequestError('cancelled', { status, graphCode: null, requestId, cause });
      if (cause instanceof NotAnAddressError) throw new GraphRequestError('bad_request', { status: 0, graphCode: null, requestId: null, cause });
      if (cause instanceof TokenError && cause.kind !== 'temporary') throw new GraphRequestError('unauthorised', { status: 0, graphCode: cause.entraCode === null ? null : `AADSTS${cause.entraCode}`, requestId: null, cause });
      const untouched = cause instanceof NotSentError || cause instanceof TokenError;
      if (!untouched && !repeatable) throw new GraphRequestError('in_doubt', { status, graphCode: null, requestId, cause });
      lost += 1;
      if (lost > (untouched ? unsentMax : lostAnswersMax) || performance.now() > deadline || !again(request.body, bodyTaken)) throw new GraphRequestError('unavailable', { status, graphCode: null, requestId, cause });
      await rest((cause instanceof TokenError ? cause.retryAfterMs : null) ?? backOff(lost, 500, 60_000), signal);
      continue;
    }

    const failure = await readFailure(response, Date.now());
    permit.release();
    if (response.status === 401 && request.authenticated && !renewed && again(request.body, bodyTaken)) {
      renewed = true;
      fresh = true;
      continue;
    }
    if (failure.notExecuted || (failure.busy && repeatable)) {
      refused += 1;
      const restMs = failure.retryAfterMs !== null && failure.retryAfterMs > 0 ? failure.retryAfterMs : failure.overBytes ? (byteSteps[Math.min(refused, byteSteps.length) - 1] ?? 60_000) : backOff(refused, 2_000, 300_000);
      governed.throttled(budget, restMs, failure.over);
      if (performance.now() + restMs > deadline || !again(request.body, bodyTaken)) throw failure.error;
      toldMs = restMs;
      continue;
    }
    // A lock on a file lasts as long as somebody works on it: waiting for it would keep others waiting.
    if (failure.error.kind !== 'unavailable' && (failure.error.kind !== 'locked' || budget.kind === 'files')) throw failure.error;
    // A locked resource was not touched, whatever the request was.
    if (!repeatable && failure.error.kind !== 'locked') {
      if (failure.busy && failure.retryAfterMs !== null) governed.throttled(budget, failure.retryAfterMs, failure.over);
      throw new GraphRequestError('in_doubt', { status: failure.error.status, graphCode: failure.error.graphCode, requestId: failure.error.requestId });
    }
    lost += 1;
    if (lost > lostAnswersMax || performance.now() > deadline || !again(request.body, bodyTaken)) throw failure.error;
    await rest(failure.retryAfterMs ?? backOff(lost, 500, 60_000), signal);
  }
}

async function acquire(governed: Governed, budget: Budget, cost: Cost, signal: AbortSignal | undefined): Promise<{ release(): void }> {
  try {
    return await governed.acquire(budget, cost, signal);
  } catch (cause) {
    throw new GraphRequestError('cancelled', { status: 0, graphCode: null, requestId: null, cause });
  }
}

/** Exponential from `firstMs`, at most `mostMs`, with full jitter above half. */
const backOff = (times: number, firstMs: number, mostMs: number): number => {
  const top = Math.min(mostMs, firstMs * 2 ** (times - 1));
  return top / 2 + Math.random() * (top / 2);
};

function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new GraphRequestError('cancelled', { status: 0, graphCode: null, requestId: null }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

const sizeOf = (body: RequestBody | null): number | null => (body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.byteLength : null);
/** A bare stream can be sent once. */
const again = (body: RequestBody | null, taken: boolean): boolean => !taken || body === null || typeof body === 'string' || body instanceof Uint8Array || typeof body === 'function';

function materialise(body: RequestBody | null, onBytes: (bytes: number) => void): string | Uint8Array | AsyncIterable<Uint8Array> | null {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) return body;
  return counted(typeof body === 'function' ? body() : body, onBytes);
}

async function* counted(stream: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    onBytes(piece.byteLength);
    yield piece;
  }
}
