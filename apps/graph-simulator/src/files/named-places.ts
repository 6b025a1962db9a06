/** Tenants, sites and libraries as control operations name them. */
import { z } from 'zod';
import { ControlError } from '../control/control-route.js';
import type { SimTenant } from '../world/tenant.js';
import type { World } from '../world/world.js';
import { defaultLibrary, siteId, type Library, type Site } from './file-store.js';
import type { Drive } from './drives/drive.js';
import type { Item, Permission } from './drives/item.js';

/** A site by its name, its path below `/sites/` or its id; a OneDrive by its owner; a library by its title, the default one without. */
export const Place = z.strictObject({ tenant: z.string(), site: z.string().optional(), user: z.string().optional(), library: z.string().optional() });
export type Place = z.output<typeof Place>;

export function tenantNamed(world: World, name: string): SimTenant {
  const tenant = world.findTenant(name);
  if (tenant === undefined) throw new ControlError(404, `There is no tenant '${name}'.`);
  return tenant;
}

/** Sites that a body names: one, a user's OneDrive, or all. Throws ControlError 404. */
export function sitesNamed(tenant: SimTenant, { site, user }: Pick<Place, 'site' | 'user'>): Site[] {
  const owner = user === undefined ? undefined : tenant.findUser(user)?.id;
  if (user !== undefined && owner === undefined) throw new ControlError(404, `There is no user '${user}'.`);
  const below = site === undefined ? undefined : (tenant.files.findByPath(tenant.files.hostname, `/sites/${site}`) ?? tenant.files.findWeb(site.split(',')[2] ?? ''));
  if (below !== undefined && below.parent !== null) return [below];
  const found = tenant.files.sites.filter((each) => (site === undefined || each.name === site || siteId(each) === site) && (owner === undefined || each.ownerId === owner));
  if (found.length === 0) throw new ControlError(404, 'There is no such site or OneDrive.');
  return found;
}

/** The first of what `sitesNamed` finds. */
export function siteNamed(tenant: SimTenant, place: Pick<Place, 'site' | 'user'>): Site {
  const [site] = sitesNamed(tenant, place);
  if (site === undefined) throw new ControlError(404, 'There is no such site or OneDrive.');
  return site;
}

export function libraryNamed(site: Site, title: string | undefined): Library {
  const library = title === undefined ? defaultLibrary(site) : site.libraries.find(({ displayName }) => displayName === title);
  if (library === undefined) throw new ControlError(404, `There is no library '${title ?? ''}'.`);
  return library;
}

/** Throws ControlError 404. */
export function itemNamed(drive: Drive, path: string): Item {
  let at = drive.root;
  for (const name of path.split('/').filter((each) => each !== '')) {
    const next = drive.child(at.key, name);
    if (next === undefined) throw new ControlError(404, `There is no '${path}' in the drive.`);
    at = next;
  }
  return at;
}

export type PrincipalMap = (grantee: Permission['grantees'][number]) => string | null;

/** Who somebody is at the other tenant: as `people` says by user names, else the same name before the @, or the same group name. */
export function counterpart(source: SimTenant, destination: SimTenant, people: Readonly<Record<string, string>> = {}): PrincipalMap {
  return ({ kind, id }) => {
    if (kind === 'group') {
      const name = source.groups.find((each) => each.id === id)?.mailNickname;
      return destination.groups.find((each) => each.mailNickname === name)?.id ?? null;
    }
    const name = source.findUser(id)?.userPrincipalName;
    if (name === undefined) return null;
    const said = people[name];
    if (said !== undefined) return destination.findUser(said)?.id ?? null;
    return destination.users.find((each) => each.userPrincipalName.split('@')[0] === name.split('@')[0])?.id ?? null;
  };
}
