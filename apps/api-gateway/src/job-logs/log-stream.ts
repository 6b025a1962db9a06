/** `GET /v1/jobs/{id}/logs`: a job's log as server-sent events, with replay and `Last-Event-ID`. */
import type { ServerResponse } from 'node:http';
import { AppError } from '@migrator/contracts/errors';
import { isId } from '@migrator/contracts/ids';
import type { LogClient, LogHub } from './log-hub.js';
import { encodeDone, encodeLines, heartbeat } from './sse.js';

/** A reader that is this far behind is dropped; it catches up by id. */
const backlogBytesMax = 4 * 1024 * 1024;
const heartbeatMs = 15_000;

export interface LogStreamRequest {
  orgId: string;
  jobId: string;
  lastEventId: string | undefined;
  requestId: string;
}

/** Streams until the job ends, the client leaves, or the gateway stops. Throws before the first byte what makes the stream impossible. */
export async function streamLog(hub: LogHub, { orgId, jobId, lastEventId, requestId }: LogStreamRequest, response: ServerResponse): Promise<void> {
  if (lastEventId !== undefined && lastEventId !== '' && !isId('log', lastEventId))
    throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'after', message: 'must be the id of a log line of this job' }] });
  let timer: NodeJS.Timeout | undefined;
  const client: LogClient = {
    seq: 0,
    gone: () => response.destroyed || response.writableEnded,
    open: () => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
      response.write(heartbeat);
      timer = setInterval(() => {
        response.write(heartbeat);
      }, heartbeatMs);
    },
    replay: async (lines) => {
      if (response.write(encodeLines(lines))) return;
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    },
    write: (chunk) => {
      if (response.writableLength > backlogBytesMax) response.destroy();
      else response.write(chunk);
    },
    end: (done) => {
      response.end(encodeDone(done));
    },
    drop: () => {
      response.end();
    },
  };
  const { joined, leave } = hub.follow({ orgId, jobId, after: lastEventId === undefined || lastEventId === '' ? { seq: 0 } : { id: lastEventId }, requestId }, client);
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  try {
    await joined;
    await closed;
  } catch (error) {
    if (!response.headersSent) throw error;
    response.destroy();
  } finally {
    clearInterval(timer);
    leave();
  }
}
