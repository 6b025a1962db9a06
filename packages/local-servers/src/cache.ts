/** Folders where unpacked servers are kept for next time. What lies in them is executed, so they must be this user's alone to write. */
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/migrator-servers` or `~/.cache/migrator-servers`; a folder of this user below the temporary one when that cannot be written. */
export function cacheFolder(): string {
  const wanted = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'migrator-servers');
  try {
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK);
    return wanted;
  } catch {
    return ownFolder(join(tmpdir(), `migrator-servers-${userInfo().uid}`), 0o700);
  }
}

/** Makes the folder; throws when it is there and anybody else could have put something into it. */
export function ownFolder(path: string, mode: number): string {
  mkdirSync(path, { recursive: true, mode });
  const found = lstatSync(path);
  const { uid } = userInfo();
  if (!found.isDirectory() || (uid >= 0 && (found.uid !== uid || (found.mode & 0o022) !== 0))) throw new Error(`${path} is not this user's alone, so nothing in it can be trusted. Remove it.`);
  return path;
}
