/** A real PostgreSQL from the embedded binaries. */
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerStartError, spawnServer, type ServerProcess, type SpawnServer } from './child.js';
import type { LocalServer } from './local-server.js';
import { onFreePort } from './on-free-port.js';
import { postgresBinaries } from './postgres-binaries.js';

export interface PostgresOptions {
  /** Created and initialised when missing. As root it must lie where the user `nobody` can reach it. */
  dataDir: string;
  port?: number;
  /** False turns off fsync, for tests and demonstrations: a power cut may lose data, a killed server still loses nothing. Default true. */
  durable?: boolean;
  maxConnections?: number;
  /** Outlives this process. */
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

const run = promisify(execFile);
/** PostgreSQL refuses to run as root: then it runs as `nobody`. */
const unprivileged = { uid: 65_534, gid: 65_534 };
/** How long the processes of a killed PostgreSQL may take to notice that it is gone. */
const leftoverMsMax = 10_000;

/** Starts PostgreSQL on loopback (user `postgres`, no password, database `postgres`). Start it again with the same folder and port after `stop`. */
export async function startPostgres({ dataDir, port, durable = true, maxConnections = 300, detached = false, onSpawn }: PostgresOptions): Promise<LocalServer> {
  const binaries = await postgresBinaries();
  const user = process.getuid?.() === 0 ? unprivileged : undefined;
  const env = { ...process.env, LC_ALL: 'C' };
  const cluster = await makeCluster(binaries, dataDir, env, user);
  // Not synchronous_commit=off: then a killed server loses what it acknowledged last.
  const speed = durable ? [] : ['fsync=off', 'full_page_writes=off'];
  return onFreePort(port, async (actual) => {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${actual}`, `max_connections=${maxConnections}`, 'shared_buffers=256MB', ...speed];
    const server = await startOver(cluster, {
      name: 'PostgreSQL',
      command: join(binaries, 'bin/postgres'),
      args: ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
      cwd: dataDir,
      env,
      logFile: join(dataDir, 'postgres.log'),
      ...(user === undefined ? {} : { user }),
      detached,
      onSpawn,
      port: actual,
      ready: (logged) => logged.includes('ready to accept connections'),
      // PostgreSQL's fast shutdown: it does not wait for clients.
      politely: 'SIGINT',
    });
    return { ...server, port: actual, url: `postgres://postgres@127.0.0.1:${actual}/postgres` };
  });
}

/** The cluster's folder. It gets its name only when initdb is through: one that was interrupted is made again. */
async function makeCluster(binaries: string, dataDir: string, env: NodeJS.ProcessEnv, user: { uid: number; gid: number } | undefined): Promise<string> {
  const cluster = join(dataDir, 'cluster');
  if (existsSync(cluster)) return cluster;
  mkdirSync(dataDir, { recursive: true });
  if (user !== undefined) chownSync(dataDir, user.uid, user.gid);
  for (const name of readdirSync(dataDir)) if (name.startsWith('making-')) rmSync(join(dataDir, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  const making = join(dataDir, `making-${process.pid}`);
  try {
    await run(join(binaries, 'bin/initdb'), ['-D', making, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], { env, cwd: dataDir, ...(user ?? {}) });
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Error(`PostgreSQL could not make its data folder:\n${stderr ?? ''}\n${message.split('\n')[0] ?? ''}`, { cause });
  }
  renameSync(making, cluster);
  return cluster;
}

/** After a SIGKILL the old server's processes hold its memory for a moment, and its pid file stays. */
async function startOver(cluster: string, how: SpawnServer): Promise<ServerProcess> {
  const deadline = Date.now() + leftoverMsMax;
  for (;;) {
    removeForeignPidFile(cluster);
    try {
      return await spawnServer(how);
    } catch (error) {
      const passes = error instanceof ServerStartError && /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(error.logged);
      if (!passes || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** PostgreSQL trusts a pid file whose process id lives; after a crash of the machine that may be any program's. */
function removeForeignPidFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid');
  if (!existsSync(file) || !existsSync('/proc/self/cmdline')) return;
  const pid = readFileSync(file, 'utf8').split('\n')[0] ?? '';
  const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  if (command !== '' && !command.includes('postgres')) rmSync(file);
}
