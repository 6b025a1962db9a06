/** Holds an answer of the gateway against the OpenAPI document: what the document promises must be so, and nothing else may come. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

export interface Answered {
  method: string;
  /** As it was asked for, with its query. */
  path: string;
  status: number;
  headers: Headers;
  /** Null when the answer is a stream that was not read. */
  body: string | null;
}

export interface Operation {
  operationId: string;
  method: string;
  /** With `{name}` parameters. */
  path: string;
  security: Record<string, unknown>[];
  parameters: { name?: string; in?: string; required?: boolean; schema?: Record<string, unknown>; $ref?: string }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown>; example?: unknown }> };
  responses: Record<string, { content: Record<string, { schema: Record<string, unknown> }>; headers?: Record<string, unknown> }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>;
  components: Record<string, unknown>;
}

export interface Judge {
  operations: Operation[];
  operationOf(method: string, path: string): Operation | null;
  /** What is wrong with an answer; empty when all is as the document says. */
  faults(answered: Answered): string[];
  /** Whether the document allows this body; null for calls that take none. */
  allowsBody(operation: Operation, body: unknown): boolean | null;
}

const pointer = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
/** What must never be seen outside: a stack trace, a place in the code, a statement. */
const inside = /\bat [^"]*\.(?:js|ts|mjs):\d+|node_modules|\bselect .+ from \w+\.\w+|PostgresError|ECONNREFUSED/;

export function createJudge(document: OpenApi): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  formats.default(ajv);
  ajv.addSchema(document as object, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (reference: string): ValidateFunction => {
    let validate = compiled.get(reference);
    if (validate === undefined) {
      validate = ajv.compile({ $ref: reference });
      compiled.set(reference, validate);
    }
    return validate;
  };
  const operations = Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]): Operation => ({ ...operation, method: method.toUpperCase(), path })));
  const patterns = operations.map((operation) => ({ operation, literals: operation.path.split('{').length, pattern: new RegExp(`^${operation.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`) }));
  patterns.sort((a, b) => a.literals - b.literals);
  const pathOf = (address: string): string => address.split('?')[0] ?? '';
  const operationOf = (method: string, path: string): Operation | null => patterns.find(({ operation, pattern }) => operation.method === method && pattern.test(pathOf(path)))?.operation ?? null;

  const bodyFaults = (reference: string, body: string): string[] => {
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return [`the body is not JSON: ${body.slice(0, 200)}`];
    }
    const validate = validatorAt(reference);
    return validate(json) ? [] : (validate.errors ?? []).slice(0, 5).map(({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`);
  };

  return {
    operations,
    operationOf,
    allowsBody(operation, body) {
      const type = Object.keys(operation.requestBody?.content ?? {})[0];
      if (type === undefined) return null;
      return validatorAt(`api#/paths/${pointer(operation.path)}/${operation.method.toLowerCase()}/requestBody/content/${pointer(type)}/schema`)(body);
    },
    faults({ method, path, status, headers, body }) {
      const faults: string[] = [];
      if ((headers.get('x-request-id') ?? '') === '') faults.push('no X-Request-Id');
      if (headers.get('x-powered-by') !== null) faults.push('X-Powered-By says what runs inside');
      if (headers.get('x-content-type-options') !== 'nosniff') faults.push('no X-Content-Type-Options');
      if (body !== null && status >= 400 && inside.test(body)) faults.push(`the answer shows the inside: ${body.slice(0, 300)}`);
      if ((status === 429 || status === 503) && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) faults.push(`${status} without Retry-After in whole seconds`);
      const operation = operationOf(method, path);
      const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
      if (operation === null || status === 405) {
        if (status !== 404 && status !== 405) faults.push(`${status} from an address that is not in the document`);
        if (status === 405 && (headers.get('allow') ?? '') === '') faults.push('405 without Allow');
        if (body !== null) faults.push(...bodyFaults('api#/components/schemas/Error', body));
      } else {
        const response = operation.responses[String(status)];
        if (response === undefined) faults.push(`the document knows no ${status} of ${operation.operationId}: ${body?.slice(0, 300) ?? ''}`);
        else if (!(type in response.content)) faults.push(`content type ${type} instead of ${Object.keys(response.content).join(', ')}`);
        else if (type === 'application/json' && body !== null) faults.push(...bodyFaults(`api#/paths/${pointer(operation.path)}/${method.toLowerCase()}/responses/${status}/content/${pointer(type)}/schema`, body));
        if (status < 400 && response?.headers !== undefined) for (const name of Object.keys(response.headers)) if (name.startsWith('RateLimit') && !/^\d+$/.test(headers.get(name) ?? '')) faults.push(`no ${name}`);
      }
      if (status >= 400 && type === 'application/json' && body !== null) {
        const said = JSON.parse(body) as { status?: unknown; requestId?: unknown };
        if (said.status !== status) faults.push(`the body says ${String(said.status)}, the answer ${status}`);
        if (said.requestId !== headers.get('x-request-id')) faults.push('the body names another request id than the header');
      }
      return faults;
    },
  };
}

/** `fetch` that throws when an answer of the gateway is not what the document says. Streams of events are judged by their head alone. */
export function judgingFetch(judge: Judge, gatewayUrl: string): typeof fetch {
  const { origin } = new URL(gatewayUrl);
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) return response;
    const method = init?.method ?? 'GET';
    const streams = /^text\/(?:event-stream|csv)/.test(response.headers.get('content-type') ?? '');
    const faults = judge.faults({ method, path: `${url.pathname}${url.search}`, status: response.status, headers: response.headers, body: streams ? null : await response.clone().text() });
    if (faults.length > 0) throw new Error(`${method} ${url.pathname} answered ${response.status}, not as the contract says:\n${faults.join('\n')}`);
    return response;
  };
}
