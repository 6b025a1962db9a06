/** SQL for API keys, as they are managed; the look-up of every request is in key-lookup.ts. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';
import type { ApiKey } from './api-key.js';

/** A key with its history. */
export type KeptApiKey = ApiKey & {
  /** `user:<id>`, `key:<id>` or `operator`. */
  createdBy: string;
  lastUsedAt: Date | null;
};

interface Row {
  id: Id<'key'>;
  org_id: Id<'org'>;
  name: string;
  last4: string;
  scopes: ApiKeyScope[];
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

const toKey = (row: Row): KeptApiKey => ({
  ...{ id: row.id, orgId: row.org_id, name: row.name, last4: row.last4, scopes: row.scopes, createdBy: row.created_by },
  ...{ createdAt: row.created_at, expiresAt: row.expires_at, revokedAt: row.revoked_at, lastUsedAt: row.last_used_at },
});

export class ApiKeyRepository {
  async insert(sql: Queryable, key: KeptApiKey, hash: Buffer): Promise<void> {
    await sql`insert into gateway.api_keys (id, org_id, name, key_hash, last4, scopes, created_by, created_at, expires_at)
      values (${key.id}, ${key.orgId}, ${key.name}, ${hash}, ${key.last4}, ${key.scopes}, ${key.createdBy}, ${key.createdAt}, ${key.expiresAt})`;
  }

  /** Newest first; `limit` null: all. */
  async list(sql: Queryable, orgId: Id<'org'>, after: { createdAt: Date; id: string } | null = null, limit: number | null = null): Promise<KeptApiKey[]> {
    const rows = await sql<Row[]>`select id, org_id, name, last4, scopes, created_by, created_at, expires_at, revoked_at, last_used_at from gateway.api_keys
      where org_id = ${orgId} ${after === null ? sql`` : sql`and (created_at, id) < (${after.createdAt}, ${after.id})`} order by created_at desc, id desc limit ${limit}`;
    return rows.map(toKey);
  }

  /** The key, revoked; one that was revoked before keeps its time. Null when there is no such key (of `orgId`, when given). */
  async revoke(sql: Queryable, id: Id<'key'>, at: Date, orgId: Id<'org'> | null = null): Promise<KeptApiKey | null> {
    const [row] = await sql<Row[]>`update gateway.api_keys set revoked_at = coalesce(revoked_at, ${at}) where id = ${id} ${orgId === null ? sql`` : sql`and org_id = ${orgId}`}
      returning id, org_id, name, last4, scopes, created_by, created_at, expires_at, revoked_at, last_used_at`;
    return row === undefined ? null : toKey(row);
  }
}
