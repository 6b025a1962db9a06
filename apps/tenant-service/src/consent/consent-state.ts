/** The single-use state of a consent, and what the redirect may say; pure. */
import { createHash } from 'node:crypto';
import type { TenantRole } from '@migrator/contracts/api/tenants';
import type { Id } from '@migrator/contracts/ids';

/** A state lives this long. */
export const stateMinutes = 15;

export interface ConsentState {
  orgId: Id<'org'>;
  domain: string;
  role: TenantRole;
}

export const hashState = (state: string): Buffer => createHash('sha256').update(state).digest();

export type Callback = { kind: 'granted'; state: string; microsoftTenantId: string } | { kind: 'refused'; state: string | null; error: string; description: string } | { kind: 'malformed' };

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const one = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * Reads the redirect. An `error` decides, whatever else is there: the v2 page carries `admin_consent=True` on failures too. The
 * tenant it names is only a claim until that tenant's own token has confirmed it.
 */
export function readCallback(query: Record<string, unknown>): Callback {
  const state = one(query['state']);
  const error = one(query['error']);
  if (error !== undefined) return { kind: 'refused', state: state ?? null, error, description: one(query['error_description']) ?? '' };
  const tenant = one(query['tenant']);
  if (state === undefined || tenant === undefined || !guid.test(tenant) || one(query['admin_consent'])?.toLowerCase() !== 'true') return { kind: 'malformed' };
  return { kind: 'granted', state, microsoftTenantId: tenant.toLowerCase() };
}
