import type { DirectoryUser, SimTenant } from '../world/tenant.js';
import { collectionOf, libraryId, libraryUrl, siteId, siteUrl, type Library, type Site } from './file-store.js';

/** Every property `$select` may name on a site. */
export const siteKnown = ['id', 'createdDateTime', 'description', 'displayName', 'eTag', 'isPersonalSite', 'lastModifiedDateTime', 'name', 'parentReference', 'root', 'sharepointIds', 'siteCollection', 'webUrl'] as const;

/** What a site shows of itself without `$select`. */
export const siteDefaults = siteKnown.filter((name) => name !== 'sharepointIds' && name !== 'eTag');

/** A site as Graph shows it. */
export function siteView(tenant: SimTenant, site: Site): Record<string, unknown> {
  return {
    id: siteId(site),
    createdDateTime: site.createdDateTime,
    description: site.description,
    displayName: site.displayName,
    eTag: `"${site.webId},1"`,
    isPersonalSite: site.ownerId !== null,
    lastModifiedDateTime: site.createdDateTime,
    name: site.name,
    ...(site.parent === null ? { root: {} } : { parentReference: { siteId: siteId(site.parent) } }),
    sharepointIds: { siteId: site.collectionId, siteUrl: siteUrl(site), tenantId: tenant.id, webId: site.webId },
    siteCollection: { hostname: site.hostname, ...(site.parent === null ? { dataLocationCode: 'NAM', root: {} } : {}) },
    webUrl: siteUrl(site),
  };
}

/** Every property `$select` may name on a drive. */
export const driveKnown = ['id', 'createdBy', 'createdDateTime', 'description', 'driveType', 'lastModifiedBy', 'lastModifiedDateTime', 'name', 'owner', 'quota', 'sharePointIds', 'system', 'webUrl'] as const;

/** What a drive shows of itself without `$select`. */
export const driveDefaults = driveKnown.filter((name) => name !== 'sharePointIds' && name !== 'system');

function quotaView({ usedBytes, quotaBytes }: Site): Record<string, unknown> {
  const remaining = Math.max(0, quotaBytes - usedBytes);
  // graph/files.md 1.1: nearing below a tenth left, critical below a hundredth.
  const state = usedBytes >= quotaBytes ? 'exceeded' : remaining < quotaBytes / 100 ? 'critical' : remaining < quotaBytes / 10 ? 'nearing' : 'normal';
  return { deleted: 0, remaining, state, total: quotaBytes, used: usedBytes };
}

function personView(user: DirectoryUser): Record<string, unknown> {
  return { user: { ...(user.mail === null ? {} : { email: user.mail }), id: user.id, displayName: user.displayName } };
}

function ownerView(tenant: SimTenant, site: Site): Record<string, unknown> {
  const user = site.ownerId === null ? undefined : tenant.findUser(site.ownerId);
  if (user !== undefined) return personView(user);
  const group = tenant.groups.find((each) => each.id === site.groupId);
  return group === undefined ? { user: { displayName: 'System Account' } } : { group: { ...(group.mail === null ? {} : { email: group.mail }), id: group.id, displayName: group.displayName } };
}

/** A library of a site, or the OneDrive behind a personal site. */
export function driveView(tenant: SimTenant, library: Library): Record<string, unknown> {
  const { site } = library;
  const personal = site.ownerId !== null;
  const owner = ownerView(tenant, site);
  return {
    id: libraryId(library),
    createdBy: personal ? owner : { user: { displayName: 'System Account' } },
    createdDateTime: library.createdDateTime,
    description: library.description,
    driveType: personal ? 'business' : 'documentLibrary',
    lastModifiedBy: personal ? owner : { user: { displayName: 'System Account' } },
    lastModifiedDateTime: library.createdDateTime,
    name: personal ? 'OneDrive' : library.displayName,
    owner,
    quota: quotaView(collectionOf(site)),
    sharePointIds: { listId: library.listId, siteId: site.collectionId, siteUrl: siteUrl(site), tenantId: tenant.id, webId: site.webId },
    ...(library.system ? { system: {} } : {}),
    webUrl: libraryUrl(library),
  };
}
