/** Calls on the platform itself. */
import { z } from 'zod';
import { defineEndpoint } from '../endpoint.js';

const anybody = { owner: 'api-gateway', tag: 'Platform', access: 'public', method: 'GET', status: 200 } as const;

export const platformEndpoints = {
  health: defineEndpoint({ ...anybody, id: 'health', path: '/healthz', summary: 'Whether the gateway lives', answer: z.object({ status: z.literal('ok') }), examples: { answer: { status: 'ok' } } }),
  openApi: defineEndpoint({ ...anybody, id: 'openApi', path: '/v1/openapi.json', summary: 'This document', answer: { mediaType: 'application/json', description: 'OpenAPI 3.1.' } }),
  docs: defineEndpoint({ ...anybody, id: 'docs', path: '/docs', summary: 'The API reference for people', answer: { mediaType: 'text/html', description: 'A page.' } }),
} as const;
