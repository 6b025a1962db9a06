/** Streams on real connections: what keeps them open, and what ends those that do not read. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { writeError } from '../http/answers.js';
import { SseReader } from '../testing/sse-reader.js';
import { StoredLog } from '../testing/stored-log.js';
import { LogHub } from './log-hub.js';
import { streamLog, type StreamLimits } from './log-stream.js';

const jobId = 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV' as const;
const logger = createLogger('test', 'silent');
const quick: StreamLimits = { heartbeatMs: 20, backlogBytesMax: 1024 * 1024, stalledMs: 60_000 };

let log: StoredLog;
let hub: LogHub;
let limits: StreamLimits;
let server: Server;
let running: ServerResponse[];
/** Holds requests back before they are streamed, as authentication does. */
let admission: () => Promise<void>;
let url: string;
const readers: SseReader[] = [];

beforeEach(async () => {
  log = new StoredLog();
  hub = new LogHub({ source: log, logger });
  limits = quick;
  running = [];
  admission = () => Promise.resolve();
  server = createServer((request, response) => {
    running.push(response);
    const last = request.headers['last-event-id'];
    admission()
      .then(() => streamLog(hub, { orgId: 'org_1', jobId, lastEventId: typeof last === 'string' ? last : undefined, requestId: 'r', limits }, response))
      .catch((error: unknown) => {
        writeError(response, error, 'r', logger);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.leave();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await eventually('nothing is kept for readers who left', () => hub.size === 0);
});

const read = (headers: Record<string, string> = {}): SseReader => {
  const reader = new SseReader(url, headers);
  readers.push(reader);
  return reader;
};
const say = (padding = 0): void => {
  hub.receive({ kind: 'log', jobId, lines: [log.append(padding)] });
};
const finish = (): void => {
  log.status = 'DONE';
  hub.receive({ kind: 'done', jobId, lastSeq: log.lines.length, status: 'DONE', completedAt: null });
};
const open = async (): Promise<SseReader> => {
  const reader = read();
  await eventually('open', () => reader.comments > 0);
  return reader;
};
/** More than the kernel keeps for a connection between two ends of one machine, as fast as `swift` reads. */
const flood = async (lines: number, swift?: SseReader): Promise<void> => {
  for (let count = 0; count < lines; count += 1) {
    say(60_000);
    if (count % 5 === 0) await eventually('read', () => swift === undefined || swift.ids.length === log.lines.length);
  }
};

test('a comment comes again and again, also for a job that is paused and says nothing', async () => {
  log.status = 'PAUSED';
  const reader = await open();
  await eventually('three more', () => reader.comments >= 4);
  expect(reader.closed).toBeNull();
  expect(reader.headers['content-type']).toBe('text/event-stream; charset=utf-8');
});

test('a reader who does not read is dropped at its bound, holds no more than that, and no other reader waits for it', async () => {
  const [slow, swift] = [await open(), await open()];
  slow.pause();
  const kept = running[0]!;
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, kept.writableLength);
  }, 1);
  await flood(250, swift);
  await eventually('the other has everything', () => swift.ids.length === 250);
  clearInterval(watching);
  expect(kept.destroyed).toBe(true);
  expect(most).toBeLessThanOrEqual(limits.backlogBytesMax + 1_000);
  expect(swift.ids).toEqual(log.ids);

  // What it lost it gets by id.
  slow.resume();
  await eventually('cut', () => slow.closed === 'cut');
  finish();
  const again = read({ 'last-event-id': slow.ids.at(-1)! });
  await eventually('the end', () => again.done !== null);
  expect([...slow.ids, ...again.ids]).toEqual(log.ids);
});

test('a reader who stops reading while it catches up is dropped too, however little is live', async () => {
  limits = { ...quick, stalledMs: 60 };
  for (let count = 0; count < 250; count += 1) log.append(60_000);
  const reader = await open();
  reader.pause();
  const response = running[0]!;
  await eventually('dropped', () => response.destroyed);
  expect(hub.size).toBe(0);
});

test('a reader who reads slowly, for longer than one may take nothing, is not dropped', async () => {
  // Longer than a busy machine holds a process up, and shorter than the whole takes.
  limits = { ...quick, stalledMs: 2_000 };
  for (let count = 0; count < 250; count += 1) log.append(60_000);
  log.status = 'DONE';
  const begun = performance.now();
  const reader = read();
  reader.slowMs = 15;
  await eventually('the end', () => reader.done !== null, 50_000);
  expect(performance.now() - begun).toBeGreaterThan(limits.stalledMs);
  expect(reader.ids).toEqual(log.ids);
});

test('a log that ends for somebody who does not read ends quietly, and in the end it is dropped', async () => {
  limits = { ...quick, backlogBytesMax: 100_000_000, stalledMs: 200 };
  const reader = await open();
  reader.pause();
  const response = running[0]!;
  await flood(200);
  expect(response.writableLength).toBeGreaterThan(0);
  // A write after the end would be an error that nobody catches, and end this process.
  finish();
  await eventually('dropped', () => response.destroyed);
});

test('a client that leaves while it is being asked who it is leaves nothing behind', async () => {
  let letIn = (): void => undefined;
  admission = () =>
    new Promise((resolve) => {
      letIn = resolve;
    });
  const reader = read();
  await eventually('asked', () => running.length === 1);
  reader.leave();
  await eventually('gone', () => running[0]!.destroyed);
  letIn();
  await eventually('nothing kept', () => hub.size === 0);
});

test('an id that is none is 422 before the stream opens', async () => {
  const reader = read({ 'last-event-id': 'job_1' });
  await eventually('answered', () => reader.status !== null);
  expect(reader.status).toBe(422);
});
