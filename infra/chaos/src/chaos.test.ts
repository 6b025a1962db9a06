/** The short form of `npm run chaos`: a seed that strikes much of what there is, and one that nobody has seen. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SeedRun } from './run-seeds.js';

jest.setTimeout(400_000);

const run = promisify(execFile);

test('whatever is killed and whatever Microsoft does, nothing is lost or doubled and every number is what the rows say', async () => {
  const drawn = Math.floor(Math.random() * 2 ** 31);
  process.stdout.write(`drawn seed ${drawn}\n`);
  const args = ['--short', '--json', ...[3, drawn].flatMap((seed) => ['--seed', String(seed)])];
  const { stdout } = await run(process.execPath, [join(__dirname, '../dist/main.js'), ...args]).catch((error: { stdout: string; stderr: string }) => error);
  const runs = stdout.trim().split('\n').map((line) => JSON.parse(line) as SeedRun);
  for (const { seed, struck, seconds } of runs) process.stdout.write(`seed ${seed}: ${seconds} s; ${Object.entries(struck).map(([name, times]) => `${times} ${name}`).join(', ')}\n`);
  const held = (seed: number): unknown => ({ again: `npm run chaos -- --seed ${seed} --short`, violations: [], evidence: null });
  expect(runs.map(({ seed, violations, evidence }) => ({ again: `npm run chaos -- --seed ${seed} --short`, violations, evidence }))).toEqual([3, drawn].map(held));
  expect(runs.every(({ items }) => items > 50)).toBe(true);
});
