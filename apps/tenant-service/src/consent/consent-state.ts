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

export type Callback = { kind: 'granted'; state: string; microsoftTenantId: string } | { kind: 'refused'; state: string | null; error: string } | { kind: 'malformed' };

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longer than anything Microsoft or we put there; what is longer is not ours to look at. */
const valueMax = 2_000;

/** A value that was given once; one that was given several times, or is too long, was not given. */
const one = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' && value.length <= valueMax ? value : undefined);

/** What an error code of OAuth looks like; anything else is not repeated on our page. */
const errorCode = /^[\w.-]{1,64}$/;

/**
 * Reads the redirect. An `error` decides, whatever else is there: the v2 page carries `admin_consent=True` on failures too. The
 * tenant it names is only a claim until that tenant's own token has confirmed it.
 */
export function readCallback(query: Record<string, unknown>): Callback {
  const state = one(query['state']);
  // The description is not read: it is whatever a link's author wrote, and would stand on our page.
  const error = query['error'];
  if (error !== undefined && error !== '') return { kind: 'refused', state: state ?? null, error: typeof error === 'string' && errorCode.test(error) ? error : 'an error that cannot be shown' };
  const tenant = one(query['tenant']);
  if (state === undefined || tenant === undefined || !guid.test(tenant) || one(query['admin_consent'])?.toLowerCase() !== 'true') return { kind: 'malformed' };
  return { kind: 'granted', state, microsoftTenantId: tenant.toLowerCase() };
}
