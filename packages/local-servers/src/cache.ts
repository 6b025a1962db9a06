/** The folder where unpacked servers are kept for next time, and a lock so that two starts do not unpack at once. */
import { mkdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/migrator-servers` or `~/.cache/migrator-servers`; a folder of this user below the temporary one when neither can be written. */
export function cacheFolder(): string {
  const wanted = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'migrator-servers');
  try {
    mkdirSync(wanted, { recursive: true });
    return wanted;
  } catch {
    const fallback = join(tmpdir(), `migrator-servers-${userInfo().uid}`);
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}

const staleMs = 120_000;

/** Runs `work` while holding the lock folder `path`; a lock whose owner died is taken over. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch {
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > staleMs) rmdirSync(path);
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const heartbeat = setInterval(() => {
    utimesSync(path, new Date(), new Date());
  }, 10_000);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmdirSync(path);
  }
}
