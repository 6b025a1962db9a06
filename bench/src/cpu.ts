/** Seconds of CPU that processes have used. Linux alone can say. */
import { readFileSync, readdirSync } from 'node:fs';

/** Ticks a second of /proc: 100 on every Linux that Node.js supports. */
const ticksPerSecond = 100;

interface Stat {
  pid: number;
  parent: number;
  /** The process's own, and that of children that have ended. */
  ticks: number;
}

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the parenthesis may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    return { pid, parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0) };
  } catch {
    // It has ended since the folder was read.
    return null;
  }
}

/** Of a process and everything it started. */
export function cpuSeconds(pid: number): number {
  const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => readStat(Number(name)) ?? []);
  const family = new Set([pid]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const each of stats) if (family.has(each.parent)) family.add(each.pid);
    grown = family.size > before;
  }
  return stats.filter((each) => family.has(each.pid)).reduce((sum, each) => sum + each.ticks, 0) / ticksPerSecond;
}

/** Of all cores, since the machine was started. */
function machineSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

/** What everything but this process and what it started used while `work` ran: a measurement wants it to be next to nothing. */
export async function othersDuring<T>(work: () => Promise<T>): Promise<{ value: T; others: number }> {
  const others = (): number => machineSeconds() - cpuSeconds(process.pid);
  const before = others();
  const value = await work();
  return { value, others: others() - before };
}

/** What each of these processes used while `work` ran. */
export async function cpuDuring<T>(pids: Readonly<Record<string, number>>, work: () => Promise<T>): Promise<{ value: T; seconds: Record<string, number> }> {
  const before = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
  const value = await work();
  return { value, seconds: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid) - (before[name] ?? 0)])) };
}
