/** The drives behind sites: each site's default library, made when it is first asked for. */
import type { DirectoryUser, SimTenant } from '../../world/tenant.js';
import { siteUrl, type Site } from '../file-store.js';
import { Drive } from './drive.js';
import { parseDriveProfile } from './drive-profile.js';
import { GeneratedTree } from './generated-tree.js';
import type { Actor } from './item.js';

/** Name and address of the library in its site. */
export const libraryOf = (site: Site): { name: string; urlName: string } => (site.ownerId === null ? { name: 'Documents', urlName: 'Shared Documents' } : { name: 'OneDrive', urlName: 'Documents' });

/** The address of the drive's root, each segment encoded. */
export const driveUrl = (site: Site): string => `${siteUrl(site)}/${encodeURIComponent(libraryOf(site).urlName)}`;

/** What SharePoint did by itself. */
export const system: Actor = { kind: 'app', clientId: 'system' };

const drives = new WeakMap<Site, Drive>();

/** `now`: whole seconds, as SharePoint keeps time. */
export function driveOf(tenant: SimTenant, site: Site, now: () => string): Drive {
  let drive = drives.get(site);
  if (drive === undefined) {
    const profile = site.content === null ? null : parseDriveProfile(site.content);
    const tree = profile === null ? null : new GeneratedTree(profile, { ownerId: site.ownerId, sharedWith: peopleToShareWith(tenant, site) });
    const owner: Actor = site.ownerId === null ? system : { kind: 'user', id: site.ownerId };
    drive = new Drive(site.listId, { tree, storage: site, now, createdAt: site.createdDateTime, owner, rootPathChars: `${site.path}/${libraryOf(site).urlName}`.length });
    drive.promotes = site.ownerId === null;
    drives.set(site, drive);
  }
  return drive;
}

/** Other people of the tenant and one of its groups, so that shares lead somewhere. */
function peopleToShareWith(tenant: SimTenant, site: Site): { kind: 'user' | 'group'; id: string }[] {
  const others = tenant.users.filter((user: DirectoryUser) => user.id !== site.ownerId && user.accountEnabled).slice(0, 5);
  const [group] = tenant.groups.filter((each) => each.securityEnabled);
  return [...others.map(({ id }) => ({ kind: 'user' as const, id })), ...(group === undefined ? [] : [{ kind: 'group' as const, id: group.id }])];
}
