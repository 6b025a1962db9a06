/** The platform to measure: everything on this machine, as `npm run stack` starts it; without workers unless they are what is measured. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@migrator/service-kit/config';
import { systemClock } from '@migrator/service-kit/clock';
import { createIdentity } from '@migrator/service-kit/identity';
import { internalIdentityHeader, type InternalIdentity } from '@migrator/contracts/identity';
import type { Id } from '@migrator/contracts/ids';
import { down, readState, status, up, type StackState, type StackStatus } from '@migrator/stack';
import postgres from 'postgres';

export interface BenchStack {
  readonly stack: StackStatus;
  readonly state: StackState;
  sql: postgres.Sql;
  /** Headers of the organisation's key. */
  withKey: Record<string, string>;
  /** Headers of an internal token for the same organisation, for calls straight at a service. */
  withToken(role?: 'admin' | 'service'): Promise<Record<string, string>>;
  urlOf(service: string): string;
  pidOf(service: string): number;
  /** Processes whose CPU is told beside a figure, by the name it is told under. */
  pids(): Record<string, number>;
  /** The simulator over TLS, and the authority that its certificate is from. */
  readonly tls: { url: string; caFile: string };
  /** So many workers from now on, all of them new: what others did before has no part in their figures. `environment`: theirs from now on. */
  freshWorkers(count: number, environment?: Record<string, string>): Promise<void>;
  down(): Promise<void>;
}

export async function startBenchStack(settings: Record<string, Record<string, string>> = {}, workers = 0): Promise<BenchStack> {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'migrator-bench-')), 'stack');
  const end = async (): Promise<void> => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupted);
    await down({ dataDir });
    rmSync(join(dataDir, '..'), { recursive: true, force: true });
  };
  // The servers outlive this process: nobody else would end them.
  const interrupted = (): void => void end().finally(() => process.exit(130));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupted);
  try {
    await up({ dataDir, workers, preset: 'small', env: {}, settings });
  } catch (error) {
    await end();
    throw error;
  }
  let [stack, state] = await look(dataDir);
  const sql = postgres(stack.databaseUrl, { max: 2, onnotice: () => undefined });
  // The limit of requests is not what is measured.
  await sql`update gateway.organisations set plan = 'enterprise', rate_limit_per_minute = 1000000000 where id = ${stack.orgId}`;
  const identity: InternalIdentity = { org: stack.orgId as Id<'org'>, actor: 'bench', role: 'admin', scopes: ['read', 'write', 'admin'] };
  const signer = createIdentity(new Secret(state.secrets.signingKey), systemClock);
  const find = (service: string): StackStatus['services'][number] => {
    const found = stack.services.find(({ name }) => name === service);
    if (found === undefined) throw new Error(`There is no ${service} in the stack.`);
    return found;
  };
  const pidOf = (service: string): number => find(service).pid ?? 0;
  return {
    get stack() {
      return stack;
    },
    get state() {
      return state;
    },
    sql,
    withKey: { authorization: `Bearer ${stack.apiKey}` },
    withToken: async (role = 'admin') => ({ [internalIdentityHeader]: await signer.sign({ ...identity, role }) }),
    urlOf: (service) => find(service).url ?? '',
    pidOf,
    pids: () => ({
      ...Object.fromEntries(stack.services.filter(({ name }) => /^migration-worker|^graph-simulator$|^job-service$|^api-gateway$/.test(name)).map(({ name }) => [name, pidOf(name)])),
      ...Object.fromEntries(['postgres', 'nats', 'redis'].flatMap((name) => (state.processes[name] === undefined ? [] : [[name, state.processes[name].pid]]))),
    }),
    tls: { url: `https://127.0.0.1:${state.ports['simulator-tls'] ?? 0}`, caFile: join(dataDir, 'simulator/ca.pem') },
    freshWorkers: async (count, environment) => {
      const changed = environment === undefined ? {} : { settings: { ...settings, 'migration-worker': environment } };
      for (const workers of [0, count]) await up({ dataDir, workers, env: {}, ...changed });
      [stack, state] = await look(dataDir);
    },
    down: async () => {
      await sql.end({ timeout: 5 });
      await end();
    },
  };
}

async function look(dataDir: string): Promise<[StackStatus, StackState]> {
  const [stack, state] = [await status(dataDir), readState(dataDir)];
  if (stack === null || state === null) throw new Error('The stack did not come up.');
  return [stack, state];
}

/** Bytes of memory that a process holds now, or has held at most. Linux alone can say. */
export function residentBytes(pid: number, which: 'now' | 'peak'): number {
  const line = new RegExp(`^Vm${which === 'now' ? 'RSS' : 'HWM'}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
