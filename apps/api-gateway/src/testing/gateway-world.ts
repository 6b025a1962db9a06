/** The gateway's door on real PostgreSQL and Redis, in front of services that a test writes as it needs them. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Endpoint } from '@migrator/contracts/endpoint';
import { endpoints } from '@migrator/contracts/endpoints/all';
import type { Id } from '@migrator/contracts/ids';
import { openRedis, type Redis } from '@migrator/messaging/queues';
import { systemClock } from '@migrator/service-kit/clock';
import { Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { createServiceApp, type RouteSpec } from '@migrator/service-kit/http';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import { createLogger } from '@migrator/service-kit/logger';
import { freshDatabase, freshNamespace, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startTcpProxy, type TcpProxy } from '@migrator/testing/tcp-proxy';
import { createAuthenticator, type Authenticator } from '../access/authenticate.js';
import { hashKey, newKeyText } from '../api-keys/api-key.js';
import { startKeyUse, type KeyUse } from '../api-keys/key-use.js';
import { createAuditLog } from '../audit/audit-log.js';
import { createForwarder, type Forwarder } from '../forwarding/forward.js';
import { joinCheckIns } from '../forwarding/joined-check-ins.js';
import { createListener } from '../http/listener.js';
import { createRouteTable } from '../http/route-table.js';
import { createIdempotency } from '../idempotency/idempotency.js';
import { createOrganisationLookup } from '../organisations/organisation-lookup.js';
import { platformRoutes } from '../platform/platform-routes.js';
import { SharedRateLimit } from '@migrator/rate-limit/shared-rate-limit';
import { parseAddresses } from '../transport-security.js';

const signingKey = new Secret(randomBytes(32).toString('base64'));
const pepper = new Secret(randomBytes(32).toString('base64'));
const ids = systemIds();

export interface Reply {
  status: number;
  // Answers are looked into by the test that knows the call.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  text: string;
  headers: Headers;
}

/** One gateway process, so to speak. */
export interface Door {
  url: string;
  authenticator: Authenticator;
  /** Requests that were counted by this instance alone. */
  countedLocally: number;
  close(): Promise<void>;
}

export class GatewayWorld {
  readonly doors: Door[] = [];
  private constructor(
    readonly database: TestDatabase,
    readonly db: Database,
    readonly redisProxy: TcpProxy,
    private readonly backend: Server,
    private readonly contract: readonly Endpoint[],
    private readonly namespace: string,
    private readonly cleanUp: (() => Promise<void> | void)[],
  ) {}

  /** `routes` stand behind the gateway for all three services; `contract`: the calls that are open, besides the platform's own. */
  static async start(routes: readonly RouteSpec[], contract: readonly Endpoint[]): Promise<GatewayWorld> {
    const folder = join(process.cwd(), 'apps/api-gateway/migrations');
    const database = await freshDatabase({ template: 'gateway', migrate: (url) => migrateDatabase({ url, schema: 'gateway', folder }) });
    const db = openDatabase(database.url, { applicationName: 'gateway test', max: 8 });
    const redisProxy = await startTcpProxy(Number(new URL(testRedisUrl()).port));
    const app = createServiceApp({ logger: createLogger('backend', 'silent'), identity: createIdentity(signingKey, systemClock), routes });
    const backend = createServer(app);
    await new Promise<void>((resolve) => {
      backend.listen(0, '127.0.0.1', resolve);
    });
    const world = new GatewayWorld(database, db, redisProxy, backend, [...endpoints.filter(({ tag }) => tag === 'Platform'), ...contract], freshNamespace(), []);
    await world.open();
    return world;
  }

  /** Another instance on the same servers. */
  async open({ backendUrl = this.backendUrl, addressLimitPerMinute = 1_000, origins = [] }: { backendUrl?: string; addressLimitPerMinute?: number; origins?: string[] } = {}): Promise<Door> {
    const logger = createLogger('api-gateway', 'silent');
    const { sql } = this.db;
    const redis: Redis = openRedis(`redis://127.0.0.1:${this.redisProxy.port}`, logger, { commandTimeoutMs: 250 });
    if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve));
    const keyUse: KeyUse = startKeyUse({ sql, clock: systemClock, logger });
    const authenticator = createAuthenticator({ sql, keyUse, sessions: { find: () => Promise.resolve(null) }, pepper, clock: systemClock });
    const identity = createIdentity(signingKey, systemClock);
    const forwarder: Forwarder = createForwarder({ 'tenant-service': backendUrl, 'job-service': backendUrl, 'device-service': backendUrl }, identity);
    const devices = createInternalClient('device-service', backendUrl, identity);
    const listener = createListener({
      ...{ logger, authenticator, forwarder, sendCheckIn: joinCheckIns(devices), addressLimitPerMinute },
      routes: createRouteTable(platformRoutes('https://migrator.example'), this.contract),
      rateLimit: new SharedRateLimit({
        ...{ redis, prefix: `${this.namespace}:rate`, logger },
        onShared: () => undefined,
        onLocal: () => {
          door.countedLocally += 1;
        },
      }),
      idempotency: createIdempotency({ sql, clock: systemClock, pepper }),
      audit: createAuditLog({ sql, clock: systemClock, ids }),
      transport: { allowInsecureLoopback: true, insecurePeers: parseAddresses(''), trustedProxies: parseAddresses('') },
      crossOrigin: { origins: new Set(origins), publicOrigin: 'https://migrator.example' },
      organisationExists: createOrganisationLookup(sql).exists,
      onRequest: () => undefined,
    });
    const server = createServer(listener);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const door: Door = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      authenticator,
      countedLocally: 0,
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await Promise.all([keyUse.stop(), forwarder.close(), devices.close()]);
        redis.disconnect();
      },
    };
    this.doors.push(door);
    return door;
  }

  get backendUrl(): string {
    return `http://127.0.0.1:${(this.backend.address() as AddressInfo).port}`;
  }

  /** An organisation with a key. */
  async organisation({ scopes = ['read', 'write', 'admin'], perMinute = 100_000, expiresAt = null }: { scopes?: ApiKeyScope[]; perMinute?: number; expiresAt?: Date | null } = {}): Promise<{ id: Id<'org'>; key: string; keyId: Id<'key'> }> {
    const id = ids.next('org');
    const keyId = ids.next('key');
    const key = newKeyText();
    await this.db.sql`insert into gateway.organisations (id, name, rate_limit_per_minute) values (${id}, 'Test', ${perMinute})`;
    await this.db.sql`insert into gateway.api_keys (id, org_id, name, key_hash, last4, scopes, expires_at) values (${keyId}, ${id}, 'test key', ${hashKey(key, pepper)}, ${key.slice(-4)}, ${scopes}, ${expiresAt})`;
    return { id, key, keyId };
  }

  async call(method: string, path: string, { key, body, headers = {}, door = this.doors[0] }: { key?: string; body?: unknown; headers?: Record<string, string>; door?: Door | undefined } = {}): Promise<Reply> {
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${door?.url ?? ''}${path}`, {
      method,
      headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    let parsed: unknown = null;
    if (response.headers.get('content-type')?.startsWith('application/json') === true) parsed = JSON.parse(answer);
    return { status: response.status, body: parsed, text: answer, headers: response.headers };
  }

  onClose(work: () => Promise<void> | void): void {
    this.cleanUp.push(work);
  }

  async close(): Promise<void> {
    for (const work of this.cleanUp) await work();
    await Promise.all(this.doors.map((door) => door.close()));
    this.backend.closeAllConnections();
    await new Promise((resolve) => this.backend.close(resolve));
    await this.redisProxy.close();
    await this.db.close();
    await this.database.drop();
  }
}
