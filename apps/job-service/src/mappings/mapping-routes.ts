/** Public routes of mappings and of the preflight. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { jobEndpoints } from '@migrator/contracts/endpoints/jobs';
import { mappingEndpoints } from '@migrator/contracts/endpoints/mappings';
import { pageOf, type Cursors } from '@migrator/service-kit/cursors';
import { route } from '@migrator/service-kit/endpoint-route';
import { streamed, type RouteSpec } from '@migrator/service-kit/http';
import type { makeRunPreflight } from '../preflight/run-preflight.js';
import { formatMappings } from './mapping-csv.js';
import type { makeListMappings } from './mapping-list.js';
import type { makeReplaceMappings } from './replace-mappings.js';

export interface MappingRoutesDeps {
  cursors: Cursors;
  listMappings: ReturnType<typeof makeListMappings>;
  replaceMappings: ReturnType<typeof makeReplaceMappings>;
  runPreflight: ReturnType<typeof makeRunPreflight>;
}

export function mappingRoutes({ cursors, listMappings, replaceMappings, runPreflight }: MappingRoutesDeps): RouteSpec[] {
  return [
    route(jobEndpoints.preflight, ({ org, requestId, signal, body }) => runPreflight({ orgId: org, requestId, signal, body })),
    route(mappingEndpoints.matchMappings, async ({ org, requestId, signal, body: { type, limit, cursor, ...pair } }) => {
      const { rows } = await listMappings({ orgId: org, requestId, signal, workload: type, ...pair });
      const list = `mappings ${org} ${pair.sourceTenantId} ${pair.destTenantId} ${type}`;
      const [after, afterId] = cursor === undefined ? [] : cursors.read(list, cursor);
      const rest = after === undefined ? rows : rows.filter(({ source, sourceId }) => source > after || (source === after && sourceId > (afterId ?? '')));
      const { rows: mappings, ...page } = pageOf(cursors, list, rest.slice(0, limit + 1), limit, ({ source, sourceId }) => [source, sourceId]);
      const count = (how: string): number => rows.filter((row) => row.how === how).length;
      const summary = { automatic: count('automatic'), corrected: count('corrected'), excluded: count('excluded'), unmatched: count('unmatched'), problems: rows.filter(({ problem }) => problem !== null).length };
      return { mappings, summary, ...page };
    }),
    route(mappingEndpoints.getMappings, async ({ org, requestId, signal, query: { type, ...pair }, response }) => {
      const { rows } = await listMappings({ orgId: org, requestId, signal, workload: type, ...pair });
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': 'attachment; filename="mappings.csv"' });
      await pipeline(Readable.from(formatMappings(rows)), response);
      return streamed;
    }),
    route(mappingEndpoints.putMappings, ({ org, identity, requestId, signal, query: { type, ...pair }, body }) => replaceMappings({ orgId: org, actor: identity.actor, requestId, signal, workload: type, ...pair, csv: body })),
  ];
}
