import { z } from 'zod';
import type { RequestLog } from '../world/request-log.js';
import { requestIds, type Answer, type Call } from './call.js';
import { RequestBody } from './request-body.js';
import { GraphFault, type GraphReply, type GraphVersion } from './route.js';

/** What a batch needs of the front. */
export interface BatchDeps {
  body: Buffer;
  version: GraphVersion;
  outer: Call;
  answer: (call: Call) => Promise<Answer>;
  isOutlook: (method: string, path: string) => boolean;
  log: RequestLog;
  random: () => number;
}

const itemsMax = 20;
/** Outlook runs this many items of one batch at once (https://learn.microsoft.com/graph/throttling-limits). */
const outlookParallel = 4;

const Batch = z.object({
  requests: z.array(z.object({
    id: z.string().min(1),
    method: z.string().min(1),
    url: z.string().min(1),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.unknown().optional(),
    dependsOn: z.array(z.string()).optional(),
  })),
});
type Item = z.infer<typeof Batch>['requests'][number];

interface ItemResponse { id: string; status: number; headers?: Record<string, string>; body?: unknown }

function invalid(message: string): GraphFault {
  return new GraphFault(400, 'BadRequest', message);
}

function parse(body: Buffer): Item[] {
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString('utf8'));
  } catch {
    throw invalid('Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.');
  }
  const parsed = Batch.safeParse(raw);
  if (!parsed.success) throw invalid(`Invalid batch payload format: ${parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')}`);
  const items = parsed.data.requests;
  if (items.length > itemsMax) throw invalid(`Invalid batch payload: the number of requests (${String(items.length)}) exceeds the maximum of ${String(itemsMax)}.`);
  if (items.length === 0) throw invalid('Invalid batch payload: there are no requests.');
  const ids = new Set<string>();
  for (const item of items) {
    const id = item.id.toLowerCase();
    if (ids.has(id)) throw invalid(`Invalid batch payload: the request id '${item.id}' is used more than once.`);
    // Only what came before can be depended on, so there is no circle.
    for (const on of item.dependsOn ?? []) {
      if (!ids.has(on.toLowerCase())) throw invalid(`Invalid batch payload: request '${item.id}' depends on '${on}', which does not come before it.`);
    }
    ids.add(id);
  }
  return items;
}

/** Runs a `$batch` (graph/platform.md 6.1): 200 outside, each item's own status inside, in an order of its own. */
export async function runBatch(deps: BatchDeps): Promise<GraphReply> {
  const items = parse(deps.body);
  const slots = new Slots(outlookParallel);
  const done = new Map<string, Promise<ItemResponse>>();
  const finished: ItemResponse[] = [];
  for (const item of items) {
    const run = async (): Promise<ItemResponse> => {
      const before = await Promise.all((item.dependsOn ?? []).flatMap((id) => done.get(id.toLowerCase()) ?? []));
      if (before.some((r) => r.status === 0 || r.status >= 400)) return failedDependency(item, deps.outer);
      const path = relativePath(item);
      const outlook = deps.isOutlook(item.method.toUpperCase(), path.split('?')[0] ?? path);
      if (outlook) await slots.take();
      try {
        return await runItem(item, path, deps);
      } finally {
        if (outlook) slots.give();
      }
    };
    const promise = run().then((response) => { finished.push(response); return response; });
    done.set(item.id.toLowerCase(), promise);
  }
  await Promise.all(done.values());
  if (finished.some((r) => r.status === 0)) return { status: 0 };
  return { status: 200, json: { responses: shuffle(finished, deps.random) }, contentType: 'application/json' };
}

function relativePath(item: Item): string {
  const url = item.url.replace(/^https:\/\/graph\.microsoft\.com\/(v1\.0|beta)(?=\/)/i, '');
  return url.startsWith('/') ? url : `/${url}`;
}

async function runItem(item: Item, path: string, deps: BatchDeps): Promise<ItemResponse> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(item.headers ?? {})) headers[name.toLowerCase()] = value;
  const method = item.method.toUpperCase();
  const type = headers['content-type'];
  const writes = method === 'POST' || method === 'PATCH' || method === 'PUT';
  if (item.body !== undefined && item.body !== null && type === undefined) return refused(item, 'The Content-Type header is missing for a request with a body.', deps.outer);
  if (writes && item.body === undefined) return refused(item, 'Write request id : ' + item.id + ' does not contain a body; an empty one is written as {}.', deps.outer);
  const body = itemBody(item.body, type);
  let url: URL;
  try {
    url = new URL(`https://graph.microsoft.com/${deps.version}${path}`);
  } catch {
    return refused(item, 'The url is not valid.', deps.outer);
  }
  const call: Call = {
    method,
    url,
    headers: { ...(deps.outer.headers.authorization === undefined ? {} : { authorization: deps.outer.headers.authorization }), ...headers },
    body: new RequestBody(body, body.length),
    ...requestIds({ ...headers, 'client-request-id': headers['client-request-id'] ?? deps.outer.clientRequestId }),
    inBatch: true,
    startedAt: performance.now(),
    signal: () => deps.outer.signal(),
  };
  const answer = await deps.answer(call);
  try {
    const response = await toItemResponse(item.id, answer);
    deps.log.add({ ...answer.log, status: answer.reply.status, bytesIn: call.body.bytes, bytesOut: 0, ms: performance.now() - call.startedAt });
    return response;
  } finally {
    answer.finish();
  }
}

function itemBody(body: unknown, type: string | undefined): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (typeof body === 'string' && type !== undefined && !/json/i.test(type)) return Buffer.from(body, 'base64');
  return Buffer.from(JSON.stringify(body));
}

async function toItemResponse(id: string, answer: Answer): Promise<ItemResponse> {
  const { reply } = answer;
  const headers: Record<string, string> = { 'Cache-Control': 'private', ...answer.headers, ...reply.headers };
  if (reply.json !== undefined) {
    headers['Content-Type'] ??= reply.contentType ?? 'application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8';
    // What leaves must not change with the store while the rest of the batch still runs.
    return { id, status: reply.status, headers, body: JSON.parse(JSON.stringify(reply.json)) as unknown };
  }
  if (reply.text !== undefined) {
    headers['Content-Type'] ??= reply.contentType ?? 'text/plain';
    return { id, status: reply.status, headers, body: reply.contentType === undefined || reply.contentType.startsWith('text/plain') ? reply.text : Buffer.from(reply.text).toString('base64') };
  }
  if (reply.stream !== undefined) {
    const chunks: Buffer[] = [];
    for await (const chunk of reply.stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const type = reply.contentType ?? 'application/octet-stream';
    headers['Content-Type'] ??= type;
    const whole = Buffer.concat(chunks);
    return { id, status: reply.status, headers, body: /json/i.test(type) ? (JSON.parse(whole.toString('utf8')) as unknown) : whole.toString('base64') };
  }
  return { id, status: reply.status, headers };
}

function refused(item: Item, message: string, outer: Call): ItemResponse {
  return { id: item.id, status: 400, headers: { 'Content-Type': 'application/json' }, body: errorBody('BadRequest', message, outer) };
}

function failedDependency(item: Item, outer: Call): ItemResponse {
  return { id: item.id, status: 424, headers: { 'Content-Type': 'application/json' }, body: errorBody('FailedDependency', 'A request this one depends on has failed.', outer) };
}

function errorBody(code: string, message: string, outer: Call): unknown {
  return { error: { code, message, innerError: { date: new Date().toISOString().slice(0, 19), 'request-id': outer.requestId, 'client-request-id': outer.clientRequestId } } };
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [out[i], out[j]];
    if (a !== undefined && b !== undefined) {
      out[i] = b;
      out[j] = a;
    }
  }
  return out;
}

/** So many at once, the rest in the order they came. */
class Slots {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
