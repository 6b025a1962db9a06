/** The whole service on real PostgreSQL, Redis and NATS, with people and agents to call it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { clientAddressHeader, internalIdentityHeader, type InternalIdentity } from '@migrator/contracts/identity';
import { httpStatus } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import { checkInsAnswer } from '@migrator/contracts/internal';
import { systemClock } from '@migrator/service-kit/clock';
import { parseEnv, Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createLogger } from '@migrator/service-kit/logger';
import { freshDatabase, freshNamespace, testNatsUrl, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startDeviceService, type DeviceService } from '../compose.js';
import { deviceServiceEnv } from '../config.js';

const folder = join(process.cwd(), 'apps/device-service');
const ids = systemIds();
export const newOrg = (): Id<'org'> => ids.next('org');

export interface Reply {
  status: number;
  // Answers are looked into by the test that knows the call.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  headers: Headers;
}
export interface Agent {
  deviceId: Id<'dev'>;
  secret: string;
}

export class DeviceWorld {
  private constructor(
    readonly service: DeviceService,
    readonly database: TestDatabase,
    readonly db: Database,
    private readonly identity: ReturnType<typeof createIdentity>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<DeviceWorld> {
    const signingKey = randomBytes(32).toString('base64');
    const database = await freshDatabase({ template: 'devices', migrate: (url) => migrateDatabase({ url, schema: 'devices', folder: join(folder, 'migrations') }) });
    const config = parseEnv(deviceServiceEnv, { PORT: '0', PRIVATE_PORT: '0', DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NATS_URL: testNatsUrl(), INTERNAL_SIGNING_KEY: signingKey, MESSAGING_NAMESPACE: freshNamespace(), LOG_LEVEL: 'silent', ...env });
    const service = await startDeviceService(config, createLogger('device-service', 'silent'), folder);
    return new DeviceWorld(service, database, openDatabase(database.url, { applicationName: 'device test', max: 2 }), createIdentity(new Secret(signingKey), systemClock));
  }

  async call(identity: InternalIdentity, method: string, path: string, body?: unknown, address = '10.0.0.1'): Promise<Reply> {
    const response = await fetch(`${this.service.url}${path}`, {
      method,
      headers: { [internalIdentityHeader]: await this.identity.sign(identity), [clientAddressHeader]: address, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  person(org: Id<'org'>, method: string, path: string, body?: unknown): Promise<Reply> {
    return this.call({ org, actor: 'key:test', role: 'admin', scopes: ['read', 'write', 'admin'] }, method, path, body);
  }

  /** An agent's call as the gateway passes it on; `org` only for registrations. */
  agent(path: string, body: unknown, org: Id<'org'> | null = null, address?: string): Promise<Reply> {
    return this.call({ org, actor: 'agent', role: 'agent', scopes: [] }, 'POST', path, body, address);
  }

  async register(org: Id<'org'>, machine: Record<string, unknown> = {}): Promise<Agent> {
    const { status, body } = await this.agent('/v1/devices/register', { orgId: org, hostname: `pc-${randomBytes(4).toString('hex')}`, ipAddress: '10.1.2.3', domain: 'contoso.local', ...machine }, org);
    if (status !== 201) throw new Error(`registration answered ${status}: ${JSON.stringify(body)}`);
    return body as Agent;
  }

  /** Check-ins that travel together; the answers are as the gateway gives them, but for the request id. */
  async checkInTogether(agents: readonly Agent[], { address = '10.0.0.1', ...more }: { address?: string; agentVersion?: string; ipAddress?: string } = {}): Promise<Omit<Reply, 'headers'>[]> {
    const calls = agents.map(({ deviceId, secret }) => ({ requestId: 'req_test', address, body: { deviceId, secret, ...more } }));
    const { status, body } = await this.call({ org: null, actor: 'service:api-gateway', role: 'service', scopes: [] }, 'POST', '/internal/check-ins', { calls });
    if (status !== 200) throw new Error(`the check-ins were answered ${status}: ${JSON.stringify(body)}`);
    return checkInsAnswer.parse(body).answers.map((answer) => ({ status: 'code' in answer ? httpStatus[answer.code] : 200, body: answer }));
  }

  async checkIn(agent: Agent, more: Parameters<DeviceWorld['checkInTogether']>[1] = {}): Promise<Omit<Reply, 'headers'>> {
    const [answer] = await this.checkInTogether([agent], more);
    if (answer === undefined) throw new Error('the check-in was not answered');
    return answer;
  }

  report({ deviceId, secret }: Agent, commandId: string, status: string, result?: unknown): Promise<Reply> {
    return this.agent('/v1/devices/result', { deviceId, secret, commandId, status, ...(result === undefined ? {} : { result }) });
  }

  async command(org: Id<'org'>, deviceId: string): Promise<Id<'cmd'>> {
    const { status, body } = await this.person(org, 'POST', `/v1/devices/${deviceId}/commands`, { type: 'FULL_MIGRATION', payload: { ppkgUrl: 'https://files.example/a.ppkg', destTenantId: '4f3c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' } });
    if (status !== 201) throw new Error(`the command answered ${status}`);
    return (body as { command: { id: Id<'cmd'> } }).command.id;
  }

  async commands(org: Id<'org'>, deviceId: string): Promise<{ id: string; status: string; result: unknown }[]> {
    return ((await this.person(org, 'GET', `/v1/devices/${deviceId}/commands`)).body as { commands: { id: string; status: string; result: unknown }[] }).commands;
  }

  async close(): Promise<void> {
    await this.service.stop();
    await this.db.close();
    await this.database.drop();
  }
}
