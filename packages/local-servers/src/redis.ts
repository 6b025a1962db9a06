/** A real Redis. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnServer } from './child.js';
import { onFreePort } from './on-free-port.js';
import type { LocalServer } from './local-server.js';
import { serverCommand } from './server-source.js';

export interface RedisOptions {
  /** Created when missing; closed to other users. */
  dataDir: string;
  port?: number;
  /** Keep data over restarts (append-only file). Default false. */
  durable?: boolean;
  /** Outlives this process. */
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

/** Starts Redis on loopback; it never evicts (BullMQ needs that). Start it again with the same folder and port after `stop`. */
export async function startRedis({ dataDir, port, durable = false, detached = false, onSpawn }: RedisOptions): Promise<LocalServer> {
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o700);
  return onFreePort(port, async (actual) => {
    // Protected mode would refuse clients that reach a container through its port.
    const { command, args, env, clear } = await serverCommand('redis-server', {
      port: actual,
      dataDir,
      args: (place) => ['--bind', place.host, '--port', String(place.port), '--dir', place.dataDir, '--save', '', '--appendonly', durable ? 'yes' : 'no', '--maxmemory-policy', 'noeviction', '--daemonize', 'no', '--protected-mode', 'no'],
    });
    await clear();
    const server = await spawnServer({ name: 'Redis', command, args, cwd: dataDir, env: { ...process.env, ...env }, logFile: join(dataDir, 'redis.log'), detached, port: actual, onSpawn, ready: (logged) => logged.includes('eady to accept connections') });
    return {
      pid: server.pid,
      stop: async (signal) => {
        await server.stop(signal);
        await clear();
      },
      port: actual,
      url: `redis://127.0.0.1:${actual}`,
    };
  });
}
