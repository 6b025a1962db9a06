import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimeOf } from '@migrator/local-servers';
import { down } from './down.js';
import { createState, readState, rememberProcess, settlePorts, type StackState } from './stack-state.js';

const folder = mkdtempSync(join(tmpdir(), 'migrator-state-'));
let made = 0;
const fresh = async (): Promise<{ dataDir: string; state: StackState }> => {
  made += 1;
  const dataDir = join(folder, String(made));
  const state = await createState(dataDir, { workers: 2, durable: false, preset: 'small', leaseSeconds: 10, settings: {}, env: {} });
  await settlePorts(state);
  return { dataDir, state };
};
/** Takes a port until the end of `work`. */
async function whileTaken<T>(port: number, work: () => Promise<T>): Promise<T> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  expect((other.address() as AddressInfo).port).toBe(port);
  try {
    return await work();
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
}

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('ports and secrets are the stack’s own, remembered, and readable by their owner alone', async () => {
  const [one, other] = [await fresh(), await fresh()];
  expect(new Set(Object.values(one.state.ports)).size).toBe(Object.keys(one.state.ports).length);
  expect(Object.values(one.state.secrets).filter((secret) => Object.values(other.state.secrets).includes(secret))).toEqual([]);
  for (const key of [one.state.secrets.signingKey, one.state.secrets.secretsKey]) expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect([one.dataDir, join(one.dataDir, 'state.json')].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0]);
  rememberProcess(one.dataDir, one.state, 'redis', process.pid);
  expect(readState(one.dataDir)).toEqual(one.state);
  expect(one.state.processes['redis']).toEqual({ pid: process.pid, startedAt: startTimeOf(process.pid) });
});

test('ports stay over restarts; one that another program took is exchanged, but never while a part that knows it runs', async () => {
  const { state } = await fresh();
  const before = { ...state.ports };
  await settlePorts(state);
  expect(state.ports).toEqual(before);
  await whileTaken(before['redis'] ?? 0, async () => {
    state.processes['nats'] = { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' };
    await settlePorts(state);
    expect(state.ports).toEqual(before);
    state.processes = {};
    await settlePorts(state);
  });
  expect({ ...state.ports, redis: 0 }).toEqual({ ...before, redis: 0 });
  expect(state.ports['redis']).not.toBe(before['redis']);
});

test('a folder that holds something else is neither used nor removed', async () => {
  const dataDir = join(folder, 'precious');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'thesis.txt'), 'years of work');
  await expect(createState(dataDir, { workers: 1, durable: false, preset: 'small', leaseSeconds: 10, settings: {}, env: {} })).rejects.toThrow('holds something else');
  await down({ dataDir });
  expect(readFileSync(join(dataDir, 'thesis.txt'), 'utf8')).toBe('years of work');
  writeFileSync(join(dataDir, 'state.json'), '{"version":7}');
  await expect(down({ dataDir })).rejects.toThrow('not the state of a stack');
  expect(readdirSync(dataDir).sort()).toEqual(['state.json', 'thesis.txt']);
  expect(existsSync(`${dataDir}.lock`)).toBe(false);
});

test('down removes what a start left that broke off before it noted anything, and makes nothing where nothing was', async () => {
  const dataDir = join(folder, 'begun');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'state.json.new'), '{');
  await down({ dataDir });
  await down({ dataDir: join(folder, 'never/was') });
  expect([dataDir, join(folder, 'never')].filter(existsSync)).toEqual([]);
});

test('down ends what the state names, keeps the data when asked, and never touches a process that only has the same id', async () => {
  const { dataDir, state } = await fresh();
  state.processes['redis'] = { pid: process.pid, startedAt: 'another time' };
  writeFileSync(join(dataDir, 'state.json'), JSON.stringify(state));
  await down({ dataDir, keepData: true });
  expect(readState(dataDir)).toEqual({ ...state, processes: {} });
  await down({ dataDir });
  expect([dataDir, state.postgresDir].filter(existsSync)).toEqual([]);
});
