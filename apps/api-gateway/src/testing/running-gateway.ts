/** The whole gateway, as it is composed, on servers of its own kind; in front of a job-service that serves one stored log over HTTP. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { LiveMessage } from '@migrator/contracts/events';
import type { Id } from '@migrator/contracts/ids';
import { publishLive } from '@migrator/messaging/live';
import { connectNats, type Nats } from '@migrator/messaging/nats';
import { systemClock } from '@migrator/service-kit/clock';
import { parseEnv, Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { createServiceApp, type Call } from '@migrator/service-kit/http';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createLogger } from '@migrator/service-kit/logger';
import type { Program } from '@migrator/service-kit/service';
import { freshDatabase, freshNamespace, testNatsUrl, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startTcpProxy, type TcpProxy } from '@migrator/testing/tcp-proxy';
import { hashKey, newKeyText } from '../api-keys/api-key.js';
import { startGateway } from '../compose.js';
import { gatewayEnv } from '../config.js';
import { StoredLog } from './stored-log.js';

const folder = join(process.cwd(), 'apps/api-gateway');
const logger = createLogger('test', 'silent');
const secret = (): string => randomBytes(32).toString('base64');
const ids = systemIds();

/** The gateway is told its own address, so its port must be known before it listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class RunningGateway {
  private constructor(
    readonly log: StoredLog,
    readonly url: string,
    readonly db: Database,
    private readonly program: Program,
    readonly publisher: Nats,
    private readonly parts: { database: TestDatabase; natsProxy: TcpProxy; jobs: Server; jobsPort: number; pepper: Secret },
  ) {}

  static async start(): Promise<RunningGateway> {
    const database = await freshDatabase({ template: 'gateway', migrate: (url) => migrateDatabase({ url, schema: 'gateway', folder: join(folder, 'migrations') }) });
    const natsProxy = await startTcpProxy(Number(new URL(testNatsUrl()).port));
    const namespace = freshNamespace();
    const [signingKey, pepper] = [secret(), secret()];
    const log = new StoredLog();
    const app = createServiceApp({
      logger,
      identity: createIdentity(new Secret(signingKey), systemClock),
      routes: [
        {
          ...{ method: 'GET', path: '/internal/orgs/:org/jobs/:id/logs', access: 'service' },
          handle: async ({ params, query }: Call) => {
            const after = typeof query['afterId'] === 'string' ? { id: query['afterId'] } : { seq: Number(query['after']) };
            return { status: 200, body: await log.page(params['org'] ?? '', params['id'] ?? '', after, Number(query['limit'])) };
          },
        },
      ],
    });
    const [port, privatePort] = [await freePort(), await freePort()];
    const jobs = createServer(app);
    await new Promise<void>((resolve) => jobs.listen(0, '127.0.0.1', resolve));
    const jobsPort = (jobs.address() as AddressInfo).port;
    const backend = `http://127.0.0.1:${jobsPort}`;
    const url = `http://127.0.0.1:${port}`;
    const config = parseEnv(gatewayEnv, {
      ...{ LOG_LEVEL: 'silent', PORT: String(port), PRIVATE_PORT: String(privatePort), DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NATS_URL: `nats://127.0.0.1:${natsProxy.port}`, MESSAGING_NAMESPACE: namespace },
      ...{ INTERNAL_SIGNING_KEY: signingKey, API_KEY_PEPPER: pepper, SESSION_SECRET: secret(), SIGN_UP: 'open', ALLOW_INSECURE_LOOPBACK: 'true', PUBLIC_URL: url },
      ...{ TENANT_SERVICE_URL: backend, JOB_SERVICE_URL: backend, DEVICE_SERVICE_URL: backend },
    });
    const program = await startGateway(config, logger, folder);
    const publisher = await connectNats({ url: testNatsUrl(), namespace, name: 'job-service', logger });
    return new RunningGateway(log, url, openDatabase(database.url, { applicationName: 'gateway test' }), program, publisher, { database, natsProxy, jobs, jobsPort, pepper: new Secret(pepper) });
  }

  /** An organisation, or another key of it. */
  async key(scopes: ApiKeyScope[] = ['read', 'write', 'admin'], orgId: Id<'org'> = ids.next('org')): Promise<{ orgId: Id<'org'>; keyId: Id<'key'>; authorization: string }> {
    const keyId = ids.next('key');
    const text = newKeyText();
    await this.db.sql`insert into gateway.organisations (id, name) values (${orgId}, 'Test') on conflict do nothing`;
    await this.db.sql`insert into gateway.api_keys (id, org_id, name, key_hash, last4, scopes) values (${keyId}, ${orgId}, 'test key', ${hashKey(text, this.parts.pepper)}, ${text.slice(-4)}, ${scopes})`;
    return { orgId, keyId, authorization: `Bearer ${text}` };
  }

  /** Publishes as job-service does. */
  publish(message: LiveMessage): void {
    publishLive(this.publisher, message);
  }

  /** The gateway has no connection to NATS, and what is published meanwhile is lost to it. */
  natsDown(): void {
    this.parts.natsProxy.cut();
  }

  natsUp(): void {
    this.parts.natsProxy.mend();
  }

  /** Its connections end and its port refuses. */
  async jobsDown(): Promise<void> {
    const { jobs } = this.parts;
    jobs.closeAllConnections();
    await new Promise((resolve) => jobs.close(resolve));
  }

  async jobsUp(): Promise<void> {
    const { jobs, jobsPort } = this.parts;
    await new Promise<void>((resolve) => jobs.listen(jobsPort, '127.0.0.1', resolve));
  }

  /** Stops the gateway alone. */
  stop(): Promise<void> {
    return this.program.stop();
  }

  async close({ stopped = false } = {}): Promise<void> {
    const { database, natsProxy, jobs } = this.parts;
    if (!stopped) await this.stop();
    await this.publisher.close();
    jobs.closeAllConnections();
    await new Promise((resolve) => jobs.close(resolve));
    await natsProxy.close();
    await this.db.close();
    await database.drop();
  }
}
