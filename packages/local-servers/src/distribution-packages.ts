/**
 * Programs from the distribution's signed packages, without root and without touching the system: apt-get works with its own
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

export interface WantedPackages {
  /** Of the folder in the cache. */
  folder: string;
  /** What is being fetched, for the line on stderr. */
  says: string;
  packages: readonly string[];
  /** A suite of the same distribution other than the installed one, for programs that need nothing but the C library: only the packages named are fetched. */
  suite?: string;
}

/** A folder laid out like `/` with Redis, NATS and what they need; fetched on first use with a line on stderr. Throws when that is impossible here. */
export const distributionFolder = (): Promise<string> => unpackedPackages({ folder: 'distribution', says: 'Redis and NATS from the distribution’s packages (about 5 MB, once)', packages: ['redis-server', 'nats-server'] });

/** The same for any packages. */
export async function unpackedPackages(wanted: WantedPackages): Promise<string> {
  const root = join(cacheFolder(), wanted.folder);
  const complete = join(root, 'complete');
  if (existsSync(complete)) return root;
  const missing = ['apt-get', 'dpkg-deb'].find((name) => findOnPath(name) === null);
  if (missing !== undefined) throw new Error(`there is no ${missing}`);
  await withLock(`${root}.lock`, async () => {
    if (existsSync(complete)) return;
    // What a killed fetch left; nobody else is at it while we hold the lock.
    for (const name of readdirSync(dirname(root))) if (name.startsWith(`${wanted.folder}.`) && /\.\d+$/.test(name)) rmSync(join(dirname(root), name), { recursive: true, force: true });
    await fetchAndUnpack(root, wanted);
  });
  return root;
}

async function fetchAndUnpack(root: string, { says, packages, suite }: WantedPackages): Promise<void> {
  process.stderr.write(`Fetching ${says} …\n`);
  const work = `${root}.${process.pid}`;
  const archives = join(work, 'cache/archives');
  for (const folder of ['lists/partial', 'cache/archives/partial', 'parts', 'root']) mkdirSync(join(work, folder), { recursive: true });
  const options = [`-oDir::State::Lists=${work}/lists`, `-oDir::Cache=${work}/cache`, '-oDebug::NoLocking=1', '-oAPT::Sandbox::User=', '-oAPT::Get::List-Cleanup=0', '-oAcquire::Retries=2', '-oAcquire::http::Timeout=30', '-oAcquire::Languages=none', '-q'];
  const aptGet = async (...args: string[]): Promise<string> => (await run('apt-get', [...options, ...args], { cwd: archives, env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 16 * 1024 * 1024 })).stdout;
  try {
    await aptGet('update');
    if (suite !== undefined) {
      writeFileSync(join(work, 'sources.list'), otherSuite(await aptGet('indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages'), suite));
      options.push(`-oDir::Etc::SourceList=${work}/sources.list`, `-oDir::Etc::SourceParts=${work}/parts`);
      await aptGet('update');
    }
    await (suite === undefined ? aptGet('-y', '--no-install-recommends', '--download-only', '--reinstall', 'install', ...packages) : aptGet('download', ...packages));
    const fetched = readdirSync(archives).filter((name) => name.endsWith('.deb'));
    for (const archive of fetched) await run('dpkg-deb', ['-x', join(archives, archive), join(work, 'root')]);
    writeFileSync(join(work, 'root', 'complete'), `${fetched.map((name) => basename(name)).join('\n')}\n`);
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

/** A source of another suite, from where this machine has Debian's packages anyway and under the keys of Debian's keyring. */
function otherSuite(targets: string, suite: string): string {
  const from = /^Debian (\S+)$/m.exec(targets)?.[1];
  if (from === undefined) throw new Error('this is no Debian');
  return `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${from} ${suite} main\n`;
}

/** What a program unpacked there needs to find its libraries. */
export function libraryPath(root: string): string {
  return ['usr/lib', 'lib']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).filter((name) => name.includes('-linux-')).map((name) => join(root, folder, name)))
    .join(':');
}
