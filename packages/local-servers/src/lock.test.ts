import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownFolder } from './cache.js';
import { withLock } from './lock.js';

const folder = mkdtempSync(join(tmpdir(), 'migrator-lock-'));
const path = join(folder, 'lock');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the lock of a killed owner is taken over at once, by one at a time, and nothing of it is left', async () => {
  // An owner whose process id has gone to another program: ours.
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'long ago', host: hostname(), token: 'x' }));
  let inside = 0;
  let most = 0;
  const began = Date.now();
  await Promise.all(
    Array.from({ length: 12 }, () =>
      withLock(path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await turn();
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(Date.now() - began).toBeLessThan(5_000);
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of a living owner is waited for, and freed also when its work fails', async () => {
  const order: string[] = [];
  const first = withLock(path, async () => {
    while (order.length === 0) await turn();
    order.push('first ends');
    throw new Error('its work failed');
  });
  const second = withLock(path, () => Promise.resolve(order.push('second')));
  order.push('both wait');
  await expect(first).rejects.toThrow('its work failed');
  await second;
  expect(order).toEqual(['both wait', 'first ends', 'second']);
  expect(existsSync(path)).toBe(false);
});

test('a lock that cannot be written is an error, not a wait without end', async () => {
  await expect(withLock(join(folder, 'no/such/folder/lock'), () => Promise.resolve())).rejects.toThrow('ENOENT');
});

test('a folder that others can write into is not trusted with programs', () => {
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(() => ownFolder(open, 0o700)).toThrow('Remove it');
  expect(ownFolder(join(folder, 'own'), 0o700)).toBe(join(folder, 'own'));
});
