/** SQL for API keys. */
import type { ApiKeyScope } from '@migrator/contracts/api/keys';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable } from '@migrator/service-kit/database';
import type { ApiKey } from './api-key.js';

interface Row {
  id: Id<'key'>;
  org_id: Id<'org'>;
  name: string;
  last4: string;
  scopes: ApiKeyScope[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
}

const toKey = (row: Row): ApiKey => ({ id: row.id, orgId: row.org_id, name: row.name, last4: row.last4, scopes: row.scopes, createdAt: row.created_at, expiresAt: row.expires_at, revokedAt: row.revoked_at });

export class ApiKeyRepository {
  async findByHash(sql: Queryable, hash: Buffer): Promise<ApiKey | null> {
    const [row] = await sql<Row[]>`select id, org_id, name, last4, scopes, created_at, expires_at, revoked_at from gateway.api_keys where key_hash = ${hash}`;
    return row === undefined ? null : toKey(row);
  }

  async insert(sql: Queryable, key: ApiKey, hash: Buffer): Promise<void> {
    await sql`insert into gateway.api_keys (id, org_id, name, key_hash, last4, scopes, created_at, expires_at)
      values (${key.id}, ${key.orgId}, ${key.name}, ${hash}, ${key.last4}, ${key.scopes}, ${key.createdAt}, ${key.expiresAt})`;
  }

  async list(sql: Queryable, orgId: Id<'org'>): Promise<ApiKey[]> {
    const rows = await sql<Row[]>`select id, org_id, name, last4, scopes, created_at, expires_at, revoked_at from gateway.api_keys where org_id = ${orgId} order by created_at desc, id desc`;
    return rows.map(toKey);
  }

  /** False when there is no such key in use. */
  async revoke(sql: Queryable, id: string, at: Date): Promise<boolean> {
    const rows = await sql`update gateway.api_keys set revoked_at = ${at} where id = ${id} and revoked_at is null returning id`;
    return rows.length === 1;
  }

  /** Notes the use of a key, at most once a minute. */
  async touch(sql: Queryable, id: Id<'key'>, at: Date): Promise<void> {
    await sql`update gateway.api_keys set last_used_at = ${at} where id = ${id} and (last_used_at is null or last_used_at < ${new Date(at.getTime() - 60_000)})`;
  }
}
