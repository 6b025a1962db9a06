import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { LogEntry } from '../world/request-log.js';
import type { RequestBody } from './request-body.js';
import { GraphFault, type GraphReply } from './route.js';

/** A request on its way in, from a socket or from an item of a batch. */
export interface Call {
  readonly method: string;
  /** Production shape. */
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: RequestBody;
  readonly requestId: string;
  readonly clientRequestId: string;
  readonly inBatch: boolean;
  /** Real milliseconds, `performance.now()`. */
  readonly startedAt: number;
  /** Made on first use: most handlers never look. */
  signal(): AbortSignal;
}

/** What faults do to the way an answer's body leaves. */
export interface Effects { bytesPerSecond?: number; truncateAt?: number }

/** An answer on its way out. A reply of status 0 drops the connection. */
export interface Answer {
  reply: GraphReply;
  /** Headers beside the reply's own. */
  headers: Record<string, string>;
  effects: Effects;
  /** Everything the log wants to know except what only the writer knows. */
  log: Omit<LogEntry, 'status' | 'bytesIn' | 'bytesOut' | 'ms'>;
  /** Frees what the request held (concurrency slots). */
  finish: () => void;
}

/** The ids of a new request: the client's own when it sent one. */
export function requestIds(headers: IncomingHttpHeaders): { requestId: string; clientRequestId: string } {
  const sent = headers['client-request-id'];
  const requestId = randomUUID();
  return { requestId, clientRequestId: typeof sent === 'string' && sent !== '' ? sent.slice(0, 128) : requestId };
}

/** Graph's error shape for a fault. */
export function faultReply(fault: GraphFault, call: Pick<Call, 'requestId' | 'clientRequestId'>, nowMs: number): GraphReply {
  const headers = fault.extra.headers ?? {};
  if (fault.extra.emptyBody === true) return { status: fault.status, headers };
  if (fault.extra.body !== undefined) return { status: fault.status, headers, json: fault.extra.body, contentType: 'application/json; charset=utf-8' };
  return {
    status: fault.status,
    headers,
    contentType: 'application/json',
    json: {
      error: {
        code: fault.code,
        message: fault.message,
        ...(fault.extra.target === undefined ? {} : { target: fault.extra.target }),
        ...(fault.extra.details === undefined ? {} : { details: fault.extra.details }),
        innerError: {
          ...(fault.extra.innerCode === undefined ? {} : { code: fault.extra.innerCode }),
          date: new Date(nowMs).toISOString().slice(0, 19),
          'request-id': call.requestId,
          'client-request-id': call.clientRequestId,
        },
      },
    },
  };
}

/** Anything a handler threw, as a fault: what is not a GraphFault is this simulator's own mistake and says so. */
export function asFault(error: unknown): GraphFault {
  if (error instanceof GraphFault) return error;
  if (error instanceof URIError) return new GraphFault(400, 'BadRequest', 'The request URI is not valid: broken percent-encoding.');
  const what = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error);
  return new GraphFault(500, 'SimulatorError', `The simulator failed: ${what}`);
}

/** The error code inside a reply, for the log. */
export function replyCode(reply: GraphReply): string | null {
  if (reply.status < 400) return null;
  const error = (reply.json as { error?: unknown } | undefined)?.error;
  if (typeof error === 'string') return error;
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
