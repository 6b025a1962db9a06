/** What the stack remembers between commands: ports, secrets and process ids, in a file only its owner can read. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@migrator/local-servers';
import { startTimeOf, type KnownProcess } from './process-table.js';

export interface StackState {
  version: 1;
  workers: number;
  durable: boolean;
  /** Content of the simulated tenants. */
  preset: 'demo' | 'small';
  /** How long a silent worker keeps its units. */
  leaseSeconds: number;
  ports: Record<string, number>;
  secrets: { signingKey: string; pepper: string; secretsKey: string; graphClientId: string; graphClientSecret: string };
  namespace: string;
  /** PostgreSQL's folder: as root it runs as another user, who may not see the data folder, so it lies in the temporary one. */
  postgresDir: string;
  /** Addresses of servers that are not ours. */
  external: Partial<Record<'postgres' | 'redis' | 'nats', string>>;
  processes: Record<string, KnownProcess>;
  account: { orgId: string; apiKey: string } | null;
}

export const portNames = ['postgres', 'redis', 'nats', 'simulator', 'simulator-tls', 'simulator-control', 'api-gateway', 'api-gateway-private', 'tenant-service', 'tenant-service-private', 'job-service', 'job-service-private', 'device-service', 'device-service-private'] as const;

const file = (dataDir: string): string => join(dataDir, 'state.json');

export function readState(dataDir: string): StackState | null {
  if (!existsSync(file(dataDir))) return null;
  return JSON.parse(readFileSync(file(dataDir), 'utf8')) as StackState;
}

export function writeState(dataDir: string, state: StackState): void {
  const temporary = `${file(dataDir)}.new`;
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file(dataDir));
}

export interface NewStack {
  workers: number;
  durable: boolean;
  preset: StackState['preset'];
  leaseSeconds: number;
  env: Record<string, string | undefined>;
}

/** A new stack's state: free ports, fresh secrets. */
export async function createState(dataDir: string, { workers, durable, preset, leaseSeconds, env }: NewStack): Promise<StackState> {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const ports: Record<string, number> = {};
  for (const name of portNames) {
    let port: number;
    do port = await freePort();
    while (Object.values(ports).includes(port));
    ports[name] = port;
  }
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
    ports,
    secrets: { signingKey: key(), pepper: key(), secretsKey: key(), graphClientId: randomUUID(), graphClientSecret: randomBytes(24).toString('base64url') },
    postgresDir: process.getuid?.() === 0 ? mkdtempSync(join(tmpdir(), 'migrator-stack-')) : join(dataDir, 'postgres'),
    namespace: `stack${randomBytes(4).toString('hex')}`,
    external,
    processes: {},
    account: null,
  };
  writeState(dataDir, state);
  return state;
}

/** Notes a process the moment it exists. */
export function rememberProcess(dataDir: string, state: StackState, name: string, pid: number): void {
  const startedAt = startTimeOf(pid);
  if (startedAt === null) return;
  state.processes[name] = { pid, startedAt };
  writeState(dataDir, state);
}
