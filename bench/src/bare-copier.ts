/** The process that copies barely, as its parent sees it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkout } from '@migrator/stack';
import type { BareOrder } from './bare-copy-process.js';

export interface BareCopier {
  readonly pid: number;
  /** Copies, and resolves with how many items; throws what ended it. */
  copy(what: BareOrder): Promise<number>;
  stop(): Promise<void>;
}

/** `env`: besides this process's own. */
export function startBareCopier(env: Record<string, string> = {}): BareCopier {
  const child = fork(join(checkout, 'bench/dist/bare-copy-process.js'), { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return {
    pid: child.pid ?? 0,
    async copy(what) {
      const answered = Promise.race([once(child, 'message'), once(child, 'exit').then(() => { throw new Error('The bare copy ended.'); })]);
      child.send(what);
      const [answer] = (await answered) as [{ copied?: number; error?: string }];
      if (answer.copied === undefined) throw new Error(`The bare copy failed: ${answer.error ?? 'without a word'}`);
      return answer.copied;
    },
    async stop() {
      // A signal to the whole group may have ended it before us.
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}
