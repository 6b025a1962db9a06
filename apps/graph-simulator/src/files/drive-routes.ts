import { userOf } from '../directory/user-routes.js';
import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../http/route.js';
import type { Site } from './file-store.js';
import { driveDefaults, driveKnown, driveView } from './file-views.js';
import { readDrives, requireOpen, requireSharePoint, siteOf, siteOfDrive, siteOfGroup } from './sharepoint-access.js';

function drive(req: GraphRequest, site: Site): GraphReply {
  if (req.query.has('$expand')) throw new GraphFault(400, 'BadRequest', `The simulator does not expand '${req.query.get('$expand') ?? ''}' here.`);
  const select = parseSelect(req.query);
  checkSelect(select, driveKnown, 'microsoft.graph.drive');
  return entityReply(req, 'drives', applySelect(driveDefaults, driveView(req.tenant, requireOpen(site)), select));
}

/** A site's document libraries. */
function libraries(req: GraphRequest): GraphReply {
  const select = parseSelect(req.query);
  checkSelect(select, driveKnown, 'microsoft.graph.drive');
  return pageReply(req, { context: 'drives', value: [applySelect(driveDefaults, driveView(req.tenant, requireOpen(siteOf(req))), select)], next: null });
}

/** Reading drives with their quota. An application never provisions a OneDrive by asking for it (graph/files.md 1.1). */
export function driveRoutes(): Route[] {
  const service = 'files';
  return [
    {
      method: 'GET', path: '/users/{user}/drive', roles: readDrives, service,
      handle: (req) => {
        requireSharePoint(req.tenant);
        const site = req.tenant.files.personalSite(userOf(req).id);
        if (site === undefined) throw new GraphFault(404, 'ResourceNotFound', "User's mysite not found.");
        return drive(req, site);
      },
    },
    { method: 'GET', path: '/sites/{site}/drive', roles: readDrives, service, handle: (req) => drive(req, siteOf(req)) },
    { method: 'GET', path: '/sites/{site}/drives', roles: readDrives, service, units: 2, handle: libraries },
    { method: 'GET', path: '/groups/{group}/drive', roles: [...readDrives, 'Group.Read.All', 'Group.ReadWrite.All'], service, handle: (req) => drive(req, siteOfGroup(req)) },
    { method: 'GET', path: '/drives/{drive}', roles: readDrives, service, handle: (req) => drive(req, siteOfDrive(req)) },
  ];
}
