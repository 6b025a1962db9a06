/** Items of lists, and the list items of files (graph/files.md 6, 8.3). Attachments, authors and dates no application can write, and attachments none can read. */
import { z } from 'zod';
import { DeltaExpired } from '../../exchange/store/change-log.js';
import { applySelect, contextUrl, decodeSkipToken, encodeSkipToken, linkWith, pageReply, parseTop } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import type { World } from '../../world/world.js';
import { appOf, drivePaths, itemAt, itemPaths, libraryFor, orFault, shownDrive, shownOf, writeDrives } from '../drives/drive-access.js';
import { parseBody } from '../drives/drive-input.js';
import type { DownloadLinks } from '../drives/download.js';
import { actorView, itemView } from '../drives/item-view.js';
import { readDrives, readSites, sitePaths } from '../sharepoint-access.js';
import { fieldsView, readFields, rowTag } from './field-values.js';
import { listOf, rowOf, shownSite, shownSiteOf, writeItems, type ShownSite } from './list-access.js';
import { matchingRows, readQuery, type RowQuery } from './list-query.js';
import { innerContext, rowDefaults, rowView } from './list-views.js';
import type { Row, RowVersion } from './row.js';
import type { SiteList } from './site-list.js';

const pageDefault = 200;
const pageMax = 1_000;

const fieldsBody = z.record(z.string(), z.unknown());
/** What SharePoint keeps by itself may be given and is passed over (graph/files.md 13). */
const passedOver = { createdBy: z.unknown().optional(), createdDateTime: z.unknown().optional(), lastModifiedBy: z.unknown().optional(), lastModifiedDateTime: z.unknown().optional(), '@odata.type': z.string().optional() };
const newItem = z.strictObject({ fields: fieldsBody.optional(), contentType: z.strictObject({ id: z.string(), name: z.string().optional() }).optional(), ...passedOver });

interface Place { readonly shown: ShownSite; readonly list: SiteList }

function matchTag(req: GraphRequest, row: Row): void {
  const wanted = req.headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && wanted !== rowTag(row)) throw new GraphFault(412, 'resourceModified', 'ETag does not match current item’s value.');
}

export function listItemRoutes(world: World, links: DownloadLinks): Route[] {
  const service = 'files';
  const placeOf = (req: GraphRequest): Place => {
    const shown = shownSite(world, req);
    return { shown, list: listOf(shown, req) };
  };
  const view = (req: GraphRequest, { shown, list }: Place, row: Row, query: RowQuery): Record<string, unknown> => {
    const base = applySelect(rowDefaults, rowView(shown, list, row), query.select);
    if (query.fields !== null) {
      base['fields@odata.context'] = innerContext(req.version, shown, list, 'items/fields/$entity');
      base['fields'] = fieldsView(shown.lists, list, row, query.fields.select);
    }
    if (query.driveItem !== null && list.library !== null) {
      const drive = shownOf(world, links, req.tenant, list.library, req.app.clientId);
      const item = drive.drive.item(row.id);
      if (item !== undefined) base['driveItem'] = itemView(drive, item, { select: query.driveItem.select });
    }
    return base;
  };
  const one = (req: GraphRequest, place: Place, row: Row, query: RowQuery, status = 200): GraphReply => ({ status, json: { '@odata.context': contextUrl(req, 'listItems', { select: query.select, entity: true }), ...view(req, place, row, query) } });

  const list: Route['handle'] = (req) => {
    const place = placeOf(req);
    const query = readQuery(place.list, req);
    const top = Math.min(parseTop(req.query) ?? pageDefault, pageMax);
    if (top === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
    const token = decodeSkipToken(req.query);
    const from = Number(token?.['from'] ?? 0);
    const { rows, ordered } = matchingRows(place.shown.lists, place.list, req, Number(token?.['after'] ?? 0));
    const page: Row[] = [];
    let more = false;
    let passed = 0;
    for (const row of rows) {
      if (ordered && (passed += 1) <= from) continue;
      if (page.length === top) {
        more = true;
        break;
      }
      page.push(row);
    }
    const next = more ? { $skiptoken: encodeSkipToken(ordered ? { from: from + top } : { after: page.at(-1)?.id ?? 0 }) } : null;
    return pageReply(req, { context: 'listItems', value: page.map((row) => view(req, place, row, query)), next });
  };

  const add: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const { shown, list: target } = place;
    const body = parseBody(newItem, await req.json());
    if (target.library !== null) throw new GraphFault(400, 'invalidRequest', 'To add an item to a document library, use SPFileCollection.Add()');
    if (target.rows.add === null) throw new GraphFault(403, 'accessDenied', 'Access denied');
    const contentType = body.contentType === undefined ? target.contentTypes[0] : target.contentType(body.contentType.id);
    if (contentType === undefined) throw new GraphFault(400, 'invalidRequest', 'The content type does not belong to the list.');
    const row = target.rows.add(readFields(shown.lists, target, body.fields ?? {}, null), contentType.id, appOf(req));
    return one(req, place, row, { select: null, fields: null, driveItem: null }, 201);
  };

  const writable = (place: Place, req: GraphRequest): Row => {
    if (place.list.rows === place.shown.lists.people) throw new GraphFault(403, 'accessDenied', 'Access denied');
    const row = rowOf(place.list, req);
    matchTag(req, row);
    return row;
  };
  const changeFields = async (req: GraphRequest, place: Place, row: Row): Promise<GraphReply> => {
    const values = readFields(place.shown.lists, place.list, parseBody(fieldsBody, await req.json()), row);
    const changed = orFault(() => place.list.rows.change(row, values, appOf(req)));
    return { status: 200, json: { '@odata.context': innerContext(req.version, place.shown, place.list, `items('${String(row.id)}')/fields/$entity`), ...fieldsView(place.shown.lists, place.list, changed, null) } };
  };
  const readFieldsOf = (req: GraphRequest, place: Place, row: Row): GraphReply => {
    const { select } = readQuery(place.list, { query: new URLSearchParams(req.query.has('$select') ? [['$expand', `fields($select=${req.query.get('$select') ?? ''})`]] : [['$expand', 'fields']]) }).fields ?? { select: null };
    return { status: 200, json: { '@odata.context': innerContext(req.version, place.shown, place.list, `items('${String(row.id)}')/fields/$entity`), ...fieldsView(place.shown.lists, place.list, row, select) } };
  };
  const change: Route['handle'] = async (req) => {
    const place = placeOf(req);
    const row = writable(place, req);
    const body = parseBody(newItem.omit({ contentType: true }), await req.json());
    const values = readFields(place.shown.lists, place.list, body.fields ?? {}, row);
    return one(req, place, orFault(() => place.list.rows.change(row, values, appOf(req))), { select: null, fields: null, driveItem: null });
  };
  const remove: Route['handle'] = (req) => {
    const place = placeOf(req);
    const row = writable(place, req);
    orFault(() => { place.list.rows.remove(row); });
    return { status: 204 };
  };

  /** A delta does not say who changed an item last (the example of https://learn.microsoft.com/graph/api/listitem-delta, and Microsoft's answer in https://learn.microsoft.com/answers/questions/5768708). */
  const withoutEditor = ({ lastModifiedBy: _by, ...rest }: Record<string, unknown>): Record<string, unknown> => rest;
  const delta: Route['handle'] = (req) => {
    const place = placeOf(req);
    const query = readQuery(place.list, req);
    const { delta: walk } = place.list.rows;
    const size = Math.min(parseTop(req.query) ?? pageDefault, pageMax);
    if (size === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
    const token = req.query.get('token') ?? req.params['token'] ?? null;
    const base = { '@odata.context': contextUrl(req, 'Collection(listItem)', { select: query.select }) };
    const link = (to: string | null): string => linkWith(req, { token: to, $skiptoken: null, $deltatoken: null });
    if (token === 'latest') return { status: 200, json: { ...base, '@odata.deltaLink': link(walk.latestToken()), value: [] } };
    try {
      const page = walk.page(token === '' ? null : token, size);
      if (page === null) throw new GraphFault(400, 'invalidRequest', 'The provided sync token is malformed.');
      const value = page.entries.map(({ key, item }) => (item === null ? applySelect(null, { id: String(key), deleted: { state: 'deleted' }, parentReference: { id: place.list.id } }, query.select) : withoutEditor(view(req, place, item, query))));
      return { status: 200, json: { ...base, ...(page.next === null ? {} : { '@odata.nextLink': link(page.next) }), ...(page.delta === null ? {} : { '@odata.deltaLink': link(page.delta) }), value } };
    } catch (error) {
      if (!(error instanceof DeltaExpired)) throw error;
      throw new GraphFault(410, 'resyncRequired', 'Resync required. Replace any local items with the server’s version (including deletes).', { innerCode: 'resyncChangesApplyDifferences', headers: { Location: link(null) } });
    }
  };

  const versions: Route['handle'] = (req) => {
    const place = placeOf(req);
    const row = rowOf(place.list, req);
    const query = readQuery(place.list, req);
    const current: RowVersion = { number: row.version, values: row.values, modifiedAt: row.modifiedAt, modifiedBy: row.modifiedBy };
    const value = [current, ...[...row.earlier].reverse()].map((version, index) => ({
      id: `${String(version.number)}.0`,
      lastModifiedBy: actorView(place.shown, version.modifiedBy),
      lastModifiedDateTime: version.modifiedAt,
      ...(index === 0 ? { publication: { level: 'published', versionId: `${String(version.number)}.0` } } : {}),
      ...(query.fields === null ? {} : { fields: fieldsView(place.shown.lists, place.list, { ...row, values: version.values, modifiedAt: version.modifiedAt, modifiedBy: version.modifiedBy, version: version.number }, query.fields.select) }),
    }));
    return pageReply(req, { context: 'versions', value });
  };
  const restore: Route['handle'] = (req) => {
    const place = placeOf(req);
    const row = writable(place, req);
    const version = row.earlier.find(({ number }) => `${String(number)}.0` === req.params['version']);
    if (version === undefined) throw new GraphFault(404, 'itemNotFound', 'The specified version was not found');
    const cleared = Object.fromEntries(Object.keys(row.values).map((name) => [name, null]));
    orFault(() => place.list.rows.change(row, { ...cleared, ...version.values }, appOf(req)));
    return { status: 204 };
  };

  const driveItem: Route['handle'] = (req) => {
    const { list: target } = placeOf(req);
    if (target.library === null) throw new GraphFault(404, 'itemNotFound', 'The item is no file.');
    const shown = shownOf(world, links, req.tenant, target.library, req.app.clientId);
    const item = itemAt(shown.drive, { params: { item: shown.drive.ids.id(rowOf(target, req).id) } });
    return { status: 200, json: { '@odata.context': contextUrl(req, 'driveItem', { entity: true }), ...itemView(shown, item, { select: null }) } };
  };

  /** The list item of a file or folder. */
  const ofFile = (req: GraphRequest): Place & { row: Row } => {
    const library = libraryFor(req);
    const item = itemAt(shownDrive(world, links, req).drive, req);
    const shown = shownSiteOf(world, req.tenant, library.site);
    const target = listOf(shown, { params: { list: library.listId } });
    return { shown, list: target, row: rowOf(target, { params: { listItem: String(item.key) } }) };
  };

  return [
    ...drivePaths.flatMap((drive) =>
      itemPaths.flatMap((at): Route[] => {
        const path = `${drive}${at}/listItem`;
        return [
          {
            method: 'GET', path, roles: readDrives, service,
            handle: (req) => {
              const { row, ...place } = ofFile(req);
              return one(req, place, row, readQuery(place.list, req));
            },
          },
          {
            method: 'GET', path: `${path}/fields`, roles: readDrives, service,
            handle: (req) => {
              const { row, ...place } = ofFile(req);
              return readFieldsOf(req, place, row);
            },
          },
          {
            method: 'PATCH', path: `${path}/fields`, roles: writeDrives, service, write: true,
            handle: (req) => {
              const { row, ...place } = ofFile(req);
              matchTag(req, row);
              return changeFields(req, place, row);
            },
          },
        ];
      }),
    ),
    ...sitePaths.flatMap((site): Route[] => {
      const items = `${site}/lists/{list}/items`;
      const item = `${items}/{listItem}`;
      const tokenUnits = (query: URLSearchParams): number => (query.has('token') || query.has('$skiptoken') || query.has('$deltatoken') ? 1 : 2);
      return [
        { method: 'GET', path: items, roles: readSites, service, units: 2, handle: list },
        { method: 'POST', path: items, roles: writeItems, service, write: true, handle: add },
        { method: 'GET', path: `${items}/delta`, roles: readSites, service, queryOptions: ['token'], units: tokenUnits, handle: delta },
        { method: 'GET', path: `${items}/delta(token={token})`, roles: readSites, service, handle: delta },
        {
          method: 'GET', path: item, roles: readSites, service,
          handle: (req) => {
            const place = placeOf(req);
            return one(req, place, rowOf(place.list, req), readQuery(place.list, req));
          },
        },
        { method: 'PATCH', path: item, roles: writeItems, service, write: true, handle: change },
        { method: 'DELETE', path: item, roles: writeItems, service, write: true, handle: remove },
        {
          method: 'GET', path: `${item}/fields`, roles: readSites, service,
          handle: (req) => {
            const place = placeOf(req);
            return readFieldsOf(req, place, rowOf(place.list, req));
          },
        },
        {
          method: 'PATCH', path: `${item}/fields`, roles: writeItems, service, write: true,
          handle: (req) => {
            const place = placeOf(req);
            return changeFields(req, place, writable(place, req));
          },
        },
        { method: 'GET', path: `${item}/driveItem`, roles: readSites, service, handle: driveItem },
        { method: 'GET', path: `${item}/versions`, roles: readSites, service, units: 2, handle: versions },
        { method: 'POST', path: `${item}/versions/{version}/restoreVersion`, roles: writeItems, service, write: true, handle: restore },
      ];
    }),
  ];
}
