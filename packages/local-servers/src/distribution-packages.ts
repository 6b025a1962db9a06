/**
 * Server binaries from the distribution's signed packages, without root and without touching the system: apt-get works with its own
 * list and archive folders (it checks the signatures and finds what else is needed), dpkg-deb unpacks into our cache.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, withLock } from './cache.js';

const run = promisify(execFile);
const packages = ['redis-server', 'nats-server'] as const;

export interface ServerBinary {
  command: string;
  /** What the process needs in its environment. */
  env: NodeJS.ProcessEnv;
}

/** Where a command that this user may run is on PATH, or null. */
export function findOnPath(command: string): string | null {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '').map((folder) => join(folder, command)).find(isRunnable) ?? null;
}

/** False also for folders of PATH that this user may not look into. */
function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The binary of `command` (redis-server or nats-server): from PATH, from the cache, or fetched now with a line on stderr. */
export async function findServerBinary(command: (typeof packages)[number]): Promise<ServerBinary> {
  const onPath = findOnPath(command) ?? (isRunnable(`/usr/sbin/${command}`) ? `/usr/sbin/${command}` : null);
  if (onPath !== null) return { command: onPath, env: {} };
  const root = join(cacheFolder(), 'distribution');
  const complete = join(root, 'complete');
  if (!existsSync(complete)) {
    if (findOnPath('apt-get') === null || findOnPath('dpkg-deb') === null) throw new Error(`${command} is not on this machine. Install it (on macOS: brew install redis nats-server; on Fedora: dnf install redis; elsewhere: your package manager), or set REDIS_URL and NATS_URL to servers of your own.`);
    await withLock(`${root}.lock`, async () => {
      if (!existsSync(complete)) await unpackPackages(root, complete);
    });
  }
  const libraries = readdirSync(join(root, 'usr/lib')).flatMap((name) => (name.includes('-linux-') ? [join(root, 'usr/lib', name)] : []));
  const binary = [`usr/sbin/${command}`, `usr/bin/${command}`].map((path) => join(root, path)).find((path) => existsSync(path));
  if (binary === undefined) throw new Error(`The distribution's packages hold no ${command}. Install it, or set REDIS_URL and NATS_URL to servers of your own.`);
  return { command: binary, env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

async function unpackPackages(root: string, complete: string): Promise<void> {
  process.stderr.write('Fetching Redis and NATS from the distribution’s packages (about 5 MB, once) …\n');
  const work = `${root}.${process.pid}`;
  for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(work, folder), { recursive: true });
  const options = [`-oDir::State::Lists=${work}/lists`, `-oDir::Cache=${work}/cache`, '-oDebug::NoLocking=1', '-oAPT::Sandbox::User=', '-oAPT::Get::List-Cleanup=0'];
  const aptEnv = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', [...options, '-q', 'update'], { env: aptEnv, maxBuffer: 16 * 1024 * 1024 });
    await run('apt-get', [...options, '-q', '-y', '--no-install-recommends', '--download-only', 'install', ...packages], { env: aptEnv, maxBuffer: 16 * 1024 * 1024 });
    const archives = readdirSync(join(work, 'cache/archives')).filter((name) => name.endsWith('.deb'));
    for (const archive of archives) await run('dpkg-deb', ['-x', join(work, 'cache/archives', archive), join(work, 'root')]);
    rmSync(root, { recursive: true, force: true });
    renameSync(join(work, 'root'), root);
    writeFileSync(complete, `${archives.join('\n')}\n`);
  } catch (cause) {
    throw new Error(`Redis and NATS could not be fetched from the distribution’s packages. Install redis-server and nats-server, or set REDIS_URL and NATS_URL to servers of your own. (${cause instanceof Error ? cause.message.split('\n')[0] : 'unknown'})`, { cause });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
