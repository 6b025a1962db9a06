import { notFound } from '../directory/directory-list.js';
import { GraphFault, type GraphRequest } from '../http/route.js';
import type { DirectoryGroup, SimTenant } from '../world/tenant.js';
import { siteId, type Library, type Site } from './file-store.js';

/** Any of these reads sites, also personal ones. */
export const readSites = ['Sites.Read.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] as const;

/** Any of these reads drives. */
export const readDrives = ['Files.Read.All', 'Files.ReadWrite.All', ...readSites] as const;

/** Throws Graph's 400 for a tenant whose licences bring no SharePoint. */
export function requireSharePoint(tenant: SimTenant): void {
  if (!tenant.users.some((user) => user.licensed)) throw new GraphFault(400, 'BadRequest', 'Tenant does not have a SPO license.');
}

const siteNotFound = (): GraphFault => new GraphFault(404, 'itemNotFound', 'Requested site could not be found');

/** Throws 423 for a site that an administrator has locked. */
export function requireOpen(site: Site): Site {
  if (site.locked) throw new GraphFault(423, 'resourceLocked', 'Access to this site has been blocked.');
  return site;
}

/** How sites are reached: by id, by address, or through the group they belong to. */
export const sitePaths = ['/sites/{site}', '/sites/{site}:/{sitePath:}', '/groups/{group}/sites/{site}'] as const;

/** The site a path names: `root`, a host name, `host,collection,web`, or the collection's GUID alone. Throws 404, and 400 for a foreign host. */
export function siteOf(req: GraphRequest): Site {
  const { tenant, params } = req;
  requireSharePoint(tenant);
  const name = (params['site'] ?? '').toLowerCase();
  if (params['group'] !== undefined) {
    const site = siteOfGroup(req);
    if (name !== 'root' && siteId(site).toLowerCase() !== name) throw siteNotFound();
    return site;
  }
  if (params['sitePath'] !== undefined) return siteByPath(tenant, name, `/${params['sitePath']}`);
  if (name === 'root') return tenant.files.root;
  const [first = '', collection, web] = name.split(',');
  if (first.includes('.')) requireOwnHost(tenant, first);
  if (first.includes('.') && collection === undefined) return siteByPath(tenant, first, '');
  const site = web === undefined ? tenant.files.findByCollection(collection ?? first) : tenant.files.findWeb(web);
  if (site === undefined || (collection !== undefined && (collection !== site.collectionId || first !== site.hostname))) throw siteNotFound();
  return site;
}

/** The site at an address. Throws 404, and 400 for a foreign host. */
export function siteByPath(tenant: SimTenant, hostname: string, path: string): Site {
  requireOwnHost(tenant, hostname);
  const site = tenant.files.findByPath(hostname, path);
  if (site === undefined) throw siteNotFound();
  return site;
}

function requireOwnHost(tenant: SimTenant, hostname: string): void {
  if (hostname !== tenant.files.hostname && hostname !== tenant.files.personalHostname) throw new GraphFault(400, 'invalidRequest', 'Invalid hostname for this tenancy');
}

/** The library behind a drive id. Throws 404. */
export function libraryOf(req: GraphRequest): Library {
  requireSharePoint(req.tenant);
  const library = req.tenant.files.findLibrary(req.params['drive'] ?? '');
  if (library === undefined) throw new GraphFault(404, 'itemNotFound', 'The resource could not be found.');
  return library;
}

/** A group's team site. Throws 404: for a group that has none too. */
export function siteOfGroup(req: GraphRequest): Site {
  requireSharePoint(req.tenant);
  const id = (req.params['group'] ?? '').toLowerCase();
  const group: DirectoryGroup | undefined = req.tenant.groups.find((each) => each.id === id);
  if (group === undefined) throw notFound(id);
  const site = req.tenant.files.groupSite(group.id);
  if (site === undefined) throw new GraphFault(404, 'ResourceNotFound', 'Resource is not found.');
  if (site === 'coming') throw new GraphFault(404, 'ResourceNotFound', 'Resource provisioning is in progress. Please try again.');
  return site;
}
