/** One program of the stack as a process that outlives us. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, spawnServer, type KnownProcess } from '@migrator/local-servers';
import { answersOk } from './answers-ok.js';
import { partMark } from './orphans.js';
import { checkout, type ServiceDefinition } from './service-definitions.js';

const readyMsMax = 30_000;
/** What a service gets from our environment; everything else it gets from its definition. */
const inherited = new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS']);

/** Resolves when it is ready; throws with the end of its log when it ends before. */
export async function startService({ name, main, nodeFlags, args, env, port, readyUrl }: ServiceDefinition, dataDir: string, onSpawn: (pid: number) => void): Promise<void> {
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const base = Object.fromEntries(Object.entries(process.env).filter(([key]) => inherited.has(key)));
  await spawnServer({ name, command: process.execPath, args: [...nodeFlags, main, ...args], cwd: checkout, env: { ...base, ...env, ...partMark(dataDir, name) }, logFile: join(logs, `${name}.log`), detached: true, port, onSpawn, ready: () => answersOk(readyUrl) });
}

/** Waits for one that runs already; false when it ends meanwhile. Throws when it lives and is not ready in time. */
export async function waitUntilReady({ name, readyUrl }: Pick<ServiceDefinition, 'name' | 'readyUrl'>, known: KnownProcess): Promise<boolean> {
  const deadline = Date.now() + readyMsMax;
  for (;;) {
    if (await answersOk(readyUrl)) return true;
    if (!isAlive(known)) return false;
    if (Date.now() > deadline) throw new Error(`${name} runs (process ${known.pid}) and is not ready after ${readyMsMax / 1000} s. Its log: npm run stack -- logs ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
