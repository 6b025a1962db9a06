/** The OpenAPI 3.1 document, written from the contract. Pure. */
import { z } from 'zod';
import { endpoints } from './endpoints/all.js';
import { errorsOf, isStream, type Endpoint } from './endpoint.js';
import { errorBodySchema, httpStatus, type ApiErrorCode } from './errors.js';

type Json = Record<string, unknown>;

const errorMeaning: Record<ApiErrorCode, string> = {
  UNAUTHORIZED: 'The key, session or secret is missing, malformed, unknown, expired or revoked.',
  FORBIDDEN: 'The caller may not do this.',
  TLS_REQUIRED: 'The request did not arrive by TLS.',
  NOT_FOUND: 'There is nothing at this address.',
  TENANT_NOT_FOUND: 'There is no such tenant.',
  JOB_NOT_FOUND: 'There is no such job.',
  DEVICE_NOT_FOUND: 'There is no such device.',
  COMMAND_NOT_FOUND: 'There is no such command.',
  METHOD_NOT_ALLOWED: 'The address does not take that method.',
  INVALID_JSON: 'The body is not valid JSON.',
  PAYLOAD_TOO_LARGE: 'The body is too large.',
  UNSUPPORTED_MEDIA_TYPE: 'The body has the wrong content type or encoding.',
  VALIDATION_ERROR: 'A field is missing, wrong or unknown; `errors` names each.',
  JOB_NOT_RUNNING: 'Only a running job can be paused.',
  JOB_NOT_PAUSED: 'Only a paused job can be resumed.',
  TENANT_DISCONNECTED: 'A tenant of the job has been disconnected.',
  COMMAND_NOT_CANCELLABLE: 'Only a waiting command can be cancelled.',
  COMMAND_FINISHED: 'The command has ended otherwise already.',
  CONFLICT: 'The present state does not allow it; the sentence says why.',
  IDEMPOTENCY_CONFLICT: 'The Idempotency-Key was used for another request, or the end of the first one is not known.',
  IDEMPOTENCY_IN_PROGRESS: 'The first request with this Idempotency-Key still runs.',
  RATE_LIMITED: 'Too many requests; wait for `Retry-After` seconds.',
  INTERNAL_ERROR: 'Something went wrong on our side; the request id finds it in the logs.',
  SERVICE_UNAVAILABLE: 'A service is down or starting; wait for `Retry-After` seconds.',
};

/** Collects named schemas into `components.schemas`. */
class Schemas {
  readonly named: Record<string, unknown> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _dialect, $defs, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as Json & { $defs?: Record<string, unknown> };
    for (const [name, definition] of Object.entries($defs ?? {})) this.named[name] = relocate(withoutId(definition));
    const own = json['id'] ?? json['$id'];
    if (typeof own === 'string') {
      this.named[own] = relocate(withoutId(json));
      return { $ref: `#/components/schemas/${own}` };
    }
    return relocate(json) as Json;
  }
}

const withoutId = (schema: unknown): unknown => {
  const { id: _id, $id: _dollarId, ...rest } = schema as Json;
  return rest;
};

/** References of a single schema point to its own `$defs`; in the document they stand under `components`. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key === '$ref' && typeof part === 'string' ? part.replace('#/$defs/', '#/components/schemas/') : relocate(part)]));
}

const rateHeaders = { 'RateLimit-Limit': { $ref: '#/components/headers/RateLimitLimit' }, 'RateLimit-Remaining': { $ref: '#/components/headers/RateLimitRemaining' }, 'RateLimit-Reset': { $ref: '#/components/headers/RateLimitReset' } };
const isLimited = (endpoint: Endpoint): boolean => endpoint.access !== 'agent' && endpoint.id !== 'health';

function parametersOf(endpoint: Endpoint, schemas: Schemas): Json[] {
  const path = Object.entries(endpoint.params ?? {}).map(([name, { prefix }]) => ({ name, in: 'path', required: true, schema: { type: 'string', pattern: `^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$` } }));
  const query = endpoint.query === undefined ? undefined : schemas.of(endpoint.query, 'input');
  const required = (query?.['required'] ?? []) as string[];
  const inQuery = Object.entries((query?.['properties'] ?? {}) as Record<string, Json>).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
  const headers = [
    ...(endpoint.idempotent === true ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(isStream(endpoint.answer) && endpoint.answer.mediaType === 'text/event-stream' ? [{ name: 'Last-Event-ID', in: 'header', required: false, description: 'Id of the last line that arrived.', schema: { type: 'string' } }] : []),
  ];
  return [...path, ...inQuery, ...headers];
}

function answersOf(endpoint: Endpoint, schemas: Schemas): Json {
  const { answer, examples } = endpoint;
  const content = isStream(answer) ? { [answer.mediaType]: { schema: { type: answer.mediaType === 'application/json' ? 'object' : 'string', description: answer.description } }, ...(answer.json === undefined ? {} : { 'application/json': { schema: schemas.of(answer.json, 'output'), ...(examples?.answer === undefined ? {} : { example: examples.answer }) } }) } : { 'application/json': { schema: schemas.of(answer, 'output'), ...(examples?.answer === undefined ? {} : { example: examples.answer }) } };
  const headers = {
    'X-Request-Id': { $ref: '#/components/headers/XRequestId' },
    ...(isLimited(endpoint) ? rateHeaders : {}),
    ...(endpoint.idempotent === true ? { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } } : {}),
  };
  const answers: Json = { [String(endpoint.status)]: { description: isStream(answer) ? answer.description : 'Done.', headers, content } };
  const byStatus = new Map<number, ApiErrorCode[]>();
  for (const code of errorsOf(endpoint)) byStatus.set(httpStatus[code], [...(byStatus.get(httpStatus[code]) ?? []), code]);
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    const retry = status === 429 || status === 503 || codes.includes('IDEMPOTENCY_IN_PROGRESS') ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {};
    answers[String(status)] = {
      description: codes.map((code) => `\`${code}\`: ${errorMeaning[code]}`).join(' '),
      headers: { 'X-Request-Id': { $ref: '#/components/headers/XRequestId' }, ...retry },
      content: { 'application/json': { schema: { allOf: [{ $ref: '#/components/schemas/Error' }, { type: 'object', properties: { code: { enum: codes }, status: { const: status } } }] }, examples: Object.fromEntries(codes.map((code) => [code, { value: { error: errorMeaning[code], code, status, requestId: 'req_5f0c2c41-5a02-4f0d-9d8f-6a6f0a0a0003' } }])) } },
    };
  }
  return answers;
}

function operationOf(endpoint: Endpoint, schemas: Schemas): Json {
  const { id, tag, summary, description, body, examples, bodyMediaType = 'application/json', bodyBytesMax = 1024 * 1024 } = endpoint;
  const needs = endpoint.access === 'organisation' ? `Needs the scope \`${endpoint.scope}\`.` : endpoint.access === 'person' ? 'For people who are signed in; API keys are refused.' : '';
  const text = [description, needs].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text === '' ? {} : { description: text }),
    security: endpoint.access === 'organisation' ? [{ apiKey: [] }, { session: [] }] : endpoint.access === 'person' ? [{ session: [] }] : [],
    parameters: parametersOf(endpoint, schemas),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, description: `At most ${bodyBytesMax / 1024} KiB.`, content: { [bodyMediaType]: { schema: schemas.of(body, 'input'), ...(examples?.body === undefined ? {} : { example: JSON.parse(JSON.stringify(examples.body)) as unknown }) } } } }),
    responses: answersOf(endpoint, schemas),
  };
}

/** `serverUrl` is where the gateway is reached, such as `https://migrator.example`. */
export function openApiDocument(serverUrl: string): Json {
  const schemas = new Schemas();
  schemas.of(errorBodySchema, 'output');
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'The Migrator',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: [
        'Moves Microsoft 365 organisations from one tenant to another.',
        '**Lists** come newest first in pages: `limit`, then `cursor` with the `nextCursor` of the page before; `hasMore` says whether there is more. Lists of tenants, users, sites, teams, devices and commands come whole unless `limit`, `cursor` or `search` is given.',
        '**Idempotency**: send `Idempotency-Key` with what creates; the same key and body within 24 hours gets the first answer again.',
        '**Errors** have one shape, with a sentence, a code and the request id.',
        '**Rate limits** are per organisation and minute; every answer says what is left.',
      ].join('\n\n'),
    },
    servers: [{ url: serverUrl }],
    tags: [...new Set(endpoints.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ apiKey: [] }, { session: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas.named).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer tmk_live_…`.' },
        session: { type: 'apiKey', in: 'cookie', name: 'migrator_session', description: 'The dashboard’s session. By TLS the name is `__Host-migrator_session`. Changes need an `Origin` of the platform besides.' },
      },
      parameters: { IdempotencyKey: { name: 'Idempotency-Key', in: 'header', required: false, description: 'Any text of 1 to 255 visible ASCII characters that is new for each thing to create.', schema: { type: 'string', minLength: 1, maxLength: 255 } } },
      headers: {
        XRequestId: { description: 'Id of the request, also in every log line about it.', schema: { type: 'string' } },
        RateLimitLimit: { description: 'Requests a minute.', schema: { type: 'integer' } },
        RateLimitRemaining: { description: 'Requests left in this minute.', schema: { type: 'integer' } },
        RateLimitReset: { description: 'Seconds until the count begins anew.', schema: { type: 'integer', minimum: 1 } },
        RetryAfter: { description: 'Whole seconds to wait.', schema: { type: 'integer', minimum: 1 } },
        IdempotentReplayed: { description: '`true` when this is the first answer again.', schema: { type: 'string', enum: ['true'] } },
      },
    },
  };
}
