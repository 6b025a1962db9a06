/** Composition root: the only file that constructs device-service's parts. */
import { join } from 'node:path';
import { connectNats } from '@migrator/messaging/nats';
import { openRedis } from '@migrator/messaging/queues';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createServiceApp } from '@migrator/service-kit/http';
import { createIdentity } from '@migrator/service-kit/identity';
import type { Logger } from '@migrator/service-kit/logger';
import { createMetrics } from '@migrator/service-kit/metrics';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import type { DeviceServiceConfig } from './config.js';

/** `folder` is the package's folder, for its migrations. */
export async function startDeviceService(config: DeviceServiceConfig, logger: Logger, folder: string): Promise<Program> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'devices', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'device-service' });
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'device-service', logger });
  const redis = openRedis(config.REDIS_URL, logger);
  const server = await startHttp(createServiceApp({ logger, identity: createIdentity(config.INTERNAL_SIGNING_KEY, systemClock), routes: [] }), { host: config.HOST, port: config.PORT });
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics: createMetrics('device-service'),
    checks: {
      postgres: async () => {
        await db.sql`select 1`;
      },
      nats: () => nats.check(),
      redis: async () => {
        await redis.ping();
      },
    },
  });
  logger.info({ url: server.url, privateUrl: health.url }, 'listening');
  return {
    stop: async () => {
      health.draining();
      await server.stop();
      redis.disconnect();
      await Promise.all([nats.close(), db.close()]);
      await health.stop(0);
    },
  };
}
