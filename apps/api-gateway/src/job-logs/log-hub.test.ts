import fc from 'fast-check';
import type { LogDone } from '@migrator/contracts/api/logs';
import type { LiveMessage } from '@migrator/contracts/events';
import type { InternalLogsAnswer } from '@migrator/contracts/internal';
import { AppError } from '@migrator/contracts/errors';
import { createLogger } from '@migrator/service-kit/logger';
import { LogHub, type LogClient } from './log-hub.js';
import type { StoredLine } from './log-source.js';

const jobId = 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV' as const;
const idOf = (seq: number): `log_${string}` => `log_${String(seq).padStart(26, '0')}`;
const line = (seq: number): StoredLine => ({ seq, id: idOf(seq), level: 'INFO', message: `line ${seq}`, ts: '2026-01-01T00:00:00.000Z' });

/** The stored log, as job-service would answer for it. */
class StoredLog {
  lines: StoredLine[] = [];
  status: InternalLogsAnswer['status'] = 'RUNNING';
  away = false;
  deleted = false;
  append(): StoredLine {
    const next = line(this.lines.length + 1);
    this.lines.push(next);
    return next;
  }
  page(_org: string, _job: string, after: { seq: number } | { id: string }, limit: number): Promise<InternalLogsAnswer> {
    if (this.away) return Promise.reject(new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'away' }));
    if (this.deleted) return Promise.reject(new AppError('JOB_NOT_FOUND', { publicMessage: 'gone' }));
    const from = 'seq' in after ? after.seq : Number(after.id.slice(4));
    const completedAt = this.status === 'DONE' ? '2026-01-01T00:00:01.000Z' : null;
    return Promise.resolve({ lines: this.lines.slice(from, from + limit), status: this.status, completedAt, lastSeq: this.lines.length });
  }
}

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

const hubOver = (log: StoredLog, pageSize = 3): LogHub => new LogHub({ source: { page: (org, job, after, limit) => log.page(org, job, after, limit) }, logger: createLogger('test', 'silent'), pageSize });
const follow = (hub: LogHub, client: Client, after: { seq: number } | { id: string } = { seq: 0 }) => hub.follow({ orgId: 'org_1', jobId, after, requestId: 'r' }, client);
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('every reader gets every line once and in order, whatever NATS loses, repeats or reorders and whenever the reader comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant('line' as const), fc.constant('lost' as const), fc.constant('repeat' as const), fc.constant('swap' as const), fc.constant('join' as const), fc.constant('rejoin' as const), fc.constant('turn' as const)), { maxLength: 60 }),
      async (steps) => {
        const log = new StoredLog();
        const hub = hubOver(log);
        const clients: { client: Client; from: number }[] = [];
        const flights: Promise<void>[] = [];
        const live = (lines: StoredLine[]): void => {
          hub.receive({ kind: 'log', jobId, lines });
        };
        const begin = (from: number): void => {
          const client = new Client();
          clients.push({ client, from });
          flights.push(follow(hub, client, from === 0 ? { seq: 0 } : { id: idOf(from) }).joined);
        };
        begin(0);
        for (const step of steps) {
          if (step === 'line') live([log.append()]);
          else if (step === 'lost') log.append();
          else if (step === 'repeat') {
            const again = log.append();
            live([again]);
            live([again]);
          } else if (step === 'swap') {
            const [first, second] = [log.append(), log.append()];
            live([second]);
            live([first]);
          } else if (step === 'join') begin(0);
          else if (step === 'rejoin') begin(Math.floor(log.lines.length / 2));
          else await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(flights);
        log.status = 'DONE';
        log.append();
        hub.receive({ kind: 'done', jobId, lastSeq: log.lines.length, status: 'DONE', completedAt: null });
        await settle();
        for (const { client, from } of clients) {
          expect(client.seen).toEqual(log.lines.slice(from).map((each) => each.id));
          expect(client.done?.status).toBe('DONE');
        }
      },
    ),
    { numRuns: 300 },
  );
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

test('when job-service is away the readers are dropped to come back by id, and nothing is skipped', async () => {
  const log = new StoredLog();
  const hub = hubOver(log);
  const client = new Client();
  await follow(hub, client).joined;
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  log.append();
  log.away = true;
  hub.receive({ kind: 'log', jobId, lines: [log.append()] });
  await settle();
  expect(client.dropped).toBe(true);
  log.away = false;
  const again = new Client();
  await follow(hub, again, { id: client.seen.at(-1)! }).joined;
  expect([...client.seen, ...again.seen]).toEqual(log.lines.map((each) => each.id));
});

test('an unknown job is refused before the stream opens', async () => {
  const log = new StoredLog();
  log.deleted = true;
  const client = new Client();
  await expect(follow(hubOver(log), client).joined).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  expect(client.opened).toBe(false);
});
