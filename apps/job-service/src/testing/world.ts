/** The whole service on real PostgreSQL, Redis and NATS, with the callers a test needs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Job } from '@migrator/contracts/api/jobs';
import { builtWorkloads, type WorkloadName } from '@migrator/contracts/api/tenants';
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { LiveMessage, UnitCounters, WorkPayload, WorkType } from '@migrator/contracts/events';
import { internalIdentityHeader, type InternalIdentity } from '@migrator/contracts/identity';
import type { Id } from '@migrator/contracts/ids';
import type { ClaimUnitAnswer, FinishUnitBody, UnitWork } from '@migrator/contracts/internal';
import { subscribeLive } from '@migrator/messaging/live';
import { connectNats, type Nats } from '@migrator/messaging/nats';
import { publishWork } from '@migrator/messaging/work';
import { systemClock } from '@migrator/service-kit/clock';
import { parseEnv, Secret } from '@migrator/service-kit/config';
import { migrateDatabase, openDatabase, type Database } from '@migrator/service-kit/database';
import { createIdentity, serviceIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createLogger, type Logger } from '@migrator/service-kit/logger';
import { createSeal, type Seal } from '@migrator/service-kit/seal';
import { eventually } from '@migrator/testing/eventually';
import { freshDatabase, freshNamespace, testNatsUrl, testRedisUrl, type TestDatabase } from '@migrator/testing/servers';
import { startJobService, type JobService } from '../compose.js';
import { jobServiceEnv, type JobServiceConfig } from '../config.js';
import { startTenantsStandIn, type TenantsStandIn } from './tenants-stand-in.js';

const folder = join(process.cwd(), 'apps/job-service');
const ids = systemIds();
export const newOrg = (): `org_${string}` => ids.next('org');

export interface Reply {
  status: number;
  // Answers are looked into by the test that knows the route.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  text: string;
  headers: Headers;
}

export interface CallOptions {
  org?: `org_${string}`;
  scopes?: ApiKeyScope[];
  identity?: InternalIdentity | null;
  /** The body is sent as it is, under this type. */
  contentType?: string;
}

/** An empty, migrated database of schema `jobs`. */
export const freshJobsDatabase = (): Promise<TestDatabase> => freshDatabase({ template: 'jobs', migrate: (url) => migrateDatabase({ url, schema: 'jobs', folder: join(folder, 'migrations') }) });

export class World {
  readonly org = newOrg();
  readonly services: JobService[] = [];
  readonly live: LiveMessage[] = [];
  private constructor(
    readonly config: JobServiceConfig,
    readonly logger: Logger,
    readonly database: TestDatabase,
    readonly db: Database,
    readonly nats: Nats,
    readonly tenants: TenantsStandIn,
    private readonly identity: ReturnType<typeof createIdentity>,
    private readonly runnable: readonly WorkloadName[],
  ) {
    subscribeLive(nats, (message) => this.live.push(message));
  }

  static async start({ services = 1, env = {}, runnable = builtWorkloads }: { services?: number; env?: Record<string, string>; runnable?: readonly WorkloadName[] } = {}): Promise<World> {
    const database = await freshJobsDatabase();
    const key = randomBytes(32).toString('base64');
    const identity = createIdentity(new Secret(key), systemClock);
    const tenants = await startTenantsStandIn(identity);
    const logger = createLogger('job-service', 'silent');
    const config = parseEnv(jobServiceEnv, {
      ...{ PORT: '0', PRIVATE_PORT: '0', DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NATS_URL: testNatsUrl(), INTERNAL_SIGNING_KEY: key },
      ...{ MESSAGING_NAMESPACE: freshNamespace(), TENANT_SERVICE_URL: tenants.url, LOG_LEVEL: 'silent', ...env },
    });
    const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'test', logger });
    const world = new World(config, logger, database, openDatabase(database.url, { applicationName: 'test' }), nats, tenants, identity, runnable);
    await Promise.all(Array.from({ length: services }, () => world.addService()));
    return world;
  }

  async addService(): Promise<JobService> {
    const service = await startJobService(this.config, this.logger, folder, this.runnable);
    this.services.push(service);
    return service;
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.nats.jsm.streams.delete(this.nats.stream('work'));
    await this.nats.jsm.streams.delete(this.nats.stream('facts'));
    await Promise.all([this.nats.close(), this.db.close(), this.tenants.stop()]);
    await this.database.drop();
  }

  /** A connected, discovered tenant with these people (the part before the @). */
  addTenant(role: 'source' | 'destination', people: readonly string[], { org = this.org, domain = role === 'source' ? 'src.example' : 'dst.example' }: { org?: `org_${string}`; domain?: string } = {}): Id<'ten'> {
    const id = ids.next('ten');
    const users = people.map((name) => ({ id: ids.next('dbu'), microsoftId: `${name}@${domain}/ms`, upn: `${name}@${domain}`, mail: null, displayName: name, kind: 'user' as const, hasMailbox: true, sizeBytes: 1000, itemCount: 10, accountEnabled: true, mailboxLicensed: true, driveLicensed: true, mailboxQuotaBytes: 50 * 1024 ** 3, drive: null }));
    this.tenants.tenants.set(id, { tenant: { id, orgId: org, domain, role, microsoftTenantId: `${id}/ms`, grantedRoles: [], discoveredAt: new Date().toISOString(), sharepointQuotaBytes: null, sharepointUsedBytes: null, onedriveQuotaPerUserBytes: null, sharingCapability: 'externalUserAndGuestSharing', skippedParts: [], businessHours: null }, users, sites: [], teams: [], groups: [], guests: [] });
    return id;
  }

  async call(method: string, path: string, body?: unknown, { org = this.org, scopes = ['read', 'write'], identity, contentType = 'application/json' }: CallOptions = {}): Promise<Reply> {
    const who: InternalIdentity | null = identity === undefined ? { org, actor: 'key:test', role: 'operator', scopes } : identity;
    const response = await fetch(`${this.services[0]?.url ?? ''}${path}`, {
      method,
      headers: { ...(who === null ? {} : { [internalIdentityHeader]: await this.identity.sign(who) }), ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, body: response.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : undefined };
  }

  /** As a worker seals. */
  seal(purpose: string): Seal {
    return createSeal(this.config.INTERNAL_SIGNING_KEY, purpose);
  }

  /** A call of another service. */
  internal(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.call(method, path, body, { identity: serviceIdentity('migration-worker', 'req_12345678', null) });
  }

  /** Creates an EMAIL job over these people, who exist on both sides, and returns its id. */
  async createJob(people: readonly string[], more: Record<string, unknown> = {}, org: `org_${string}` = this.org): Promise<string> {
    const reply = await this.call('POST', '/v1/jobs', { sourceTenantId: this.addTenant('source', people, { org }), destTenantId: this.addTenant('destination', people, { org }), type: 'EMAIL', ...more }, { org });
    if (reply.status !== 201) throw new Error(`The job was refused: ${reply.text}`);
    return (reply.body as { job: Job }).job.id;
  }

  async job(id: string, org = this.org): Promise<Job> {
    return ((await this.call('GET', `/v1/jobs/${id}`, undefined, { org })).body as { job: Job }).job;
  }

  async unitIds(jobId: string): Promise<string[]> {
    const rows = await this.db.sql<{ id: string }[]>`select id from jobs.units where job_id = ${jobId} order by id`;
    return rows.map(({ id }) => id);
  }

  async claim(unitId: string, leaseSeconds = 60): Promise<{ claim: number; work: UnitWork }> {
    const { body } = await this.internal('POST', `/internal/units/${unitId}/claim`, { workerId: 'w1', leaseSeconds });
    const answer = body as ClaimUnitAnswer;
    if (!answer.granted) throw new Error(`Not granted: ${JSON.stringify(answer)}`);
    return answer;
  }

  finish(unitId: string, claim: number, result: FinishUnitBody['result'], counters: UnitCounters = { total: 0, done: 0, error: 0, skipped: 0, bytes: 0 }, failure: FinishUnitBody['failure'] = null): Promise<Reply> {
    return this.internal('POST', `/internal/units/${unitId}/finish`, { claim, result, counters, failure } satisfies FinishUnitBody);
  }

  /** Claims and finishes a unit with `done` items. */
  async migrate(unitId: string, done = 3): Promise<void> {
    const { claim } = await this.claim(unitId);
    await this.finish(unitId, claim, 'done', { total: done, done, error: 0, skipped: 0, bytes: done * 100 });
  }

  /** Publishes a report as a worker does. */
  report<T extends WorkType>(type: T, unit: { jobId: string; unitId: string; claim: number }, payload: Omit<WorkPayload<T>, 'orgId' | 'jobId' | 'unitId' | 'claim' | 'at'>): Promise<{ seq: number }> {
    return publishWork(this.nats, type, { orgId: this.org, ...unit, at: new Date().toISOString(), ...payload } as unknown as WorkPayload<T>, randomBytes(12).toString('hex'));
  }

  /** Once the job has ended. */
  jobEnds(id: string, org = this.org): Promise<Job> {
    return eventually('the job to end', async () => {
      const job = await this.job(id, org);
      return (job.status === 'DONE' || job.status === 'ERROR') && job;
    });
  }

  /** Messages of the job's log, as stored. */
  async messages(jobId: string): Promise<string[]> {
    const rows = await this.db.sql<{ message: string }[]>`select message from jobs.log_lines where job_id = ${jobId} order by seq`;
    return rows.map(({ message }) => message);
  }
}
