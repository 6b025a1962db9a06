/** Public and internal routes of tenants. */
import { connectTenantBody, connectTenantAnswer, getTenantAnswer, listTenantsAnswer, discoverAnswer } from '@migrator/contracts/api/tenants';
import { AppError, parse } from '@migrator/contracts/errors';
import { isId } from '@migrator/contracts/ids';
import { internalTenantSchema, internalUsersAnswer, tenantCredentialSchema } from '@migrator/contracts/internal';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { accepted, ok, streamed, type Call, type RouteSpec } from '@migrator/service-kit/http';
import type { Ids } from '@migrator/service-kit/ids';
import { renderCallbackPage, type CallbackPage } from '../consent/callback-page.js';
import type { makeCompleteConsent } from '../consent/complete-consent.js';
import type { makeConnectTenant } from '../consent/connect-tenant.js';
import { readCallback } from '../consent/consent-state.js';
import { ConsentFailed } from '../consent/verify-tenant.js';
import type { FindTenantApp } from '../credentials/tenant-app.js';
import type { DiscoveryRepository } from '../discovery/discovery-repository.js';
import type { makeDisconnectTenant } from './disconnect-tenant.js';
import { listUsersRoute } from './list-users-route.js';
import { toPublicTenant } from './tenant.js';
import type { TenantRepository } from './tenant-repository.js';

export interface TenantRoutesDeps {
  sql: Sql;
  tenants: TenantRepository;
  discoveries: DiscoveryRepository;
  connect: ReturnType<typeof makeConnectTenant>;
  complete: ReturnType<typeof makeCompleteConsent>;
  disconnect: ReturnType<typeof makeDisconnectTenant>;
  findApp: FindTenantApp;
  wakeDiscovery: () => void;
  clock: Clock;
  ids: Ids;
}

const internalPage = 1_000;

export function tenantRoutes(deps: TenantRoutesDeps): RouteSpec[] {
  const { sql, tenants, discoveries, connect, complete, disconnect, findApp, wakeDiscovery, clock, ids } = deps;
  const id = (call: Call): string => call.params['id'] ?? '';
  const org = (call: Call): string => call.params['org'] ?? '';
  return [
    {
      method: 'POST',
      path: '/v1/tenants/connect',
      access: 'organisation',
      scope: 'admin',
      handle: async (call) => ok(connectTenantAnswer.parse(await connect({ ...parse(connectTenantBody, call.body), orgId: call.org }))),
    },
    { method: 'GET', path: '/v1/tenants/callback', access: 'public', handle: (call) => answerCallback(call, complete) },
    { method: 'GET', path: '/v1/tenants', access: 'organisation', scope: 'read', handle: async (call) => ok(listTenantsAnswer.parse({ tenants: (await tenants.list(sql, call.org)).map(toPublicTenant) })) },
    { method: 'GET', path: '/v1/tenants/:id', access: 'organisation', scope: 'read', handle: async (call) => ok(getTenantAnswer.parse({ tenant: toPublicTenant(await tenants.get(sql, call.org, id(call))) })) },
    listUsersRoute({ sql, tenants, discoveries }),
    // Discovery looks for mailboxes alone in this release: what has been found of these is nothing, and stays so until it looks.
    {
      method: 'POST',
      path: '/v1/tenants/:id/discover',
      access: 'organisation',
      scope: 'write',
      handle: async (call) => {
        const tenant = await tenants.get(sql, call.org, id(call));
        const job = await inTransaction(sql, (tx) => discoveries.enqueue(tx, ids.next('dis'), tenant.id, clock.now()));
        wakeDiscovery();
        return accepted(discoverAnswer.parse({ job: { id: job.id, status: job.status } }));
      },
    },
    {
      method: 'DELETE',
      path: '/v1/tenants/:id',
      access: 'organisation',
      scope: 'admin',
      handle: async (call) => {
        await disconnect({ orgId: call.org, tenantId: id(call), requestId: call.requestId });
        return ok({ deleted: true });
      },
    },
    {
      method: 'GET',
      path: '/internal/orgs/:org/tenants/:id',
      access: 'service',
      handle: async (call) => {
        const tenant = await tenants.get(sql, org(call), id(call));
        return ok(internalTenantSchema.parse({ ...tenant, discoveredAt: tenant.discoveredAt?.toISOString() ?? null }));
      },
    },
    {
      method: 'GET',
      path: '/internal/orgs/:org/tenants/:id/users',
      access: 'service',
      handle: async (call) => {
        const tenant = await tenants.get(sql, org(call), id(call));
        const cursor = call.query['cursor'];
        if (cursor !== undefined && !isId('dbu', cursor)) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'cursor', message: 'was not issued by this list' }] });
        const users = await discoveries.listUsers(sql, tenant.id, cursor ?? null, internalPage, null, false);
        return ok(internalUsersAnswer.parse({ users, nextCursor: users.length === internalPage ? (users.at(-1)?.id ?? null) : null }));
      },
    },
    {
      method: 'GET',
      path: '/internal/orgs/:org/tenants/:id/credential',
      access: 'service',
      handle: async (call) => {
        if (call.identity.actor !== 'service:migration-worker') throw new AppError('FORBIDDEN', { publicMessage: 'Only workers may have credentials.' });
        const app = await findApp(await tenants.get(sql, org(call), id(call)));
        return { ...ok(tenantCredentialSchema.parse({ microsoftTenantId: app.tenantId, clientId: app.clientId, credential: app.credential })), headers: { 'Cache-Control': 'no-store' } };
      },
    },
  ];
}

/** HTML for browsers, JSON for programs; never a redirect to anywhere the query could name. */
async function answerCallback(call: Call, complete: ReturnType<typeof makeCompleteConsent>): Promise<typeof streamed> {
  let page: CallbackPage;
  try {
    const tenant = await complete(readCallback(call.query));
    page = { ok: true, title: `${tenant.domain} is connected as the ${tenant.role}.`, detail: 'You can close this page. The discovery of mailboxes has begun.' };
  } catch (error) {
    if (!(error instanceof ConsentFailed)) throw error;
    call.log.warn({ err: error }, 'a consent was not accepted');
    page = { ok: false, title: error.title, detail: error.remedy };
  }
  const { response, request, requestId } = call;
  response.status(page.ok ? 200 : 422).set('Cache-Control', 'no-store');
  if (request.accepts(['html', 'json']) === 'json') response.json(page.ok ? { connected: true, message: page.title } : { error: `${page.title} ${page.detail}`, code: 'VALIDATION_ERROR', status: 422, requestId });
  else response.set({ 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'" }).type('html').send(renderCallbackPage(page));
  return streamed;
}
