/**
 * A generated attack on the contract: every call of the OpenAPI document with one thing wrong. Never a 500, never a trace of the
 * inside, never a change of state by what was refused, and nothing taken that the document forbids.
 *
 * ATTACK_RUNS (default 40) attempts a call. One seed that never changes, so that the whole suite does not fail by the draw; another attack
 * has `ATTACK_SEED=random`, and is repeated by the seed that it prints.
 */
import fc from 'fast-check';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { exampleIds } from '@migrator/contracts/examples';
import { createApiClient } from '@migrator/demo/api-client';
import { giveConsent, waitForDiscovery } from '@migrator/demo/give-consent';
import { eventually } from '@migrator/testing/eventually';
import { startPlatform, type Platform } from '../platform.js';
import { attempts } from './attack.js';
import type { Operation } from './judge.js';
import { createSender, type Sender, type Sent } from './send.js';
import { differences, stateDigest } from './state-digest.js';

jest.setTimeout(300_000);
const runs = Number(process.env['ATTACK_RUNS'] ?? 25);
const chosen = process.env['ATTACK_SEED'] ?? '1169083314';
const seed = chosen === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(chosen);

let platform: Platform;
let sender: Sender;
let sql: postgres.Sql;
let redis: Redis;
let key: string;
let cookie: string;
/** The ids of the examples, and the real ones of the attacked organisation that take their place. */
const real: Record<string, string> = {};
/** Another organisation's. */
const others: Record<string, string> = {};
let secret: string;
const person = { email: 'attacked@northwind.example', password: 'the attacked one keeps this' };

const json = (answer: Sent): Record<string, Record<string, string>> & Record<string, string> => JSON.parse(answer.body ?? 'null') as Record<string, Record<string, string>> & Record<string, string>;
async function must(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Sent> {
  const answer = await sender.send(method, path, { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body ?? ''}`);
  return answer;
}
const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });
const later = '2099-01-01T00:00:00Z';

async function signIn(): Promise<void> {
  const answer = await must('POST', '/v1/auth/sign-in', {}, person);
  cookie = answer.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ');
}

/** An organisation with one of everything. */
async function furnish(apiKey: string, orgId: string): Promise<Record<string, string>> {
  const api = createApiClient(platform.stack.gatewayUrl, apiKey);
  await giveConsent(api, 'contoso.com', 'source');
  await giveConsent(api, 'fabrikam.com', 'destination');
  const tenants = await waitForDiscovery(api);
  const idOf = (role: string): string => tenants.find((tenant) => tenant.role === role)?.id ?? '';
  const pair = { sourceTenantId: idOf('source'), destTenantId: idOf('destination') };
  const { job } = json(await must('POST', '/v1/jobs', bearer(apiKey), { ...pair, type: 'EMAIL', scheduledAt: later }));
  const device = json(await must('POST', '/v1/devices/register', {}, { orgId, hostname: `PC-${orgId.slice(-4)}`, ipAddress: '10.0.0.1', domain: 'contoso.local' }));
  const { command } = json(await must('POST', `/v1/devices/${device['deviceId'] as unknown as string}/commands`, bearer(apiKey), { type: 'FULL_MIGRATION', payload: { ppkgUrl: 'https://files.northwind.example/join.ppkg', destTenantId: '4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' } }));
  const { apiKey: spare } = json(await must('POST', '/v1/api-keys', bearer(apiKey), { name: 'spare', scopes: ['read'] }));
  const { invitation } = json(await must('POST', '/v1/members/invitations', bearer(apiKey), { email: `invited-${orgId.slice(-6).toLowerCase()}@northwind.example`, role: 'viewer' }));
  secret = device['secret'] as unknown as string;
  return { org: orgId, ten: pair.sourceTenantId, tenDest: pair.destTenantId, job: job?.['id'] ?? '', dev: device['deviceId'] as unknown as string, cmd: command?.['id'] ?? '', key: spare?.['id'] ?? '', inv: invitation?.['id'] ?? '' };
}

beforeAll(async () => {
  // No worker: what the attack creates by accident stays where it is.
  platform = await startPlatform({ preset: 'small', workers: 0 });
  sender = createSender(platform.stack.gatewayUrl);
  sql = postgres(platform.stack.databaseUrl, { max: 1, onnotice: () => undefined });
  redis = new Redis(platform.stack.redisUrl);
  Object.assign(others, await furnish(platform.stack.apiKey, platform.stack.orgId));
  const signedUp = json(await must('POST', '/v1/auth/sign-up', {}, { organisationName: 'Attacked', name: 'Ann', ...person }));
  await signIn();
  const own = json(await must('POST', '/v1/api-keys', { cookie, origin: platform.stack.gatewayUrl }, { name: 'all', scopes: ['read', 'write', 'admin'] }));
  key = own['key'] as unknown as string;
  Object.assign(real, await furnish(key, (signedUp['organisation'] as unknown as { id: string }).id), { usr: (signedUp['user'] as unknown as { id: string }).id });
  // The limit of requests is not what is tested here.
  await sql`update gateway.organisations set plan = 'enterprise', rate_limit_per_minute = 10000000`;
});
afterAll(async () => {
  sender.close();
  redis.disconnect();
  await sql.end();
  await platform.stop();
});

/** What belongs to whom: the example's ids become real ones. */
function realised(value: unknown): unknown {
  if (typeof value === 'string') {
    const kind = Object.entries(exampleIds).find(([, id]) => id === value)?.[0];
    return kind === undefined ? value : (real[kind] ?? value);
  }
  if (Array.isArray(value)) return value.map(realised);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, realised(part)])) : value;
}

const kinds: Record<string, string> = { tenants: 'ten', jobs: 'job', devices: 'dev', 'api-keys': 'key', members: 'usr', invitations: 'inv' };
function paramsOf({ path }: Operation): Record<string, string> {
  const params: Record<string, string> = {};
  if (path.includes('{cmdId}')) params['cmdId'] = real['cmd'] ?? '';
  if (path.includes('{id}')) params['id'] = real[kinds[/([\w-]+)\/\{id\}/.exec(path)?.[1] ?? ''] ?? ''] ?? 'none';
  return params;
}

function goodBody(operation: Operation): unknown {
  const example = realised(Object.values(operation.requestBody?.content ?? {})[0]?.example);
  if (typeof example !== 'object' || example === null) return example;
  // Nothing begins by accident, and nobody is signed up or in for real.
  if (operation.operationId === 'createJob') return { ...example, scheduledAt: later, options: { mailboxes: ['adele.vance@contoso.com'] } };
  if (operation.operationId === 'createJobBatch') return { ...example, scheduledAt: later };
  if ('secret' in example) return { ...example, secret };
  return example;
}

function queryOf(operation: Operation): Record<string, string> {
  const needed = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true);
  const values: Record<string, string> = { sourceTenantId: real['ten'] ?? '', destTenantId: real['tenDest'] ?? '', type: 'EMAIL' };
  return Object.fromEntries(needed.map(({ name = '' }) => [name, values[name] ?? '']));
}

const credentials = (operation: Operation, bySession: boolean): Record<string, string> => {
  if (operation.security.length === 0) return {};
  const sessionOnly = operation.security.every((way) => 'session' in way);
  return sessionOnly || bySession ? { cookie, origin: platform.stack.gatewayUrl } : bearer(key);
};

/** How often an address or a device may call is not what is tested here. */
async function forgetLimits(): Promise<void> {
  const counters = [...(await redis.keys('*:rate:*')), ...(await redis.keys('*:agents:*'))];
  if (counters.length > 0) await redis.del(counters);
}

async function attack(operation: Operation): Promise<void> {
  await forgetLimits();
  const foreign = [...Object.values(others), 'job_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'ten_01ARZ3NDEKTSV4RRFFQ69G5FAV'];
  const sample = fc.sample(attempts(operation, { params: paramsOf(operation), query: queryOf(operation), foreign, body: goodBody(operation) }), { numRuns: runs, seed: seed + platform.judge.operations.indexOf(operation) });
  let before = await stateDigest(sql);
  let sinceThen: string[] = [];
  const compare = async (): Promise<void> => {
    // A note of what was asked goes when the answer has.
    let changes: string[] = [];
    await eventually('no trace of what was refused', async () => (changes = differences(before, await stateDigest(sql))).length === 0, 3_000).catch(() => {
      throw new Error(`${operation.operationId}: something that was refused left a trace (seed ${seed}):\n${changes.join('\n')}\n${sinceThen.join('\n')}`);
    });
    sinceThen = [];
  };
  for (const [index, attempt] of sample.entries()) {
    const named = `${operation.method} ${attempt.path.slice(0, 120)}: ${attempt.what} (seed ${seed}, attempt ${index})`;
    const answer = await sender.send(operation.method, attempt.path, { accept: 'application/json', ...credentials(operation, index % 3 === 0), ...attempt.headers }, attempt.body).catch((error: unknown) => {
      throw new Error(`${named}: no answer`, { cause: error });
    });
    const said = `${named} → ${answer.status} ${answer.body?.slice(0, 300) ?? ''}`;
    if (answer.status >= 500) throw new Error(said);
    const faults = platform.judge.faults({ method: operation.method, path: attempt.path, ...answer });
    if (faults.length > 0) throw new Error(`${said}\n${faults.join('\n')}`);
    if (answer.status < 300) {
      if (attempt.json !== undefined && platform.judge.allowsBody(operation, attempt.json.value) === false) throw new Error(`taken though the document forbids it: ${said}`);
      if (operation.operationId === 'signOut' || operation.operationId === 'changePassword') await signIn();
      await compareAfter();
    } else sinceThen.push(said);
    if (sinceThen.length >= 10) await compare();
  }
  await compare();

  /** What was taken may have changed something; what comes after is held against that. */
  async function compareAfter(): Promise<void> {
    before = await eventually('the services to be still', async () => {
      const one = await stateDigest(sql);
      const other = await stateDigest(sql);
      return differences(one, other).length === 0 ? one : null;
    });
    sinceThen = [];
  }
}

test('an attack on every call of the document: never a 500, never a trace of the inside, never a change by what was refused', async () => {
  process.stdout.write(`attack seed ${seed}, ${runs} attempts a call\n`);
  // What takes away comes last.
  const weight = ({ method, operationId }: Operation): number => (operationId === 'disconnectTenant' ? 2 : method === 'DELETE' ? 1 : 0);
  const failures: string[] = [];
  for (const operation of [...platform.judge.operations].sort((a, b) => weight(a) - weight(b))) {
    await attack(operation).catch((error: unknown) => {
      failures.push(error instanceof Error ? `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}` : String(error));
    });
  }
  expect(failures).toEqual([]);
});
