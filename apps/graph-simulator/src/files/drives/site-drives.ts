/** The drives behind libraries, made when they are first asked for. */
import type { DirectoryUser, SimTenant } from '../../world/tenant.js';
import { collectionOf, type Library, type Site } from '../file-store.js';
import { Drive } from './drive.js';
import { parseDriveProfile } from './drive-profile.js';
import { GeneratedTree } from './generated-tree.js';
import type { Actor } from './item.js';

/** What SharePoint did by itself. */
export const system: Actor = { kind: 'app', clientId: 'system' };

const drives = new WeakMap<Library, Drive>();

/** `now`: whole seconds, as SharePoint keeps time. */
export function driveOf(tenant: SimTenant, library: Library, now: () => string): Drive {
  let drive = drives.get(library);
  if (drive === undefined) {
    const { site } = library;
    const profile = library.content === null ? null : parseDriveProfile(library.content);
    const tree = profile === null ? null : new GeneratedTree(profile, { ownerId: site.ownerId, sharedWith: peopleToShareWith(tenant, site) });
    const owner: Actor = site.ownerId === null ? system : { kind: 'user', id: site.ownerId };
    drive = new Drive(library.listId, { tree, storage: collectionOf(site), now, createdAt: library.createdDateTime, owner, rootPathChars: `${site.path}/${library.name}`.length });
    drive.promotes = site.ownerId === null;
    drives.set(library, drive);
  }
  return drive;
}

/** Other people of the tenant and one of its groups, so that shares lead somewhere. */
function peopleToShareWith(tenant: SimTenant, site: Site): { kind: 'user' | 'group'; id: string }[] {
  const others = tenant.users.filter((user: DirectoryUser) => user.id !== site.ownerId && user.accountEnabled).slice(0, 5);
  const [group] = tenant.groups.filter((each) => each.securityEnabled);
  return [...others.map(({ id }) => ({ kind: 'user' as const, id })), ...(group === undefined ? [] : [{ kind: 'group' as const, id: group.id }])];
}
