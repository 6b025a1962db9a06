/** Content types of sites and of lists, and the columns they bring (graph/files.md 8.2). */
import { z } from 'zod';
import { applySelect, checkSelect, entityReply, pageReply, parseSelect } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { parseBody } from '../drives/drive-input.js';
import { readSites, sitePaths } from '../sharepoint-access.js';
import { columnView, type Column } from './column.js';
import type { ContentType } from './content-type.js';
import { listOf, manageLists, shownSite, type ShownSite } from './list-access.js';
import type { SiteList } from './site-list.js';

const newType = z.strictObject({ name: z.string().min(1).max(255), description: z.string().optional(), group: z.string().optional(), base: z.strictObject({ id: z.string(), name: z.string().optional() }) });
const changedType = z.strictObject({ name: z.string().min(1).max(255).optional(), description: z.string().optional(), group: z.string().optional(), hidden: z.boolean().optional(), propagateChanges: z.boolean().optional() });
const copied = z.strictObject({ contentType: z.string() });
const bound = z.strictObject({ 'sourceColumn@odata.bind': z.string() });

const known = ['id', 'description', 'group', 'hidden', 'isBuiltIn', 'name', 'order', 'parentId', 'propagateChanges', 'readOnly', 'sealed'] as const;
const view = (type: ContentType, at: number): Record<string, unknown> => ({ id: type.id, description: type.description, group: type.group, hidden: type.hidden, isBuiltIn: type.isBuiltIn, name: type.name, order: { default: at === 0, position: at }, parentId: type.parentId, readOnly: false, sealed: false });

interface Place { readonly shown: ShownSite; readonly list: SiteList | null; readonly types: ContentType[] }

export function contentTypeRoutes(world: World): Route[] {
  const service = 'files';
  const placeOf = (req: GraphRequest): Place => {
    const shown = shownSite(world, req);
    const list = req.params['list'] === undefined ? null : listOf(shown, req);
    return { shown, list, types: list?.contentTypes ?? shown.lists.contentTypes };
  };
  const typeOf = ({ types }: Place, req: GraphRequest): ContentType => {
    const type = types.find(({ id }) => id === req.params['contentType']);
    if (type === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified content type was not found');
    return type;
  };
  const selected = (req: GraphRequest, { types }: Place, type: ContentType): Record<string, unknown> => {
    const select = parseSelect(req.query);
    checkSelect(select, known, 'microsoft.graph.contentType');
    return applySelect(null, view(type, types.indexOf(type)), select);
  };
  const one = (req: GraphRequest, place: Place, type: ContentType, status = 200): GraphReply => {
    if (req.query.has('$expand')) throw new GraphFault(400, 'invalidRequest', 'The simulator expands nothing of a content type.');
    return entityReply(req, 'contentTypes', selected(req, place, type), status);
  };
  const columnsOf = ({ shown, list }: Place, type: ContentType): Column[] => {
    const all = [...(list?.columns ?? []), ...shown.lists.columns];
    return shown.lists.columnsOf(type).flatMap((name) => all.filter((column) => column.name === name).slice(0, 1));
  };

  const add: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const body = parseBody(newType, await req.json());
    return one(req, place, place.shown.lists.addContentType({ name: body.name, description: body.description ?? '', group: body.group ?? 'Custom Content Types', baseId: body.base.id }), 201);
  };
  const addCopy: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const { contentType } = parseBody(copied, await req.json());
    const id = /contentTypes(?:\/|\(')([0-9A-Za-z]+)(?:'\))?$/.exec(contentType)?.[1] ?? contentType;
    const type = place.shown.lists.contentTypes.find((each) => each.id === id);
    if (type === undefined || place.list === null) throw new GraphFault(404, 'itemNotFound', 'The specified content type was not found');
    return one(req, place, place.shown.lists.copyContentType(place.list, type), 201);
  };
  const change: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const type = typeOf(place, req);
    if (type.isBuiltIn) throw new GraphFault(403, 'accessDenied', 'A built-in content type cannot be changed.');
    const { propagateChanges: _propagate, ...body } = parseBody(changedType, await req.json());
    Object.assign(type, Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)));
    return one(req, place, type);
  };
  const remove: Route['handle'] = (req) => {
    const place = placeOf(req);
    const type = typeOf(place, req);
    if (type.isBuiltIn || place.types.length === 1) throw new GraphFault(400, 'invalidRequest', 'The content type cannot be deleted.');
    place.types.splice(place.types.indexOf(type), 1);
    return { status: 204 };
  };
  const columns: Route['handle'] = (req) => {
    const place = placeOf(req);
    return pageReply(req, { context: 'columns', value: columnsOf(place, typeOf(place, req)).map((column) => columnView(column, { ofSite: place.list === null })) });
  };
  const addColumn: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const type = typeOf(place, req);
    const link = parseBody(bound, await req.json())['sourceColumn@odata.bind'];
    const id = /columns(?:\/|\(')([^/')]+)(?:'\))?$/.exec(link)?.[1];
    const column = place.shown.lists.columns.find((each) => each.id === id);
    if (column === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified column was not found');
    if (place.shown.lists.columnsOf(type).includes(column.name)) throw new GraphFault(409, 'nameAlreadyExists', 'The content type has this column already.');
    if (place.list !== null && place.list.column(column.name) === undefined) place.list.addColumn({ ...column });
    type.columns.push(column.name);
    // 200 it says: https://learn.microsoft.com/graph/api/contenttype-post-columns.
    return entityReply(req, 'columns', columnView(column, { ofSite: place.list === null }));
  };

  return sitePaths.flatMap((site): Route[] => [
    { method: 'POST', path: `${site}/contentTypes`, roles: manageLists, service, write: true, handle: add },
    { method: 'POST', path: `${site}/lists/{list}/contentTypes/addCopy`, roles: manageLists, service, write: true, handle: addCopy },
    ...['', '/lists/{list}'].flatMap((at): Route[] => {
      const types = `${site}${at}/contentTypes`;
      const type = `${types}/{contentType}`;
      return [
        {
          method: 'GET', path: types, roles: readSites, service, units: 2,
          handle: (req) => {
            const place = placeOf(req);
            return pageReply(req, { context: 'contentTypes', value: place.types.map((each) => selected(req, place, each)) });
          },
        },
        {
          method: 'GET', path: type, roles: readSites, service,
          handle: (req) => {
            const place = placeOf(req);
            return one(req, place, typeOf(place, req));
          },
        },
        { method: 'PATCH', path: type, roles: manageLists, service, write: true, handle: change },
        { method: 'DELETE', path: type, roles: manageLists, service, write: true, handle: remove },
        { method: 'GET', path: `${type}/columns`, roles: readSites, service, units: 2, handle: columns },
        { method: 'POST', path: `${type}/columns`, roles: manageLists, service, write: true, handle: addColumn },
      ];
    }),
  ]);
}
