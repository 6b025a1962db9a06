/** SQL for tenants. */
import { notFound, type AppError } from '@migrator/contracts/errors';
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
  site_count: number | null;
  sharepoint_quota_bytes: number | null;
  sharepoint_used_bytes: number | null;
  onedrive_quota_per_user_bytes: number | null;
  sharing_capability: string | null;
  skipped_parts: TenantRow['skippedParts'];
  business_hours: TenantRow['businessHours'];
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
  siteCount: row.site_count,
  sharepointQuotaBytes: row.sharepoint_quota_bytes,
  sharepointUsedBytes: row.sharepoint_used_bytes,
  onedriveQuotaPerUserBytes: row.onedrive_quota_per_user_bytes,
  sharingCapability: row.sharing_capability,
  skippedParts: row.skipped_parts,
  businessHours: row.business_hours,
});

export const tenantNotFound = (): AppError => notFound('TENANT_NOT_FOUND');

export class TenantRepository {
  /** Throws TENANT_NOT_FOUND when unknown, of another organisation, or disconnected. */
  async get(sql: Queryable, orgId: string, id: string): Promise<TenantRow> {
    const [row] = await sql<Row[]>`select * from tenants.tenants where id = ${id} and org_id = ${orgId} and disconnected_at is null`;
    if (row === undefined) throw tenantNotFound();
    return toTenant(row);
  }

  async setBusinessHours(sql: Queryable, id: string, hours: TenantRow['businessHours']): Promise<void> {
    await sql`update tenants.tenants set business_hours = ${hours === null ? null : JSON.stringify(hours)}::text::jsonb where id = ${id}`;
  }

  /** Newest first, after a position. */
  async list(sql: Queryable, orgId: string, search: string | null, after: { connectedAt: string; id: string } | null, limit: number): Promise<TenantRow[]> {
    const rows = await sql<Row[]>`
      select * from tenants.tenants where org_id = ${orgId} and disconnected_at is null and (${search}::text is null or strpos(domain, lower(${search})) > 0)
        and (${after === null} or (connected_at, id) < (${after?.connectedAt ?? null}::text::timestamptz, ${after?.id ?? null}))
      order by connected_at desc, id desc limit ${limit}`;
    return rows.map(toTenant);
  }

  /**
   * Adds a tenant, or refreshes the grant of the same domain and role and keeps its id. Null when that domain and role are connected to
   * another Microsoft tenant (domains do move): jobs made for the one must not reach the other.
   */
  async upsert(tx: TransactionSql, tenant: Pick<TenantRow, 'id' | 'orgId' | 'domain' | 'role' | 'microsoftTenantId' | 'clientId' | 'grantedRoles' | 'connectedAt'>): Promise<TenantRow | null> {
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
    const rows = await tx`update tenants.tenants set disconnected_at = ${at}, granted_roles = '{}', discovered_at = null, mailbox_count = null, total_size_bytes = null, site_count = null, sharepoint_quota_bytes = null, sharepoint_used_bytes = null, onedrive_quota_per_user_bytes = null, sharing_capability = null, skipped_parts = '[]', business_hours = null where id = ${id} and disconnected_at is null returning id`;
    if (rows.length === 0) return false;
    await tx`delete from tenants.credentials where tenant_id = ${id}`;
    await tx`delete from tenants.discovered_users where tenant_id = ${id}`;
    await tx`delete from tenants.discovered_places where tenant_id = ${id}`;
    await tx`delete from tenants.discoveries where tenant_id = ${id}`;
    return true;
  }

  /** Notes that a disconnection has begun, so that it is completed even if this process dies. */
  async beginDisconnect(sql: Queryable, id: string, at: Date): Promise<void> {
    await sql`update tenants.tenants set disconnecting_at = ${at} where id = ${id}`;
  }

  /** The disconnection is complete, or was refused and changed nothing. */
  async endDisconnect(sql: Queryable, id: string): Promise<void> {
    await sql`update tenants.tenants set disconnecting_at = null where id = ${id}`;
  }

  /** Disconnections that began before `before` and never ended. */
  async unfinishedDisconnects(sql: Queryable, before: Date): Promise<{ id: Id<'ten'>; orgId: Id<'org'> }[]> {
    return sql<{ id: Id<'ten'>; orgId: Id<'org'> }[]>`select id, org_id as "orgId" from tenants.tenants where disconnecting_at < ${before} order by disconnecting_at limit 20`;
  }
}
