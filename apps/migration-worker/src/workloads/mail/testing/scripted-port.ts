/** A Graph port whose answers a test writes down; for what is about our own logic and needs no Exchange. */
import { GraphRequestError, type BatchAnswer, type GraphErrorKind, type GraphPage, type GraphPort, type RawOptions, type RawResponse, type RequestBody, type RequestOptions } from '@migrator/graph-client';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly body: unknown;
  readonly link: string | null;
  /** What the caller expects of a streamed body. */
  readonly bytesExpected?: number;
}

export function graphError(kind: GraphErrorKind, graphCode: string | null = null): GraphRequestError {
  return new GraphRequestError(kind, { status: 400, graphCode, requestId: 'req-1' });
}

async function bytesOf(body: RequestBody | undefined): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  const pieces: Uint8Array[] = [];
  for await (const piece of typeof body === 'function' ? body() : body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes;
  }
}

/** `answer` is called for every request; what it returns is the answer, what it throws the failure. */
export class ScriptedPort implements GraphPort {
  readonly tenantId = 'tenant';
  readonly appId = 'app';
  readonly calls: Call[] = [];

  constructor(private readonly answer: (call: Call) => unknown) {}

  get<T>(path: string, options: RequestOptions): Promise<T> {
    return this.ask('GET', path, options, undefined) as Promise<T>;
  }
  post<T>(path: string, body: unknown, options: RequestOptions): Promise<T> {
    return this.ask('POST', path, options, body) as Promise<T>;
  }
  patch<T>(path: string, body: unknown, options: RequestOptions): Promise<T> {
    return this.ask('PATCH', path, options, body) as Promise<T>;
  }
  put<T>(path: string, body: unknown, options: RequestOptions): Promise<T> {
    return this.ask('PUT', path, options, body) as Promise<T>;
  }
  async delete(path: string, options: RequestOptions): Promise<void> {
    await this.ask('DELETE', path, options, undefined);
  }
  async raw(method: string, path: string, options: RawOptions): Promise<RawResponse> {
    return rawResponse(await this.ask(method, path, options, parsed(await bytesOf(options.body))));
  }
  async preauthorised(method: string, url: string, options: RawOptions): Promise<RawResponse> {
    return await this.raw(method, url, options);
  }
  async preauthorisedBytes(url: string, { into, ...options }: RequestOptions & { into: Buffer }): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
    const answer = await this.ask('GET', url, options, undefined);
    const bytes = Buffer.from(answer instanceof Uint8Array ? answer : JSON.stringify(answer ?? null));
    return { status: 200, headers: new Headers(), bytes: into.subarray(0, bytes.copy(into)) };
  }
  async *pages<T>(path: string, options: RequestOptions & { from?: string }): AsyncGenerator<GraphPage<T>> {
    let link = options.from ?? null;
    for (;;) {
      const page = (await this.ask('GET', path, options, undefined, link)) as { value: T[]; nextLink?: string; deltaLink?: string };
      yield { value: page.value, nextLink: page.nextLink ?? null, deltaLink: page.deltaLink ?? null };
      if (page.nextLink === undefined) return;
      link = page.nextLink;
    }
  }
  batch(): Promise<Map<string, BatchAnswer>> {
    return Promise.resolve(new Map());
  }

  private async ask(method: string, path: string, options: RawOptions, body: unknown, link: string | null = null): Promise<unknown> {
    options.signal?.throwIfAborted();
    const call = { method, path, query: options.query ?? {}, body, link, ...(options.bytesExpected === undefined ? {} : { bytesExpected: options.bytesExpected }) };
    this.calls.push(call);
    return await this.answer(call);
  }
}

function rawResponse(answer: unknown): RawResponse {
  const bytes = answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer ?? null));
  return {
    status: 200,
    headers: new Headers(),
    body: (async function* () {
      // Small pieces at the beginning, so that every test also meets values cut in the middle.
      for (let at = 0, length = 7; at < bytes.length; at += length, length = at < 500 ? 7 : 65_536) {
        yield await Promise.resolve(bytes.subarray(at, at + length));
      }
    })(),
    json: <T>() => Promise.resolve(JSON.parse(Buffer.from(bytes).toString('utf8')) as T),
    discard: () => Promise.resolve(),
  };
}
