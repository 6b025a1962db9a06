import fc from 'fast-check';
import type { LogDone } from '@migrator/contracts/api/logs';
import type { LiveMessage } from '@migrator/contracts/events';
import { AppError } from '@migrator/contracts/errors';
import { eventually } from '@migrator/testing/eventually';
import { createLogger } from '@migrator/service-kit/logger';
import { LogHub, type LogClient } from './log-hub.js';
import { idOf, StoredLog } from '../testing/stored-log.js';
import type { StoredLine } from './log-source.js';

const jobId = 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV' as const;
/** Collects what an SSE client would see. */
class Client implements LogClient {
  seq = 0;
  opened = false;
  dropped = false;
  seen: string[] = [];
  done: LogDone | null = null;
  gone = (): boolean => false;
  open(): void {
    this.opened = true;
  }
  write(chunk: Buffer): void {
    this.seen.push(...[...chunk.toString().matchAll(/^id: (.*)$/gm)].map((match) => match[1]!));
  }
  replay(lines: readonly StoredLine[]): Promise<void> {
    this.seen.push(...lines.map((each) => each.id));
    return Promise.resolve();
  }
  end(done: LogDone): void {
    this.done = done;
  }
  drop(): void {
    this.dropped = true;
  }
}

const hubOver = (log: StoredLog, { pageSize = 3, retryMs = 1, awayMs = 60_000, gatherMs = 0 } = {}): LogHub =>
  new LogHub({ source: { page: (org, job, after, limit) => log.page(org, job, after, limit) }, logger: createLogger('test', 'silent'), pageSize, gatherMs, patience: { retryMs, awayMs } });
const follow = (hub: LogHub, client: Client, after: { seq: number } | { id: string } = { seq: 0 }) => hub.follow({ orgId: 'org_1', jobId, after, requestId: 'r' }, client);
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

type Step = 'line' | 'lost' | 'repeat' | 'swap' | 'hold' | 'release' | 'join' | 'rejoin' | 'turn' | 'away' | 'back' | 'resync';
const steps: Step[] = ['line', 'line', 'lost', 'repeat', 'swap', 'hold', 'release', 'join', 'rejoin', 'turn', 'away', 'back', 'resync'];

test('every reader gets every line once and in order, whatever NATS loses, repeats, delays or reorders, whenever the reader comes, and while job-service comes and goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(0, 1, 3), async (plan, pageSize, gatherMs) => {
      const log = new StoredLog();
      const hub = hubOver(log, { pageSize, gatherMs });
      const clients: { client: Client; from: number }[] = [];
      const flights: Promise<void>[] = [];
      const held: StoredLine[] = [];
      const live = (...lines: StoredLine[]): void => {
        hub.receive({ kind: 'log', jobId, lines });
      };
      const begin = (from: number): void => {
        if (log.away) return;
        const client = new Client();
        clients.push({ client, from });
        flights.push(follow(hub, client, from === 0 ? { seq: 0 } : { id: idOf(from) }).joined);
      };
      const release = (): void => {
        for (const late of held.splice(0)) live(late);
      };
      const act: Record<Step, () => void | Promise<void>> = {
        line: () => {
          live(log.append());
        },
        lost: () => void log.append(),
        repeat: () => {
          const again = log.append();
          live(again);
          live(again);
        },
        swap: () => {
          const [first, second] = [log.append(), log.append()];
          live(second);
          live(first);
        },
        hold: () => void held.push(log.append()),
        release,
        join: () => {
          begin(0);
        },
        rejoin: () => {
          begin(Math.floor(log.lines.length / 2));
        },
        turn: () => new Promise((resolve) => setImmediate(resolve)),
        away: () => {
          log.away = true;
        },
        back: () => {
          log.away = false;
        },
        resync: () => {
          hub.resyncAll();
        },
      };
      begin(0);
      for (const step of plan) await act[step]();
      log.away = false;
      await Promise.all(flights);
      log.append();
      log.status = 'DONE';
      hub.receive({ kind: 'done', jobId, lastSeq: log.lines.length, status: 'DONE', completedAt: null });
      release();
      for (let turn = 0; turn < 2_000 && clients.some(({ client }) => client.done === null); turn += 1) await new Promise((resolve) => (turn < 40 ? setImmediate(resolve) : setTimeout(resolve, 1)));
      for (const { client, from } of clients) {
        expect(client.seen).toEqual(log.lines.slice(from).map((each) => each.id));
        expect(client.done?.status).toBe('DONE');
      }
    }),
    { numRuns: 400 },
  );
});

test('lines of one moment share a write, the first after a silence waits for nothing, and an end waits for no line', async () => {
  const log = new StoredLog();
  const hub = hubOver(log, { gatherMs: 200 });
  const client = new Client();
  const writes: number[] = [];
  client.write = (chunk) => writes.push(chunk.toString().split('id: ').length - 1);
  await follow(hub, client).joined;
  const say = (): void => {
    hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  };
  say();
  await settle();
  expect(writes).toEqual([1]);
  for (let count = 0; count < 10; count += 1) {
    say();
    await settle();
  }
  expect(writes).toEqual([1]);
  await eventually('the rest in one', () => writes.length === 2);
  expect(writes).toEqual([1, 10]);
  say();
  hub.receive({ kind: 'done', jobId, lastSeq: log.lines.length, status: 'DONE', completedAt: null });
  await settle();
  expect(writes).toEqual([1, 10, 1]);
  expect(client.done?.status).toBe('DONE');
});

test('a finished job replays its log and ends', async () => {
  const log = new StoredLog();
  for (let count = 0; count < 7; count += 1) log.append();
  log.status = 'DONE';
  const client = new Client();
  await follow(hubOver(log), client).joined;
  expect(client.seen).toHaveLength(7);
  expect(client.done).toEqual({ status: 'DONE', completedAt: '2026-01-01T00:00:01.000Z' });
});

test('a line and an end that NATS lost are found by the periodic comparison', async () => {
  const log = new StoredLog();
  const hub = hubOver(log);
  const client = new Client();
  await follow(hub, client).joined;
  log.append();
  log.status = 'ERROR';
  hub.resyncAll();
  await settle();
  expect(client.seen).toEqual([idOf(1)]);
  expect(client.done?.status).toBe('ERROR');
});

test('deleting a job ends its open streams as CANCELLED, told or not', async () => {
  for (const told of [true, false]) {
    const log = new StoredLog();
    const hub = hubOver(log);
    const client = new Client();
    await follow(hub, client).joined;
    log.append();
    log.deleted = true;
    if (told) hub.receive({ kind: 'done', jobId, lastSeq: 1, status: 'CANCELLED', completedAt: null } satisfies LiveMessage);
    else hub.resyncAll();
    await settle();
    expect(client.done?.status).toBe('CANCELLED');
  }
});

test('readers do not notice a job-service that is away for a moment, and are dropped, to come back by id, when it stays away', async () => {
  for (const back of [true, false]) {
    const log = new StoredLog();
    const hub = hubOver(log, { awayMs: back ? 60_000 : 30 });
    const client = new Client();
    await follow(hub, client).joined;
    hub.receive({ kind: 'log', jobId, lines: [log.append()] });
    log.append();
    log.away = true;
    hub.receive({ kind: 'log', jobId, lines: [log.append()] });
    await settle();
    expect(client.dropped).toBe(false);
    if (back) {
      log.away = false;
      await eventually('what was missed', () => client.seen.length === 3);
      expect(client.dropped).toBe(false);
    } else {
      await eventually('dropped', () => client.dropped);
      log.away = false;
    }
    const again = new Client();
    await follow(hub, again, { id: client.seen.at(-1)! }).joined;
    expect([...client.seen, ...again.seen]).toEqual(log.lines.map((each) => each.id));
  }
});

test('a reader who is still replaying waits for job-service too', async () => {
  const log = new StoredLog();
  for (let count = 0; count < 7; count += 1) log.append();
  const client = new Client();
  const { joined } = follow(hubOver(log), client);
  log.away = true;
  await settle();
  expect(client.seen).toHaveLength(3);
  log.away = false;
  await joined;
  expect(client.seen).toEqual(log.lines.map((each) => each.id));
});

test('whoever asks for a job of another organisation is refused and does not end the streams of its people', async () => {
  const log = new StoredLog();
  const hub = new LogHub({ source: { page: (org, job, after, limit) => (org === 'org_1' ? log.page(org, job, after, limit) : Promise.reject(new AppError('JOB_NOT_FOUND', { publicMessage: 'gone' }))) }, logger: createLogger('test', 'silent') });
  const stranger = hub.follow({ orgId: 'org_2', jobId, after: { seq: 0 }, requestId: 'r' }, new Client());
  const client = new Client();
  const own = follow(hub, client);
  await expect(stranger.joined).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  await own.joined;
  stranger.leave();
  log.append();
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  await settle();
  expect(client.done).toBeNull();
  expect(client.seen).toEqual(log.lines.map((each) => each.id));
  own.leave();
  expect(hub.size).toBe(0);
});

test('an end that comes late, when the job has begun another pass, ends nothing', async () => {
  const log = new StoredLog();
  const hub = hubOver(log);
  const client = new Client();
  await follow(hub, client).joined;
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  hub.receive({ kind: 'done', jobId, lastSeq: 1, status: 'DONE', completedAt: null });
  await settle();
  expect(client.done).toBeNull();
  const later = new Client();
  await follow(hub, later).joined;
  expect(later.done).toBeNull();
  expect(later.seen).toHaveLength(2);
});

test('a job that is deleted while a reader replays ends as CANCELLED', async () => {
  const log = new StoredLog();
  for (let count = 0; count < 7; count += 1) log.append();
  const client = new Client();
  const { joined } = follow(hubOver(log), client);
  log.deleted = true;
  await joined;
  expect(client.seen).toHaveLength(3);
  expect(client.done).toEqual({ status: 'CANCELLED', completedAt: null });
});

test('an end that is told while a page is on its way is not lost', async () => {
  const log = new StoredLog();
  const first = log.append();
  const hub = hubOver(log);
  const client = new Client();
  const { joined } = follow(hub, client, { id: first.id });
  log.status = 'DONE';
  hub.receive({ kind: 'done', jobId, lastSeq: 1, status: 'DONE', completedAt: null });
  await joined;
  await settle();
  expect(client.done?.status).toBe('DONE');
});

test('a reader who joins after job-service was away hears what comes next', async () => {
  const log = new StoredLog();
  log.append();
  const hub = hubOver(log);
  const [early, late] = [new Client(), new Client()];
  const first = follow(hub, early);
  await first.joined;
  let goOn = (): void => undefined;
  const replay = late.replay.bind(late);
  late.replay = async (lines) => {
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await replay(lines);
  };
  const second = follow(hub, late);
  await settle();
  log.append();
  log.away = true;
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  await settle();
  first.leave();
  await settle();
  log.away = false;
  goOn();
  await settle();
  goOn();
  await second.joined;
  await settle();
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  await settle();
  expect(late.seen).toEqual(log.lines.map((each) => each.id));
});

test('an unknown job is refused before the stream opens', async () => {
  const log = new StoredLog();
  log.deleted = true;
  const client = new Client();
  await expect(follow(hubOver(log), client).joined).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  expect(client.opened).toBe(false);
});
