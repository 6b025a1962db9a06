/** Composition root: the only file that constructs tenant-service's parts. */
import { join } from 'node:path';
import { createGovernor, createHttp, createLastHop, joinFleet } from '@migrator/graph-client';
import { connectNats } from '@migrator/messaging/nats';
import { createOutbox, startOutboxRelay } from '@migrator/messaging/outbox';
import { openRedis } from '@migrator/messaging/queues';
import { openSharedStore } from '@migrator/messaging/shared-store';
import { systemClock } from '@migrator/service-kit/clock';
import { migrateDatabase, openDatabase } from '@migrator/service-kit/database';
import { createCursors } from '@migrator/service-kit/cursors';
import { createServiceApp } from '@migrator/service-kit/http';
import { createIdentity } from '@migrator/service-kit/identity';
import { systemIds } from '@migrator/service-kit/ids';
import { createInternalClient } from '@migrator/service-kit/internal-client';
import type { Logger } from '@migrator/service-kit/logger';
import { startHttp, startPrivateListener, type Program } from '@migrator/service-kit/service';
import type { TenantServiceConfig } from './config.js';
import { makeAnswerCallback } from './consent/callback-answer.js';
import { makeCompleteConsent } from './consent/complete-consent.js';
import { makeConnectTenant } from './consent/connect-tenant.js';
import { ConsentStateRepository } from './consent/consent-state-repository.js';
import { makeStoreTenant } from './consent/store-tenant.js';
import { makeVerifyTenant } from './consent/verify-tenant.js';
import { CredentialRepository } from './credentials/credential-repository.js';
import { makeFindTenantApp } from './credentials/tenant-app.js';
import { createVault } from './credentials/vault.js';
import { startBackgroundLoop } from './background-loop.js';
import { DiscoveryRepository } from './discovery/discovery-repository.js';
import { PlaceRepository } from './discovery/place-repository.js';
import { makeRunDiscovery } from './discovery/run-discovery.js';
import { makeScanTenant } from './discovery/scan-tenant.js';
import { createTenantMetrics } from './metrics.js';
import { makeOpenMicrosoft } from './microsoft/organisation.js';
import { makeDisconnectTenant } from './tenants/disconnect-tenant.js';
import { makeReadThrottling } from './tenants/read-throttling.js';
import { TenantRepository } from './tenants/tenant-repository.js';
import { tenantRoutes } from './tenants/tenant-routes.js';

export interface TenantService extends Program {
  url: string;
  privateUrl: string;
}

/** `folder` is the package's folder, for its migrations. */
export async function startTenantService(config: TenantServiceConfig, logger: Logger, folder: string): Promise<TenantService> {
  await migrateDatabase({ url: config.DATABASE_URL, schema: 'tenants', folder: join(folder, 'migrations') });
  const db = openDatabase(config.DATABASE_URL, { applicationName: 'tenant-service' });
  const { sql } = db;
  const nats = await connectNats({ url: config.NATS_URL, namespace: config.MESSAGING_NAMESPACE, name: 'tenant-service', logger });
  const redis = openRedis(config.REDIS_URL, logger);
  const clock = systemClock;
  const ids = systemIds();
  const identity = createIdentity(config.INTERNAL_SIGNING_KEY, clock);
  const jobs = createInternalClient('job-service', config.JOB_SERVICE_URL, identity);
  const metrics = createTenantMetrics();
  const http = createHttp(createLastHop(config.MICROSOFT_LAST_HOP));
  const shared = openSharedStore(config.REDIS_URL, logger);
  const governor = createGovernor({ fleet: joinFleet(shared, config.MESSAGING_NAMESPACE, metrics.graph.fleet(logger)), overrides: config.GRAPH_LIMITS, observer: metrics.graph.governor });
  const openMicrosoft = makeOpenMicrosoft(http, governor);
  const outbox = createOutbox('tenants', ids);
  const tenants = new TenantRepository();
  const states = new ConsentStateRepository();
  const credentials = new CredentialRepository();
  const places = new PlaceRepository();
  const discoveries = new DiscoveryRepository(places);
  const vault = createVault(config.SECRETS_KEY);
  const platform = { clientId: config.GRAPH_CLIENT_ID, clientSecret: config.GRAPH_CLIENT_SECRET };
  const findApp = makeFindTenantApp({ sql, credentials, vault, platform });
  const relay = await startOutboxRelay(sql, 'tenants', nats, logger);
  const loop = startBackgroundLoop('discovery', makeRunDiscovery({ sql, tenants, discoveries, findApp, openMicrosoft, scan: makeScanTenant({ sql, discoveries, places }), outbox, clock, ids, logger }), logger);
  const wakeDiscovery = (): void => {
    loop.wake();
  };
  const verify = makeVerifyTenant({ openMicrosoft, clock, patienceMs: config.CONSENT_WAIT_SECONDS * 1000 });
  const store = makeStoreTenant({ sql, tenants, credentials, discoveries, vault, outbox, clock, ids, wakeDiscovery });
  const disconnecting = makeDisconnectTenant({ sql, tenants, jobs, outbox, clock, logger });
  const disconnects = startBackgroundLoop('disconnecting tenants', () => disconnecting.resume(), logger, 30_000);
  const routes = tenantRoutes({
    cursors: createCursors(config.INTERNAL_SIGNING_KEY, 'tenant-service'),
    sql,
    tenants,
    discoveries,
    places,
    findApp,
    readThrottling: makeReadThrottling({ store: shared, namespace: config.MESSAGING_NAMESPACE, clock }),
    wakeDiscovery,
    clock,
    ids,
    connect: makeConnectTenant({ sql, states, verify, store, clock, ids, consent: { clientId: config.GRAPH_CLIENT_ID, redirectUri: new URL('/v1/tenants/callback', config.PUBLIC_URL).href, authority: config.ENTRA_AUTHORITY } }),
    answerCallback: makeAnswerCallback({ complete: makeCompleteConsent({ sql, states, verify, store, platform, clock }), dashboardUrl: config.DASHBOARD_URL === '' ? null : config.DASHBOARD_URL }),
    disconnect: disconnecting.disconnect,
  });
  const server = await startHttp(createServiceApp({ logger, identity, routes }), { host: config.HOST, port: config.PORT });
  const health = await startPrivateListener({
    host: config.PRIVATE_HOST,
    port: config.PRIVATE_PORT,
    metrics: metrics.registry,
    checks: {
      postgres: async () => {
        await sql`select 1`;
      },
      nats: () => nats.check(),
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
      await Promise.all([loop.stop(), disconnects.stop()]);
      await relay.stop();
      redis.disconnect();
      await governor.close();
      shared.close();
      await Promise.all([jobs.close(), nats.close(), http.close()]);
      await db.close();
      await health.stop(0);
    },
  };
}
