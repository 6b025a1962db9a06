/** From a path of Graph to the drive and item it means, with SharePoint's refusals. */
import { userOf } from '../../directory/user-routes.js';
import { GraphFault, type GraphRequest } from '../../http/route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { defaultLibrary, type Library } from '../file-store.js';
import { libraryOf, requireOpen, requireSharePoint, siteOf, siteOfGroup, sitePaths } from '../sharepoint-access.js';
import { DriveRefusal, type Drive, type RefusalCode } from './drive.js';
import type { DownloadLinks } from './download.js';
import type { Actor, Item } from './item.js';
import type { Shown } from './item-view.js';
import { driveOf } from './site-drives.js';

/** Any of these writes to drives. */
export const writeDrives = ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] as const;

/** How drives are reached. */
export const drivePaths = ['/drives/{drive}', '/users/{user}/drive', ...sitePaths.map((site) => `${site}/drive` as const), '/groups/{group}/drive'] as const;

/** How an item of a drive is reached: by id, or by its path from the root or from another item. */
export const itemPaths = ['/root', '/root:/{path:}', '/items/{item}', '/items/{item}:/{path:}'] as const;

/** SharePoint keeps whole seconds. */
export const nowOf = (world: World): string => `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;

export const notFoundItem = (): GraphFault => new GraphFault(404, 'itemNotFound', 'The resource could not be found.');

/** The library whose drive a path names. Throws 404, and 423 for a locked site. */
export function libraryFor(req: GraphRequest): Library {
  const { params, tenant } = req;
  if (params['user'] !== undefined) {
    requireSharePoint(tenant);
    const site = tenant.files.personalSite(userOf(req).id);
    if (site === undefined) throw new GraphFault(404, 'ResourceNotFound', "User's mysite not found.");
    return defaultLibrary(requireOpen(site));
  }
  if (params['drive'] !== undefined) {
    const library = libraryOf(req);
    requireOpen(library.site);
    return library;
  }
  if (params['site'] !== undefined) return defaultLibrary(requireOpen(siteOf(req)));
  return defaultLibrary(requireOpen(siteOfGroup(req)));
}

export const appOf = (req: GraphRequest): Actor => ({ kind: 'app', clientId: req.app.clientId });

/** The drive as this request sees it. */
export const shownDrive = (world: World, links: DownloadLinks, req: GraphRequest): Shown => shownOf(world, links, req.tenant, libraryFor(req), req.app.clientId);

export function shownOf(world: World, links: DownloadLinks, tenant: SimTenant, library: Library, clientId: string): Shown {
  const drive = driveOf(tenant, library, () => nowOf(world));
  return { world, tenant, library, drive, downloadUrl: (item) => links.url({ tenant, library, drive, item, clientId }) };
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
