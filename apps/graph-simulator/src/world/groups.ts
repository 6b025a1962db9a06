import type { DirectoryGroup, SimTenant } from './tenant.js';

/** A group to add to a tenant. */
export interface GroupSpec {
  id: string;
  displayName: string;
  description?: string | null | undefined;
  mailNickname: string;
  kind: 'unified' | 'security' | 'distribution';
  /** A team: needs a unified group. */
  team?: boolean | undefined;
  createdDateTime: string;
  memberIds: Iterable<string>;
  ownerIds: Iterable<string>;
  visibility?: 'Public' | 'Private' | undefined;
  /** SharePoint makes its site by and by, as it does when a group is made through Graph. */
  siteLater?: boolean | undefined;
  /** What its team site holds. */
  usedBytes?: number | undefined;
  fileCount?: number | undefined;
}

/** Adds a group; a Microsoft 365 group comes with its team site. Throws when the site's address is taken. */
export function addGroup(tenant: SimTenant, spec: GroupSpec): DirectoryGroup {
  const unified = spec.kind === 'unified';
  const mailEnabled = spec.kind !== 'security';
  const group: DirectoryGroup = {
    id: spec.id,
    displayName: spec.displayName,
    description: spec.description ?? null,
    mail: mailEnabled ? `${spec.mailNickname}@${tenant.domain}` : null,
    mailNickname: spec.mailNickname,
    mailEnabled,
    securityEnabled: spec.kind === 'security',
    groupTypes: unified ? ['Unified'] : [],
    visibility: unified ? (spec.visibility ?? 'Private') : null,
    resourceProvisioningOptions: spec.team === true ? ['Team'] : [],
    createdDateTime: spec.createdDateTime,
    memberIds: new Set(spec.memberIds),
    ownerIds: new Set(spec.ownerIds),
  };
  if (unified) {
    const site = { name: spec.mailNickname, displayName: spec.displayName, description: spec.description ?? undefined, groupId: group.id, usedBytes: spec.usedBytes, fileCount: spec.fileCount };
    if (spec.siteLater === true) tenant.files.announceGroupSite(site, spec.createdDateTime);
    else tenant.files.addSite(site, spec.createdDateTime);
  }
  tenant.groups.push(group);
  return group;
}
