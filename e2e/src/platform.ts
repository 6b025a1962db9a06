/** A whole stack for one test file, and what its tests say to it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient, type ApiClient } from '@migrator/demo/api-client';
import { createControlClient, type Comparison, type ControlClient } from '@migrator/demo/control-client';
import { giveConsent, waitForDiscovery } from '@migrator/demo/give-consent';
import { jobAnswer, type Job } from '@migrator/contracts/api/jobs';
import { down, status, up, type StackStatus, type UpOptions } from '@migrator/stack';
import { openApiDocument } from '@migrator/contracts/openapi';
import { eventually } from '@migrator/testing/eventually';
import postgres from 'postgres';
import { createJudge, judgingFetch, type Judge, type OpenApi } from './contract/judge.js';

export interface Platform {
  readonly dataDir: string;
  readonly stack: StackStatus;
  readonly api: ApiClient;
  readonly control: ControlClient;
  readonly judge: Judge;
  /** Every answer of the gateway is held against the contract. */
  readonly fetch: typeof fetch;
  /** The same stack again, with what has died. */
  heal(): Promise<void>;
  /** An answer as it is, errors included. */
  raw(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; json: Record<string, unknown>; headers: Headers }>;
  stop(): Promise<void>;
}

/** Starts the stack without addresses of other servers, so that nothing is shared with other tests. */
export async function startPlatform(options: Partial<UpOptions> = {}): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'migrator-e2e-'));
  const start = (): Promise<unknown> => up({ durable: false, env: {}, ...options, dataDir });
  const stack = await start().then(() => status(dataDir)).catch(async (error: unknown) => {
    // Its servers outlive this process: nobody else would end them.
    await down({ dataDir });
    throw error;
  });
  if (stack === null) throw new Error('The stack is not up.');
  // Tests look often; what a plan allows is held where limits are.
  const sql = postgres(stack.databaseUrl, { max: 1, onnotice: () => undefined });
  await sql`update gateway.organisations set rate_limit_per_minute = 1000000 where id = ${stack.orgId}`;
  await sql.end();
  const judge = createJudge(openApiDocument(stack.gatewayUrl) as unknown as OpenApi);
  const send = judgingFetch(judge, stack.gatewayUrl);
  return {
    dataDir,
    stack,
    judge,
    fetch: send,
    api: createApiClient(stack.gatewayUrl, stack.apiKey, send),
    control: createControlClient(stack.simulatorControlUrl),
    heal: async () => {
      await start();
    },
    raw: async (method, path, body, headers = {}) => {
      const response = await send(new URL(path, stack.gatewayUrl), { method, headers: { authorization: `Bearer ${stack.apiKey}`, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
      return { status: response.status, json: (await response.json()) as Record<string, unknown>, headers: response.headers };
    },
    stop: async () => {
      printErrors(dataDir);
      await down({ dataDir });
      rmSync(`${dataDir}.lock`, { recursive: true, force: true });
    },
  };
}

/** What the services themselves called an error, so that a failed test says more than its expectation. */
function printErrors(dataDir: string): void {
  for (const name of ['api-gateway', 'tenant-service', 'job-service'].filter((each) => existsSync(join(dataDir, `logs/${each}.log`)))) {
    const lines = readFileSync(join(dataDir, `logs/${name}.log`), 'utf8').split('\n').filter((line) => line.includes('"level":"error"') || line.includes('"level":"fatal"'));
    if (lines.length > 0) process.stdout.write(`${name}:\n${lines.slice(0, 5).join('\n').slice(0, 4_000)}\n`);
  }
}

export interface Connected {
  sourceTenantId: string;
  destTenantId: string;
}

/** Both tenants connected and discovered. */
export async function connectBoth({ api }: Platform): Promise<Connected> {
  await giveConsent(api, 'contoso.com', 'source');
  await giveConsent(api, 'fabrikam.com', 'destination');
  const tenants = await waitForDiscovery(api);
  const idOf = (role: string): string => tenants.find((tenant) => tenant.role === role)!.id;
  return { sourceTenantId: idOf('source'), destTenantId: idOf('destination') };
}

export const createJob = async ({ api }: Platform, tenants: Connected, more: Record<string, unknown> = {}): Promise<Job> => (await api.call('POST', '/v1/jobs', jobAnswer, { ...tenants, type: 'EMAIL', ...more })).job;

/** Waits for a status, looking at the counters' promise each time. */
export function jobReaches({ api }: Platform, jobId: string, wanted: readonly Job['status'][], timeoutMs = 120_000): Promise<Job> {
  return eventually(
    `job ${wanted.join(' or ')}`,
    async () => {
      const { job } = await api.call('GET', `/v1/jobs/${jobId}`, jobAnswer);
      expect(job.doneItems + job.errorItems + job.skippedItems).toBeLessThanOrEqual(job.totalItems);
      return wanted.includes(job.status) ? job : null;
    },
    timeoutMs,
  );
}

export const compare = ({ control }: Platform, mailboxes?: string[]): Promise<Comparison> => control.call('POST', '/compare', { source: 'contoso.com', destination: 'fabrikam.com', ...(mailboxes === undefined ? {} : { mailboxes }) });

/** Nothing lost, nothing doubled, nothing else than it was. */
export function expectEqual({ items, folders, settings, outboundMail, examples }: Comparison): void {
  expect({ missing: items.missing, extra: items.extra, doubled: items.doubled, differs: items.differs, folders: folders.missing + folders.extra + folders.differs, settings: settings.missing + settings.differs, outboundMail, examples: [...(examples['missing'] ?? []), ...(examples['extra'] ?? []), ...(examples['differs'] ?? []), ...(examples['settings'] ?? [])] }).toEqual({ missing: 0, extra: 0, doubled: 0, differs: 0, folders: 0, settings: 0, outboundMail: 0, examples: [] });
  expect(items.matched + items.refused).toBe(items.expected);
}
