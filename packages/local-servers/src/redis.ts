/** A real Redis. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, spawnServer } from './child.js';
import { findServerBinary } from './distribution-packages.js';
import type { LocalServer } from './postgres.js';

export interface RedisOptions {
  dataDir: string;
  port?: number;
  /** Keep data over restarts (append-only file). Default false. */
  durable?: boolean;
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

/** Starts Redis on loopback; it never evicts (BullMQ needs that). */
export async function startRedis({ dataDir, port, durable = false, detached = false, onSpawn }: RedisOptions): Promise<LocalServer> {
  const { command, env } = await findServerBinary('redis-server');
  mkdirSync(dataDir, { recursive: true });
  const actual = port ?? (await freePort());
  const args = ['--bind', '127.0.0.1', '--port', String(actual), '--dir', dataDir, '--save', '', '--appendonly', durable ? 'yes' : 'no', '--maxmemory-policy', 'noeviction', '--daemonize', 'no'];
  const server = await spawnServer({ name: 'Redis', command, args, cwd: dataDir, env: { ...process.env, ...env }, logFile: join(dataDir, 'redis.log'), detached, port: actual, onSpawn });
  return { ...server, port: actual, url: `redis://127.0.0.1:${actual}` };
}
