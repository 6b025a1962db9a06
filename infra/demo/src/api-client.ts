/** The public API, as any client would call it. */
import { errorBodySchema } from '@migrator/contracts/errors';
import type { z } from 'zod';

export interface ApiClient {
  readonly url: string;
  /** The parsed answer; throws with the API's own words on an error. */
  call<S extends z.ZodType>(method: string, path: string, answer: S, body?: unknown): Promise<z.output<S>>;
  /** The raw answer, for streams. */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>;
}

/** `send` may look at every answer. */
export function createApiClient(url: string, apiKey: string, send: typeof fetch = fetch): ApiClient {
  const authorization = `Bearer ${apiKey}`;
  return {
    url,
    async call(method, path, answer, body) {
      const response = await send(new URL(path, url), { method, headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }), signal: AbortSignal.timeout(60_000) });
      const json: unknown = await response.json();
      if (response.ok) return answer.parse(json);
      const error = errorBodySchema.safeParse(json);
      throw new Error(`${method} ${path} answered ${response.status}: ${error.success ? `${error.data.error} ${JSON.stringify(error.data.errors ?? '')}` : JSON.stringify(json)}`);
    },
    open: (path, headers, signal) => send(new URL(path, url), { headers: { authorization, ...headers }, signal }),
  };
}
