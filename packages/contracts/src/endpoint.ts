/**
 * One public call, described once: the gateway routes by it, the owning service parses and answers by it, the OpenAPI document and
 * the reference are written from it, and tests hold every answer against it.
 */
import type { z } from 'zod';
import type { ApiErrorCode } from './errors.js';
import { AppError, notFound, parse } from './errors.js';
import type { ApiKeyScope } from './api/keys.js';
import { isId, type Id, type IdPrefix } from './ids.js';
import type { ServiceName } from './identity.js';

/** A path parameter: an id with this prefix; anything else is answered like an id that does not exist. */
export interface IdParam {
  prefix: IdPrefix;
  notFound: Extract<ApiErrorCode, 'NOT_FOUND' | `${string}_NOT_FOUND`>;
}
type Params = Readonly<Record<string, IdParam>>;

/** An answer that is not JSON and is written as it comes. */
export interface StreamAnswer {
  mediaType: 'text/csv' | 'text/event-stream' | 'text/html' | 'application/json';
  description: string;
  /** What those get who ask for JSON. */
  json?: z.ZodType;
}

/** What a call of a person or key leaves in the audit log when it succeeded. */
export interface AuditRule {
  /** `<thing>.<what happened>`, such as `job.paused`. */
  action: string;
  /** Where the id of the thing stands: a path parameter, or a dotted place in the answer. */
  target: { param: string } | { answer: string } | null;
}

interface EndpointBase {
  /** operationId of the OpenAPI document. */
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:name` parameters, from `/v1` on. */
  path: string;
  /** The service that answers it. */
  owner: Exclude<ServiceName, 'migration-worker'>;
  tag: 'Tenants' | 'Jobs' | 'Devices' | 'Device agents' | 'Mappings' | 'People' | 'Organisation' | 'API keys' | 'Audit' | 'Platform';
  summary: string;
  description?: string;
  /** Success status. */
  status: 200 | 201 | 202;
  /** Error codes beyond those that `errorsOf` derives from the shape of the call. */
  errors?: readonly ApiErrorCode[];
  /** Takes an `Idempotency-Key`: a POST that creates. */
  idempotent?: true;
  /** Largest body in bytes; default 1 MiB. */
  bodyBytesMax?: number;
  /** The body is text of this type and not JSON. */
  bodyMediaType?: 'text/csv';
  audit?: AuditRule;
  /** Plain JSON; checked against the schemas by a test. */
  examples?: { body?: unknown; answer?: unknown };
}

/** Who may call. `public`: anybody. `agent`: the device agent, which shows its own secret in the body. `organisation`: a key or a person with the scope. `person`: a signed-in person, not a key. */
type Access = { access: 'public' } | { access: 'agent' } | { access: 'organisation'; scope: ApiKeyScope } | { access: 'person' };

export type Endpoint<P extends Params = Params, Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType, A extends z.ZodType | StreamAnswer = z.ZodType | StreamAnswer> = EndpointBase &
  Access & { params?: P; query?: Q; body?: B; answer: A };

/** Keeps the types of the parts. */
export const defineEndpoint = <const P extends Params = Record<never, IdParam>, Q extends z.ZodType = z.ZodUndefined, B extends z.ZodType = z.ZodUndefined, A extends z.ZodType | StreamAnswer = z.ZodType>(endpoint: Endpoint<P, Q, B, A>): Endpoint<P, Q, B, A> => endpoint;

export const isStream = (answer: z.ZodType | StreamAnswer): answer is StreamAnswer => 'mediaType' in answer;

export type ParamsOf<E extends Endpoint> = { [K in keyof NonNullable<E['params']>]: Id<NonNullable<E['params']>[K]['prefix']> };
export type QueryOf<E extends Endpoint> = z.output<NonNullable<E['query']>>;
export type BodyOf<E extends Endpoint> = z.output<NonNullable<E['body']>>;
export type AnswerOf<E extends Endpoint> = E['answer'] extends z.ZodType ? z.input<E['answer']> : never;

/** The parsed path parameters; what is no id of its kind is answered like one that does not exist. */
export function parseParams<E extends Endpoint>(endpoint: E, params: Record<string, string | undefined>): ParamsOf<E> {
  for (const [name, rule] of Object.entries(endpoint.params ?? {})) if (!isId(rule.prefix, params[name])) throw notFound(rule.notFound);
  return params as ParamsOf<E>;
}

/** The parsed query; VALIDATION_ERROR. */
export const parseQuery = <E extends Endpoint>(endpoint: E, query: unknown): QueryOf<E> => (endpoint.query === undefined ? undefined : parse(endpoint.query, query)) as QueryOf<E>;

/** The parsed body; VALIDATION_ERROR. A call without a body ignores an empty one and refuses any other. */
export function parseBody<E extends Endpoint>(endpoint: E, body: unknown): BodyOf<E> {
  if (endpoint.body !== undefined) return parse(endpoint.body, body) as BodyOf<E>;
  const empty = body === undefined || (typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0);
  if (!empty) throw new AppError('VALIDATION_ERROR', { publicMessage: 'This call takes no body.', errors: [{ path: '', message: 'must be empty' }] });
  return undefined as BodyOf<E>;
}

/** The answer as the contract has it: fields that are not in it fall away; a missing or wrong one throws, for it is our fault. */
export function buildAnswer<E extends Endpoint>(endpoint: E, answer: AnswerOf<E>): unknown {
  const { answer: schema } = endpoint;
  if (isStream(schema)) throw new Error(`${endpoint.id} answers a stream`);
  const result = schema.safeParse(answer);
  if (!result.success) throw new Error(`the answer of ${endpoint.id} is not the one of the contract: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`);
  return result.data;
}

/** Every error code a call can give, in the order of their status. */
export function errorsOf(endpoint: Endpoint): ApiErrorCode[] {
  const codes = new Set<ApiErrorCode>(endpoint.errors);
  codes.add('TLS_REQUIRED').add('INTERNAL_ERROR').add('RATE_LIMITED').add('SERVICE_UNAVAILABLE');
  if (endpoint.access === 'organisation' || endpoint.access === 'person') codes.add('UNAUTHORIZED').add('FORBIDDEN');
  // Asked by a page of another origin.
  if (endpoint.access === 'public' && endpoint.method !== 'GET') codes.add('FORBIDDEN');
  if (endpoint.query !== undefined || endpoint.method !== 'GET') codes.add('VALIDATION_ERROR');
  if (endpoint.method !== 'GET') codes.add('INVALID_JSON').add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE');
  if (endpoint.idempotent === true) codes.add('IDEMPOTENCY_CONFLICT').add('IDEMPOTENCY_IN_PROGRESS');
  for (const { notFound: code } of Object.values(endpoint.params ?? {})) codes.add(code);
  return [...codes];
}
