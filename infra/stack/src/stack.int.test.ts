import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, portIsFree } from '@migrator/local-servers';
import { eventually } from '@migrator/testing/eventually';
import { killService, restartService } from './service-control.js';
import { readState, writeState } from './stack-state.js';
import { status } from './status.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'migrator-stack-int-'));
const main = join(process.cwd(), 'infra/stack/dist/main.js');
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
const stack = (dataDir: string, ...args: string[]): Promise<{ stdout: string }> => run(process.execPath, [main, ...args, '--data', dataDir], { env });

jest.setTimeout(120_000);

const dirs = ['broken', 'twice', 'taken'].map((name) => join(folder, name));
afterAll(async () => {
  await Promise.all(dirs.map((dataDir) => stack(dataDir, 'down')));
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `up` and kills it with SIGKILL as soon as it says that it starts `part`. */
async function breakOff(dataDir: string, part: string): Promise<void> {
  const child = spawn(process.execPath, [main, 'up', '--fast', '--workers', '1', '--data', dataDir], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(`starting ${part}`)) child.kill('SIGKILL');
  });
  await gone;
  expect(said).toContain(`starting ${part}`);
}

test.each(['nats', 'graph-simulator', 'migration-worker-1'])('a start that is killed while it starts %s leaves nothing after down', async (part) => {
  const dataDir = join(folder, 'broken');
  await breakOff(dataDir, part);
  const state = readState(dataDir);
  await stack(dataDir, 'down');
  expect(Object.entries(state?.processes ?? {}).filter(([, known]) => isAlive(known))).toEqual([]);
  for (const [name, port] of Object.entries(state?.ports ?? {})) expect({ name, free: await portIsFree(port) }).toEqual({ name, free: true });
  expect([dataDir, `${dataDir}.lock`, state?.postgresDir ?? ''].filter(existsSync)).toEqual([]);
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').filter((line) => line.includes(state?.postgresDir ?? dataDir) || line.includes(dataDir))).toEqual([]);
});

test('a stack whose port another program takes while it starts begins anew on another one', async () => {
  const dataDir = join(folder, 'taken');
  const child = spawn(process.execPath, [main, 'up', '--fast', '--workers', '1', '--data', dataDir], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const squatters: { server: Server; port: number }[] = [];
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const port = squatters.length === 0 && said.includes('starting postgres') ? readState(dataDir)?.ports['job-service-private'] : undefined;
    if (port !== undefined) squatters.push({ server: createServer().listen(port, '127.0.0.1'), port });
  });
  try {
    expect({ code: await gone, said }).toMatchObject({ code: 0 });
    expect(said).toContain('beginning anew');
    const { ports } = readState(dataDir)!;
    expect(squatters.map(({ port }) => Object.values(ports).includes(port))).toEqual([false]);
    expect((await status(dataDir))?.services.filter(({ ready }) => !ready)).toEqual([]);
  } finally {
    for (const { server } of squatters) server.close();
    await stack(dataDir, 'down');
  }
});

test('a start goes on where a killed one broke off; two at once are one; a service can be killed, brought back and restarted', async () => {
  const dataDir = join(folder, 'twice');
  await breakOff(dataDir, 'job-service');
  // The worst moment: what was started and not noted yet. It is found again, and neither started twice nor left behind.
  const broken = readState(dataDir);
  if (broken === null) throw new Error('no state');
  const { 'graph-simulator': unnoted, ...noted } = broken.processes;
  expect(isAlive(unnoted)).toBe(true);
  writeState(dataDir, { ...broken, processes: noted });
  await Promise.all([stack(dataDir, 'up', '--workers', '1'), stack(dataDir, 'up', '--workers', '1')]);
  const first = await eventually('every part is ready', async () => {
    const found = await status(dataDir);
    return found !== null && found.services.every(({ ready }) => ready) ? found : null;
  });
  expect(readState(dataDir)?.processes['graph-simulator']).toEqual(unnoted);
  const own = (args: string): boolean => args.includes('apps/') && Object.values(readState(dataDir)?.processes ?? {}).some(({ pid }) => args.trim().startsWith(`${pid} `));
  expect(execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n').filter(own)).toHaveLength(6);

  expect(await killService(dataDir, 'device-service')).toBe(true);
  expect(await killService(dataDir, 'device-service')).toBe(false);
  expect((await status(dataDir))?.services.find(({ name }) => name === 'device-service')).toMatchObject({ pid: null, ready: false });
  await restartService(dataDir, 'device-service');
  await restartService(dataDir, 'device-service');
  const after = await eventually('every part is ready again', async () => {
    const found = await status(dataDir);
    return found !== null && found.services.every(({ ready }) => ready) ? found : null;
  });
  const without = (found: typeof after): unknown => ({ ...found, services: found?.services.map((service) => (service.name === 'device-service' ? { ...service, pid: 0 } : service)) });
  expect(without(after)).toEqual(without(first));
  await expect(restartService(dataDir, 'mail-service')).rejects.toThrow('There is no service “mail-service”');
  expect(readFileSync(join(dataDir, 'logs/device-service.log'), 'utf8')).toContain('listening');
});
