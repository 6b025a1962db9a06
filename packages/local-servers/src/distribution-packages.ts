/**
 * Server binaries from the distribution's signed packages, without root and without touching the system: apt-get works with its own
 * list and archive folders (it checks the signatures and finds what else is needed), dpkg-deb unpacks into our cache.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.js';
import { withLock } from './lock.js';
import { findOnPath } from './on-path.js';

const run = promisify(execFile);
const packages = ['redis-server', 'nats-server'] as const;

/** A folder laid out like `/` with Redis, NATS and what they need; fetched on first use with a line on stderr. Throws when that is impossible here. */
export async function distributionFolder(): Promise<string> {
  const root = join(cacheFolder(), 'distribution');
  const complete = join(root, 'complete');
  if (existsSync(complete)) return root;
  const missing = ['apt-get', 'dpkg-deb'].find((name) => findOnPath(name) === null);
  if (missing !== undefined) throw new Error(`there is no ${missing}`);
  await withLock(`${root}.lock`, async () => {
    if (existsSync(complete)) return;
    // What a killed fetch left; nobody else is at it while we hold the lock.
    for (const name of readdirSync(dirname(root))) if (/^distribution\.\d+$/.test(name)) rmSync(join(dirname(root), name), { recursive: true, force: true });
    await unpackPackages(root);
  });
  return root;
}

async function unpackPackages(root: string): Promise<void> {
  process.stderr.write('Fetching Redis and NATS from the distribution’s packages (about 5 MB, once) …\n');
  const work = `${root}.${process.pid}`;
  for (const folder of ['lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(work, folder), { recursive: true });
  const options = [`-oDir::State::Lists=${work}/lists`, `-oDir::Cache=${work}/cache`, '-oDebug::NoLocking=1', '-oAPT::Sandbox::User=', '-oAPT::Get::List-Cleanup=0', '-oAcquire::Retries=2', '-oAcquire::http::Timeout=30', '-q'];
  const aptGet = (...args: string[]): Promise<unknown> => run('apt-get', [...options, ...args], { env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 16 * 1024 * 1024 });
  try {
    await aptGet('update');
    await aptGet('-y', '--no-install-recommends', '--download-only', '--reinstall', 'install', ...packages);
    const archives = readdirSync(join(work, 'cache/archives')).filter((name) => name.endsWith('.deb'));
    for (const archive of archives) await run('dpkg-deb', ['-x', join(work, 'cache/archives', archive), join(work, 'root')]);
    writeFileSync(join(work, 'root', 'complete'), `${archives.map((name) => basename(name)).join('\n')}\n`);
    rmSync(root, { recursive: true, force: true });
    renameSync(join(work, 'root'), root);
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    const said = stderr?.split('\n').find((line) => line.startsWith('E:')) ?? (cause instanceof Error ? cause.message.split('\n')[0] : undefined);
    throw new Error(`the distribution’s packages could not be fetched${said === undefined ? '' : ` (${said})`}`, { cause });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What a program unpacked there needs to find its libraries. */
export function libraryPath(root: string): string {
  return ['usr/lib', 'lib']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.includes('-linux-')).map((name) => join(root, folder, name)))
    .join(':');
}
