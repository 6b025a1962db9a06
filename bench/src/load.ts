/** Load on an HTTP server: as fast as it answers, or at a rate that does not wait for it. */
import { Pool, type Dispatcher } from 'undici';

export interface Target {
  url: string;
  method?: 'GET' | 'POST';
  /** The path of request number `index`. */
  path: string | ((index: number) => string);
  headers: Record<string, string> | ((index: number) => Record<string, string>);
  body?: (index: number) => string;
}

export interface Answer {
  status: number;
  body: string;
}

/** Every answer must have this status. */
const expected = 200;

const open = (url: string, connections: number): Pool => new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });

/** One request; throws when it is not answered with 200. `keep`: whether the body is wanted. */
function once(pool: Pool, { method = 'GET', path, headers, body }: Target, index: number, keep: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status = 0;
    const options: Dispatcher.DispatchOptions = { method, path: typeof path === 'string' ? path : path(index), headers: typeof headers === 'function' ? headers(index) : headers, body: body?.(index) ?? null };
    pool.dispatch(options, {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, given) => {
        status = given;
      },
      onResponseData: (_controller, chunk) => {
        if (keep || status !== expected) chunks.push(chunk);
      },
      onResponseEnd: () => {
        const text = chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8');
        if (status === expected) resolve({ status, body: text });
        else reject(new Error(`${method} ${String(options.path)} answered ${status}: ${text.slice(0, 300)}`));
      },
      onResponseError: (_controller, error) => {
        reject(error);
      },
    });
  });
}

export interface Rate {
  perSecond: number;
  /** Milliseconds of each request, in no order. */
  latencies: number[];
}

/** As fast as `connections` get their answers, for `seconds`. */
export async function hammer(target: Target, { connections, seconds }: { connections: number; seconds: number }): Promise<Rate> {
  const pool = open(target.url, connections);
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1_000;
  const from = performance.now();
  let index = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < until) {
        const began = performance.now();
        await once(pool, target, index++, false);
        latencies.push(performance.now() - began);
      }
    }),
  );
  const perSecond = latencies.length / ((performance.now() - from) / 1_000);
  await pool.close();
  return { perSecond, latencies };
}

/**
 * `perSecond` requests a second for `seconds`, each sent when it is due whether or not earlier ones are answered; latencies count
 * from that moment, so that a server that stalls cannot hide it.
 */
export async function pour(target: Target, { perSecond, seconds, connections, onAnswer }: { perSecond: number; seconds: number; connections: number; onAnswer?: (index: number, body: string) => void }): Promise<Rate> {
  const pool = open(target.url, connections);
  const total = Math.round(perSecond * seconds);
  const latencies: number[] = [];
  const work: Promise<void>[] = [];
  const from = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - from) / 1_000) * perSecond));
      for (; sent < due; sent += 1) {
        const index = sent;
        const dueAt = from + (index / perSecond) * 1_000;
        work.push(
          once(pool, target, index, onAnswer !== undefined).then(({ body }) => {
            latencies.push(performance.now() - dueAt);
            onAnswer?.(index, body);
          }),
        );
      }
      if (sent < total) setTimeout(tick, 2);
      else resolve();
    };
    tick();
  });
  await Promise.all(work);
  const taken = (performance.now() - from) / 1_000;
  await pool.close();
  return { perSecond: total / taken, latencies };
}
