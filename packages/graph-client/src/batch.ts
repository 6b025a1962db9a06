/**
 * JSON batches: any number of requests in parts of 20 (https://learn.microsoft.com/graph/json-batching). The whole answers 200; each
 * part has its own status, in any order, and is throttled by itself.
 */
import { patienceMs } from './attempts.js';
import { limitNamed } from './failure.js';
import type { Over } from './governor/fleet.js';
import type { BatchAnswer, BatchRequest, RequestOptions } from './graph-port.js';
import { GraphRequestError } from './graph-request-error.js';

const batchMax = 20;

export interface BatchParts {
  responses?: { id: string; status: number; headers?: Record<string, string>; body?: unknown }[];
}

export interface BatchSender {
  /** Posts one part; `count` is how many requests it counts for. */
  post(body: string, count: number, options: RequestOptions): Promise<BatchParts>;
  /** Tells the governor that items of the batch were throttled. */
  throttled(restMs: number, over: Over): void;
}

/**
 * Answers by id. What was throttled is sent again; after half an hour its 429 is the answer. An id that Graph leaves unanswered throws:
 * `unavailable` when all of its part only read, `in_doubt` otherwise. Ids must differ by more than case.
 */
export async function runBatch(sender: BatchSender, requests: readonly BatchRequest[], options: RequestOptions): Promise<Map<string, BatchAnswer>> {
  if (new Set(requests.map(({ id }) => id.toLowerCase())).size !== requests.length) throw new Error('Ids of a batch must differ by more than case.');
  const deadline = performance.now() + patienceMs;
  const answers = new Map<string, BatchAnswer>();
  let open = [...requests];
  while (open.length > 0) {
    const part = open.slice(0, batchMax);
    const repeatable = options.repeatable ?? part.every((each) => each.method === 'GET');
    const { responses = [] } = await sender.post(JSON.stringify({ requests: part.map(toItem) }), part.length, { ...options, repeatable });
    const answered = new Map(responses.map((response) => [response.id.toLowerCase(), response]));
    const again: BatchRequest[] = [];
    let restMs = 0;
    let over: Over = 'unknown';
    for (const request of part) {
      const response = answered.get(request.id.toLowerCase());
      if (response === undefined) throw new GraphRequestError(repeatable ? 'unavailable' : 'in_doubt', { status: 200, graphCode: null, requestId: null });
      const { status, headers = {}, body } = response;
      if (status === 429 && performance.now() < deadline) {
        again.push(request);
        restMs = Math.max(restMs, retryAfterMs(headers));
        over = limitNamed(status, JSON.stringify(body ?? null));
      } else answers.set(request.id, { status, headers, body });
    }
    if (restMs > 0) sender.throttled(restMs, over);
    open = [...again, ...open.slice(batchMax)];
  }
  return answers;
}

/** A body wants its Content-Type among the item's own headers. */
const toItem = ({ id, method, url, headers, body }: BatchRequest): Record<string, unknown> => ({
  id,
  method,
  url,
  ...(body === undefined ? (headers === undefined ? {} : { headers }) : { body, headers: { 'Content-Type': 'application/json', ...headers } }),
});

function retryAfterMs(headers: Record<string, string>): number {
  const seconds = Number(Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 2_000;
}
