/** From an answer to what it means. Decisions are made on the status and Graph's codes, never on a message. */
import type { HttpResponse } from './http.js';
import type { Over } from './governor/fleet.js';
import { GraphRequestError, type GraphErrorKind } from './graph-request-error.js';

/** Most of an error body that is read; the rest is thrown away. */
const bodyBytesMax = 64 * 1024;

export interface Failure {
  error: GraphRequestError;
  /** From `Retry-After`, in milliseconds; null when the service did not say. */
  retryAfterMs: number | null;
  /** True when the service says the request was not carried out. A 503 does not say so, whatever it says of when to come back. */
  notExecuted: boolean;
  /** The service asks to be left alone for `retryAfterMs`. */
  busy: boolean;
  /** The refusal names the byte budget, which is waited for in flat steps. */
  overBytes: boolean;
  /** Which limit the refusal names. */
  over: Over;
}

const codesByKind: [GraphErrorKind, RegExp][] = [
  ['corrupt', /^(ErrorItemCorrupt|ErrorCorruptData|ErrorCannotOpenFileAttachment)$/i],
  ['too_large', /^ErrorMessageSizeExceeded$/i],
  ['quota', /^(ErrorQuotaExceeded|quotaLimitReached)$/i],
  ['gone', /^(SyncStateNotFound|ResyncRequired|SyncStateInvalid)$/i],
];

function kindOf(status: number, code: string | null): GraphErrorKind {
  for (const [kind, pattern] of codesByKind) if (code !== null && pattern.test(code)) return kind;
  switch (status) {
    case 401:
      return 'unauthorised';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 410:
      return 'gone';
    case 412:
      return 'precondition';
    case 413:
      return 'too_large';
    case 423:
      return 'locked';
    case 429:
      return 'throttled';
    case 507:
      return 'quota';
    default:
      return status >= 500 || status === 408 ? 'unavailable' : 'bad_request';
  }
}

/** Reads an error answer to its end. */
export async function readFailure(response: HttpResponse, now: number): Promise<Failure> {
  let text = '';
  try {
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      if (text.length < bodyBytesMax) text += decoder.decode(piece, { stream: true });
    }
  } catch {
    // The status stands, whatever became of the words.
  }
  const body = parseBody(text);
  const location = response.headers.get('location');
  // A date is meant by the clock of whoever wrote it, which the answer tells.
  const theirs = Date.parse(response.headers.get('date') ?? '');
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Number.isNaN(theirs) ? now : theirs);
  const error = new GraphRequestError(kindOf(response.status, body.code), { status: response.status, graphCode: body.code, requestId: response.headers.get('request-id'), ...(location === null ? {} : { location }) });
  return { error, retryAfterMs, notExecuted: response.status === 429, busy: response.status === 503 && retryAfterMs !== null, overBytes: response.status === 429 && text.includes('IncomingBytes'), over: limitNamed(response.status, text) };
}

/**
 * Which limit a refusal is about. A 429 is about too much in a window, or too much at once where it says so; a 503 says that the service
 * is not ready, whatever was sent before (https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online).
 */
export function limitNamed(status: number, text: string): Over {
  if (status !== 429 || text.includes('Concurrency')) return 'inFlight';
  return /IncomingBytes|RequestCount|ResourceUnit/.test(text) ? 'window' : 'unknown';
}

/** The most specific code of the (possibly nested) error object; import hosts answer `{"Message": ...}` without one. */
function parseBody(text: string): { code: string | null } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { code: null };
  }
  let code: string | null = null;
  let at: unknown = typeof body === 'object' && body !== null && 'error' in body ? body.error : null;
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    const { code: own, innerError, innererror } = at as { code?: unknown; innerError?: unknown; innererror?: unknown };
    if (typeof own === 'string' && own !== '') code = own;
    at = innerError ?? innererror;
  }
  return { code };
}

/** `Retry-After` in milliseconds, from seconds or a date; null when it is missing or unreadable. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
