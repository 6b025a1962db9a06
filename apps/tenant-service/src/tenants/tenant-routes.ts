/** Public and internal routes of tenants. */
import { tenantEndpoints } from '@migrator/contracts/endpoints/tenants';
import { AppError } from '@migrator/contracts/errors';
import { isId, type Id } from '@migrator/contracts/ids';
import { internalPrincipalsAnswer, internalSitesAnswer, internalTeamsAnswer, internalTenantSchema, internalUsersAnswer, tenantCredentialSchema } from '@migrator/contracts/internal';
import type { Clock } from '@migrator/service-kit/clock';
import { inTransaction, type Sql } from '@migrator/service-kit/database';
import { pageOf, type Cursors } from '@migrator/service-kit/cursors';
import { route } from '@migrator/service-kit/endpoint-route';
import { ok, streamed, type Call, type RouteSpec } from '@migrator/service-kit/http';
import type { Ids } from '@migrator/service-kit/ids';
import type { makeAnswerCallback } from '../consent/callback-answer.js';
import type { makeConnectTenant } from '../consent/connect-tenant.js';
import type { FindTenantApp } from '../credentials/tenant-app.js';
import { toLatestJob, type DiscoveryRepository } from '../discovery/discovery-repository.js';
import type { PlaceRepository } from '../discovery/place-repository.js';
import type { DisconnectTenant } from './disconnect-tenant.js';
import { answerList } from './found-lists.js';
import type { makeReadThrottling } from './read-throttling.js';
import { toPublicTenant } from './tenant.js';
import type { TenantRepository } from './tenant-repository.js';

export interface TenantRoutesDeps {
  sql: Sql;
  cursors: Cursors;
  tenants: TenantRepository;
  discoveries: DiscoveryRepository;
  places: PlaceRepository;
  connect: ReturnType<typeof makeConnectTenant>;
  answerCallback: ReturnType<typeof makeAnswerCallback>;
  disconnect: DisconnectTenant['disconnect'];
  findApp: FindTenantApp;
  readThrottling: ReturnType<typeof makeReadThrottling>;
  wakeDiscovery: () => void;
  clock: Clock;
  ids: Ids;
}

/** More tenants than an organisation connects; a list without a limit has no more. */
const tenantsMax = 10_000;
/** Rows of one answer to another service. */
const internalPage = 1_000;

export function tenantRoutes(deps: TenantRoutesDeps): RouteSpec[] {
  return [...publicRoutes(deps), ...internalRoutes(deps)];
}

function publicRoutes({ sql, cursors, tenants, discoveries, places, connect, answerCallback, disconnect, readThrottling, wakeDiscovery, clock, ids }: TenantRoutesDeps): RouteSpec[] {
  const latest = async (tenantId: string) => toLatestJob(await discoveries.latest(sql, tenantId));
  return [
    route(tenantEndpoints.connectTenant, ({ org, body }) => connect({ ...body, orgId: org })),
    // Parsed by the use case: whatever a browser brings gets a page that says what to do.
    { method: 'GET', path: tenantEndpoints.tenantCallback.path, access: 'public', handle: answerCallback },
    route(tenantEndpoints.listTenants, async (call) => {
      const { org, query: { limit, cursor, search } } = call;
      const list = `tenants ${org} ${search ?? ''}`;
      const [connectedAt, id] = cursor === undefined ? [] : cursors.read(list, cursor);
      const after = connectedAt === undefined || id === undefined ? null : { connectedAt, id };
      const paged = limit !== undefined || cursor !== undefined || search !== undefined;
      const size = limit ?? (paged ? 20 : tenantsMax);
      const { rows, ...rest } = pageOf(cursors, list, await tenants.list(sql, org, search ?? null, after, size + 1), size, (row) => [row.connectedAt.toISOString(), row.id]);
      return { tenants: rows.map(toPublicTenant), ...(paged ? rest : {}) };
    }),
    route(tenantEndpoints.getTenant, async ({ org, params }) => ({ tenant: toPublicTenant(await tenants.get(sql, org, params.id)) })),
    route(tenantEndpoints.listTenantUsers, async (call) => {
      const { id: tenantId } = await tenants.get(sql, call.org, call.params.id);
      const latestJob = await latest(tenantId);
      const answer = await answerList(call, cursors, call.query, {
        ...{ list: `users ${tenantId}`, name: 'users', head: { latestJob } },
        read: (after, count, search) => discoveries.listUsers(sql, tenantId, after, count, search, true),
        show: ({ id, upn, displayName, sizeBytes }) => ({ id, tenantId, upn, displayName, sourceSizeBytes: sizeBytes }),
      });
      if (answer === streamed) return streamed;
      const { shown, ...rest } = answer;
      return { users: shown, latestJob, ...rest };
    }),
    route(tenantEndpoints.listTenantSites, async (call) => {
      const { id: tenantId } = await tenants.get(sql, call.org, call.params.id);
      const latestJob = await latest(tenantId);
      const answer = await answerList(call, cursors, call.query, {
        ...{ list: `sites ${tenantId}`, name: 'sites', head: { latestJob } },
        read: (after, count, search) => places.list(sql, tenantId, 'site', after, count, search),
        show: ({ id, microsoftId, name, detail }) => ({ id: id as Id<'dbs'>, tenantId, siteId: microsoftId, name, url: detail.url ?? '', sizeBytes: String(detail.sizeBytes ?? 0) }),
      });
      if (answer === streamed) return streamed;
      const { shown, ...rest } = answer;
      return { sites: shown, latestJob, ...rest };
    }),
    route(tenantEndpoints.listTenantTeams, async (call) => {
      const { id: tenantId } = await tenants.get(sql, call.org, call.params.id);
      const latestJob = await latest(tenantId);
      const answer = await answerList(call, cursors, call.query, {
        ...{ list: `teams ${tenantId}`, name: 'teams', head: { latestJob } },
        read: (after, count, search) => places.list(sql, tenantId, 'team', after, count, search),
        show: ({ id, microsoftId, name, detail }) => ({ id: id as Id<'dbt'>, tenantId, teamId: microsoftId, name, description: detail.description ?? null, memberCount: detail.memberCount ?? 0 }),
      });
      if (answer === streamed) return streamed;
      const { shown, ...rest } = answer;
      return { teams: shown, latestJob, ...rest };
    }),
    route(tenantEndpoints.discoverTenant, async ({ org, params }) => {
      const tenant = await tenants.get(sql, org, params.id);
      const { id, status } = await inTransaction(sql, (tx) => discoveries.enqueue(tx, ids.next('dis'), tenant.id, clock.now()));
      wakeDiscovery();
      return { job: { id, status } };
    }),
    route(tenantEndpoints.getTenantThrottling, async ({ org, params }) => readThrottling(await tenants.get(sql, org, params.id))),
    route(tenantEndpoints.setTenantThrottling, async ({ org, params, body: { businessHours } }) => {
      const tenant = await tenants.get(sql, org, params.id);
      await tenants.setBusinessHours(sql, tenant.id, businessHours);
      return { businessHours };
    }),
    route(tenantEndpoints.disconnectTenant, async ({ org, params, requestId }) => {
      await disconnect({ orgId: org, tenantId: params.id, requestId });
      return { deleted: true as const };
    }),
  ];
}

/** What other services ask; the ids come from their own rows. */
function internalRoutes({ sql, tenants, discoveries, places, findApp }: TenantRoutesDeps): RouteSpec[] {
  const find = (call: Call) => tenants.get(sql, call.params['org'] ?? '', call.params['id'] ?? '');
  const position = (prefix: 'dbu' | 'dbs' | 'dbt' | 'dbg', { query: { cursor } }: Call): string | null => {
    if (cursor === undefined) return null;
    if (!isId(prefix, cursor)) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'cursor', message: 'was not issued by this list' }] });
    return cursor;
  };
  const next = (rows: readonly { id: string }[]): string | null => (rows.length === internalPage ? (rows.at(-1)?.id ?? null) : null);
  const base = '/internal/orgs/:org/tenants/:id';
  return [
    {
      method: 'GET', path: base, access: 'service',
      handle: async (call) => {
        const tenant = await find(call);
        return ok(internalTenantSchema.parse({ ...tenant, discoveredAt: tenant.discoveredAt?.toISOString() ?? null }));
      },
    },
    {
      method: 'GET', path: `${base}/users`, access: 'service',
      handle: async (call) => {
        const { id } = await find(call);
        const users = await discoveries.listUsers(sql, id, position('dbu', call), internalPage, null, false);
        return ok(internalUsersAnswer.parse({ users, nextCursor: next(users) }));
      },
    },
    {
      method: 'GET', path: `${base}/sites`, access: 'service',
      handle: async (call) => {
        const { id } = await find(call);
        const rows = await places.list(sql, id, 'site', position('dbs', call), internalPage, null);
        return ok(internalSitesAnswer.parse({ sites: rows.map(({ detail, ...row }) => ({ ...row, url: detail.url, sizeBytes: detail.sizeBytes ?? null, fileCount: detail.fileCount ?? null, template: detail.template ?? null })), nextCursor: next(rows) }));
      },
    },
    {
      method: 'GET', path: `${base}/teams`, access: 'service',
      handle: async (call) => {
        const { id } = await find(call);
        const rows = await places.list(sql, id, 'team', position('dbt', call), internalPage, null);
        return ok(internalTeamsAnswer.parse({ teams: rows.map(({ detail, ...row }) => ({ ...row, mailNickname: detail.mailNickname ?? null, memberCount: detail.memberCount ?? null })), nextCursor: next(rows) }));
      },
    },
    ...(['group', 'guest'] as const).map((kind): RouteSpec => ({
      method: 'GET', path: `${base}/${kind}s`, access: 'service',
      handle: async (call) => {
        const { id } = await find(call);
        const rows = await places.list(sql, id, kind, position('dbg', call), internalPage, null);
        return ok(internalPrincipalsAnswer.parse({ principals: rows.map(({ detail, ...row }) => ({ ...row, mail: detail.mail ?? null })), nextCursor: next(rows) }));
      },
    })),
    {
      method: 'GET', path: `${base}/credential`, access: 'service',
      handle: async (call) => {
        if (call.identity.actor !== 'service:migration-worker') throw new AppError('FORBIDDEN', { publicMessage: 'Only workers may have credentials.' });
        const tenant = await find(call);
        const app = await findApp(tenant);
        return { ...ok(tenantCredentialSchema.parse({ microsoftTenantId: app.tenantId, clientId: app.clientId, credential: app.credential, businessHours: tenant.businessHours })), headers: { 'Cache-Control': 'no-store' } };
      },
    },
  ];
}
