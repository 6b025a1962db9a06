/** Who makes a call, once it is known. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Role } from '@migrator/contracts/api/people';
import type { Id } from '@migrator/contracts/ids';

interface Base {
  orgId: Id<'org'>;
  role: Role;
  scopes: readonly ApiKeyScope[];
  /** Requests a minute that the organisation may make. */
  rateLimitPerMinute: number;
  /** The key's name or the person's address, for the audit log. */
  name: string;
}
/** A person with a session, or an API key. A key acts with the role that fits its scopes. */
export type Principal = (Base & { kind: 'key'; keyId: Id<'key'> }) | (Base & { kind: 'person'; userId: Id<'usr'>; sessionId: string });
export type PersonPrincipal = Extract<Principal, { kind: 'person' }>;

/** How a principal is named in the audit log and to the services. */
export const actorOf = (principal: Principal): `key:${string}` | `user:${string}` => (principal.kind === 'key' ? `key:${principal.keyId}` : `user:${principal.userId}`);

/** The role of a key: what its scopes amount to. Never owner. */
export const roleOfScopes = (scopes: readonly ApiKeyScope[]): Role => (scopes.includes('admin') ? 'admin' : scopes.includes('write') ? 'operator' : 'viewer');
