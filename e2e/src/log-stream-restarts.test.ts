/** Twenty people watch one job while the services that tell them of it are killed. */
import { logDoneSchema, logLineSchema, type LogDone, type LogLine } from '@migrator/contracts/api/logs';
import { killService } from '@migrator/stack';
import { eventually } from '@migrator/testing/eventually';
import { connectBoth, createJob, startPlatform, type Platform } from './platform.js';

jest.setTimeout(180_000);
let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ preset: 'small', workers: 1, leaseSeconds: 3 });
});
afterAll(() => platform.stop());

/** Follows the log as any client does: comes back with its last id, for as long as it is told to wait. */
class Watcher {
  readonly lines: LogLine[] = [];
  done: LogDone | null = null;
  opened = 0;
  /** Answers that were no stream. */
  readonly refused: number[] = [];
  #connection = new AbortController();
  #gone = false;

  constructor(private readonly path: string) {}

  async watch(): Promise<void> {
    while (this.done === null && !this.#gone) {
      this.#connection = new AbortController();
      try {
        await this.#read(this.#connection.signal);
      } catch (error) {
        // A connection that is lost is part of the test; an answer that cannot be read is not.
        if (!(error instanceof TypeError) && !this.#connection.signal.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Loses the connection. */
  lose(): void {
    this.#connection.abort();
  }

  leave(): void {
    this.#gone = true;
    this.lose();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const last = this.lines.at(-1)?.id;
    const response = await fetch(new URL(this.path, platform.stack.gatewayUrl), { headers: { authorization: `Bearer ${platform.stack.apiKey}`, accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) }, signal });
    if (!response.ok || response.body === null) {
      this.refused.push(response.status);
      await response.arrayBuffer();
      return;
    }
    this.opened += 1;
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      const events = (text + decoder.decode(piece as Uint8Array, { stream: true })).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [name, data] = [/^event: (.*)$/m.exec(event)?.[1], /^data: (.*)$/m.exec(event)?.[1]];
        if (data === undefined) continue;
        if (name === 'done') this.done = logDoneSchema.strict().parse(JSON.parse(data));
        else this.lines.push(logLineSchema.strict().parse(JSON.parse(data)));
      }
    }
  }
}

/** The cells of RFC 4180 text, line by line. */
const cellsOf = (csv: string): string[][] =>
  [...csv.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*)\r?\n/g)].map(([, line = '']) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));

test('twenty clients of one log hold every line once and in order, whatever of job-service, NATS and their own connections is lost meanwhile', async () => {
  const tenants = await connectBoth(platform);
  // Microsoft refuses every import, second by second, for as long as the log is being disturbed: the job says so in its log, and cannot end.
  await platform.control.call('POST', '/faults', { id: 'hold', match: { path: 'importItem' }, action: { kind: 'status', status: 429, code: 'ApplicationThrottled', message: 'Application is over its MailboxConcurrency limit.', headers: { 'Retry-After': '1' } } });
  const job = await createJob(platform, tenants, { name: 'watched' });
  const path = `/v1/jobs/${job.id}/logs`;
  const watchers = Array.from({ length: 20 }, () => new Watcher(path));
  const watching: Promise<void>[] = [];
  const join = (count: number): void => {
    for (const watcher of watchers.slice(watching.length, watching.length + count)) watching.push(watcher.watch());
  };
  const loseEvery = (nth: number, from: number): void => {
    watchers.filter((_, index) => index % nth === from).forEach((watcher) => { watcher.lose(); });
  };
  const more = (lines: number): Promise<unknown> => {
    const wanted = watchers[0]!.lines.length + lines;
    return eventually('more lines', () => watchers[0]!.lines.length >= wanted, 60_000);
  };
  try {
    join(12);
    await more(2);
    for (const service of ['job-service', 'nats', 'job-service']) {
      expect(watchers[0]!.done).toBeNull();
      expect(await killService(platform.dataDir, service)).toBe(true);
      loseEvery(3, watching.length % 3);
      join(2);
      await platform.heal();
      loseEvery(4, 1);
      join(2);
      await more(1);
    }
    expect(watchers[0]!.done).toBeNull();
    await platform.control.call('DELETE', '/faults');
    join(20);
    await eventually('every client has the end', () => watchers.every(({ done }) => done !== null), 60_000);
    await Promise.all(watching);
  } finally {
    for (const watcher of watchers) watcher.leave();
  }

  const exported = await fetch(new URL(`${path}/export`, platform.stack.gatewayUrl), { headers: { authorization: `Bearer ${platform.stack.apiKey}` } });
  const [head, ...rows] = cellsOf(await exported.text());
  expect(head).toEqual(['id', 'level', 'message', 'ts']);
  expect(rows.length).toBeGreaterThan(10);
  for (const { lines, done } of watchers) {
    expect(lines.map(({ id, level, message, ts }) => [id, level, message, ts])).toEqual(rows);
    expect(done?.status).toBe('DONE');
  }
  const refusals = watchers.flatMap(({ refused }) => refused);
  process.stdout.write(`${rows.length} lines, streams opened ${watchers.reduce((sum, { opened }) => sum + opened, 0)}, refusals ${refusals.length}\n`);
  expect(watchers.filter(({ opened }) => opened > 1).length).toBeGreaterThanOrEqual(10);
  // While job-service is away a client is told to wait, and nothing else.
  expect(refusals.filter((status) => status !== 503)).toEqual([]);
});
