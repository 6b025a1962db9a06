/** Processes we started, known by id and start time, so that a recycled id is never taken for ours. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface KnownProcess {
  pid: number;
  /** When the system says it started; opaque. */
  startedAt: string;
}

/** The start time of a living process; null when there is none (zombies count as gone). */
export function startTimeOf(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
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

export const isAlive = (known: KnownProcess | undefined): known is KnownProcess => known !== undefined && startTimeOf(known.pid) === known.startedAt;

/** Sends a signal to a process that is still ours; false when it is gone. */
export function signal(known: KnownProcess, name: NodeJS.Signals): boolean {
  if (!isAlive(known)) return false;
  try {
    process.kill(known.pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Ends processes in order: the polite signal, then, after `graceMs`, SIGKILL. Resolves when all are gone. */
export async function endAll(processes: readonly { known: KnownProcess; politely: NodeJS.Signals }[], graceMs: number): Promise<void> {
  for (const { known, politely } of processes) signal(known, politely);
  const deadline = Date.now() + graceMs;
  for (;;) {
    const left = processes.filter(({ known }) => isAlive(known));
    if (left.length === 0) return;
    if (Date.now() > deadline) for (const { known } of left) signal(known, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
