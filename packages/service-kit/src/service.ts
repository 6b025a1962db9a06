/** Running a service: the public listener, the private one with health and metrics, and stopping in order. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from './config.js';
import type { Logger } from './logger.js';
import type { Registry } from './metrics.js';

/** Resolves when the dependency answers; rejects with why not. */
export type ReadinessCheck = (signal: AbortSignal) => Promise<void>;

export interface PrivateListenerOptions {
  host: string;
  port: number;
  metrics: Registry;
  /** Dependencies by name; each must answer within 2 s. */
  checks: Record<string, ReadinessCheck>;
  /** Dependencies without which the service goes on with less: named in the answer, and no reason not to be ready. */
  optionalChecks?: Record<string, ReadinessCheck>;
}

export interface RunningServer {
  readonly url: string;
  /** Stops accepting, lets requests in hand finish for up to `graceMs`, then closes what is left. */
  stop(graceMs?: number): Promise<void>;
}

/** Serves `GET /healthz`, `/readyz` (200 or 503, every dependency named) and `/metrics`. */
export async function startPrivateListener({ host, port, metrics, checks, optionalChecks = {} }: PrivateListenerOptions): Promise<RunningServer & { draining(): void }> {
  let draining = false;
  const listener: RequestListener = (request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    };
    const path = new URL(request.url ?? '/', 'http://private').pathname;
    if (request.method !== 'GET') {
      answer(405, { error: 'Only GET.' });
    } else if (path === '/healthz') {
      answer(200, { status: 'ok' });
    } else if (path === '/metrics') {
      void metrics.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        () => {
          answer(500, { error: 'Metrics could not be collected.' });
        },
      );
    } else if (path === '/readyz') {
      void readiness({ ...checks, ...optionalChecks }).then((dependencies) => {
        const ready = !draining && Object.entries(dependencies).every(([name, { ok }]) => ok || !(name in checks));
        answer(ready ? 200 : 503, { status: draining ? 'draining' : ready ? 'ready' : 'not ready', dependencies });
      });
    } else answer(404, { error: 'There is nothing at this address.' });
  };
  const server = await listen(createServer(listener), host, port);
  return {
    ...server,
    draining: () => {
      draining = true;
    },
  };
}

async function readiness(checks: Record<string, ReadinessCheck>): Promise<Record<string, { ok: boolean; error?: string }>> {
  const entries = Object.entries(checks).map(async ([name, check]): Promise<[string, { ok: boolean; error?: string }]> => {
    try {
      const signal = AbortSignal.timeout(2_000);
      await Promise.race([
        check(signal),
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('no answer within 2 s'));
          });
        }),
      ]);
      return [name, { ok: true }];
    } catch (error) {
      return [name, { ok: false, error: error instanceof Error ? error.message : 'unknown' }];
    }
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Starts an HTTP listener for `app`; `server` when TLS ends here (an https server without a listener of its own). */
export function startHttp(app: RequestListener, { host, port, server = createServer() }: { host: string; port: number; server?: Server }): Promise<RunningServer> {
  server.on('request', app);
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 30_000;
  // How long a client may take to send its whole request; answers may take as long as they like.
  server.requestTimeout = 120_000;
  return listen(server, host, port);
}

async function listen(server: Server, host: string, port: number): Promise<RunningServer> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: actual } = server.address() as AddressInfo;
  const shownHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${actual}`,
    stop: async (graceMs = 10_000) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeIdleConnections();
      const timer = setTimeout(() => {
        server.closeAllConnections();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** A running program: what main.ts has to stop. */
export interface Program {
  /** Called once on SIGTERM or SIGINT; must end everything the program started. */
  stop(): Promise<void>;
}

/**
 * Starts a program and ends it in order on SIGTERM or SIGINT: exit code 0 after a clean stop, 1 when it could not start or stop
 * within `stopMs` (default 25 s). Configuration errors print their message alone.
 */
export async function runProgram(start: () => Program | Promise<Program>, logger: () => Logger | undefined, stopMs = 25_000): Promise<void> {
  let program: Program;
  try {
    program = await start();
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else {
      logger()?.fatal({ err: error }, 'could not start');
      if (logger() === undefined) process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
    process.exit(1);
  }
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger()?.info({ signal }, 'stopping');
    const timer = setTimeout(() => {
      logger()?.error('did not stop in time');
      process.exit(1);
    }, stopMs);
    program.stop().then(
      () => {
        clearTimeout(timer);
        process.exit(0);
      },
      (error: unknown) => {
        logger()?.error({ err: error }, 'stopped with an error');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
