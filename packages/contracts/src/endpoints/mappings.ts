/** Calls on mappings. */
import { mappingQuery, matchMappingsAnswer, matchMappingsBody, putMappingsAnswer } from '../api/mappings.js';
import { defineEndpoint } from '../endpoint.js';
import { exampleIds } from '../examples.js';
import { z } from 'zod';

const base = { owner: 'job-service', tag: 'Mappings', status: 200, access: 'organisation' } as const;

export const mappingEndpoints = {
  matchMappings: defineEndpoint({
    ...{ id: 'matchMappings', method: 'POST', path: '/v1/mappings/match', ...base, scope: 'read' },
    summary: 'Which source would go where', description: 'The automatic match with the uploaded corrections over it; creates nothing. Type `IDENTITY`: who the people, guests and groups of the source are at the destination, as permissions name them; it holds for all workloads of the pair.',
    body: matchMappingsBody, answer: matchMappingsAnswer, errors: ['TENANT_NOT_FOUND'],
    examples: {
      body: { sourceTenantId: exampleIds.ten, destTenantId: exampleIds.tenDest, type: 'EMAIL' },
      answer: { mappings: [{ source: 'ada@contoso.com', sourceId: exampleIds.dbu, dest: 'ada@fabrikam.com', destId: 'dbu_01JA2B3C4D5E6F7G8H9JKMNPS1', how: 'automatic', problem: null }], summary: { automatic: 1, corrected: 0, excluded: 0, unmatched: 0, problems: 0 }, nextCursor: null, hasMore: false },
    },
  }),
  getMappings: defineEndpoint({
    ...{ id: 'getMappings', method: 'GET', path: '/v1/mappings', ...base, scope: 'read' },
    summary: 'The mapping as CSV', query: mappingQuery, answer: { mediaType: 'text/csv', description: 'Header `source,dest,how,problem`; correct the column `dest` and upload it again.' }, errors: ['TENANT_NOT_FOUND'],
  }),
  putMappings: defineEndpoint({
    ...{ id: 'putMappings', method: 'PUT', path: '/v1/mappings', ...base, scope: 'write', bodyBytesMax: 10 * 1024 * 1024, bodyMediaType: 'text/csv' },
    summary: 'Correct the mapping by CSV', description: 'Replaces earlier corrections of this pair and type. All rows are taken or none: a row that cannot be right is named with its line. `-` as destination: do not migrate, respectively leave out of permissions; empty: match by itself. Of type `IDENTITY` it holds at once, for jobs that are under way too.',
    query: mappingQuery, body: z.string().min(1), answer: putMappingsAnswer, errors: ['TENANT_NOT_FOUND'], audit: { action: 'mapping.changed', target: null },
    examples: { body: 'source,dest\r\nada@contoso.com,ada.lovelace@fabrikam.com\r\n', answer: { rows: 1, corrected: 1, excluded: 0 } },
  }),
} as const;
