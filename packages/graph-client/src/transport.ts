/**
 * The last link of the Graph client's middleware chain: the only place that sends, so the only one that sees every header. The
 * library's own retry and redirect handlers are left out (the governor waits; redirects to pre-authorised addresses are ours to follow).
 */
import type { Context, Middleware } from '@microsoft/microsoft-graph-client';
import type { Http, HttpResponse } from './http.js';

/** What the library cannot carry by itself: the body as a stream, the signal and the time-out. Passed as middleware options. */
export class Outgoing {
  /** What went wrong on the way: the library would drop it. */
  failure: unknown;

  constructor(
    readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | null,
    readonly signal: AbortSignal | undefined,
    readonly timeoutMs: number,
    /** A link of Microsoft's, sent to the letter: the library would take it apart and put its parameters in another order. */
    readonly link: string | null,
  ) {}
}

export class GraphTransport implements Middleware {
  constructor(private readonly http: Http) {}

  async execute(context: Context): Promise<void> {
    const outgoing = context.middlewareControl?.getMiddlewareOptions(Outgoing) as Outgoing | undefined;
    if (outgoing === undefined || typeof context.request !== 'string') throw new Error('A Graph request was not made through the port.');
    const headers = lowerCased(context.options?.headers);
    if (outgoing.body === null) delete headers['content-type'];
    let response: HttpResponse;
    try {
      response = await this.http.send({ method: context.options?.method ?? 'GET', url: outgoing.link ?? context.request, headers, body: outgoing.body, signal: outgoing.signal, timeoutMs: outgoing.timeoutMs });
    } catch (error) {
      outgoing.failure = error;
      throw error;
    }
    // With ResponseType.RAW the library hands this object through untouched.
    context.response = response as unknown as Response;
  }
}

/** Headers as the library keeps them: of a plain object without the `Headers` of fetch, whose making costs more than all the rest. */
function lowerCased(given: unknown): Record<string, string> {
  if (given === undefined || given instanceof Headers || Array.isArray(given)) return Object.fromEntries(new Headers(given as ConstructorParameters<typeof Headers>[0]));
  return Object.fromEntries(Object.entries(given as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]));
}
