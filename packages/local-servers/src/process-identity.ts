/** Processes known by id and start time, so that a recycled id is never taken for the one we meant. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface KnownProcess {
  pid: number;
  /** When the system says it started; opaque. */
  startedAt: string;
}

/**
 * The start time of a living process; null when there is none. A zombie counts as gone, unless threads of it are still ending: only
 * with the last of them do its ports and files become free.
 */
export function startTimeOf(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ended = fields[0] === 'X' || (fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1);
      return ended ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

/** True while exactly this process lives. */
export const isAlive = (known: KnownProcess | undefined): known is KnownProcess => known !== undefined && startTimeOf(known.pid) === known.startedAt;
