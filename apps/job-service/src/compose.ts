/** Composition root: the only file that constructs job-service's parts. */
import { join } from 'node:path';
import { builtWorkloads, type WorkloadName } from '@migrator/contracts/api/tenants';
import { connectNats } from '@migrator/messaging/nats';
import { createOutbox, startOutboxRelay } from '@migrator/messaging/outbox';
import { openQueue, openRedis } from '@migrator/messaging/queues';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import { Counter, createMetrics, Gauge } from '@migrator/service-kit/metrics';
import { createSeal } from '@migrator/service-kit/seal';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import { createJobServiceApp } from './app.js';
import type { JobServiceConfig } from './config.js';
import { dispatch } from './dispatch/dispatcher.js';
import { makePurgeDeleted } from './dispatch/purge-deleted.js';
import { endJobs, makeSweep } from './dispatch/sweep.js';
import { createDryRunReader } from './dry-run/dry-run-result.js';
import { createEstimateReader } from './estimate/estimate-reader.js';
import { recentEstimates } from './estimate/recent-estimates.js';
import { makeSamplePace } from './estimate/sample-pace.js';
import { makeKeepIdentities } from './identities/keep-identities.js';
import { makeReadIdentities } from './identities/read-identities.js';
import { createItemReader } from './items/item-reader.js';
import { createLinkReader } from './links/link-reader.js';
import { makeCreateJobs } from './jobs/create-jobs.js';
import { makeDeleteJob } from './jobs/delete-job.js';
import { makeChangeJobs } from './jobs/job-change.js';
import { createJobReader } from './jobs/job-reader.js';
import { makePauseJob } from './jobs/pause-job.js';
import { makeResumeJob } from './jobs/resume-job.js';
import { startLeadership } from './leadership/leadership.js';
import { createLivePublisher } from './live/live-publisher.js';
import { recordPublished, repairLive } from './live/repair-live.js';
import { makeReadLog } from './logs/read-log.js';
import { makeListMappings } from './mappings/mapping-list.js';
import { makeReplaceMappings } from './mappings/replace-mappings.js';
import { createCursors } from '@migrator/service-kit/cursors';
import { makeCreatePass } from './passes/create-pass.js';
import { createPassReader } from './passes/pass-reader.js';
import { makeRunPreflight } from './preflight/run-preflight.js';
import { project, workStreamState } from './projector/projector.js';
import { makeDetachTenant } from './tenants/detach-tenant.js';
import { recentHours } from './tenants/recent-hours.js';
import { createTenantDirectory } from './tenants/tenant-directory.js';
import { makeAnnounceWorker } from './units/announce-worker.js';
import { createReportReader } from './verification/report-reader.js';
import { makeClaimUnit } from './units/claim-unit.js';
import { makeFinishUnit } from './units/finish-unit.js';
import { makeRenewUnit } from './units/renew-unit.js';
import { createUnitReader } from './units/unit-reader.js';
import { AppError } from '@migrator/contracts/errors';
import { linksPurpose } from '@migrator/contracts/links';

/** How often the job rows are told what this instance has published. */
const recordPublishedMs = 500;

export interface JobService extends Program {
  readonly url: string;
  readonly privateUrl: string;
}

/** Migrates, connects and listens; `folder` is the service's own folder, with `migrations` in it, `runnable` what jobs it takes. */
export async function startJobService(config: JobServiceConfig, logger: Logger, folder: string, runnable: readonly WorkloadName[] = builtWorkloads): Promise<JobService> {
  const clock = systemClock;
  const ids = systemIds();
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'jobs', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'job-service', max: 16 });
  const { sql } = db;
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'job-service', logger });
  const redis = openRedis(config.REDIS_URL, logger);
  const queue = openQueue('units', { redisUrl: config.REDIS_URL, namespace: config.MESSAGING_NAMESPACE, logger });
  const identity = createIdentity(config.INTERNAL_SIGNING_KEY, clock);
  const tenantClient = createInternalClient('tenant-service', config.TENANT_SERVICE_URL, identity);
  const tenants = createTenantDirectory(tenantClient);
  const outbox = createOutbox('jobs', ids);
  const relay = await startOutboxRelay(sql, 'jobs', nats, logger);
  const live = createLivePublisher(nats);
  const change = makeChangeJobs({ sql, outbox, live, clock });
  const lastWorkSequence = async (): Promise<number> => {
    try {
      return (await workStreamState(nats)).lastSequence;
    } catch (cause) {
      throw new AppError('SERVICE_UNAVAILABLE', { publicMessage: 'The message bus does not answer right now.', retryAfterSeconds: 2, cause });
    }
  };

  const keepIdentities = makeKeepIdentities({ sql, clock, tenants });
  const estimates = recentEstimates(createEstimateReader({ sql, clock, overrides: config.GRAPH_LIMITS, tenantHours: recentHours({ tenants }) }));
  const app = createJobServiceApp({
    logger,
    identity,
    deps: {
      ...{ sql, jobs: createJobReader(sql), units: createUnitReader(sql), items: createItemReader(sql), passes: createPassReader(sql), links: createLinkReader(sql, createSeal(config.INTERNAL_SIGNING_KEY, linksPurpose)), reports: createReportReader(sql), cursors: createCursors(config.INTERNAL_SIGNING_KEY, 'job-service') },
      ...{ createJobs: makeCreateJobs({ sql, outbox, ids, clock, tenants, runnable, keepIdentities }), pauseJob: makePauseJob({ change }), resumeJob: makeResumeJob({ sql, change, tenants }), deleteJob: makeDeleteJob({ change, outbox }) },
      ...{ listMappings: makeListMappings({ sql, tenants }), replaceMappings: makeReplaceMappings({ sql, clock, tenants, keepIdentities }), runPreflight: makeRunPreflight({ sql, clock, tenants }) },
      ...{ createPass: makeCreatePass({ sql, change, outbox, ids, tenants, keepIdentities }), readLog: makeReadLog({ sql }), detachTenant: makeDetachTenant({ sql, change }) },
      ...{ estimates, dryRuns: createDryRunReader({ sql, estimates }), announceWorker: makeAnnounceWorker({ sql }) },
      ...{ claimUnit: makeClaimUnit({ change }), renewUnit: makeRenewUnit({ sql }), finishUnit: makeFinishUnit({ change, lastWorkSequence }), readIdentities: makeReadIdentities({ sql }) },
    },
  });

  const metrics = createMetrics('job-service');
  const leading = new Gauge({ name: 'migrator_jobs_leading', help: '1 while this instance has the role', labelNames: ['role'], registers: [metrics] });
  const reportsStored = new Counter({ name: 'migrator_jobs_reports_stored_total', help: 'Work reports stored by this instance', registers: [metrics] });
  const dueUnits = new Gauge({ name: 'migrator_jobs_due_units', help: 'Units due at the last look, up to the window', registers: [metrics] });
  const asLeader = (role: string, work: (signal: AbortSignal) => Promise<void>) =>
    startLeadership({
      databaseUrl: config.DATABASE_URL,
      name: role,
      logger,
      lead: async (signal) => {
        leading.set({ role }, 1);
        try {
          await work(signal);
        } finally {
          leading.set({ role }, 0);
        }
      },
    });
  const sweep = makeSweep({ sql, change, logger, repairLive: () => repairLive(sql, live), purgeDeleted: makePurgeDeleted({ sql }), samplePace: makeSamplePace({ sql }) });
  const dispatcher = asLeader('dispatcher', (signal) => dispatch({ sql, queue, logger, sweep, window: config.QUEUE_WINDOW_UNITS, onRefill: (units) => { dueUnits.set(units); } }, signal));
  const projector = asLeader('projector', (signal) => project({ sql, nats, ids, live, logger, endJobs: () => endJobs(sql, change), onStored: (reports) => { reportsStored.inc(reports); } }, signal));
  const record = async (): Promise<void> => {
    await recordPublished(sql, live).catch((error: unknown) => {
      logger.warn({ err: error }, 'what was published could not be noted; some of it is published again');
    });
  };
  const recorder = setInterval(() => void record(), recordPublishedMs);

  const http = await startHttp(app, { host: config.HOST, port: config.PORT });
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics,
    checks: {
      postgres: async () => {
        await sql`select 1`;
      },
      redis: async () => {
        await redis.ping();
      },
      nats: () => nats.check(),
    },
  });
  logger.info({ url: http.url, privateUrl: health.url }, 'listening');
  return {
    url: http.url,
    privateUrl: health.url,
    stop: async () => {
      health.draining();
      await http.stop(5_000);
      await Promise.all([dispatcher.stop(), projector.stop()]);
      clearInterval(recorder);
      await record();
      await relay.stop();
      redis.disconnect();
      await Promise.all([queue.close(), tenantClient.close(), nats.close()]);
      await db.close();
      await health.stop(0);
    },
  };
}
