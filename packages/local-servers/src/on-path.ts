import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a command that this user may run is on PATH (or among the system's own programs, which PATH often lacks), or null. */
export function findOnPath(command: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...(process.platform === 'win32' ? [] : ['/usr/sbin', '/usr/local/sbin'])].filter((folder) => folder !== '');
  const names = process.platform === 'win32' ? [`${command}.exe`, command] : [command];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isRunnable) ?? null;
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
