/** A connected Microsoft 365 organisation; pure. */
import { workloadNames, type Tenant, type TenantRole, type WorkloadName } from '@migrator/contracts/api/tenants';
import type { BusinessHours } from '@migrator/contracts/api/throttling';
import type { Id } from '@migrator/contracts/ids';
import type { SkippedPart } from '../discovery/skipped-parts.js';

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
  /** With whom its people may share outside (sharepointSettings of Graph); null when not shown. */
  sharingCapability: string | null;
  /** Parts that the last finished discovery could not look at, and why. */
  skippedParts: SkippedPart[];
  /** When less of Microsoft's limits may be used. */
  businessHours: BusinessHours | null;
}

const people = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];

/**
 * Application roles a workload cannot do without, by side (docs/real-tenant.md lists all with their reasons; sources: the import/export
 * API overview and the permission reference of Microsoft Graph). Any one of a group is enough. What parts of a workload need besides is
 * preflight's to say.
 */
const needed: Record<WorkloadName, Record<TenantRole, readonly (readonly string[])[]>> = {
  EMAIL: {
    source: [['MailboxFolder.Read.All', 'MailboxFolder.ReadWrite.All'], ['MailboxItem.Read.All', 'MailboxItem.ReadWrite.All'], ['MailboxItem.Export.All', 'MailboxItem.ImportExport.All']],
    destination: [['MailboxFolder.ReadWrite.All'], ['MailboxItem.ImportExport.All']],
  },
  SHAREPOINT: {
    source: [people, ['Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All']],
    destination: [people, ['Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All']],
  },
  ONEDRIVE: {
    source: [people, ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.FullControl.All']],
    destination: [people, ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Sites.FullControl.All']],
  },
  TEAMS: {
    source: [people, ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'], ['Team.ReadBasic.All', 'TeamSettings.Read.All', 'TeamSettings.ReadWrite.All', 'Group.Read.All']],
    destination: [people, ['Team.Create', 'Group.ReadWrite.All']],
  },
};

/** The workloads that the granted roles allow on this tenant's side. */
export function allowedWorkloads(role: TenantRole, grantedRoles: readonly string[]): WorkloadName[] {
  return workloadNames.filter((name) => needed[name][role].every((anyOf) => anyOf.some((each) => grantedRoles.includes(each))));
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
