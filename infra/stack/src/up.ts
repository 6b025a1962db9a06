/** Starts what is missing, in order, and heals what has died. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive, portWasTaken, startNats, startPostgres, startRedis, withLock } from '@migrator/local-servers';
import { endStack } from './end-stack.js';
import { adoptOrphans } from './orphans.js';
import { endAll } from './process-table.js';
import { checkout, serviceDefinitions, simulatorDefinition, urlsOf, type ServiceDefinition } from './service-definitions.js';
import { createState, readState, rememberProcess, settlePorts, writeState, type StackState } from './stack-state.js';
import { startService, waitUntilReady } from './start-service.js';

export interface UpOptions {
  dataDir: string;
  /** Worker processes; default 2. Fewer than run: the others are ended. */
  workers?: number;
  /** Keep PostgreSQL's writes safe over a power cut; default true. */
  durable?: boolean;
  /** What the simulated tenants hold; default demo. */
  preset?: StackState['preset'];
  /** How long a silent worker keeps its units; default 10 s. */
  leaseSeconds?: number;
  /** Settings of single services, over those of the stack: `{ 'api-gateway': { TRUSTED_PROXIES: '127.0.0.1' } }`. Kept with the stack until others are given, for what is started from then on. */
  settings?: StackState['settings'];
  /** One short line per step. */
  onProgress?: (line: string) => void;
  env?: Record<string, string | undefined>;
}

const run = promisify(execFile);
/** How often a stack that stands still is begun anew because another program took one of its ports. */
const startsMax = 4;

/**
 * Resolves when every part answers and is ready. Two calls at once wait for each other. When it throws, nothing is being started any
 * more; what had started stays, for `up` to go on with or `down` to remove.
 */
export async function up({ dataDir, workers, durable = true, preset = 'demo', leaseSeconds = 10, settings, onProgress = () => undefined, env = process.env }: UpOptions): Promise<StackState> {
  const missing = ['api-gateway', 'tenant-service', 'job-service', 'device-service', 'migration-worker', 'graph-simulator'].filter((name) => !existsSync(join(checkout, 'apps', name, 'dist/main.js')));
  if (missing.length > 0) throw new Error(`Not built yet: ${missing.join(', ')}. Use “npm run stack -- up”, which builds first.`);
  mkdirSync(dirname(dataDir), { recursive: true });
  return withLock(`${dataDir}.lock`, async () => {
    const state = readState(dataDir) ?? (await createState(dataDir, { workers: workers ?? 2, durable, preset, leaseSeconds, settings: settings ?? {}, env }));
    if (workers !== undefined) state.workers = workers;
    if (settings !== undefined) state.settings = settings;
    adoptOrphans(dataDir, state);
    const atRest = !Object.values(state.processes).some(isAlive);
    for (let starts = 1; ; starts += 1) {
      await settlePorts(state);
      writeState(dataDir, state);
      try {
        await startMissing(dataDir, state, onProgress);
        return state;
      } catch (error) {
        if (!portWasTaken(error) || !atRest || starts === startsMax) throw error;
        // What runs knows the ports of the others, so all of it goes before one of them is exchanged.
        onProgress('another program has taken a port: beginning anew');
        await endStack(state, onProgress);
        state.processes = {};
      }
    }
  });
}

/** Starts every part that does not run, in order. */
async function startMissing(dataDir: string, state: StackState, onProgress: (line: string) => void): Promise<void> {
  const remember = (name: string) => (pid: number) => {
    rememberProcess(dataDir, state, name, pid);
  };
  const startServer = async (name: 'postgres' | 'redis' | 'nats', work: () => Promise<unknown>): Promise<void> => {
    if (state.external[name] !== undefined || isAlive(state.processes[name])) return;
    onProgress(`starting ${name}`);
    await work();
  };
  const ensure = async (definition: ServiceDefinition): Promise<void> => {
    const known = state.processes[definition.name];
    if (isAlive(known) && (await waitUntilReady(definition, known))) return;
    onProgress(`starting ${definition.name}`);
    await startService(definition, dataDir, remember(definition.name));
  };
  const port = (name: string): number => state.ports[name] ?? 0;
  await allOf([
    startServer('postgres', () => startPostgres({ dataDir: state.postgresDir, port: port('postgres'), durable: state.durable, detached: true, onSpawn: remember('postgres') })),
    startServer('redis', () => startRedis({ dataDir: join(dataDir, 'redis'), port: port('redis'), durable: state.durable, detached: true, onSpawn: remember('redis') })),
    startServer('nats', () => startNats({ dataDir: join(dataDir, 'nats'), port: port('nats'), detached: true, onSpawn: remember('nats') })),
  ]);
  await allOf([ensure(simulatorDefinition(state, dataDir)), ensureAccount(dataDir, state), endSurplusWorkers(dataDir, state)]);
  await allOf(serviceDefinitions(state).map(ensure));
}

/** Waits for all of them whatever fails, so that nothing is started behind the back of who sees the failure; then throws the first. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function ensureAccount(dataDir: string, state: StackState): Promise<void> {
  if (state.account !== null) return;
  state.account = await createAccount(state);
  writeState(dataDir, state);
}

/** Workers beyond those wanted now. */
async function endSurplusWorkers(dataDir: string, state: StackState): Promise<void> {
  const surplus = Object.entries(state.processes).filter(([name]) => Number(/^migration-worker-(\d+)$/.exec(name)?.[1] ?? 0) > state.workers);
  if (surplus.length === 0) return;
  await endAll(surplus.map(([, known]) => ({ known, politely: 'SIGTERM' })), 25_000);
  state.processes = Object.fromEntries(Object.entries(state.processes).filter(([name]) => !surplus.some(([gone]) => gone === name)));
  writeState(dataDir, state);
}

/** An organisation with a key, made by the gateway's own command. */
async function createAccount(state: StackState): Promise<{ orgId: string; apiKey: string }> {
  const { stdout } = await run(process.execPath, [join(checkout, 'apps/api-gateway/dist/cli/api-key.js'), 'create', '--org-name', 'Local stack', '--name', 'local stack', '--json'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: urlsOf(state).database, API_KEY_PEPPER: state.secrets.pepper },
  });
  const { orgId, apiKey } = JSON.parse(stdout) as { orgId: string; apiKey: string };
  return { orgId, apiKey };
}
