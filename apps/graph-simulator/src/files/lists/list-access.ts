/** From a path of Graph to the list, column or item it means. */
import { GraphFault, type GraphRequest } from '../../http/route.js';
import type { SimTenant } from '../../world/tenant.js';
import type { World } from '../../world/world.js';
import { nowOf } from '../drives/drive-access.js';
import type { Site } from '../file-store.js';
import { requireOpen, siteOf } from '../sharepoint-access.js';
import type { Row } from './row.js';
import type { SiteList } from './site-list.js';
import { listsOf, type SiteLists } from './site-lists.js';

/** Any of these writes items; to lists and columns only the last two (graph/files.md 8). */
export const writeItems = ['Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'] as const;
export const manageLists = ['Sites.Manage.All', 'Sites.FullControl.All'] as const;

/** A site as a request sees it. */
export interface ShownSite {
  readonly world: World;
  readonly tenant: SimTenant;
  readonly site: Site;
  readonly lists: SiteLists;
}

export const shownSiteOf = (world: World, tenant: SimTenant, site: Site): ShownSite => ({ world, tenant, site, lists: listsOf(tenant, site, () => nowOf(world)) });

/** Throws 404, and 423 for a locked site. */
export const shownSite = (world: World, req: GraphRequest): ShownSite => shownSiteOf(world, req.tenant, requireOpen(siteOf(req)));

/** The list that a path names by id or by title. Throws 404. */
export function listOf({ lists }: ShownSite, req: Pick<GraphRequest, 'params'>): SiteList {
  const list = lists.find(req.params['list'] ?? '');
  if (list === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified list was not found');
  return list;
}

/** Throws 404; 400 for what is no number. */
export function rowOf(list: SiteList, req: Pick<GraphRequest, 'params'>): Row {
  const text = req.params['listItem'] ?? '';
  if (!/^\d{1,10}$/.test(text)) throw new GraphFault(400, 'invalidRequest', 'The item id is not valid.');
  const row = list.rows.item(Number(text));
  if (row === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified item was not found');
  return row;
}
