/** The one query of the hot path: a key by its hash, with what its organisation may do. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';
import { rateLimitOf, type Plan } from '../rate-limit/plan.js';

export interface FoundKey {
  id: Id<'key'>;
  orgId: Id<'org'>;
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  revokedAt: Date | null;
  rateLimitPerMinute: number;
}

interface Row {
  id: Id<'key'>;
  org_id: Id<'org'>;
  name: string;
  scopes: ApiKeyScope[];
  expires_at: Date | null;
  revoked_at: Date | null;
  plan: Plan;
  rate_limit_per_minute: number | null;
}

/** Null when there is no such key; whether it may be used is the caller's question. */
export async function findKeyByHash(sql: Queryable, hash: Buffer): Promise<FoundKey | null> {
  const [row] = await sql<Row[]>`select k.id, k.org_id, k.name, k.scopes, k.expires_at, k.revoked_at, o.plan, o.rate_limit_per_minute
    from gateway.api_keys k join gateway.organisations o on o.id = k.org_id where k.key_hash = ${hash}`;
  if (row === undefined) return null;
  return { id: row.id, orgId: row.org_id, name: row.name, scopes: row.scopes, expiresAt: row.expires_at, revokedAt: row.revoked_at, rateLimitPerMinute: rateLimitOf(row.plan, row.rate_limit_per_minute) };
}
