/** Internal routes for the gateway (log pages) and tenant-service (detach). */
import { parse } from '@migrator/contracts/errors';
import { detachTenantQuery } from '@migrator/contracts/internal';
import { isId } from '@migrator/contracts/ids';
import { ok, type RouteSpec } from '@migrator/service-kit/http';
import { z } from 'zod';
import type { makeReadLog } from '../logs/read-log.js';
import type { makeDetachTenant } from '../tenants/detach-tenant.js';
import { jobNotFound } from './job-repository.js';

/** A position is a seq (`after`) or the id of a line (`afterId`). */
const logPageQuery = z.object({ after: z.coerce.number().int().min(0).default(0), afterId: z.string().max(64).optional(), limit: z.coerce.number().int().min(1).max(5_000).default(1_000) });

export interface PlatformRoutesDeps {
  readLog: ReturnType<typeof makeReadLog>;
  detachTenant: ReturnType<typeof makeDetachTenant>;
}

export function platformRoutes({ readLog, detachTenant }: PlatformRoutesDeps): RouteSpec[] {
  return [
    {
      method: 'GET', path: '/internal/orgs/:org/jobs/:id/logs', access: 'service',
      handle: async ({ params, query }) => {
        const { after, afterId, limit } = parse(logPageQuery, query);
        if (!isId('job', params['id'])) throw jobNotFound();
        return ok(await readLog({ orgId: params['org'] ?? '', jobId: params['id'], after: afterId === undefined ? { seq: after } : { id: afterId }, limit }));
      },
    },
    {
      method: 'POST', path: '/internal/orgs/:org/tenants/:id/detach', access: 'service',
      handle: async ({ params, query }) => ok(await detachTenant({ orgId: params['org'] ?? '', tenantId: params['id'] ?? '', erased: parse(detachTenantQuery, query).erased })),
    },
  ];
}
