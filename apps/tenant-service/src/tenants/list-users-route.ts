/** `GET /v1/tenants/{id}/users`: all of them as a stream, or pages when `limit`, `cursor` or `search` is given. */
import { once } from 'node:events';
import { AppError, parse } from '@migrator/contracts/errors';
import { idSchema, isId } from '@migrator/contracts/ids';
import { discoveredUserSchema } from '@migrator/contracts/api/tenants';
import type { Sql } from '@migrator/service-kit/database';
import { ok, streamed, type RouteSpec } from '@migrator/service-kit/http';
import { z } from 'zod';
import { toLatestJob, type DiscoveredUserRow, type DiscoveryRepository } from '../discovery/discovery-repository.js';
import type { TenantRepository } from './tenant-repository.js';

const query = z.object({ limit: z.coerce.number('must be a whole number').int('must be a whole number').min(1).max(500).optional(), cursor: z.string().max(64).optional(), search: z.string().max(200).optional() });
const chunk = 1_000;

export function listUsersRoute({ sql, tenants, discoveries }: { sql: Sql; tenants: TenantRepository; discoveries: DiscoveryRepository }): RouteSpec {
  return {
    method: 'GET',
    path: '/v1/tenants/:id/users',
    access: 'organisation',
    scope: 'read',
    handle: async (call) => {
      const tenant = await tenants.get(sql, call.org, call.params['id'] ?? '');
      const { limit, cursor, search } = parse(query, call.query);
      if (cursor !== undefined && !isId('dbu', cursor)) throw new AppError('VALIDATION_ERROR', { publicMessage: 'The request is not valid.', errors: [{ path: 'cursor', message: 'was not issued by this list' }] });
      const latestJob = toLatestJob(await discoveries.latest(sql, tenant.id));
      const toPublic = (user: DiscoveredUserRow) => discoveredUserSchema.parse({ id: user.id, tenantId: tenant.id, upn: user.upn, displayName: user.displayName, sourceSizeBytes: user.sizeBytes });
      if (limit !== undefined || cursor !== undefined || search !== undefined) {
        const size = limit ?? 20;
        const rows = await discoveries.listUsers(sql, tenant.id, cursor === undefined ? null : parse(idSchema('dbu'), cursor), size + 1, search ?? null, true);
        const users = rows.slice(0, size);
        const hasMore = rows.length > size;
        return ok({ users: users.map(toPublic), latestJob, nextCursor: hasMore ? (users.at(-1)?.id ?? null) : null, hasMore });
      }
      const { response } = call;
      response.status(200).type('json').write(`{"latestJob":${JSON.stringify(latestJob)},"users":[`);
      let after: string | null = null;
      for (let first = true; !call.signal.aborted; first = false) {
        const rows: DiscoveredUserRow[] = await discoveries.listUsers(sql, tenant.id, after, chunk, null, true);
        if (rows.length === 0) break;
        after = rows.at(-1)?.id ?? null;
        if (!response.write(`${first ? '' : ','}${rows.map((user) => JSON.stringify(toPublic(user))).join(',')}`)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
        if (rows.length < chunk) break;
      }
      response.end(']}');
      return streamed;
    },
  };
}
