/** `GET /v1/jobs/{id}/logs`: a job's log as server-sent events, with replay and `Last-Event-ID`. */
import type { ServerResponse } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import { isId } from '@migrator/contracts/ids';
import type { LogClient, LogHub } from './log-hub.js';
import type { StoredLine } from './log-source.js';
import { encodeDone, encodeLines, heartbeat } from './sse.js';

export interface StreamLimits {
  /** Between two comment lines that keep the connection open. */
  heartbeatMs: number;
  /** What waits in this process for one reader; a reader that is further behind is dropped, and catches up by id. */
  backlogBytesMax: number;
  /** A reader that takes nothing of what waits for it for so long is dropped. */
  stalledMs: number;
}
export const streamLimits: StreamLimits = { heartbeatMs: 15_000, backlogBytesMax: 1024 * 1024, stalledMs: 45_000 };

/** Characters of messages that are written at a time while a reader catches up. */
const pieceLength = 32 * 1024;

export interface LogStreamRequest {
  orgId: string;
  jobId: string;
  lastEventId: string | undefined;
  requestId: string;
  /** Called once the stream is open, with how to end it; gives back how to stop watching. */
  watch?: (close: () => void) => () => void;
  limits?: StreamLimits;
}

/** Streams until the job ends, the client leaves, or `watch` closes it. Throws what makes the stream impossible, before or after its first byte. */
export async function streamLog(hub: LogHub, { orgId, jobId, lastEventId = '', requestId, watch, limits = streamLimits }: LogStreamRequest, response: ServerResponse): Promise<void> {
  if (lastEventId !== '' && !isId('log', lastEventId))
    throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'after', message: 'must be the id of a log line of this job' }] });
  const closed = closing(response);
  let keeping: { stop(): void } | undefined;
  let unwatch: (() => void) | undefined;
  const ended = (): boolean => response.destroyed || response.writableEnded;
  const client: LogClient = {
    seq: 0,
    gone: ended,
    open: () => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
      response.write(heartbeat);
      keeping = keepOpen(response, limits);
      unwatch = watch?.(() => {
        if (!ended()) response.end();
      });
    },
    replay: async (lines) => {
      for (const piece of pieces(lines)) {
        if (ended()) return;
        if (!response.write(encodeLines(piece))) await drained(response);
      }
    },
    write: (chunk) => {
      if (ended()) return;
      const waiting = response.writableLength;
      if (waiting > 0 && waiting + chunk.length > limits.backlogBytesMax) response.destroy();
      else response.write(chunk);
    },
    end: (done) => {
      if (!ended()) response.end(encodeDone(done));
    },
    drop: () => {
      if (!ended()) response.end();
    },
  };
  const { joined, leave } = hub.follow({ orgId, jobId, after: lastEventId === '' ? { seq: 0 } : { id: lastEventId }, requestId }, client);
  try {
    await joined;
    await closed;
  } finally {
    keeping?.stop();
    unwatch?.();
    leave();
  }
}

/** Few enough lines at a time that a slow reader is seen to take some of them. */
function* pieces(lines: readonly StoredLine[]): Generator<StoredLine[]> {
  let piece: StoredLine[] = [];
  let length = 0;
  for (const line of lines) {
    piece.push(line);
    length += line.message.length;
    if (length < pieceLength) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}

/** The client may have gone while it was still being asked who it is: then nothing will say so again. */
const closing = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.destroyed || response.closed) resolve();
    else response.once('close', resolve);
  });

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.writableEnded) {
      resolve();
      return;
    }
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}

/** Writes a comment now and then, and drops a reader that takes nothing: also one whose stream has ended and who never fetches its end. */
function keepOpen(response: ServerResponse, { heartbeatMs, stalledMs }: StreamLimits): { stop(): void } {
  const taken = (): number => (response.socket === null ? 0 : response.socket.bytesWritten - response.socket.writableLength);
  let seen = taken();
  // Counted in looks, not by the clock: while this process itself stands still no reader can be seen to take anything.
  const looksMax = Math.ceil(stalledMs / heartbeatMs);
  let looks = 0;
  const timer = setInterval(() => {
    const current = taken();
    if (response.writableLength === 0 || current > seen) {
      seen = current;
      looks = 0;
    } else {
      looks += 1;
      if (looks >= looksMax) {
        response.destroy();
        return;
      }
    }
    if (!response.writableEnded && response.writableLength === 0) response.write(heartbeat);
  }, heartbeatMs);
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
