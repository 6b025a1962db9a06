/** Composition root: the only file that constructs the gateway's parts. */
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { connectNats } from '@migrator/messaging/nats';
import { subscribeLive } from '@migrator/messaging/live';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createIdentity } from '@migrator/service-kit/identity';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import { createMetrics, Histogram } from '@migrator/service-kit/metrics';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import { ApiKeyRepository } from './api-keys/api-key-repository.js';
import { makeAuthenticate } from './api-keys/authenticate.js';
import { createGatewayApp } from './app.js';
import type { GatewayConfig } from './config.js';
import { createForwarder } from './forwarding/forward.js';
import { LogHub } from './job-logs/log-hub.js';
import { createLogSource } from './job-logs/log-source.js';
import { parseProxies } from './transport-security.js';

/** How often every followed log is compared with the stored one, whatever NATS delivered. */
const resyncMs = 15_000;

export async function startGateway(config: GatewayConfig, logger: Logger, folder: string): Promise<Program> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'gateway', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'api-gateway' });
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'api-gateway', logger });
  const identity = createIdentity(config.INTERNAL_SIGNING_KEY, systemClock);
  const jobs = createInternalClient('job-service', config.JOB_SERVICE_URL, identity);
  const forwarder = createForwarder({ 'tenant-service': config.TENANT_SERVICE_URL, 'job-service': config.JOB_SERVICE_URL, 'device-service': config.DEVICE_SERVICE_URL }, identity);
  const logs = new LogHub({ source: createLogSource(jobs), logger });
  const unsubscribe = subscribeLive(nats, (message) => {
    logs.receive(message);
  });
  const resync = setInterval(() => {
    logs.resyncAll();
  }, resyncMs);

  const metrics = createMetrics('api-gateway');
  const requests = new Histogram({ name: 'migrator_gateway_request_seconds', help: 'Requests by method and status', labelNames: ['method', 'status'], registers: [metrics] });
  const app = createGatewayApp({
    logger,
    authenticate: makeAuthenticate({ sql: db.sql, keys: new ApiKeyRepository(), pepper: config.API_KEY_PEPPER, clock: systemClock, logger }),
    forwarder,
    logs,
    transport: { allowInsecureLoopback: config.ALLOW_INSECURE_LOOPBACK, insecurePeers: parseProxies(config.INSECURE_NETWORKS), trustedProxies: parseProxies(config.TRUSTED_PROXIES) },
    onRequest: (method, status, seconds) => {
      requests.observe({ method, status }, seconds);
    },
  });
  const tls = config.TLS_CERT_FILE === undefined || config.TLS_KEY_FILE === undefined ? undefined : createTlsServer({ cert: readFileSync(config.TLS_CERT_FILE), key: readFileSync(config.TLS_KEY_FILE) });
  const http = await startHttp(app, { host: config.HOST, port: config.PORT, ...(tls === undefined ? {} : { server: tls }) });
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics,
    checks: {
      postgres: async () => {
        await db.sql`select 1`;
      },
      nats: () => nats.check(),
    },
  });
  logger.info({ url: http.url, privateUrl: health.url }, 'listening');
  return {
    stop: async () => {
      health.draining();
      clearInterval(resync);
      unsubscribe();
      await http.stop(5_000);
      await Promise.all([forwarder.close(), jobs.close(), nats.close(), db.close()]);
      await health.stop(0);
    },
  };
}
