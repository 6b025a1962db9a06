/** SQL for sealed credentials. */
import type { Queryable } from '@migrator/service-kit/database';

export class CredentialRepository {
  async find(sql: Queryable, tenantId: string): Promise<string | null> {
    const [row] = await sql<{ sealed: string }[]>`select sealed from tenants.credentials where tenant_id = ${tenantId}`;
    return row?.sealed ?? null;
  }
  async put(sql: Queryable, tenantId: string, sealed: string): Promise<void> {
    await sql`insert into tenants.credentials (tenant_id, sealed) values (${tenantId}, ${sealed}) on conflict (tenant_id) do update set sealed = excluded.sealed`;
  }
  async remove(sql: Queryable, tenantId: string): Promise<void> {
    await sql`delete from tenants.credentials where tenant_id = ${tenantId}`;
  }
}
