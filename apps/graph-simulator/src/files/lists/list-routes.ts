/** Lists of sites and their columns (graph/files.md 8.1, 8.2). Graph has no page for changing or removing a list, and the simulator does neither. */
import { z } from 'zod';
import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { drivePaths, libraryFor } from '../drives/drive-access.js';
import { parseBody } from '../drives/drive-input.js';
import { readDrives, readSites, sitePaths } from '../sharepoint-access.js';
import { columnKnown, columnView, type Column } from './column.js';
import { applyColumnChange, readNewColumn } from './column-input.js';
import { listOf, manageLists, shownSite, shownSiteOf, type ShownSite } from './list-access.js';
import { thresholdFault, viewThreshold } from './list-query.js';
import { listDefaults, listKnown, listView } from './list-views.js';
import type { SiteList } from './site-list.js';

/** Templates that an application may ask for. */
const templates = ['genericList', 'documentLibrary', 'survey', 'links', 'announcements', 'contacts', 'events', 'tasks', 'issueTracking'] as const;
const newList = z.strictObject({ displayName: z.string().min(1).max(255), description: z.string().optional(), columns: z.array(z.unknown()).optional(), list: z.strictObject({ template: z.enum(templates).optional(), contentTypesEnabled: z.boolean().optional(), hidden: z.literal(false).optional() }).optional() });

function refuseOptions(req: GraphRequest, options: readonly string[]): void {
  for (const option of options) if (req.query.has(option)) throw new GraphFault(400, 'invalidRequest', `The query option '${option}' is not supported here.`);
}

function selectOf(req: GraphRequest, known: readonly string[], type: string): string[] | null {
  const select = parseSelect(req.query);
  checkSelect(select, known, type);
  return select;
}

const oneList = (req: GraphRequest, shown: ShownSite, list: SiteList, status = 200): GraphReply => {
  refuseOptions(req, ['$expand']);
  return entityReply(req, 'lists', applySelect(listDefaults, listView(shown, list), selectOf(req, listKnown, 'microsoft.graph.list')), status);
};

/** Throws GraphFault 400: a list with more items than a view goes through takes no new index. */
function requireSmallEnough(list: SiteList | null): void {
  if (list !== null && list.rows.count > viewThreshold) throw thresholdFault();
}

function columnOf(columns: readonly Column[], req: GraphRequest): Column {
  const wanted = req.params['column'];
  const column = columns.find(({ id, name }) => id === wanted || name === wanted);
  if (column === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified column was not found');
  return column;
}

export function listRoutes(world: World): Route[] {
  const service = 'files';

  const lists: Route['handle'] = (req) => {
    const shown = shownSite(world, req);
    refuseOptions(req, ['$expand', '$orderby', '$search', '$skip', '$count']);
    const select = selectOf(req, listKnown, 'microsoft.graph.list');
    const name = /^displayName eq '((?:[^']|'')*)'$/i.exec(req.query.get('$filter') ?? '')?.[1]?.replaceAll("''", "'");
    if (req.query.has('$filter') && name === undefined) throw new GraphFault(400, 'invalidRequest', 'The simulator filters lists by displayName alone.');
    const value = shown.lists.all.filter(({ parts }) => (!parts.system || select?.includes('system') === true) && (name === undefined || parts.displayName === name));
    return pageReply(req, { context: 'lists', value: value.map((list) => applySelect(listDefaults, listView(shown, list), select)) });
  };

  const addList: Route['handle'] = async (req) => {
    const shown = shownSite(world, req);
    const raw = await req.json();
    if (typeof raw === 'object' && raw !== null && 'name' in raw) throw new GraphFault(400, 'invalidRequest', "Cannot define a 'name' for a list as it is assigned by the server. Instead, provide 'displayName'");
    const body = parseBody(newList, raw);
    const columns = (body.columns ?? []).map(readNewColumn);
    const list = shown.lists.add({ displayName: body.displayName, description: body.description ?? '', template: body.list?.template ?? 'genericList', columns });
    list.contentTypesEnabled = body.list?.contentTypesEnabled ?? false;
    return oneList(req, shown, list, 201);
  };

  /** The list whose columns are meant; null: those of the site. */
  const owner = (req: GraphRequest): { shown: ShownSite; list: SiteList | null; columns: readonly Column[] } => {
    const shown = shownSite(world, req);
    const list = req.params['list'] === undefined ? null : listOf(shown, req);
    return { shown, list, columns: list?.columns ?? shown.lists.columns };
  };
  const view = (req: GraphRequest, column: Column): Record<string, unknown> => applySelect(null, columnView(column, { ofSite: req.params['list'] === undefined }), selectOf(req, columnKnown, 'microsoft.graph.columnDefinition'));
  const oneColumn = (req: GraphRequest, column: Column, status = 200): GraphReply => entityReply(req, 'columns', view(req, column), status);

  const columns: Route['handle'] = (req) => {
    refuseOptions(req, ['$filter', '$orderby', '$search', '$skip', '$expand']);
    return pageReply(req, { context: 'columns', value: owner(req).columns.map((column) => view(req, column)) });
  };
  const addColumn: Route['handle'] = async (req) => {
    const { shown, list } = owner(req);
    const column = readNewColumn(await req.json());
    if (column.indexed) requireSmallEnough(list);
    return oneColumn(req, shown.lists.addColumn(list, column), 201);
  };
  const changeColumn: Route['handle'] = async (req) => {
    const { list, columns: all } = owner(req);
    const column = columnOf(all, req);
    const before = { ...column };
    applyColumnChange(column, await req.json());
    try {
      if (column.indexed && !before.indexed) requireSmallEnough(list);
      list?.checkIndexes();
    } catch (error) {
      Object.assign(column, before);
      throw error;
    }
    return oneColumn(req, column);
  };
  const removeColumn: Route['handle'] = (req) => {
    const { shown, list, columns: all } = owner(req);
    const column = columnOf(all, req);
    if (!column.isDeletable) throw new GraphFault(400, 'invalidRequest', 'The column cannot be deleted.');
    if (list !== null) list.removeColumn(column);
    else shown.lists.columns.splice(shown.lists.columns.indexOf(column), 1);
    return { status: 204 };
  };

  const ofDrive: Route['handle'] = (req) => {
    const library = libraryFor(req);
    const shown = shownSiteOf(world, req.tenant, library.site);
    return oneList(req, shown, listOf(shown, { params: { list: library.listId } }));
  };

  return [
    ...drivePaths.map((drive): Route => ({ method: 'GET', path: `${drive}/list`, roles: readDrives, service, handle: ofDrive })),
    ...sitePaths.flatMap((site): Route[] => [
      { method: 'GET', path: `${site}/lists`, roles: readSites, service, units: 2, handle: lists },
      { method: 'POST', path: `${site}/lists`, roles: manageLists, service, write: true, handle: addList },
      {
        method: 'GET', path: `${site}/lists/{list}`, roles: readSites, service,
        handle: (req) => {
          const shown = shownSite(world, req);
          return oneList(req, shown, listOf(shown, req));
        },
      },
      ...['', '/lists/{list}'].flatMap((at): Route[] => [
        { method: 'GET', path: `${site}${at}/columns`, roles: readSites, service, units: 2, handle: columns },
        { method: 'POST', path: `${site}${at}/columns`, roles: manageLists, service, write: true, handle: addColumn },
        { method: 'GET', path: `${site}${at}/columns/{column}`, roles: readSites, service, handle: (req) => oneColumn(req, columnOf(owner(req).columns, req)) },
        { method: 'PATCH', path: `${site}${at}/columns/{column}`, roles: manageLists, service, write: true, handle: changeColumn },
        { method: 'DELETE', path: `${site}${at}/columns/{column}`, roles: manageLists, service, write: true, handle: removeColumn },
      ]),
    ]),
  ];
}
