/** A real NATS server with JetStream. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnServer } from './child.js';
import { onFreePort } from './on-free-port.js';
import type { LocalServer } from './local-server.js';
import { serverCommand } from './server-source.js';

export interface NatsOptions {
  /** Created when missing; closed to other users. */
  dataDir: string;
  port?: number;
  /** Outlives this process. */
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

/** Starts NATS on loopback; streams are kept in the data folder. Start it again with the same folder and port after `stop`. */
export async function startNats({ dataDir, port, detached = false, onSpawn }: NatsOptions): Promise<LocalServer> {
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o700);
  return onFreePort(port, async (actual) => {
    const { command, args, env, clear } = await serverCommand('nats-server', { port: actual, dataDir, args: (place) => ['-a', place.host, '-p', String(place.port), '-js', '-sd', place.dataDir] });
    await clear();
    const server = await spawnServer({ name: 'NATS', command, args, cwd: dataDir, env: { ...process.env, ...env }, logFile: join(dataDir, 'nats.log'), detached, port: actual, onSpawn, ready: (logged) => logged.includes('Server is ready') });
    return {
      pid: server.pid,
      stop: async (signal) => {
        await server.stop(signal);
        await clear();
      },
      port: actual,
      url: `nats://127.0.0.1:${actual}`,
    };
  });
}
