/** The public API for a client that waits for services which come and go, as the contract tells clients to. */
import { randomUUID } from 'node:crypto';
import { createApiClient, type ApiClient } from '@migrator/demo/api-client';

export interface PatientApi {
  readonly client: ApiClient;
  /** An answer as it is; a write carries one idempotency key over all its attempts. */
  command(method: 'POST' | 'PATCH', path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
  /** Answers that no client should ever get, whatever is being killed. */
  readonly wrong: string[];
}

/** Worth another attempt: the service is away, or says to come back. */
const passing = new Set([429, 502, 503, 504]);
const patienceMs = 60_000;

export function createPatientApi(url: string, apiKey: string): PatientApi {
  const wrong: string[] = [];
  const send: typeof fetch = async (input, init = {}) => {
    const method = init.method ?? 'GET';
    const headers = new Headers(init.headers);
    if (method === 'POST') headers.set('idempotency-key', randomUUID());
    const deadline = Date.now() + patienceMs;
    for (;;) {
      let response: Response | null = null;
      try {
        response = await fetch(input, { ...init, headers });
      } catch (error) {
        // A connection that is lost or cannot be made.
        if (!(error instanceof TypeError) || Date.now() > deadline) throw error;
      }
      if (response !== null) {
        const address = new URL(input instanceof Request ? input.url : input).pathname.replaceAll(/[a-z]{3}_[0-9A-Z]{26}/g, '{id}');
        if (response.status >= 500 && !passing.has(response.status)) wrong.push(`${method} ${address} answered ${response.status}: ${await response.clone().text()}`);
        if (!passing.has(response.status) || Date.now() > deadline) return response;
        await response.arrayBuffer();
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  return {
    client: createApiClient(url, apiKey, send),
    wrong,
    command: async (method, path, body) => {
      const response = await send(new URL(path, url), { method, headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    },
  };
}
