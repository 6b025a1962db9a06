/**
 * How long a request is tried. Refusals that were not carried out are repeated for everybody; lost answers only for what may be
 * repeated. This is the only loop over attempts in the product.
 */
import type { Budget, RequestBody } from './graph-port.js';
import { readFailure } from './failure.js';
import { GraphRequestError } from './graph-request-error.js';
import type { Governor } from './governor/governor.js';
import { NotSentError, type HttpResponse } from './http.js';
import { TokenError } from './tokens/token-error.js';

export interface Attempt {
  app: string;
  tenantId: string;
  budget: Budget;
  repeatable: boolean;
  signal: AbortSignal | undefined;
  body: RequestBody | null;
  /** Sends once. `fresh`: with a new token. */
  send(body: string | Uint8Array | AsyncIterable<Uint8Array> | null, fresh: boolean): Promise<HttpResponse>;
}

/** A request is given up after this long without success (a hold-up of that length is an outage, not throttling). */
const patienceMs = 30 * 60_000;
const lostAnswersMax = 6;
/** Flat steps for the byte window, which rolls: doubling would only waste it. */
const byteSteps = [15_000, 30_000, 45_000, 60_000];

/** The answer with its permit still held: release it when the body has been read. */
export interface Granted {
  response: HttpResponse;
  release: () => void;
}

export async function attempt(governor: Governor, request: Attempt): Promise<Granted> {
  const { app, tenantId, budget, repeatable, signal } = request;
  const deadline = Date.now() + patienceMs;
  const known = sizeOf(request.body);
  let lost = 0;
  let refused = 0;
  let unauthorised = 0;
  let bodyTaken = false;
  for (;;) {
    const permit = await acquire(governor, request, known ?? 0);
    const began = Date.now();
    const took = (): number => Date.now() - began;
    let response: HttpResponse;
    try {
      const body = materialise(request.body, (bytes) => {
        if (known === null) governor.sent(app, tenantId, budget, bytes);
        bodyTaken = true;
      });
      response = await request.send(body, unauthorised > 0);
    } catch (cause) {
      permit.release();
      governor.observer.onRequest?.(budget, 0, took());
      if (signal?.aborted === true) throw new GraphRequestError('cancelled', { status: 0, graphCode: null, requestId: null, cause });
      if (cause instanceof TokenError && cause.kind !== 'temporary') throw new GraphRequestError('unauthorised', { status: 0, graphCode: cause.entraCode === null ? null : `AADSTS${cause.entraCode}`, requestId: null, cause });
      const untouched = cause instanceof NotSentError || cause instanceof TokenError;
      if (!untouched && !repeatable) throw new GraphRequestError('in_doubt', { status: 0, graphCode: null, requestId: null, cause });
      lost += 1;
      if (lost > (untouched ? 30 : lostAnswersMax) || Date.now() > deadline || !again(request.body, bodyTaken)) throw new GraphRequestError('unavailable', { status: 0, graphCode: null, requestId: null, cause });
      await rest(backOff(lost), signal);
      continue;
    }
    governor.observer.onRequest?.(budget, response.status, took());
    if (response.status < 400) return { response, release: permit.release };

    const failure = await readFailure(response, Date.now());
    permit.release();
    if (response.status === 401 && unauthorised === 0 && again(request.body, bodyTaken)) {
      unauthorised += 1;
      continue;
    }
    if (failure.notExecuted) {
      refused += 1;
      const restMs = failure.retryAfterMs !== null && failure.retryAfterMs > 0 ? failure.retryAfterMs : failure.overBytes ? (byteSteps[Math.min(refused, byteSteps.length) - 1] ?? 60_000) : backOff(refused);
      governor.throttled(app, tenantId, budget, restMs);
      if (Date.now() + restMs > deadline || !again(request.body, bodyTaken)) throw failure.error;
      continue;
    }
    if (failure.error.kind !== 'unavailable') throw failure.error;
    if (!repeatable) throw new GraphRequestError('in_doubt', { status: failure.error.status, graphCode: failure.error.graphCode, requestId: failure.error.requestId });
    lost += 1;
    if (lost > lostAnswersMax || Date.now() > deadline || !again(request.body, bodyTaken)) throw failure.error;
    await rest(failure.retryAfterMs ?? backOff(lost), signal);
  }
}

async function acquire(governor: Governor, { app, tenantId, budget, signal }: Attempt, bytes: number): Promise<{ release(): void }> {
  try {
    return await governor.acquire(app, tenantId, budget, bytes, signal);
  } catch (cause) {
    throw new GraphRequestError('cancelled', { status: 0, graphCode: null, requestId: null, cause });
  }
}

/** Exponential from 0.5 s, at most 60 s, with full jitter above half. */
const backOff = (times: number): number => {
  const top = Math.min(60_000, 500 * 2 ** (times - 1));
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
