/** Composition root: the only file that constructs the worker's parts. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createGovernor, createHttp, createLastHop, joinFleet } from '@migrator/graph-client';
import { subscribeControl } from '@migrator/messaging/live';
import { connectNats } from '@migrator/messaging/nats';
import { consumeQueue, openRedis } from '@migrator/messaging/queues';
import { openSharedStore } from '@migrator/messaging/shared-store';
import { publishWork } from '@migrator/messaging/work';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createIdentity } from '@migrator/service-kit/identity';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import { startPrivateListener, type Program } from '@migrator/service-kit/service';
import type { WorkerConfig } from './config.js';
import { Budget } from './engine/budget.js';
import { createWorkerMetrics } from './metrics.js';
import { ActiveUnits } from './units/active-units.js';
import { announceWorker } from './units/announcements.js';
import { createJobService } from './units/job-service.js';
import { createTenantPorts } from './units/tenant-ports.js';
import { createLedgerSeals } from './engine/ledger-seals.js';
import { makeWorkUnit } from './units/work-unit.js';
import { createWorkloads } from './workloads/registry.js';
import type { Workload } from './workloads/workload.js';

/** Sizes of the items whose transfer is under way, over all units: what holds the worker's memory flat. */
const bytesUnderWayMax = 64 * 1024 * 1024;

export interface Worker extends Program {
  readonly privateUrl: string;
  /** Names this process to job-service. */
  readonly workerId: string;
}

/** Migrates, connects and takes units; `folder` is the worker's own folder, with `migrations` in it. `workloads`: those of this build unless a test brings its own; `keepTenantsMs`: how long a tenant's credential is kept, a minute unless a test is in a hurry. */
export async function startWorker(config: WorkerConfig, logger: Logger, folder: string, workloads: ReadonlyMap<string, Workload> = createWorkloads({ clock: systemClock, log: logger }), keepTenantsMs?: number): Promise<Worker> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'worker', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'migration-worker', max: config.WORKER_UNITS + 4 });
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'migration-worker', logger });
  const redis = openRedis(config.REDIS_URL, logger);
  const identity = createIdentity(config.INTERNAL_SIGNING_KEY, systemClock);
  const jobClient = createInternalClient('job-service', config.JOB_SERVICE_URL, identity);
  const tenantClient = createInternalClient('tenant-service', config.TENANT_SERVICE_URL, identity);
  const http = createHttp(createLastHop(config.MICROSOFT_LAST_HOP));
  const active = new ActiveUnits();
  const metrics = createWorkerMetrics(() => active.size);
  const store = openSharedStore(config.REDIS_URL, logger);
  const fleet = joinFleet(store, config.MESSAGING_NAMESPACE, metrics.graph.fleet(logger));
  const governor = createGovernor({
    fleet,
    overrides: config.GRAPH_LIMITS,
    observer: {
      ...metrics.graph.governor,
      onRest: (rest) => {
        metrics.graph.governor.onRest?.(rest);
        active.throttled(rest, performance.now());
      },
    },
  });
  const workerId = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const jobs = createJobService(jobClient);
  const workUnit = makeWorkUnit({
    sql: db.sql,
    seals: createLedgerSeals(config.INTERNAL_SIGNING_KEY),
    jobs,
    ports: createTenantPorts({ tenants: tenantClient, http, governor, timeoutMs: config.GRAPH_TIMEOUT_SECONDS * 1_000, keepMs: keepTenantsMs }),
    workloads,
    publish: (type, payload, messageId) => publishWork(nats, type, payload, messageId),
    active,
    bytes: new Budget(bytesUnderWayMax),
    clock: systemClock,
    logger,
    workerId,
    leaseSeconds: config.LEASE_SECONDS,
    written: metrics.written,
  });
  const unsubscribe = subscribeControl(nats, (jobId) => void active.look(jobId));
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics: metrics.registry,
    checks: {
      postgres: async () => {
        await db.sql`select 1`;
      },
      redis: async () => {
        await redis.ping();
      },
      nats: () => nats.check(),
    },
  });
  const consumer = consumeQueue('units', { redisUrl: config.REDIS_URL, namespace: config.MESSAGING_NAMESPACE, logger }, config.WORKER_UNITS, workUnit);
  const takeLeave = announceWorker({ jobs, logger, workerId, units: config.WORKER_UNITS });
  logger.info({ privateUrl: health.url, units: config.WORKER_UNITS, workerId }, 'taking units');
  return {
    privateUrl: health.url,
    workerId,
    stop: async () => {
      health.draining();
      // Units end their batch in hand, store where they are and are released; the queue waits for that.
      active.stopAll();
      await Promise.all([takeLeave(), consumer.stop()]);
      unsubscribe();
      redis.disconnect();
      await governor.close();
      store.close();
      await Promise.all([jobClient.close(), tenantClient.close(), http.close(), nats.close()]);
      await db.close();
      await health.stop(0);
    },
  };
}
