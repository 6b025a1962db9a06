/** GET /v1/audit. */
import { peopleEndpoints } from '@migrator/contracts/endpoints/people';
import type { Cursors } from '@migrator/service-kit/cursors';
import { organisationRoute, type OwnRoute } from '../http/own-route.js';
import type { AuditReader } from './audit-reader.js';

export const auditRoutes = ({ reader, cursors }: { reader: AuditReader; cursors: Cursors }): OwnRoute[] => [
  organisationRoute(peopleEndpoints.listAudit, async ({ query: { limit, cursor, ...filter } }, { orgId }) => {
    const list = `audit ${JSON.stringify([orgId, filter.action ?? null, filter.actor ?? null, filter.target ?? null])}`;
    const [before] = cursor === undefined ? [] : cursors.read(list, cursor);
    const found = await reader.list(orgId, filter, before ?? null, limit + 1);
    const rows = found.slice(0, limit);
    const last = found.length > limit ? rows.at(-1) : undefined;
    return { entries: rows.map((row) => ({ ...row, at: row.at.toISOString() })), nextCursor: last === undefined ? null : cursors.issue(list, [last.id]), hasMore: last !== undefined };
  }),
];
