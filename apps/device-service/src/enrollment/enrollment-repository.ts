/** SQL for what an organisation demands at registration. */
import type { Queryable } from '@migrator/service-kit/database';

export interface Enrollment {
  required: boolean;
  tokenHash: Uint8Array | null;
  tokenLast4: string | null;
  tokenCreatedAt: Date | null;
}

export async function findEnrollment(sql: Queryable, orgId: string): Promise<Enrollment | null> {
  const [row] = await sql<{ required: boolean; token_hash: Uint8Array | null; token_last4: string | null; token_created_at: Date | null }[]>`select required, token_hash, token_last4, token_created_at from devices.enrollment where org_id = ${orgId}`;
  return row === undefined ? null : { required: row.required, tokenHash: row.token_hash, tokenLast4: row.token_last4, tokenCreatedAt: row.token_created_at };
}

/** False when a token is to be demanded and there is none. */
export async function setRequired(sql: Queryable, orgId: string, required: boolean): Promise<boolean> {
  if (!required) {
    await sql`update devices.enrollment set required = false where org_id = ${orgId}`;
    return true;
  }
  const rows = await sql`update devices.enrollment set required = true where org_id = ${orgId} and token_hash is not null returning 1`;
  return rows.length === 1;
}

export async function setToken(sql: Queryable, orgId: string, hash: Buffer, last4: string, at: Date): Promise<void> {
  await sql`insert into devices.enrollment (org_id, token_hash, token_last4, token_created_at) values (${orgId}, ${hash}, ${last4}, ${at})
    on conflict (org_id) do update set token_hash = excluded.token_hash, token_last4 = excluded.token_last4, token_created_at = excluded.token_created_at`;
}
