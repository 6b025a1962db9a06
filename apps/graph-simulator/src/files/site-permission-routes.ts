/**
 * Permissions of sites, lists and their items as far as Graph has them: grants to applications (`Sites.Selected` and its kin). Who may do
 * what through site groups and roles no call of Graph shows (graph/files.md 7.3).
 */
import { z } from 'zod';
import { pageReply } from '../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../http/route.js';
import type { World } from '../world/world.js';
import { parseBody } from './drives/drive-input.js';
import { listOf, manageLists, rowOf, shownSite, writeItems } from './lists/list-access.js';
import { readSites, sitePaths } from './sharepoint-access.js';

const application = z.strictObject({ application: z.strictObject({ id: z.guid(), displayName: z.string().optional() }) });
const role = z.enum(['read', 'write', 'manage', 'fullcontrol']);
const newGrant = z.strictObject({ roles: z.array(role).min(1), grantedToIdentities: z.array(application).length(1).optional(), grantedTo: application.optional(), grantedToV2: application.optional() });

interface Grant { readonly id: string; readonly roles: string[]; readonly app: { id: string; displayName?: string | undefined } }

const view = ({ id, roles, app }: Grant): Record<string, unknown> => ({ id, roles, grantedToV2: { application: app } });

export function sitePermissionRoutes(world: World): Route[] {
  const service = 'files';
  const grants = new Map<string, Grant[]>();
  /** What a path names: a site, a list or an item. */
  const scopeOf = (req: GraphRequest): string => {
    const shown = shownSite(world, req);
    if (req.params['list'] === undefined) return shown.site.webId;
    const list = listOf(shown, req);
    return req.params['listItem'] === undefined ? list.id : rowOf(list, req).guid;
  };
  const list: Route['handle'] = (req) => pageReply(req, { context: 'permissions', value: (grants.get(scopeOf(req)) ?? []).map(view) });
  const add: Route['handle'] = async (req): Promise<GraphReply> => {
    const scope = scopeOf(req);
    const body = parseBody(newGrant, await req.json());
    const app = body.grantedToIdentities?.[0]?.application ?? body.grantedToV2?.application ?? body.grantedTo?.application;
    if (app === undefined) throw new GraphFault(400, 'invalidRequest', 'A permission is granted to an application.');
    const grant: Grant = { id: Buffer.from(`app grant ${scope} ${app.id}`).toString('base64url'), roles: body.roles, app };
    grants.set(scope, [...(grants.get(scope) ?? []).filter(({ id }) => id !== grant.id), grant]);
    return { status: 201, json: view(grant) };
  };
  const remove: Route['handle'] = (req) => {
    const scope = scopeOf(req);
    const before = grants.get(scope) ?? [];
    const after = before.filter(({ id }) => id !== req.params['permission']);
    if (after.length === before.length) throw new GraphFault(404, 'itemNotFound', 'The specified permission was not found');
    grants.set(scope, after);
    return { status: 204 };
  };
  /** A site's grants are for those alone who control it fully. */
  const places = [
    { at: '', read: ['Sites.FullControl.All'], write: ['Sites.FullControl.All'] },
    { at: '/lists/{list}', read: readSites, write: [...writeItems, ...manageLists] },
    { at: '/lists/{list}/items/{listItem}', read: readSites, write: [...writeItems, ...manageLists] },
  ] as const;
  return sitePaths.flatMap((site) =>
    places.flatMap(({ at, read, write }): Route[] => [
      { method: 'GET', path: `${site}${at}/permissions`, roles: read, service, units: 5, handle: list },
      { method: 'POST', path: `${site}${at}/permissions`, roles: write, service, units: 5, write: true, handle: add },
      { method: 'DELETE', path: `${site}${at}/permissions/{permission}`, roles: write, service, units: 5, write: true, handle: remove },
    ]),
  );
}
