import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { isAlive, startTimeOf } from './process-identity.js';
import { freePort } from './ports.js';

test('when a killed process counts as gone, its port is free', async () => {
  // Threads that are busy take a moment to end, after the main thread has.
  const program = `const { Worker } = require('node:worker_threads'); for (let i = 0; i < 8; i += 1) new Worker('const waste = []; for (;;) waste[waste.length % 1e5] = new Array(100)', { eval: true }); require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1', () => process.stdout.write('up'))`;
  for (let round = 0; round < 5; round += 1) {
    const port = await freePort();
    const child = spawn(process.execPath, ['-e', program, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const pid = child.pid ?? 0;
    const known = { pid, startedAt: startTimeOf(pid) ?? '' };
    expect(isAlive(known)).toBe(true);
    process.kill(pid, 'SIGKILL');
    while (isAlive(known)) await new Promise(setImmediate);
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
  }
});
