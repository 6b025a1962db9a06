/** The platform to measure: everything on this machine, as `npm run stack` starts it, without workers. */
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
  stack: StackStatus;
  state: StackState;
  sql: postgres.Sql;
  /** Headers of the organisation's key. */
  withKey: Record<string, string>;
  /** Headers of an internal token for the same organisation, for calls straight at a service. */
  withToken(role?: 'admin' | 'service'): Promise<Record<string, string>>;
  urlOf(service: string): string;
  pidOf(service: string): number;
  down(): Promise<void>;
}

export async function startBenchStack(settings: Record<string, Record<string, string>> = {}): Promise<BenchStack> {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'migrator-bench-')), 'stack');
  await up({ dataDir, workers: 0, preset: 'small', env: {}, settings });
  const [stack, state] = [await status(dataDir), readState(dataDir)];
  if (stack === null || state === null) throw new Error('The stack did not come up.');
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
  return {
    stack,
    state,
    sql,
    withKey: { authorization: `Bearer ${stack.apiKey}` },
    withToken: async (role = 'admin') => ({ [internalIdentityHeader]: await signer.sign({ ...identity, role }) }),
    urlOf: (service) => find(service).url ?? '',
    pidOf: (service) => find(service).pid ?? 0,
    down: async () => {
      await sql.end({ timeout: 5 });
      await down({ dataDir });
      rmSync(join(dataDir, '..'), { recursive: true, force: true });
    },
  };
}

/** Bytes of memory that a process holds now, or has held at most. Linux alone can say. */
export function residentBytes(pid: number, which: 'now' | 'peak'): number {
  const line = new RegExp(`^Vm${which === 'now' ? 'RSS' : 'HWM'}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
