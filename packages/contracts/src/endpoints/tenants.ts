/** Calls on tenants. */
import { connectTenantAnswer, connectTenantBody, discoverAnswer, getTenantAnswer, listSitesAnswer, listTeamsAnswer, listTenantsAnswer, listUsersAnswer, tenantCallbackAnswer } from '../api/tenants.js';
import { setThrottlingBody, throttlingAnswer } from '../api/throttling.js';
import { deletedSchema, wholeListQuery } from '../api/common.js';
import { defineEndpoint } from '../endpoint.js';
import { exampleDiscovery, exampleIds, exampleTenant, exampleThrottling } from '../examples.js';
import { z } from 'zod';

const owner = 'tenant-service';
const tag = 'Tenants';
const read = { access: 'organisation', scope: 'read' } as const;
const admin = { access: 'organisation', scope: 'admin' } as const;
const params = { id: { prefix: 'ten', notFound: 'TENANT_NOT_FOUND' } } as const;

export const tenantEndpoints = {
  connectTenant: defineEndpoint({
    ...{ id: 'connectTenant', method: 'POST', path: '/v1/tenants/connect', owner, tag, status: 200, idempotent: true }, ...admin,
    summary: 'Begin to connect a Microsoft 365 organisation',
    description: 'Send an administrator of that organisation to `authUrl` within 15 minutes. With an app registration of your own (`tenantId`, `clientId` and `clientSecret` or `certificate`) the tenant is connected at once and `tenant` is set.',
    body: connectTenantBody, answer: connectTenantAnswer,
    audit: { action: 'tenant.connect_started', target: null },
    examples: { body: { domain: 'contoso.com', role: 'source' }, answer: { authUrl: 'https://login.microsoftonline.com/common/adminconsent?client_id=8f1c6b7e-2f0d-4b52-9f6b-0d6d1f0a3c11&redirect_uri=https%3A%2F%2Fmigrator.example%2Fv1%2Ftenants%2Fcallback&state=tok_4Zk0v9', state: 'tok_4Zk0v9' } },
  }),
  tenantCallback: defineEndpoint({
    ...{ id: 'tenantCallback', method: 'GET', path: '/v1/tenants/callback', owner, tag, status: 200, access: 'public' },
    summary: 'Where Microsoft sends the administrator after the consent',
    description: 'A page for the browser; programs that accept JSON alone get `{ connected, message }` or an error body.',
    query: z.object({ tenant: z.string().optional(), admin_consent: z.string().optional(), state: z.string().optional(), scope: z.string().optional(), error: z.string().optional(), error_description: z.string().optional() }),
    answer: { mediaType: 'text/html', description: 'What happened, and what to do next.', json: tenantCallbackAnswer },
    errors: ['VALIDATION_ERROR'],
  }),
  listTenants: defineEndpoint({
    ...{ id: 'listTenants', method: 'GET', path: '/v1/tenants', owner, tag, status: 200 }, ...read,
    summary: 'Connected tenants', query: wholeListQuery, answer: listTenantsAnswer, examples: { answer: { tenants: [exampleTenant] } },
  }),
  getTenant: defineEndpoint({
    ...{ id: 'getTenant', method: 'GET', path: '/v1/tenants/:id', owner, tag, status: 200 }, ...read,
    summary: 'One tenant', params, answer: getTenantAnswer, examples: { answer: { tenant: exampleTenant } },
  }),
  listTenantUsers: defineEndpoint({
    ...{ id: 'listTenantUsers', method: 'GET', path: '/v1/tenants/:id/users', owner, tag, status: 200 }, ...read,
    summary: 'Mailboxes found in a tenant', params, query: wholeListQuery, answer: listUsersAnswer,
    examples: { answer: { users: [{ id: exampleIds.dbu, tenantId: exampleIds.ten, upn: 'ada@contoso.com', displayName: 'Ada Lovelace', sourceSizeBytes: 1_288_490_188 }], latestJob: exampleDiscovery } },
  }),
  listTenantSites: defineEndpoint({
    ...{ id: 'listTenantSites', method: 'GET', path: '/v1/tenants/:id/sites', owner, tag, status: 200 }, ...read,
    summary: 'SharePoint sites found in a tenant', params, query: wholeListQuery, answer: listSitesAnswer,
    examples: { answer: { sites: [{ id: exampleIds.dbs, tenantId: exampleIds.ten, siteId: 'contoso.sharepoint.com,3f1c0d7e-6a3b-4f55-8a3e-6a6f0a0a0001,9b3f6c52-0a5d-4d0c-b8f3-6a6f0a0a0002', name: 'Finance', url: 'https://contoso.sharepoint.com/sites/finance', sizeBytes: '5368709120' }], latestJob: exampleDiscovery } },
  }),
  listTenantTeams: defineEndpoint({
    ...{ id: 'listTenantTeams', method: 'GET', path: '/v1/tenants/:id/teams', owner, tag, status: 200 }, ...read,
    summary: 'Teams found in a tenant', params, query: wholeListQuery, answer: listTeamsAnswer,
    examples: { answer: { teams: [{ id: exampleIds.dbt, tenantId: exampleIds.ten, teamId: '02bd9fd6-8f93-4758-87c3-1fb73740a315', name: 'Finance', description: 'Month-end and audits', memberCount: 14 }], latestJob: exampleDiscovery } },
  }),
  discoverTenant: defineEndpoint({
    ...{ id: 'discoverTenant', method: 'POST', path: '/v1/tenants/:id/discover', owner, tag, status: 202, access: 'organisation', scope: 'write' },
    summary: 'Scan a tenant again', params, answer: discoverAnswer, audit: { action: 'tenant.discovery_started', target: { param: 'id' } },
    examples: { answer: { job: { id: exampleIds.dis, status: 'QUEUED' } } },
  }),
  getTenantThrottling: defineEndpoint({
    ...{ id: 'getTenantThrottling', method: 'GET', path: '/v1/tenants/:id/throttling', owner, tag, status: 200 }, ...read,
    summary: 'Microsoft’s limits on a tenant, and what is used of them',
    description: 'The budgets that were used in the last fifteen minutes, over all workers: limits, use of the window that ends now, requests in flight, pauses that Microsoft asked for, refusals and waiting time lately. `shared` is false while the workers’ shared state cannot be read; each of them then keeps to a careful share.',
    params, answer: throttlingAnswer, examples: { answer: exampleThrottling },
  }),
  setTenantThrottling: defineEndpoint({
    ...{ id: 'setTenantThrottling', method: 'PUT', path: '/v1/tenants/:id/throttling', owner, tag, status: 200, access: 'organisation', scope: 'write' },
    summary: 'Use less of Microsoft’s limits in business hours',
    description: 'For everything that is done in the tenant: all jobs together use at most `share` of each limit in these hours. `null`: always all. Workers follow within a minute or two. A single job has the same as `options.businessHours`; the stricter one holds.',
    params, body: setThrottlingBody, answer: setThrottlingBody, audit: { action: 'tenant.throttling_changed', target: { param: 'id' } },
    examples: { body: { businessHours: exampleThrottling.businessHours }, answer: { businessHours: exampleThrottling.businessHours } },
  }),
  disconnectTenant: defineEndpoint({
    ...{ id: 'disconnectTenant', method: 'DELETE', path: '/v1/tenants/:id', owner, tag, status: 200 }, ...admin,
    summary: 'Disconnect a tenant',
    description: 'Pauses every job that uses it, erases its credentials and what was discovered. Jobs and logs stay.',
    params, answer: deletedSchema, audit: { action: 'tenant.disconnected', target: { param: 'id' } }, examples: { answer: { deleted: true } },
  }),
} as const;
