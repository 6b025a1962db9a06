import { spawn } from 'node:child_process';
import { isAlive, startTimeOf } from '@migrator/local-servers';
import { endAll, signal } from './process-table.js';

const sleeper = (): { pid: number; gone: Promise<void> } => {
  const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  return { pid: child.pid!, gone: new Promise((resolve) => child.once('exit', () => { resolve(); })) };
};

test('a process is ours only with the start time we remember, so that a recycled id is never signalled', async () => {
  const { pid, gone } = sleeper();
  const known = { pid, startedAt: startTimeOf(pid)! };
  expect(isAlive(known)).toBe(true);
  expect(isAlive({ ...known, startedAt: '1' })).toBe(false);
  expect(signal({ ...known, startedAt: '1' }, 'SIGKILL')).toBe(false);
  expect(isAlive(known)).toBe(true);
  // It ignores SIGTERM: after the grace it is ended all the same.
  await endAll([{ known, politely: 'SIGTERM' }], 200);
  await gone;
  expect(isAlive(known)).toBe(false);
});
