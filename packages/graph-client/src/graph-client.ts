/** The Graph port over the real Microsoft Graph client, msal-node and the governor. */
import { AuthenticationHandler, AuthenticationHandlerOptions, Client, ResponseType, TelemetryHandler, type AuthenticationProviderOptions, type MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import { attempt, type Granted } from './attempts.js';
import type { BatchAnswer, BatchRequest, GraphPage, GraphPort, RawOptions, RawResponse, RequestOptions } from './graph-port.js';
import { GraphRequestError } from './graph-request-error.js';
import type { Governor } from './governor/governor.js';
import type { Http, HttpResponse } from './http.js';
import type { TokenSource } from './tokens/token-source.js';
import { GraphTransport, Outgoing } from './transport.js';

export interface GraphClientOptions {
  /** Microsoft's id of the tenant. */
  tenantId: string;
  /** The application's client id: budgets are per application. */
  clientId: string;
  tokens: TokenSource;
  http: Http;
  governor: Governor;
}

const timeoutMsDefault = 100_000;
const batchMax = 20;

/** A port for one tenant. Cheap: the connections belong to `http`, the tokens to `tokens`, the budgets to `governor`. */
export function createGraphClient({ tenantId, clientId, tokens, http, governor }: GraphClientOptions): GraphPort {
  const auth = new AuthenticationHandler({
    getAccessToken: async (options) => {
      const { fresh, outgoing } = options as TokenOptions;
      try {
        return (await tokens.token({ fresh })).accessToken;
      } catch (error) {
        outgoing.failure = error;
        throw error;
      }
    },
  });
  const client = Client.initWithMiddleware({ middleware: [auth, new TelemetryHandler(), new GraphTransport(http)] });

  const send = (method: string, path: string, options: RawOptions): Promise<Granted> => {
    const { budget, version = 'v1.0', query, headers, signal, timeoutMs = timeoutMsDefault, body = null, contentType, contentLength } = options;
    const target = query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${encodeQuery(query)}`;
    return attempt(governor, {
      app: clientId,
      tenantId,
      budget,
      signal,
      body,
      repeatable: options.repeatable ?? method === 'GET',
      send: async (each, fresh) => {
        const outgoing = new Outgoing(each, signal, timeoutMs);
        const request = client
          .api(target)
          .responseType(ResponseType.RAW)
          .headers({ ...headers, ...(each === null ? {} : { 'Content-Type': contentType ?? 'application/json' }), ...(contentLength === undefined ? {} : { 'Content-Length': String(contentLength) }) })
          .middlewareOptions([outgoing as unknown as MiddlewareOptions, new AuthenticationHandlerOptions(undefined, { fresh, outgoing } as TokenOptions)]);
        if (!target.startsWith('https://')) request.version(version);
        return unwrap(outgoing, () => callLibrary(request, method));
      },
    });
  };

  const json = async <T>(method: string, path: string, body: unknown, options: RequestOptions): Promise<T> => {
    const granted = await send(method, path, { ...options, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return readJson<T>(granted, options.repeatable ?? method === 'GET');
  };

  const port: GraphPort = {
    tenantId,
    get: (path, options) => json('GET', path, undefined, options),
    post: (path, body, options) => json('POST', path, body, options),
    patch: (path, body, options) => json('PATCH', path, body, options),
    put: (path, body, options) => json('PUT', path, body, options),
    delete: async (path, options) => {
      await rawResponse(await send('DELETE', path, options), options.repeatable ?? false).discard();
    },
    raw: async (method, path, options) => rawResponse(await send(method, path, options), options.repeatable ?? method === 'GET'),
    async *pages<T>(path: string, { from, pageSizeMax, ...options }: RequestOptions & { from?: string; pageSizeMax?: number }): AsyncGenerator<GraphPage<T>> {
      const prefer = [options.headers?.['Prefer'], pageSizeMax === undefined ? undefined : `odata.maxpagesize=${pageSizeMax}`].filter((part) => part !== undefined).join(', ');
      const headers = { ...options.headers, ...(prefer === '' ? {} : { Prefer: prefer }) };
      let next: string | null = from ?? null;
      for (let first = true; first || next !== null; first = false) {
        // A link is complete as it is: query options belong to the first call only.
        const { query, ...linkOptions } = options;
        const answer: { value?: T[]; '@odata.nextLink'?: string; '@odata.deltaLink'?: string } =
          next === null ? await json('GET', path, undefined, { ...linkOptions, ...(query === undefined ? {} : { query }), headers }) : await json('GET', next, undefined, { ...linkOptions, headers });
        next = answer['@odata.nextLink'] ?? null;
        yield { value: answer.value ?? [], nextLink: next, deltaLink: answer['@odata.deltaLink'] ?? null };
      }
    },
    batch: (requests, options) =>
      runBatch(port, requests, options, (restMs) => {
        governor.throttled(clientId, tenantId, options.budget, restMs);
      }),
    preauthorised: async (method, url, options) => {
      const { budget, headers, signal, timeoutMs = timeoutMsDefault, body = null, contentType, contentLength } = options;
      return rawResponse(
        await attempt(governor, {
          app: clientId,
          tenantId,
          budget,
          signal,
          body,
          repeatable: options.repeatable ?? method === 'GET',
          send: (each) =>
            http.send({
              method,
              url,
              headers: { ...headers, ...(each === null ? {} : { 'content-type': contentType ?? 'application/json' }), ...(contentLength === undefined ? {} : { 'content-length': String(contentLength) }) },
              body: each,
              signal,
              timeoutMs,
            }),
        }),
        options.repeatable ?? method === 'GET',
      );
    },
  };
  return port;
}

const encodeQuery = (query: Record<string, string>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name).replace(/^%24/, '$')}=${encodeURIComponent(value)}`)
    .join('&');

type LibraryRequest = ReturnType<Client['api']>;

function callLibrary(request: LibraryRequest, method: string): Promise<unknown> {
  switch (method) {
    case 'GET':
      return request.get();
    case 'POST':
      return request.post(undefined);
    case 'PATCH':
      return request.patch(undefined);
    case 'PUT':
      return request.put(undefined);
    case 'DELETE':
      return request.delete();
    default:
      throw new Error(`Graph takes no ${method}.`);
  }
}

/** What a request's own token fetch needs to know. */
interface TokenOptions extends AuthenticationProviderOptions {
  fresh: boolean;
  outgoing: Outgoing;
}

/** The library wraps what was thrown on the way into its own error and forgets the cause: throw the original. */
async function unwrap(outgoing: Outgoing, call: () => Promise<unknown>): Promise<HttpResponse> {
  try {
    return (await call()) as HttpResponse;
  } catch (error) {
    throw outgoing.failure ?? error;
  }
}

function rawResponse({ response, release }: Granted, repeatable: boolean): RawResponse {
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* response.body;
    } catch (cause) {
      throw lostAnswer(response, repeatable, cause);
    } finally {
      release();
    }
  }
  const stream = body();
  return {
    status: response.status,
    headers: response.headers,
    body: stream,
    json: <T>() => readJson<T>({ response, release }, repeatable),
    discard: async () => {
      try {
        await response.body.dump();
      } finally {
        release();
      }
    },
  };
}

async function readJson<T>({ response, release }: Granted, repeatable: boolean): Promise<T> {
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of response.body) pieces.push(piece);
    if (pieces.length === 0) return undefined as T;
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as T;
  } catch (cause) {
    throw lostAnswer(response, repeatable, cause);
  } finally {
    release();
  }
}

/** The status said yes and the rest was lost: a write has happened, a read can be made again. */
const lostAnswer = (response: HttpResponse, repeatable: boolean, cause: unknown): GraphRequestError =>
  new GraphRequestError(repeatable ? 'unavailable' : 'in_doubt', { status: response.status, graphCode: null, requestId: response.headers.get('request-id'), cause });

async function runBatch(port: GraphPort, requests: readonly BatchRequest[], options: RequestOptions, throttled: (restMs: number) => void): Promise<Map<string, BatchAnswer>> {
  const answers = new Map<string, BatchAnswer>();
  let open = [...requests];
  while (open.length > 0) {
    const part = open.slice(0, batchMax);
    const rest = open.slice(batchMax);
    const { responses } = await port.post<{ responses: { id: string; status: number; headers?: Record<string, string>; body?: unknown }[] }>(
      '/$batch',
      { requests: part.map(({ id, method, url, headers, body }) => ({ id, method, url, ...(body === undefined ? {} : { body, headers: { 'Content-Type': 'application/json', ...headers } }), ...(body === undefined && headers !== undefined ? { headers } : {}) })) },
      { repeatable: part.every((each) => each.method === 'GET'), ...options },
    );
    const again: BatchRequest[] = [];
    let restMs = 0;
    for (const { id, status, headers = {}, body } of responses) {
      const request = part.find((each) => each.id === id);
      if (request !== undefined && status === 429) {
        again.push(request);
        const seconds = Number(Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1] ?? '1');
        restMs = Math.max(restMs, Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000);
      } else answers.set(id, { status, headers, body });
    }
    if (restMs > 0) throttled(restMs);
    open = [...again, ...rest];
  }
  return answers;
}
