/** The whole service on real PostgreSQL, Redis and NATS and the simulator, with a stand-in for job-service's one call. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Tenant, TenantRole } from '@migrator/contracts/api/tenants';
import { internalIdentityHeader, type InternalIdentity } from '@migrator/contracts/identity';
import { connectNats } from '@migrator/messaging/nats';
import { systemClock } from '@migrator/service-kit/clock';
import { parseEnv, Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { createIdentity, serviceIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { freshDatabase, freshNamespace, testNatsUrl, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startSimulator, type TestSimulator } from '@migrator/testing/simulator';
import { startTenantService, type TenantService } from '../compose.js';
import { tenantServiceEnv, type TenantServiceConfig } from '../config.js';

const folder = join(process.cwd(), 'apps/tenant-service');
export const platformApp = { clientId: '6f1c0a52-7d3e-4b8a-9c41-2e5d8f7a1b30', secret: 'simulator-secret' };
export const newOrg = (): `org_${string}` => systemIds().next('org');

export interface Reply {
  status: number;
  // Answers are looked into by the test that knows the route.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  text: string;
  headers: Headers;
}

export class TenantWorld {
  readonly org = newOrg();
  /** Paths of the detach calls job-service got, and whether it answers. */
  readonly detached: string[] = [];
  jobServiceIsUp = true;
  service!: TenantService;

  private constructor(
    readonly config: TenantServiceConfig,
    readonly simulator: TestSimulator,
    readonly database: TestDatabase,
    readonly db: Database,
    private readonly identity: ReturnType<typeof createIdentity>,
    private readonly jobService: Server,
  ) {}

  static async start(): Promise<TenantWorld> {
    const [database, simulator] = await Promise.all([freshDatabase({ template: 'tenants', migrate: (url) => migrateDatabase({ url, schema: 'tenants', folder: join(folder, 'migrations') }) }), startSimulator()]);
    const key = randomBytes(32).toString('base64');
    const jobService = createServer();
    await new Promise<void>((resolve) => jobService.listen(0, '127.0.0.1', resolve));
    const config = parseEnv(tenantServiceEnv, {
      ...{ PORT: '0', PRIVATE_PORT: '0', DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NATS_URL: testNatsUrl(), INTERNAL_SIGNING_KEY: key, MESSAGING_NAMESPACE: freshNamespace(), LOG_LEVEL: 'silent' },
      ...{ JOB_SERVICE_URL: `http://127.0.0.1:${(jobService.address() as AddressInfo).port}`, SECRETS_KEY: randomBytes(32).toString('base64'), GRAPH_CLIENT_ID: platformApp.clientId, GRAPH_CLIENT_SECRET: platformApp.secret },
      ...{ PUBLIC_URL: 'http://localhost:3000', ENTRA_AUTHORITY: simulator.url, MICROSOFT_LAST_HOP: simulator.url, CONSENT_WAIT_SECONDS: '0' },
    });
    const world = new TenantWorld(config, simulator, database, openDatabase(database.url, { applicationName: 'test' }), createIdentity(new Secret(key), systemClock), jobService);
    jobService.on('request', (request, response) => {
      if (!world.jobServiceIsUp) {
        response.destroy();
        return;
      }
      world.detached.push(request.url ?? '');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ paused: [], draining: [] }));
    });
    world.service = await world.newService();
    return world;
  }

  newService(config = this.config): Promise<TenantService> {
    return startTenantService(config, createLogger('tenant-service', 'silent'), folder);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    const nats = await connectNats({ url: this.config.NATS_URL, namespace: this.config.MESSAGING_NAMESPACE, name: 'test', logger: createLogger('test', 'silent') });
    await nats.jsm.streams.delete(nats.stream('facts'));
    await nats.jsm.streams.delete(nats.stream('work'));
    await nats.close();
    this.jobService.closeAllConnections();
    await new Promise((resolve) => this.jobService.close(resolve));
    await this.db.close();
    await this.database.drop();
    await this.simulator.stop();
  }

  /** A tenant in the simulator, without consent. */
  async seed(domain: string, more: Record<string, unknown> = {}): Promise<{ id: string; userIds: Record<string, string> }> {
    return this.simulator.control('POST', '/tenants', { domain, displayName: domain, ...more });
  }

  async call(method: string, path: string, body?: unknown, { org = this.org, identity, accept = 'application/json' }: { org?: `org_${string}`; identity?: InternalIdentity | null; accept?: string } = {}): Promise<Reply> {
    const who: InternalIdentity | null = identity === undefined ? { org, actor: 'key:test', role: 'admin', scopes: ['read', 'write', 'admin'] } : identity;
    const response = await fetch(`${this.service.url}${path}`, {
      method,
      headers: { accept, ...(who === null ? {} : { [internalIdentityHeader]: await this.identity.sign(who) }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, body: response.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : undefined };
  }

  /** As another service. */
  internal(path: string, service: 'migration-worker' | 'job-service' = 'migration-worker'): Promise<Reply> {
    return this.call('GET', path, undefined, { identity: serviceIdentity(service, `req_${randomUUID()}`) });
  }

  /** Begins a connection, presses a button of the consent page, and says where that sends the browser. */
  async consent(domain: string, role: TenantRole, decision: string, { asTenant = domain, org = this.org }: { asTenant?: string; org?: `org_${string}` } = {}): Promise<URL> {
    const { body } = await this.call('POST', '/v1/tenants/connect', { domain, role }, { org });
    const address = new URL((body as { authUrl: string }).authUrl);
    const form = new URLSearchParams({ ...Object.fromEntries(address.searchParams), tenant: asTenant, decision });
    const answer = await fetch(`${address.origin}${address.pathname}`, { method: 'POST', body: form, redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '');
  }

  /** What the browser gets when it comes back; no identity, as through the gateway. */
  follow(location: URL, accept = 'application/json'): Promise<Reply> {
    return this.call('GET', `${location.pathname}${location.search}`, undefined, { identity: null, accept });
  }

  /** A connected tenant, through the consent page. */
  async connect(domain: string, role: TenantRole = 'source', org = this.org): Promise<Tenant> {
    const answer = await this.follow(await this.consent(domain, role, 'accept', { org }));
    if (answer.status !== 200) throw new Error(answer.text);
    const tenant = (await this.tenants(org)).find((each) => each.domain === domain && each.role === role);
    if (tenant === undefined) throw new Error(`${domain} is not in the list`);
    return tenant;
  }

  async tenants(org = this.org): Promise<Tenant[]> {
    return ((await this.call('GET', '/v1/tenants', undefined, { org })).body as { tenants: Tenant[] }).tenants;
  }

  /** The users, once the latest discovery has ended this way. */
  discovered(tenantId: string, status: 'DONE' | 'ERROR' = 'DONE', after?: string): Promise<Reply> {
    return eventually(`the discovery is ${status}`, async () => {
      const reply = await this.call('GET', `/v1/tenants/${tenantId}/users`);
      const { latestJob } = reply.body as { latestJob: { id: string; status: string } | null };
      return latestJob !== null && latestJob.status === status && (after === undefined || latestJob.id === after) ? reply : null;
    });
  }

  /** Rows in every table that a failed connection must leave empty. */
  async stored(): Promise<number> {
    const [row] = await this.db.sql<{ rows: number }[]>`select (select count(*) from tenants.tenants) + (select count(*) from tenants.credentials) + (select count(*) from tenants.discoveries) as rows`;
    return row?.rows ?? -1;
  }
}
