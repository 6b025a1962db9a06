/** SQL for tenants. */
import { AppError } from '@migrator/contracts/errors';
import type { Id } from '@migrator/contracts/ids';
import type { Queryable, TransactionSql } from '@migrator/service-kit/database';
import type { TenantRow } from './tenant.js';

interface Row {
  id: Id<'ten'>;
  org_id: Id<'org'>;
  domain: string;
  role: TenantRow['role'];
  microsoft_tenant_id: string;
  client_id: string | null;
  granted_roles: string[];
  connected_at: Date;
  discovered_at: Date | null;
  mailbox_count: number | null;
  total_size_bytes: number | null;
}

const toTenant = (row: Row): TenantRow => ({
  id: row.id,
  orgId: row.org_id,
  domain: row.domain,
  role: row.role,
  microsoftTenantId: row.microsoft_tenant_id,
  clientId: row.client_id,
  grantedRoles: row.granted_roles,
  connectedAt: row.connected_at,
  discoveredAt: row.discovered_at,
  mailboxCount: row.mailbox_count,
  totalSizeBytes: row.total_size_bytes,
});

export const tenantNotFound = (): AppError => new AppError('TENANT_NOT_FOUND', { publicMessage: 'There is no such tenant.' });

export class TenantRepository {
  /** Throws TENANT_NOT_FOUND when unknown, of another organisation, or disconnected. */
  async get(sql: Queryable, orgId: string, id: string): Promise<TenantRow> {
    const [row] = await sql<Row[]>`select * from tenants.tenants where id = ${id} and org_id = ${orgId} and disconnected_at is null`;
    if (row === undefined) throw tenantNotFound();
    return toTenant(row);
  }

  /** Newest first. */
  async list(sql: Queryable, orgId: string): Promise<TenantRow[]> {
    const rows = await sql<Row[]>`select * from tenants.tenants where org_id = ${orgId} and disconnected_at is null order by connected_at desc, id desc`;
    return rows.map(toTenant);
  }

  /**
   * Adds a tenant, or refreshes the grant of the same domain and role and keeps its id. Null when that domain and role are connected to
   * another Microsoft tenant (domains do move): jobs made for the one must not reach the other.
   */
  async upsert(tx: TransactionSql, tenant: Omit<TenantRow, 'discoveredAt' | 'mailboxCount' | 'totalSizeBytes'>): Promise<TenantRow | null> {
    const [row] = await tx<Row[]>`
      insert into tenants.tenants (id, org_id, domain, role, microsoft_tenant_id, client_id, granted_roles, connected_at)
      values (${tenant.id}, ${tenant.orgId}, ${tenant.domain}, ${tenant.role}, ${tenant.microsoftTenantId}, ${tenant.clientId}, ${tenant.grantedRoles}, ${tenant.connectedAt})
      on conflict (org_id, domain, role) where disconnected_at is null
      do update set client_id = excluded.client_id, granted_roles = excluded.granted_roles where tenants.microsoft_tenant_id = excluded.microsoft_tenant_id
      returning *`;
    return row === undefined ? null : toTenant(row);
  }

  /** Marks it disconnected and erases what was known of it. False when somebody else was first. */
  async disconnect(tx: TransactionSql, id: string, at: Date): Promise<boolean> {
    const rows = await tx`update tenants.tenants set disconnected_at = ${at}, granted_roles = '{}', discovered_at = null, mailbox_count = null, total_size_bytes = null where id = ${id} and disconnected_at is null returning id`;
    if (rows.length === 0) return false;
    await tx`delete from tenants.credentials where tenant_id = ${id}`;
    await tx`delete from tenants.discovered_users where tenant_id = ${id}`;
    await tx`delete from tenants.discoveries where tenant_id = ${id}`;
    return true;
  }
}
