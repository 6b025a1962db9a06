/** One log, many readers: two thousand clients of one gateway while a hundred lines a second are written. */
import { request } from 'node:http';
import { connectNats } from '@migrator/messaging/nats';
import { publishLive } from '@migrator/messaging/live';
import { createLogger } from '@migrator/service-kit/logger';
import type { Id } from '@migrator/contracts/ids';
import type { Measure } from './measure.js';
import { residentBytes, startBenchStack, type BenchStack } from './bench-stack.js';
import { figure, percentile } from './figure.js';
import { idOf, insertJobs } from './rows.js';

const wantedMs = 1_000;
const wantedMb = 400;
const linesPerSecond = 100;
const mb = 1024 * 1024;

/** Reads one stream and checks every line: each once, in order. Lines say their number and when they were written. */
class StreamReader {
  next = 1;
  /** Milliseconds from writing to reading, of every line. */
  readonly delays: number[] = [];
  fault: string | null = null;
  #rest = '';

  take(text: string): void {
    const now = performance.timeOrigin + performance.now();
    const all = this.#rest === '' ? text : this.#rest + text;
    let at = 0;
    for (;;) {
      const from = all.indexOf('"line ', at);
      if (from === -1) break;
      const to = all.indexOf('"', from + 6);
      if (to === -1) {
        this.#rest = all.slice(from);
        return;
      }
      const space = all.indexOf(' ', from + 6);
      const number = Number(all.slice(from + 6, space));
      if (number !== this.next) this.fault ??= `line ${number} came where ${this.next} was due`;
      this.next = number + 1;
      this.delays.push(now - Number(all.slice(space + 1, to)));
      at = to + 1;
    }
    this.#rest = all.slice(Math.max(at, all.length - 5));
  }
}

function open(bench: BenchStack, path: string, reader: StreamReader): Promise<() => void> {
  const { hostname, port } = new URL(bench.stack.gatewayUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path, headers: { ...bench.withKey, accept: 'text/event-stream' }, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`the stream answered ${response.statusCode ?? 0}`));
        return;
      }
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        reader.take(text);
      });
      response.on('error', () => undefined);
      resolve(() => outgoing.destroy());
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

export const measureSse: Measure = async ({ short, progress }) => {
  const clients = short ? 50 : 2_000;
  const seconds = short ? 2 : 30;
  const bench = await startBenchStack();
  const nats = await connectNats({ url: bench.stack.natsUrl, namespace: bench.state.namespace, name: 'bench', logger: createLogger('bench', 'silent') });
  try {
    const { sql, stack } = bench;
    const job = idOf('job', 1);
    await insertJobs(sql, stack.orgId, 1);
    await sql`update jobs.jobs set status = 'PAUSED', completed_at = null, outcome = null where id = ${job}`;
    let written = 0;
    /** Stores a line and announces it, as job-service does. */
    const write = async (): Promise<void> => {
      const seq = (written += 1);
      const at = new Date();
      const message = `line ${seq} ${performance.timeOrigin + performance.now()}`;
      await sql`with counted as (update jobs.jobs set log_seq = ${seq}, live_seq = ${seq}, log_at = now() where id = ${job}) insert into jobs.log_lines values (${job}, ${seq}, 'INFO', ${message}, ${at})`;
      publishLive(nats, { kind: 'log', jobId: job as Id<'job'>, lines: [{ seq, id: idOf('log', seq) as Id<'log'>, level: 'INFO', message, ts: at.toISOString() }] });
    };
    /** A hundred lines a second, each as soon as it is due. */
    const writeFor = async (forSeconds: number): Promise<void> => {
      const from = performance.now();
      const total = linesPerSecond * forSeconds;
      for (let count = 0; count < total; count += 1) {
        const dueIn = from + (count / linesPerSecond) * 1_000 - performance.now();
        if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn));
        await write();
      }
    };
    const until = async (readers: readonly StreamReader[]): Promise<void> => {
      const deadline = performance.now() + 30_000;
      while (readers.some((reader) => reader.next <= written) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    };

    progress('one client alone');
    const alone = new StreamReader();
    const closeAlone = await open(bench, `/v1/jobs/${job}/logs`, alone);
    await writeFor(short ? 1 : 5);
    await until([alone]);
    closeAlone();

    progress(`opening ${clients} streams`);
    const readers = Array.from({ length: clients }, () => new StreamReader());
    const closers: (() => void)[] = [];
    for (let from = 0; from < clients; from += 100) closers.push(...(await Promise.all(readers.slice(from, from + 100).map((reader) => open(bench, `/v1/jobs/${job}/logs`, reader)))));
    await until(readers);
    for (const reader of readers) reader.delays.length = 0;
    progress(`${linesPerSecond} lines a second for ${seconds} s`);
    await writeFor(seconds);
    await until(readers);
    const peakMb = residentBytes(bench.pidOf('api-gateway'), 'peak') / mb;
    for (const close of closers) close();
    const whole = readers.filter((reader) => reader.fault === null && reader.next === written + 1).length;
    const delays = readers.flatMap((reader) => reader.delays);
    const p99 = percentile(delays, 0.99);
    const fault = readers.find((reader) => reader.fault !== null)?.fault;
    if (fault != null) progress(fault);
    return [
      figure('sse.clients-with-every-line-once-in-order', whole, 'clients', clients, { says: 'all', reached: whole === clients }),
      figure('sse.delay.p99', p99, 'ms', percentile(alone.delays, 0.99), { says: `< ${wantedMs} ms`, reached: p99 < wantedMs }),
      figure('sse.gateway-memory', peakMb, 'MB', wantedMb, { says: `< ${wantedMb} MB`, reached: peakMb < wantedMb }),
    ];
  } finally {
    await nats.close();
    await bench.down();
  }
};
