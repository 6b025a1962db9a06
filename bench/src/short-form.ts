/** A bench in its short form, run as people run it: whether it works is for tests to say, how fast it is for a quiet machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Figure } from './figure.js';

/** The figures that it prints. Throws when it does not come to its end. */
export async function figuresOf(name: string): Promise<Figure[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/dist/main.js', name, '--short', '--json'], { timeout: 170_000 });
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Figure);
}
