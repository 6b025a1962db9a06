/** A real NATS server with JetStream. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, spawnServer } from './child.js';
import { findServerBinary } from './distribution-packages.js';
import type { LocalServer } from './postgres.js';

export interface NatsOptions {
  dataDir: string;
  port?: number;
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

/** Starts NATS on loopback; streams are kept in the data folder. */
export async function startNats({ dataDir, port, detached = false, onSpawn }: NatsOptions): Promise<LocalServer> {
  const { command, env } = await findServerBinary('nats-server');
  mkdirSync(dataDir, { recursive: true });
  const actual = port ?? (await freePort());
  const server = await spawnServer({ name: 'NATS', command, args: ['-a', '127.0.0.1', '-p', String(actual), '-js', '-sd', dataDir], cwd: dataDir, env: { ...process.env, ...env }, logFile: join(dataDir, 'nats.log'), detached, port: actual, onSpawn });
  return { ...server, port: actual, url: `nats://127.0.0.1:${actual}` };
}
