/** From a path of Graph to the drive and item it means, with SharePoint's refusals. */
import { userOf } from '../../directory/user-routes.js';
import { GraphFault, type GraphRequest } from '../../http/route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import type { Site } from '../file-store.js';
import { requireOpen, requireSharePoint, siteOf, siteOfDrive, siteOfGroup } from '../sharepoint-access.js';
import { DriveRefusal, type Drive, type RefusalCode } from './drive.js';
import type { DownloadLinks } from './download.js';
import type { Actor, Item } from './item.js';
import type { Shown } from './item-view.js';
import { driveOf } from './site-drives.js';

/** Any of these writes to drives. */
export const writeDrives = ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] as const;

/** How drives are reached. */
export const drivePaths = ['/drives/{drive}', '/users/{user}/drive', '/sites/{site}/drive', '/groups/{group}/drive'] as const;

/** How an item of a drive is reached: by id, or by its path from the root or from another item. */
export const itemPaths = ['/root', '/root:/{path:}', '/items/{item}', '/items/{item}:/{path:}'] as const;

/** SharePoint keeps whole seconds. */
export const nowOf = (world: World): string => `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;

export const notFoundItem = (): GraphFault => new GraphFault(404, 'itemNotFound', 'The resource could not be found.');

/** The site whose drive a path names. Throws 404, and 423 for a locked site. */
function siteFor(req: GraphRequest): Site {
  const { params, tenant } = req;
  if (params['user'] !== undefined) {
    requireSharePoint(tenant);
    const site = tenant.files.personalSite(userOf(req).id);
    if (site === undefined) throw new GraphFault(404, 'ResourceNotFound', "User's mysite not found.");
    return requireOpen(site);
  }
  if (params['site'] !== undefined) return requireOpen(siteOf(req));
  if (params['group'] !== undefined) return requireOpen(siteOfGroup(req));
  return requireOpen(siteOfDrive(req));
}

export const appOf = (req: GraphRequest): Actor => ({ kind: 'app', clientId: req.app.clientId });

/** The drive as this request sees it. */
export function shownDrive(world: World, links: DownloadLinks, req: GraphRequest): Shown {
  const site = siteFor(req);
  return shownOf(world, links, req.tenant, site, req.app.clientId);
}

export function shownOf(world: World, links: DownloadLinks, tenant: SimTenant, site: Site, clientId: string): Shown {
  const drive = driveOf(tenant, site, () => nowOf(world));
  return { world, tenant, site, drive, downloadUrl: (item) => links.url({ tenant, site, drive, item, clientId }) };
}

/** The item that the rest of the path names; `missing` when the last name is not there: where it would be. */
export function lookUp(drive: Drive, { params }: Pick<GraphRequest, 'params'>): { item: Item } | { missing: { parent: Item; name: string } } {
  const from = params['item'] === undefined || params['item'].toLowerCase() === 'root' ? drive.root : byId(drive, params['item']);
  const names = (params['path'] ?? '').split('/').filter((name) => name !== '');
  let at = from;
  for (const [index, name] of names.entries()) {
    const next = drive.child(at.key, name);
    if (next === undefined) {
      if (index === names.length - 1) return { missing: { parent: at, name } };
      throw notFoundItem();
    }
    at = next;
  }
  return { item: at };
}

export function byId(drive: Drive, id: string): Item {
  const key = drive.ids.keyOf(id);
  const item = key === null ? undefined : drive.item(key);
  if (item === undefined) throw notFoundItem();
  return item;
}

export function itemAt(drive: Drive, req: Pick<GraphRequest, 'params'>): Item {
  const found = lookUp(drive, req);
  if ('missing' in found) throw notFoundItem();
  return found.item;
}

const statuses: Record<RefusalCode, number> = { nameAlreadyExists: 409, quotaLimitReached: 507, resourceLocked: 423, invalidRequest: 400, pathIsTooLong: 400, itemNotFound: 404, accessDenied: 403 };

/** Runs `work`; a refusal of the drive becomes Graph's. */
export function orFault<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DriveRefusal)) throw error;
    // The page names the length of a path inside another code (graph/files.md 9).
    if (error.code === 'pathIsTooLong') throw new GraphFault(400, 'invalidRequest', error.message, { innerCode: 'pathIsTooLong' });
    throw new GraphFault(statuses[error.code], error.code, error.message);
  }
}
