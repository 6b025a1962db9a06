/** Why there is no token, in words an operator can act on. Entra's numbers are kept for diagnosis; decisions follow the table. */
import { AuthError, ServerError } from '@azure/msal-node';

/** `temporary`: worth another try. Everything else needs a person. */
export type TokenErrorKind = 'temporary' | 'credential' | 'consent' | 'tenant' | 'blocked' | 'configuration';

export class TokenError extends Error {
  constructor(
    readonly kind: TokenErrorKind,
    /** AADSTS number, or null. */
    readonly entraCode: string | null,
    readonly remedy: string,
    options?: { cause?: unknown },
    /** What the sign-in service asked us to wait, in milliseconds; null when it did not say. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(`No token: ${kind}${entraCode === null ? '' : ` (AADSTS${entraCode})`}`, options);
    this.name = 'TokenError';
  }
}

const remedies: Record<TokenErrorKind, string> = {
  temporary: 'Microsoft’s sign-in service is busy; it is tried again.',
  credential: 'The application’s secret or certificate is wrong or has expired. Make a new one in the app registration and configure it.',
  consent: 'An administrator of the tenant has to consent to the application (connect the tenant again).',
  tenant: 'The tenant does not exist or is not the one that was meant. Check the tenant id or domain.',
  blocked: 'The tenant’s Conditional Access blocks the application. Ask its administrator to allow this address.',
  configuration: 'The app registration is incomplete. Compare it with docs/real-tenant.md.',
};

/** Entra error numbers by what they mean for us (reference-error-codes and the client credentials page of Microsoft’s identity documentation). */
const kinds: Record<string, TokenErrorKind> = {
  '7000215': 'credential',
  '7000222': 'credential',
  '700027': 'credential',
  '7000218': 'configuration',
  '70011': 'configuration',
  '1002012': 'configuration',
  '650056': 'configuration',
  '650057': 'configuration',
  '500011': 'configuration',
  '50034': 'configuration',
  '700016': 'consent',
  '7000229': 'consent',
  '7000112': 'consent',
  '65001': 'consent',
  '90002': 'tenant',
  '900023': 'tenant',
  '53003': 'blocked',
  '90033': 'temporary',
  '90024': 'temporary',
  '90090': 'temporary',
  '90055': 'temporary',
};

/** Any failure of a token request as a TokenError: msal shows them in four shapes (server error, interaction required, unreadable body, raw TypeError). */
export function toTokenError(cause: unknown, retryAfterMs: number | null = null): TokenError {
  if (cause instanceof TokenError) return cause;
  const text = cause instanceof AuthError ? `${cause.errorMessage} ${cause.message}` : cause instanceof Error ? cause.message : '';
  const entraCode = /AADSTS(\d+)/.exec(text)?.[1] ?? null;
  const known = entraCode === null ? undefined : kinds[entraCode];
  const kind = known ?? byShape(cause);
  return new TokenError(kind, entraCode, remedies[kind], { cause }, retryAfterMs);
}

function byShape(cause: unknown): TokenErrorKind {
  if (cause instanceof ServerError) {
    // msal answers from its own memory, without a status, while it holds a tenant back after a 429 or 5xx.
    if (cause.status === undefined || cause.status === 429 || cause.status >= 500) return 'temporary';
    if (cause.errorCode === 'invalid_client') return 'credential';
    if (cause.errorCode === 'unauthorized_client' || cause.errorCode === 'invalid_grant') return 'consent';
    return 'configuration';
  }
  if (cause instanceof AuthError && cause.errorCode !== 'token_parsing_error' && cause.errorCode !== 'network_error' && cause.errorCode !== 'no_network_connectivity' && cause.errorCode !== 'post_request_failed') return cause.errorCode.startsWith('interaction') ? 'consent' : 'configuration';
  return 'temporary';
}
