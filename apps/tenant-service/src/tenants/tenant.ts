/** A connected Microsoft 365 organisation; pure. */
import type { Tenant, TenantRole, WorkloadName } from '@migrator/contracts/api/tenants';
import type { Id } from '@migrator/contracts/ids';

export interface TenantRow {
  id: Id<'ten'>;
  orgId: Id<'org'>;
  domain: string;
  role: TenantRole;
  microsoftTenantId: string;
  clientId: string | null;
  grantedRoles: string[];
  connectedAt: Date;
  discoveredAt: Date | null;
  mailboxCount: number | null;
  totalSizeBytes: number | null;
  siteCount: number | null;
  sharepointQuotaBytes: number | null;
  sharepointUsedBytes: number | null;
  onedriveQuotaPerUserBytes: number | null;
}

/**
 * Application roles a workload cannot do without, by side (docs/real-tenant.md lists all with their reasons; sources: the import/export
 * API overview and the permission reference of Microsoft Graph). Any one of a group is enough.
 */
const needed: Partial<Record<WorkloadName, Record<TenantRole, readonly (readonly string[])[]>>> = {
  EMAIL: {
    source: [['MailboxFolder.Read.All', 'MailboxFolder.ReadWrite.All'], ['MailboxItem.Read.All', 'MailboxItem.ReadWrite.All'], ['MailboxItem.Export.All', 'MailboxItem.ImportExport.All']],
    destination: [['MailboxFolder.ReadWrite.All'], ['MailboxItem.ImportExport.All']],
  },
};

/** The workloads that the granted roles allow on this tenant's side. */
export function allowedWorkloads(role: TenantRole, grantedRoles: readonly string[]): WorkloadName[] {
  return (Object.entries(needed) as [WorkloadName, Record<TenantRole, readonly (readonly string[])[]>][]).filter(([, sides]) => sides[role].every((anyOf) => anyOf.some((name) => grantedRoles.includes(name)))).map(([name]) => name);
}

/** The public form. */
export const toPublicTenant = (row: TenantRow): Tenant => ({
  id: row.id,
  domain: row.domain,
  type: 'M365',
  role: row.role,
  mailboxCount: row.mailboxCount,
  siteCount: row.siteCount,
  totalSizeBytes: row.totalSizeBytes,
  sharepointQuotaBytes: row.sharepointQuotaBytes,
  sharepointUsedBytes: row.sharepointUsedBytes,
  onedriveQuotaPerUserBytes: row.onedriveQuotaPerUserBytes,
  workloads: allowedWorkloads(row.role, row.grantedRoles),
  discoveredAt: row.discoveredAt?.toISOString() ?? null,
  connectedAt: row.connectedAt.toISOString(),
});
