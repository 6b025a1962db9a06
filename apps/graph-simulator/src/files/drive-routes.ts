import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../http/route.js';
import { libraryFor } from './drives/drive-access.js';
import { libraryId, type Library } from './file-store.js';
import { driveDefaults, driveKnown, driveView } from './file-views.js';
import { listOf, shownSite } from './lists/list-access.js';
import { readDrives, requireOpen, siteOf, sitePaths } from './sharepoint-access.js';
import type { World } from '../world/world.js';

function selected(req: GraphRequest): string[] | null {
  if (req.query.has('$expand')) throw new GraphFault(400, 'BadRequest', `The simulator does not expand '${req.query.get('$expand') ?? ''}' here.`);
  const select = parseSelect(req.query);
  checkSelect(select, driveKnown, 'microsoft.graph.drive');
  return select;
}

const drive = (req: GraphRequest, library: Library): GraphReply => entityReply(req, 'drives', applySelect(driveDefaults, driveView(req.tenant, library), selected(req)));

/** Reading drives with their quota. An application never provisions a OneDrive by asking for it (graph/files.md 1.1). */
export function driveRoutes(world: World): Route[] {
  const service = 'files';
  const own: Route['handle'] = (req) => drive(req, libraryFor(req));
  /** SharePoint's own libraries are shown to those alone who select `system` (graph/files.md 1.3). */
  const all = (req: GraphRequest): GraphReply => {
    const site = requireOpen(siteOf(req));
    const select = selected(req);
    const shown = site.libraries.filter((library) => !library.system || select?.includes('system') === true);
    return pageReply(req, { context: 'drives', value: shown.map((library) => applySelect(driveDefaults, driveView(req.tenant, library), select)) });
  };
  const one: Route['handle'] = (req) => {
    const site = requireOpen(siteOf(req));
    const library = site.libraries.find((each) => libraryId(each) === req.params['siteDrive']);
    if (library === undefined) throw new GraphFault(404, 'itemNotFound', 'The resource could not be found.');
    return drive(req, library);
  };
  const ofList: Route['handle'] = (req) => {
    const { library } = listOf(shownSite(world, req), req);
    if (library === null) throw new GraphFault(400, 'notSupported', 'The list is no document library.');
    return drive(req, library);
  };
  return [
    { method: 'GET', path: '/users/{user}/drive', roles: readDrives, service, handle: own },
    { method: 'GET', path: '/groups/{group}/drive', roles: [...readDrives, 'Group.Read.All', 'Group.ReadWrite.All'], service, handle: own },
    { method: 'GET', path: '/drives/{drive}', roles: readDrives, service, handle: own },
    ...sitePaths.flatMap((site): Route[] => [
      { method: 'GET', path: `${site}/drive`, roles: readDrives, service, handle: own },
      { method: 'GET', path: `${site}/drives`, roles: readDrives, service, units: 2, handle: all },
      { method: 'GET', path: `${site}/drives/{siteDrive}`, roles: readDrives, service, handle: one },
      { method: 'GET', path: `${site}/lists/{list}/drive`, roles: readDrives, service, handle: ofList },
    ]),
  ];
}
