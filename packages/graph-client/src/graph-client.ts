/** The Graph port over the real Microsoft Graph client, msal-node and the governor. */
import { AuthenticationHandler, AuthenticationHandlerOptions, Client, ResponseType, TelemetryHandler, type AuthenticationProviderOptions, type MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import { randomUUID } from 'node:crypto';
import { attempt, type Granted } from './attempts.js';
import { runBatch, type BatchParts } from './batch.js';
import type { GraphPage, GraphPort, RawOptions, RawResponse, RequestOptions } from './graph-port.js';
import { GraphRequestError } from './graph-request-error.js';
import type { Asker, Governor } from './governor/governor.js';
import type { Http, HttpRequest, HttpResponse, ReadResponse } from './http.js';
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
  /** How long Microsoft may be silent until an answer counts as lost; default 100 s. */
  timeoutMs?: number;
  /** Whose requests these are. */
  flow: Asker['flow'];
  /** What of the tenant's limits may be used at which time of day. */
  businessHours?: Asker['businessHours'];
}

/** A port for one tenant. Cheap: the connections belong to `http`, the tokens to `tokens`, the budgets to `governor`. */
export function createGraphClient({ tenantId, clientId, tokens, http, governor, flow, businessHours = null, timeoutMs: ownTimeoutMs = 100_000 }: GraphClientOptions): GraphPort {
  const governed = governor.governed({ app: clientId, tenantId, flow, businessHours });
  const timeoutOf = ({ timeoutMs, slow = false }: RequestOptions): number => timeoutMs ?? (slow ? 3 * ownTimeoutMs : ownTimeoutMs);
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

  const send = <T>(method: string, path: string, options: RawOptions, receive: (response: HttpResponse) => Promise<T> | T, requests = 1): Promise<Granted<T>> => {
    const { budget, version = 'v1.0', query, headers, signal, body = null, contentType, contentLength } = options;
    const timeoutMs = timeoutOf(options);
    const target = query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${encodeQuery(query)}`;
    return attempt(governed, {
      budget,
      requests,
      // A batch of reads is a POST that writes nothing.
      write: path === '/$batch' ? options.repeatable !== true : method !== 'GET',
      ...(options.units === undefined ? {} : { units: options.units }),
      signal,
      body,
      contentLength,
      bytesExpected: options.bytesExpected,
      repeatable: options.repeatable ?? method === 'GET',
      authenticated: true,
      receive,
      send: async (each, fresh) => {
        const outgoing = new Outgoing(each, signal, timeoutMs, absolute(target) ? target : null);
        const request = client
          .api(target)
          .responseType(ResponseType.RAW)
          .headers({ ...headers, ...(each === null ? {} : { 'Content-Type': contentType ?? 'application/json' }), ...(contentLength === undefined ? {} : { 'Content-Length': String(contentLength) }) })
          .middlewareOptions([outgoing as unknown as MiddlewareOptions, new AuthenticationHandlerOptions(undefined, { fresh, outgoing } as TokenOptions)]);
        if (!absolute(target)) request.version(version);
        return unwrap(outgoing, () => callLibrary(request, method));
      },
    });
  };

  const sendPreauthorised = <T>(method: string, url: string, options: RawOptions, receive: (response: HttpResponse) => Promise<T> | T, by: (request: HttpRequest) => Promise<HttpResponse> = http.send): Promise<Granted<T>> => {
    const { budget, headers, signal, body = null, contentType, contentLength } = options;
    return attempt(governed, {
      budget,
      requests: 1,
      write: method !== 'GET',
      ...(options.units === undefined ? {} : { units: options.units }),
      signal,
      body,
      contentLength,
      bytesExpected: options.bytesExpected,
      authenticated: false,
      receive,
      repeatable: options.repeatable ?? method === 'GET',
      send: (each) =>
        by({
          method,
          url,
          headers: { 'client-request-id': randomUUID(), ...headers, ...(each === null ? {} : { 'content-type': contentType ?? 'application/json' }), ...(contentLength === undefined ? {} : { 'content-length': String(contentLength) }) },
          body: each,
          signal,
          timeoutMs: timeoutOf(options),
        }),
    });
  };

  /** The whole answer is read before the request counts as answered: a read that was cut half-way is made again. */
  const json = async <T>(method: string, path: string, options: RawOptions, requests?: number): Promise<T> => {
    const { value, release } = await send(method, path, options, (response) => parseJson<T>(response, timeoutOf(options)), requests);
    release();
    return value;
  };
  const write = <T>(method: string, path: string, body: unknown, options: RequestOptions): Promise<T> => json(method, path, { ...options, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

  const port: GraphPort = {
    tenantId,
    appId: clientId,
    get: (path, options) => json('GET', path, options),
    post: (path, body, options) => write('POST', path, body, options),
    patch: (path, body, options) => write('PATCH', path, body, options),
    put: (path, body, options) => write('PUT', path, body, options),
    delete: async (path, options) => {
      const { release } = await send('DELETE', path, options, (response) => response.body.dump());
      release();
    },
    raw: async (method, path, options) => new Answer(await send(method, path, options, nothing), options.repeatable ?? method === 'GET', timeoutOf(options)),
    async *pages<T>(path: string, { from, pageSizeMax, ...options }: RequestOptions & { from?: string; pageSizeMax?: number }): AsyncGenerator<GraphPage<T>> {
      const prefer = [options.headers?.['Prefer'], pageSizeMax === undefined ? undefined : `odata.maxpagesize=${pageSizeMax}`].filter((part) => part !== undefined).join(', ');
      const headers = { ...options.headers, ...(prefer === '' ? {} : { Prefer: prefer }) };
      let next: string | null = from ?? null;
      for (let first = true; first || next !== null; first = false) {
        // A link is complete as it is: query options belong to the first call only.
        const { query, ...linkOptions } = options;
        const answer: { value?: T[]; '@odata.nextLink'?: string; '@odata.deltaLink'?: string } =
          next === null ? await json('GET', path, { ...linkOptions, ...(query === undefined ? {} : { query }), headers }) : await json('GET', next, { ...linkOptions, headers });
        next = answer['@odata.nextLink'] ?? null;
        yield { value: answer.value ?? [], nextLink: next, deltaLink: answer['@odata.deltaLink'] ?? null };
      }
    },
    batch: (requests, options) =>
      runBatch(
        {
          post: (body, count, each) => json<BatchParts>('POST', '/$batch', { ...each, body }, count),
          throttled: (restMs, over) => {
            governed.throttled(options.budget, restMs, over);
          },
        },
        requests,
        options,
      ),
    preauthorised: async (method, url, options) => new Answer(await sendPreauthorised(method, url, options, nothing), options.repeatable ?? method === 'GET', timeoutOf(options)),
    preauthorisedBytes: async (url, { into, ...options }) => {
      const answerMs = answerTimeouts * timeoutOf(options);
      const { response, value, release } = await sendPreauthorised('GET', url, options, (answer) => (answer as ReadResponse).filled(), (request) => http.read({ ...request, answerMs, into }));
      release();
      return { status: response.status, headers: response.headers, bytes: value };
    },
  };
  return port;
}

const absolute = (target: string): boolean => target.startsWith('https://');
/** A stream is the caller's to read. */
const nothing = (): undefined => undefined;

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

/** An answer whose permit is held until it has been read. */
class Answer implements RawResponse {
  #body: AsyncIterable<Uint8Array> | undefined;

  constructor(
    private readonly granted: Granted<undefined>,
    private readonly repeatable: boolean,
    private readonly timeoutMs: number,
  ) {}

  get status(): number {
    return this.granted.response.status;
  }

  get headers(): RawResponse['headers'] {
    return this.granted.response.headers;
  }

  get body(): AsyncIterable<Uint8Array> {
    return (this.#body ??= this.#pieces());
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    const { response, release } = this.granted;
    try {
      yield* response.body;
    } catch (cause) {
      throw lostAnswer(response, this.repeatable, cause);
    } finally {
      release();
    }
  }

  async json<T>(): Promise<T> {
    const { response, release } = this.granted;
    try {
      return await parseJson<T>(response, this.timeoutMs);
    } catch (cause) {
      throw lostAnswer(response, this.repeatable, cause);
    } finally {
      release();
    }
  }

  async discard(): Promise<void> {
    try {
      await this.granted.response.body.dump();
    } finally {
      this.granted.release();
    }
  }
}

/** Larger than any page or answer that Graph documents; what is meant to be larger is read as a stream. */
const jsonBytesMax = 64 * 1024 * 1024;
/** How many time-outs a JSON answer may take from its first byte to its last. The time-out itself bounds each silence in between. */
const answerTimeouts = 3;

/** The body as JSON; undefined when there is none. Throws for one that drips on and on or grows beyond all measure: it is a lost answer. */
async function parseJson<T>(response: HttpResponse, timeoutMs: number): Promise<T> {
  const whole = await response.body.whole(jsonBytesMax, performance.now() + answerTimeouts * timeoutMs);
  if (whole.length === 0) return undefined as T;
  const text = whole.toString('utf8');
  try {
    return JSON.parse(text) as T;
  } catch {
    // Without the cause: the parser quotes what it stumbled over, which is content.
    throw new Error(`The answer is no JSON (${text.length} characters).`);
  }
}

/** The status said yes and the rest was lost: a write has happened, a read can be made again. */
const lostAnswer = (response: HttpResponse, repeatable: boolean, cause: unknown): GraphRequestError =>
  new GraphRequestError(repeatable ? 'unavailable' : 'in_doubt', { status: response.status, graphCode: null, requestId: response.headers.get('request-id'), cause });
