/**
 * Programs whose starter died in the moment between starting them and noting them. Each carries in its environment which part of which
 * stack it is; on systems without /proc nobody can ask, and such a program stays until its port is wanted.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAlive } from '@migrator/local-servers';
import { rememberProcess, type StackState } from './stack-state.js';

const variable = 'MIGRATOR_STACK_PART';

/** What a part carries in its environment. */
export const partMark = (dataDir: string, name: string): Record<string, string> => ({ [variable]: `${dataDir}#${name}` });

/** Notes parts of this stack that run and that nobody noted. */
export function adoptOrphans(dataDir: string, state: StackState): void {
  if (!existsSync('/proc/self/environ')) return;
  const prefix = `${variable}=${dataDir}#`;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const name = environmentOf(pid).find((each) => each.startsWith(prefix))?.slice(prefix.length);
    if (name !== undefined && state.processes[name]?.pid !== pid && !isAlive(state.processes[name])) rememberProcess(dataDir, state, name, pid);
  }
}

/** Nothing for what has ended meanwhile, or belongs to somebody else. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
