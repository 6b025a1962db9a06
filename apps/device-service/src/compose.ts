/** Composition root: the only file that constructs device-service's parts. */
import { join } from 'node:path';
import { connectNats } from '@migrator/messaging/nats';
import { createOutbox, startOutboxRelay } from '@migrator/messaging/outbox';
import { openRedis } from '@migrator/messaging/queues';
import { SharedRateLimit } from '@migrator/rate-limit/shared-rate-limit';
import { systemClock } from '@migrator/service-kit/clock';
import { createCursors } from '@migrator/service-kit/cursors';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createServiceApp } from '@migrator/service-kit/http';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import type { Logger } from '@migrator/service-kit/logger';
import { Counter, createMetrics, Gauge } from '@migrator/service-kit/metrics';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import { createAgentLimits } from './agents/agent-limits.js';
import { agentRoutes } from './agents/agent-routes.js';
import { checkInRoute } from './check-in/check-in-route.js';
import { makeCheckIn } from './check-in/check-in.js';
import { makeCancelCommand } from './commands/cancel-command.js';
import { makeCreateCommand } from './commands/create-command.js';
import { makeReportResult } from './commands/report-result.js';
import type { DeviceServiceConfig } from './config.js';
import { makeDeleteDevice } from './devices/delete-device.js';
import { deviceRoutes } from './devices/device-routes.js';
import { makeRegisterDevice } from './devices/register-device.js';
import { enrollmentRoutes } from './enrollment/enrollment-routes.js';

export interface DeviceService extends Program {
  url: string;
  privateUrl: string;
}

/** `folder` is the package's folder, for its migrations. */
export async function startDeviceService(config: DeviceServiceConfig, logger: Logger, folder: string): Promise<DeviceService> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'devices', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'device-service' });
  const { sql } = db;
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'device-service', logger });
  const redis = openRedis(config.REDIS_URL, logger, { commandTimeoutMs: 250, together: true });
  const clock = systemClock;
  const ids = systemIds();
  const outbox = createOutbox('devices', ids);
  const relay = await startOutboxRelay(sql, 'devices', nats, logger);
  const metrics = createMetrics('device-service');
  const countedShared = new Gauge({ name: 'migrator_devices_rate_limit_shared', help: '1 while agents are counted for all instances together, 0 while this instance counts alone', registers: [metrics] });
  const countedLocally = new Counter({ name: 'migrator_devices_rate_limit_local_total', help: 'Calls of agents let through on the count of this instance alone', registers: [metrics] });
  countedShared.set(1);
  const limits = createAgentLimits(
    new SharedRateLimit({
      ...{ redis, prefix: `${config.MESSAGING_NAMESPACE}:agents`, logger },
      onShared: (shared) => {
        countedShared.set(shared ? 1 : 0);
      },
      onLocal: () => {
        countedLocally.inc();
      },
    }),
    { perAddressMinute: config.ADDRESS_CALLS_PER_MINUTE, registrationsPerAddressMinute: config.ADDRESS_REGISTRATIONS_PER_MINUTE, perOrganisationMinute: config.ORGANISATION_CALLS_PER_MINUTE },
  );
  const routes = [
    ...enrollmentRoutes({ sql, clock }),
    checkInRoute({ limits, checkIn: makeCheckIn({ sql, leaseSeconds: config.COMMAND_LEASE_SECONDS, perDeviceMinute: config.DEVICE_CHECKINS_PER_MINUTE }) }),
    ...agentRoutes({
      limits,
      registerDevice: makeRegisterDevice({ sql, outbox, ids, clock }),
      reportResult: makeReportResult({ sql, outbox, clock }),
    }),
    ...deviceRoutes({
      ...{ sql, cursors: createCursors(config.INTERNAL_SIGNING_KEY, 'device-service') },
      ...{ deleteDevice: makeDeleteDevice({ sql, outbox, clock }), createCommand: makeCreateCommand({ sql, ids, clock }), cancelCommand: makeCancelCommand({ sql, outbox, clock }) },
    }),
  ];
  const server = await startHttp(createServiceApp({ logger, identity: createIdentity(config.INTERNAL_SIGNING_KEY, clock), routes }), { host: config.HOST, port: config.PORT });
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics,
    checks: {
      postgres: async () => {
        await sql`select 1`;
      },
      nats: () => nats.check(),
    },
    optionalChecks: {
      redis: async () => {
        await redis.ping();
      },
    },
  });
  logger.info({ url: server.url, privateUrl: health.url }, 'listening');
  return {
    url: server.url,
    privateUrl: health.url,
    stop: async () => {
      health.draining();
      await server.stop();
      await relay.stop();
      redis.disconnect();
      await nats.close();
      await db.close();
      await health.stop(0);
    },
  };
}
