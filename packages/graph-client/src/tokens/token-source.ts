/** App-only tokens of one tenant, through the real msal-node. */
import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions, type NetworkResponse } from '@azure/msal-node';
import { parseRetryAfter } from '../failure.js';
import type { AnswerHeaders } from '../answer-headers.js';
import type { Http } from '../http.js';
import { toTokenError, TokenError } from './token-error.js';

export type AppCredential = { kind: 'secret'; clientSecret: string } | { kind: 'certificate'; privateKey: string; thumbprintSha256: string };

export interface TenantApp {
  /** Microsoft's id of the tenant: tokens are asked of the concrete tenant, never of `common`. */
  tenantId: string;
  clientId: string;
  credential: AppCredential;
}

export interface Token {
  accessToken: string;
  /** Application roles the token carries; for display and early diagnosis (Graph itself is the authority). */
  roles: string[];
}

export interface TokenSource {
  /** A token with at least five minutes to live. `fresh` asks Entra again: after a consent, and once after a 401. Throws TokenError. */
  token(options?: { fresh?: boolean }): Promise<Token>;
}

const livesAtLeastMs = 5 * 60_000;
const scopes = ['https://graph.microsoft.com/.default'];

export function createTokenSource({ tenantId, clientId, credential }: TenantApp, http: Http): TokenSource {
  /** Of the last answer: msal keeps it to itself. */
  let retryAfterMs: number | null = null;
  const client = networkClient(http, (headers) => {
    retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  });
  const make = (): ConfidentialClientApplication =>
    new ConfidentialClientApplication({
      auth: {
        clientId,
        authority: `https://login.microsoftonline.com/${tenantId}`,
        ...(credential.kind === 'secret' ? { clientSecret: credential.clientSecret } : { clientCertificate: { privateKey: credential.privateKey, thumbprintSha256: credential.thumbprintSha256 } }),
      },
      system: { networkClient: client, loggerOptions: { piiLoggingEnabled: false } },
    });
  let app = make();
  const inFlight = new Map<boolean, Promise<Token>>();
  /** The last token: msal keeps it too, and takes longer to find it than a request takes to send. */
  let held: { token: Promise<Token>; until: number } | null = null;

  const ask = async (fresh: boolean): Promise<Token> => {
    retryAfterMs = null;
    try {
      const result = await app.acquireTokenByClientCredential({ scopes, skipCache: fresh });
      // msal takes a 200 without a token for a success.
      if (!result?.accessToken) throw new TokenError('temporary', null, 'Microsoft’s sign-in service gave no token; it is tried again.');
      const token = { accessToken: result.accessToken, roles: rolesOf(result.accessToken) };
      held = { token: Promise.resolve(token), until: (result.expiresOn?.getTime() ?? 0) - livesAtLeastMs };
      return token;
    } catch (cause) {
      const error = toTokenError(cause, retryAfterMs);
      // After a 429 or 5xx an instance refuses this tenant from memory for a minute; waiting is the governor's business, so begin with a new one.
      if (error.kind === 'temporary') app = make();
      throw error;
    }
  };
  return {
    token: ({ fresh = false } = {}) => {
      if (!fresh && held !== null && Date.now() < held.until) return held.token;
      // msal does not join concurrent requests of this grant: one at a time per tenant is enough.
      let flight = inFlight.get(fresh);
      if (flight === undefined) {
        flight = ask(fresh).finally(() => inFlight.delete(fresh));
        inFlight.set(fresh, flight);
      }
      return flight;
    },
  };
}

function rolesOf(accessToken: string): string[] {
  const payload = accessToken.split('.')[1];
  if (payload === undefined) return [];
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { roles?: unknown };
    return Array.isArray(claims.roles) ? claims.roles.filter((role): role is string => typeof role === 'string') : [];
  } catch {
    // Graph's tokens are opaque by contract; without readable roles Graph itself tells what is missing.
    return [];
  }
}

function networkClient(http: Http, seen: (headers: AnswerHeaders) => void): INetworkModule {
  const send = async <T>(method: string, url: string, options?: NetworkRequestOptions, timeoutMs = 30_000): Promise<NetworkResponse<T>> => {
    const response = await http.send({ method, url, headers: options?.headers ?? {}, body: options?.body ?? null, signal: undefined, timeoutMs });
    seen(response.headers);
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = { error: 'temporarily_unavailable', error_description: `The sign-in service answered ${response.status} with something that is not JSON.` };
    }
    return { status: response.status, headers: Object.fromEntries(response.headers), body: body as T };
  };
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  };
}
