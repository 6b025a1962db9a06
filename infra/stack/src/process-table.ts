/** Signals for processes of ours, which are known by id and start time. */
import { isAlive, type KnownProcess } from '@migrator/local-servers';

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
