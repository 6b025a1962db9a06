/** The SharePoint and OneDrive half of the simulator: the one place that knows which routes it brings. */
import type { ControlRoute } from '../control/control-route.js';
import type { HostRoute, Route } from '../http/route.js';
import type { World } from '../world/world.js';
import { driveRoutes } from './drive-routes.js';
import { downloadHostRoutes, DownloadLinks } from './drives/download.js';
import { itemRoutes } from './drives/item-routes.js';
import { permissionRoutes } from './drives/permission-routes.js';
import { FileUploadSessions } from './drives/upload-sessions.js';
import { fileOperations } from './file-operations.js';
import { contentTypeRoutes } from './lists/content-type-routes.js';
import { listItemRoutes } from './lists/list-item-routes.js';
import { listRoutes } from './lists/list-routes.js';
import { pageRoutes } from './pages/page-routes.js';
import { siteOperations } from './site-operations.js';
import { sitePermissionRoutes } from './site-permission-routes.js';
import { ownerOperations } from './owner-operations.js';
import { sharepointSettingsRoutes } from './sharepoint-settings.js';
import { siteRoutes } from './site-routes.js';

export interface FilePart {
  readonly routes: Route[];
  readonly hostRoutes: HostRoute[];
  readonly controlRoutes: ControlRoute[];
}

const parts = new WeakMap<World, FilePart>();

/** One for each world, so that sessions and links are the same everywhere. */
export function filePart(world: World): FilePart {
  let part = parts.get(world);
  if (part === undefined) {
    const links = new DownloadLinks(world);
    const uploads = new FileUploadSessions(world);
    part = { routes: [...siteRoutes(), ...driveRoutes(world), ...itemRoutes(world, links, uploads), ...permissionRoutes(world, links), ...listRoutes(world), ...listItemRoutes(world, links), ...contentTypeRoutes(world), ...pageRoutes(world), ...sitePermissionRoutes(world), ...sharepointSettingsRoutes()], hostRoutes: [...downloadHostRoutes(world, links), ...uploads.routes()], controlRoutes: [...fileOperations(world, uploads), ...ownerOperations(world), ...siteOperations(world)] };
    parts.set(world, part);
  }
  return part;
}
