/** Composition root: the only file that constructs the gateway's parts. */
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { connectNats } from '@migrator/messaging/nats';
import { publishAccessChanged, subscribeAccessChanged, subscribeLive } from '@migrator/messaging/live';
import { openRedis } from '@migrator/messaging/queues';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import { Counter, createMetrics, Gauge, Histogram } from '@migrator/service-kit/metrics';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import { createAuthenticator } from './access/authenticate.js';
import { createOpenStreams } from './access/open-streams.js';
import { startKeyUse } from './api-keys/key-use.js';
import { createAuditLog } from './audit/audit-log.js';
import type { GatewayConfig } from './config.js';
import { createForwarder } from './forwarding/forward.js';
import { joinCheckIns } from './forwarding/joined-check-ins.js';
import { createListener } from './http/listener.js';
import { createRouteTable } from './http/route-table.js';
import { createIdempotency } from './idempotency/idempotency.js';
import { LogHub } from './job-logs/log-hub.js';
import { logRoute } from './job-logs/log-route.js';
import { createLogSource } from './job-logs/log-source.js';
import { createOrganisationLookup } from './organisations/organisation-lookup.js';
import { createPeople } from './people/people-part.js';
import { platformRoutes } from './platform/platform-routes.js';
import { SharedRateLimit } from '@migrator/rate-limit/shared-rate-limit';
import { parseAddresses } from './transport-security.js';

/** How often every followed log is compared with the stored one, whatever NATS delivered. */
const resyncMs = 15_000;
const purgeMs = 600_000;
/** Redis counts requests: what it does not say at once is counted here. */
const redisPatienceMs = 250;

export async function startGateway(config: GatewayConfig, logger: Logger, folder: string): Promise<Program> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'gateway', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'api-gateway' });
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'api-gateway', logger });
  const identity = createIdentity(config.INTERNAL_SIGNING_KEY, systemClock);
  const jobs = createInternalClient('job-service', config.JOB_SERVICE_URL, identity);
  const devices = createInternalClient('device-service', config.DEVICE_SERVICE_URL, identity);
  const forwarder = createForwarder({ 'tenant-service': config.TENANT_SERVICE_URL, 'job-service': config.JOB_SERVICE_URL, 'device-service': config.DEVICE_SERVICE_URL }, identity);
  const logs = new LogHub({ source: createLogSource(jobs), logger });
  const unsubscribe = subscribeLive(nats, (message) => {
    logs.receive(message);
  });
  const resync = setInterval(() => {
    logs.resyncAll();
  }, resyncMs);
  const resyncOnReturn = async (): Promise<void> => {
    // Ends with the connection. What NATS lost while it was away is in the stored log.
    for await (const { type } of nats.connection.status()) if (type === 'reconnect') logs.resyncAll();
  };
  void resyncOnReturn();

  const { sql } = db;
  const clock = systemClock;
  const ids = systemIds();
  const redis = openRedis(config.REDIS_URL, logger, { commandTimeoutMs: redisPatienceMs });
  const metrics = createMetrics('api-gateway');
  const requests = new Histogram({ name: 'migrator_gateway_request_seconds', help: 'Requests by call of the contract, method and status', labelNames: ['call', 'method', 'status'], registers: [metrics] });
  const countedShared = new Gauge({ name: 'migrator_gateway_rate_limit_shared', help: '1 while requests are counted for all instances together, 0 while this instance counts alone', registers: [metrics] });
  const countedLocally = new Counter({ name: 'migrator_gateway_rate_limit_local_total', help: 'Requests let through on the count of this instance alone', registers: [metrics] });
  const signInsFailed = new Counter({ name: 'migrator_gateway_sign_ins_failed_total', help: 'Sign-ins with an unknown address or a wrong password', registers: [metrics] });
  countedShared.set(1);

  const keyUse = startKeyUse({ sql, clock, logger });
  const audit = createAuditLog({ sql, clock, ids });
  const idempotency = createIdempotency({ sql, clock, pepper: config.API_KEY_PEPPER });
  const organisations = createOrganisationLookup(sql);
  const forgetAccess = (): void => {
    authenticator.forget();
    streams.recheck();
  };
  const accessChanged = (): void => {
    forgetAccess();
    publishAccessChanged(nats);
  };
  const people = createPeople({
    ...{ sql, drizzle: db.drizzle, clock, ids, logger, audit, pepper: config.API_KEY_PEPPER, signingKey: config.INTERNAL_SIGNING_KEY, onAccessChanged: accessChanged, onSignInFailed: () => void signInsFailed.inc() },
    config: { publicUrl: config.PUBLIC_URL, sessionSecret: config.SESSION_SECRET, signUp: config.SIGN_UP, mail: { smtpUrl: config.SMTP_URL, from: config.MAIL_FROM, linksInLog: config.MAIL_LINKS_IN_LOG } },
  });
  const authenticator = createAuthenticator({ sql, keyUse, sessions: people.sessions, pepper: config.API_KEY_PEPPER, clock });
  const streams = createOpenStreams({ authenticator, logger });
  const unsubscribeAccess = subscribeAccessChanged(nats, forgetAccess);
  const purge = setInterval(() => {
    idempotency.purge().catch((error: unknown) => {
      logger.warn({ err: error }, 'old idempotency records could not be removed; tried again later');
    });
  }, purgeMs);
  const app = createListener({
    ...{ logger, authenticator, idempotency, audit, forwarder, sendCheckIn: joinCheckIns(devices), addressLimitPerMinute: config.ADDRESS_LIMIT_PER_MINUTE },
    routes: createRouteTable([...platformRoutes(config.PUBLIC_URL), logRoute({ logs, streams }), ...people.routes]),
    rateLimit: new SharedRateLimit({
      ...{ redis, prefix: `${config.MESSAGING_NAMESPACE}:rate`, logger },
      onShared: (shared) => {
        countedShared.set(shared ? 1 : 0);
      },
      onLocal: () => {
        countedLocally.inc();
      },
    }),
    transport: { allowInsecureLoopback: config.ALLOW_INSECURE_LOOPBACK, insecurePeers: parseAddresses(config.INSECURE_NETWORKS), trustedProxies: parseAddresses(config.TRUSTED_PROXIES) },
    crossOrigin: { origins: new Set(config.CORS_ORIGINS.split(',').map((origin) => origin.trim()).filter((origin) => origin !== '')), publicOrigin: new URL(config.PUBLIC_URL).origin },
    organisationExists: organisations.exists,
    onRequest: (call, method, status, seconds) => {
      requests.observe({ call, method, status }, seconds);
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
    optionalChecks: {
      redis: async () => {
        await redis.ping();
      },
    },
  });
  logger.info({ url: http.url, privateUrl: health.url }, 'listening');
  return {
    stop: async () => {
      health.draining();
      clearInterval(resync);
      clearInterval(purge);
      unsubscribe();
      unsubscribeAccess();
      streams.stop();
      await http.stop(5_000);
      await Promise.all([keyUse.stop(), people.close(), forwarder.close(), jobs.close(), devices.close(), nats.close()]);
      redis.disconnect();
      await db.close();
      await health.stop(0);
    },
  };
}
