/** The short form of `npm run chaos`: two seeds that strike much of what there is between them. Seeds that nobody has seen are drawn by the command itself. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SeedRun } from './run-seeds.js';

jest.setTimeout(400_000);

const run = promisify(execFile);

test('whatever is killed and whatever Microsoft does, nothing is lost or doubled and every number is what the rows say', async () => {
  const seeds = [34, 38];
  const args = ['--short', '--json', ...seeds.flatMap((seed) => ['--seed', String(seed)])];
  const { stdout } = await run(process.execPath, [join(__dirname, '../dist/main.js'), ...args]).catch((error: { stdout: string; stderr: string }) => error);
  const runs = stdout.trim().split('\n').map((line) => JSON.parse(line) as SeedRun);
  for (const { seed, struck, seconds } of runs) process.stdout.write(`seed ${seed}: ${seconds} s; ${Object.entries(struck).map(([name, times]) => `${times} ${name}`).join(', ')}\n`);
  const held = (seed: number): unknown => ({ again: `npm run chaos -- --seed ${seed} --short`, violations: [], evidence: null });
  expect(runs.map(({ seed, violations, evidence }) => ({ again: `npm run chaos -- --seed ${seed} --short`, violations, evidence }))).toEqual(seeds.map(held));
  expect(runs.every(({ items }) => items > 50)).toBe(true);
});
