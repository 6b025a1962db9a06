import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, isAlive, readState, signal } from '@migrator/stack';
import { eventually } from '@migrator/testing/eventually';

jest.setTimeout(180_000);
const dataDir = mkdtempSync(join(tmpdir(), 'migrator-stack-test-'));
const stack = (...args: string[]): string => execFileSync(process.execPath, [join(checkout, 'infra/stack/dist/main.js'), ...args, '--data', dataDir], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } });
interface Status {
  gatewayUrl: string;
  orgId: string;
  apiKey: string;
  simulatorApp: { clientId: string; clientSecret: string };
  simulatedTenants: { tenantId: string; domain: string }[];
  services: { name: string; pid: number; url: string | null; privateUrl: string; ready: boolean }[];
}
const statusOf = (): Status => JSON.parse(stack('status', '--json')) as Status;
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => { resolve(false); });
  });

afterAll(() => {
  stack('down');
  rmSync(`${dataDir}.lock`, { recursive: true, force: true });
});

test('up twice is up once, a killed part is healed, every service names its dependencies, and down leaves no process, port or file', async () => {
  stack('up', '--fast', '--workers', '1');
  const first = statusOf();
  expect(first.services.map(({ name, ready }) => `${name} ${ready}`)).toEqual(['graph-simulator true', 'tenant-service true', 'job-service true', 'device-service true', 'api-gateway true', 'migration-worker-1 true']);
  expect(first.simulatedTenants.map(({ domain }) => domain)).toEqual(['contoso.com', 'fabrikam.com']);
  expect(first.apiKey).toMatch(/^tmk_live_[0-9A-Za-z]{32,}$/);
  expect(statSync(join(dataDir, 'state.json')).mode & 0o077).toBe(0);

  stack('up');
  expect(statusOf()).toEqual(first);

  const state = readState(dataDir)!;
  signal(state.processes['migration-worker-1']!, 'SIGKILL');
  await eventually('the worker is gone', () => !isAlive(state.processes['migration-worker-1']));
  stack('up');
  const healed = statusOf();
  expect(healed.services.every(({ ready }) => ready)).toBe(true);
  expect(healed.services.find(({ name }) => name === 'migration-worker-1')!.pid).not.toBe(first.services.find(({ name }) => name === 'migration-worker-1')!.pid);
  expect({ ...healed, services: [] }).toEqual({ ...first, services: [] });

  for (const { name, privateUrl } of healed.services.filter((service) => service.name !== 'graph-simulator')) {
    const ready = (await (await fetch(`${privateUrl}/readyz`)).json()) as { dependencies: Record<string, { ok: boolean }> };
    expect({ name, dependencies: Object.keys(ready.dependencies).length > 0 }).toEqual({ name, dependencies: true });
    expect(await (await fetch(`${privateUrl}/metrics`)).text()).toContain('process_resident_memory_bytes');
    expect((await fetch(`${privateUrl}/healthz`)).status).toBe(200);
  }
  for (const path of ['/metrics', '/readyz']) expect((await fetch(`${first.gatewayUrl}${path}`)).status).toBe(404);

  const after = readState(dataDir)!;
  const logs = Object.keys(after.processes).filter((name) => existsSync(join(dataDir, `logs/${name}.log`))).map((name) => readFileSync(join(dataDir, `logs/${name}.log`), 'utf8')).join('\n');
  for (const secret of [first.apiKey, first.simulatorApp.clientSecret, after.secrets.signingKey, after.secrets.pepper, after.secrets.secretsKey]) expect(logs).not.toContain(secret);

  stack('down');
  expect(Object.values(after.processes).filter(isAlive)).toEqual([]);
  for (const port of Object.values(after.ports)) expect(await answers(port)).toBe(false);
  expect([dataDir, after.postgresDir, `${dataDir}.lock`].filter(existsSync)).toEqual([]);
  stack('down');
});
