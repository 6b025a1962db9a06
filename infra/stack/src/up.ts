/** Starts what is missing, in order, and heals what has died. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, spawnServer, startNats, startPostgres, startRedis, withLock } from '@migrator/local-servers';
import { isAlive } from './process-table.js';
import { checkout, serviceDefinitions, simulatorDefinition, urlsOf, type ServiceDefinition } from './service-definitions.js';
import { createState, readState, rememberProcess, writeState, type StackState } from './stack-state.js';

export interface UpOptions {
  dataDir: string;
  /** Worker processes; default 2. */
  workers?: number;
  /** Keep PostgreSQL's writes safe over a power cut; default true. */
  durable?: boolean;
  /** What the simulated tenants hold; default demo. */
  preset?: StackState['preset'];
  /** How long a silent worker keeps its units; default 10 s. */
  leaseSeconds?: number;
  /** One short line per step. */
  onProgress?: (line: string) => void;
  env?: Record<string, string | undefined>;
}

const run = promisify(execFile);

/** Resolves when every part answers and is ready. Two calls at once wait for each other. */
export async function up({ dataDir, workers, durable = true, preset = 'demo', leaseSeconds = 10, onProgress = () => undefined, env = process.env }: UpOptions): Promise<StackState> {
  const missing = ['api-gateway', 'tenant-service', 'job-service', 'device-service', 'migration-worker', 'graph-simulator'].filter((name) => !existsSync(join(checkout, 'apps', name, 'dist/main.js')));
  if (missing.length > 0) throw new Error(`Not built yet: ${missing.join(', ')}. Use “npm run stack -- up”, which builds first.`);
  return withLock(`${dataDir}.lock`, async () => {
    const state = readState(dataDir) ?? (await createState(dataDir, { workers: workers ?? 2, durable, preset, leaseSeconds, env }));
    if (workers !== undefined) state.workers = workers;
    for (let index = 1; index <= state.workers; index += 1) state.ports[`migration-worker-${index}`] ??= await freePort();
    writeState(dataDir, state);
    const remember = (name: string) => (pid: number) => {
      rememberProcess(dataDir, state, name, pid);
    };
    const start = async (name: string, work: () => Promise<unknown>): Promise<void> => {
      if (isAlive(state.processes[name])) return;
      onProgress(`starting ${name}`);
      await work();
    };
    const { ports, external } = state;
    await Promise.all([
      external.postgres === undefined && start('postgres', () => startPostgres({ dataDir: state.postgresDir, port: ports['postgres'] ?? 0, durable: state.durable, detached: true, onSpawn: remember('postgres') })),
      external.redis === undefined && start('redis', () => startRedis({ dataDir: join(dataDir, 'redis'), port: ports['redis'] ?? 0, durable: state.durable, detached: true, onSpawn: remember('redis') })),
      external.nats === undefined && start('nats', () => startNats({ dataDir: join(dataDir, 'nats'), port: ports['nats'] ?? 0, detached: true, onSpawn: remember('nats') })),
    ]);
    await Promise.all([
      start('graph-simulator', () => startService(simulatorDefinition(state, dataDir), dataDir, remember('graph-simulator'))),
      (async () => {
        if (state.account !== null) return;
        state.account = await createAccount(state);
        writeState(dataDir, state);
      })(),
    ]);
    await Promise.all(serviceDefinitions(state).map((definition) => start(definition.name, () => startService(definition, dataDir, remember(definition.name)))));
    return state;
  });
}

function startService({ name, main, args, env, port, readyUrl }: ServiceDefinition, dataDir: string, onSpawn: (pid: number) => void): Promise<unknown> {
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS'].includes(key)));
  return spawnServer({ name, command: process.execPath, args: [main, ...args], cwd: checkout, env: { ...inherited, ...env }, logFile: join(logs, `${name}.log`), detached: true, port, onSpawn, ...(readyUrl === null ? {} : { ready: () => answersOk(readyUrl) }) });
}

/** True when the address answers 200. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_500) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** An organisation with a key, made by the gateway's own command. */
async function createAccount(state: StackState): Promise<{ orgId: string; apiKey: string }> {
  const { stdout } = await run(process.execPath, [join(checkout, 'apps/api-gateway/dist/cli/api-key.js'), 'create', '--org-name', 'Local stack', '--name', 'local stack', '--json'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: urlsOf(state).database, API_KEY_PEPPER: state.secrets.pepper },
  });
  const { orgId, apiKey } = JSON.parse(stdout) as { orgId: string; apiKey: string };
  return { orgId, apiKey };
}
