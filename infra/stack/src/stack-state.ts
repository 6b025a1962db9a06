/** What the stack remembers between commands: ports, secrets and process ids, in a file only its owner can read. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isAlive, portIsFree, startTimeOf, type KnownProcess } from '@migrator/local-servers';

export interface StackState {
  version: 1;
  workers: number;
  durable: boolean;
  /** Content of the simulated tenants. */
  preset: 'demo' | 'small' | 'empty';
  /** How long a silent worker keeps its units. */
  leaseSeconds: number;
  /** Environment of single services, over that of the stack. */
  settings: Record<string, Record<string, string>>;
  ports: Record<string, number>;
  secrets: { signingKey: string; sessionSecret: string; pepper: string; secretsKey: string; graphClientId: string; graphClientSecret: string };
  namespace: string;
  /** PostgreSQL's folder: as root it runs as another user, who may not see the data folder, so it lies in the temporary one. */
  postgresDir: string;
  /** Addresses of servers that are not ours. */
  external: Partial<Record<'postgres' | 'redis' | 'nats', string>>;
  processes: Record<string, KnownProcess>;
  account: { orgId: string; apiKey: string } | null;
}

export const portNames = ['postgres', 'redis', 'nats', 'simulator', 'simulator-tls', 'simulator-control', 'api-gateway', 'api-gateway-private', 'tenant-service', 'tenant-service-private', 'job-service', 'job-service-private', 'device-service', 'device-service-private'] as const;

/** The state while it is being written. */
export const unfinishedState = 'state.json.new';
const file = (dataDir: string): string => join(dataDir, 'state.json');

/** Null when no stack was started in this folder; throws when its state cannot be read. */
export function readState(dataDir: string): StackState | null {
  if (!existsSync(file(dataDir))) return null;
  let state: Partial<StackState>;
  try {
    state = JSON.parse(readFileSync(file(dataDir), 'utf8')) as StackState;
  } catch (cause) {
    throw new Error(`${file(dataDir)} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  // Removing data by a file that merely has our file's name would be somebody's loss.
  if (state.version !== 1 || state.processes === undefined || state.postgresDir === undefined) throw new Error(`${file(dataDir)} is not the state of a stack, or of another version's.`);
  return state as StackState;
}

export function writeState(dataDir: string, state: StackState): void {
  const temporary = join(dataDir, unfinishedState);
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file(dataDir));
}

export interface NewStack {
  workers: number;
  durable: boolean;
  preset: StackState['preset'];
  leaseSeconds: number;
  settings: StackState['settings'];
  env: Record<string, string | undefined>;
}

/** A new stack's state: free ports, fresh secrets. The folder is made, for this user alone; one that holds anything else is refused, since `down` removes it. */
export async function createState(dataDir: string, { workers, durable, preset, leaseSeconds, settings, env }: NewStack): Promise<StackState> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (readdirSync(dataDir).some((name) => name !== unfinishedState)) throw new Error(`${dataDir} holds something else already. Choose an empty folder or a new one.`);
  const ports: Record<string, number> = {};
  for (const name of portNames) ports[name] = await freshPort(ports);
  const external: StackState['external'] = {};
  for (const [name, variable] of [['postgres', 'DATABASE_URL'], ['redis', 'REDIS_URL'], ['nats', 'NATS_URL']] as const) {
    const url = env[variable];
    if (url !== undefined && url !== '') external[name] = url;
  }
  const key = (): string => randomBytes(32).toString('base64');
  const state: StackState = {
    version: 1,
    workers,
    durable,
    preset,
    leaseSeconds,
    settings,
    ports,
    secrets: { signingKey: key(), sessionSecret: key(), pepper: key(), secretsKey: key(), graphClientId: randomUUID(), graphClientSecret: randomBytes(24).toString('base64url') },
    postgresDir: process.getuid?.() === 0 ? mkdtempSync(join(tmpdir(), 'migrator-stack-')) : join(dataDir, 'postgres'),
    namespace: `stack${randomBytes(4).toString('hex')}`,
    external,
    processes: {},
    account: null,
  };
  writeState(dataDir, state);
  return state;
}

/** A free port that this stack does not use for something else. */
async function freshPort(ports: Record<string, number>): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (!Object.values(ports).includes(port)) return port;
  }
}

/**
 * Gives every worker a port. While nothing of the stack runs, ports that another program has taken since are exchanged for free ones;
 * otherwise they stay as they are, because what runs knows them.
 */
export async function settlePorts(state: StackState): Promise<void> {
  const { ports, workers } = state;
  const atRest = !Object.values(state.processes).some(isAlive);
  for (let index = 1; index <= workers; index += 1) ports[`migration-worker-${index}`] ??= await freshPort(ports);
  // Nobody calls a worker, so its port may change at any time while it is not running itself.
  for (const [name, port] of Object.entries(ports)) if ((atRest || name.startsWith('migration-worker')) && !isAlive(state.processes[name]) && !(await portIsFree(port))) ports[name] = await freshPort(ports);
}

/** Notes a process the moment it exists. */
export function rememberProcess(dataDir: string, state: StackState, name: string, pid: number): void {
  const startedAt = startTimeOf(pid);
  if (startedAt === null) return;
  state.processes[name] = { pid, startedAt };
  writeState(dataDir, state);
}
