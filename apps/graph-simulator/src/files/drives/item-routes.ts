/** Items of drives: reading, listing, delta, downloads, versions, and every write but sharing (graph/files.md 2, 3, 4, 6). */
import { applySelect, checkSelect, contextUrl, decodeSkipToken, encodeSkipToken, linkWith, pageReply, parseOrderby, parseSelect, parseTop } from '../../http/odata.js';
import { GraphFault, type GraphReply, type GraphRequest, type Route } from '../../http/route.js';
import { DeltaExpired } from '../../exchange/store/change-log.js';
import type { World } from '../../world/world.js';
import { ContentSink } from '../content/content-sink.js';
import { readDrives } from '../sharepoint-access.js';
import { appOf, byId, drivePaths, itemAt, itemPaths, lookUp, notFoundItem, orFault, shownDrive, writeDrives } from './drive-access.js';
import { conflict, conflictName, datesOf, itemChange, newFolder, parseBody, sessionBody } from './drive-input.js';
import type { DownloadLinks } from './download.js';
import type { ConflictBehavior } from './drive.js';
import type { Item } from './item.js';
import { actorView, deletedView, eTagOf, itemKnown, itemView, type Shown } from './item-view.js';
import { promote } from './promotion.js';
import type { FileUploadSessions } from './upload-sessions.js';

const childrenDefault = 200;
const childrenMax = 1_000;
const deltaMax = 1_000;
/** The simple upload takes no more (graph/files.md 4.1). */
const putBytesMax = 250 * 1024 * 1024;

export function itemRoutes(world: World, links: DownloadLinks, uploads: FileUploadSessions): Route[] {
  const service = 'files';
  const see = (req: GraphRequest): Shown => shownDrive(world, links, req);
  const select = (req: GraphRequest): string[] | null => {
    const names = parseSelect(req.query);
    checkSelect(names, itemKnown, 'microsoft.graph.driveItem');
    return names;
  };
  const one = (req: GraphRequest, shown: Shown, item: Item, status = 200): GraphReply => ({ status, json: { '@odata.context': contextUrl(req, 'driveItem', { select: parseSelect(req.query), entity: true }), ...itemView(shown, item, { select: select(req) }) } });

  const read: Route['handle'] = (req) => {
    const shown = see(req);
    if (req.query.has('$expand')) throw new GraphFault(400, 'invalidRequest', 'The simulator expands nothing of an item.');
    return one(req, shown, itemAt(shown.drive, req));
  };

  const children: Route['handle'] = (req) => {
    const shown = see(req);
    const folder = itemAt(shown.drive, req);
    for (const option of ['$filter', '$search', '$skip', '$expand', '$count']) if (req.query.has(option)) throw new GraphFault(400, 'invalidRequest', `The query option '${option}' is not supported here.`);
    const [order] = parseOrderby(req.query);
    if (order !== undefined && order.path.join('/') !== 'name') throw new GraphFault(400, 'invalidRequest', 'The simulator orders children by name alone.');
    const names = select(req);
    const top = Math.min(parseTop(req.query) ?? childrenDefault, childrenMax);
    if (top === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
    const token = decodeSkipToken(req.query);
    if (order === undefined) {
      const page: Item[] = [];
      let more = false;
      for (const item of shown.drive.children(folder.key, Number(token?.['after'] ?? -1))) {
        if (page.length === top) {
          more = true;
          break;
        }
        page.push(item);
      }
      return pageReply(req, { context: 'Collection(driveItem)', value: page.map((item) => itemView(shown, item, { select: names })), next: more ? { $skiptoken: encodeSkipToken({ after: page.at(-1)?.key ?? 0 }) } : null });
    }
    const all = [...shown.drive.children(folder.key)].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1) * (order.descending ? -1 : 1));
    const from = Number(token?.['from'] ?? 0);
    return pageReply(req, { context: 'Collection(driveItem)', value: all.slice(from, from + top).map((item) => itemView(shown, item, { select: names })), next: from + top < all.length ? { $skiptoken: encodeSkipToken({ from: from + top }) } : null });
  };

  const delta: Route['handle'] = (req) => {
    const shown = see(req);
    const names = select(req);
    const size = Math.min(parseTop(req.query) ?? childrenDefault, shown.drive.deltaPageItemsMax ?? deltaMax);
    if (size === 0) throw new GraphFault(400, 'invalidRequest', 'Invalid page size');
    const token = req.query.get('token') ?? req.query.get('$skiptoken') ?? req.query.get('$deltatoken');
    const answer = (value: unknown[], links: { next?: string | null; delta?: string | null }): GraphReply => ({
      status: 200,
      json: {
        '@odata.context': contextUrl(req, 'Collection(driveItem)', { select: names }),
        ...(links.next == null ? {} : { '@odata.nextLink': linkWith(req, { token: links.next, $skiptoken: null, $deltatoken: null }) }),
        ...(links.delta == null ? {} : { '@odata.deltaLink': linkWith(req, { token: links.delta, $skiptoken: null, $deltatoken: null }) }),
        value,
      },
    });
    if (token === 'latest') return answer([], { delta: shown.drive.latestToken() });
    try {
      const page = shown.drive.delta(token === '' ? null : token, size);
      if (page === null) throw new GraphFault(400, 'invalidRequest', 'The provided sync token is malformed.');
      const wishes = String(req.headers['prefer'] ?? '').toLowerCase();
      const sharing = { hierarchical: wishes.includes('hierarchicalsharing'), changedSince: wishes.includes('deltashowsharingchanges') ? page.since : null };
      return answer(page.entries.map(({ key, item }) => (item === null ? deletedView(shown, key) : itemView(shown, item, { select: names, inDelta: true, sharing }))), page);
    } catch (error) {
      if (!(error instanceof DeltaExpired)) throw error;
      throw new GraphFault(410, 'resyncRequired', 'Resync required. Replace any local items with the server’s version (including deletes).', { innerCode: 'resyncChangesApplyDifferences', headers: { Location: linkWith(req, { token: null, $skiptoken: null, $deltatoken: null }) } });
    }
  };

  const content: Route['handle'] = (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    if (item.content === null) throw new GraphFault(400, 'notSupported', 'The item has no content.');
    if (item.infected) throw new GraphFault(403, 'malwareDetected', 'Malware has been detected in the file.');
    if (req.headers['if-none-match'] === eTagOf(shown.drive, item)) return { status: 304 };
    return { status: 302, headers: { Location: shown.downloadUrl(item) } };
  };

  const put: Route['handle'] = async (req) => {
    const shown = see(req);
    const found = lookUp(shown.drive, req);
    const behavior: ConflictBehavior = parseBody(conflict, req.query.get(conflictName) ?? 'replace');
    if ('item' in found && found.item.content === null) throw new GraphFault(409, 'nameAlreadyExists', 'An item with the same name already exists under the parent.');
    if ('item' in found) matchTag(req, shown, found.item);
    if (Number(req.headers['content-length'] ?? 0) > putBytesMax) throw new GraphFault(413, 'invalidRequest', 'The file is too large for a simple upload.');
    const sink = new ContentSink(uploads.options.keepBytesMax);
    await req.each((piece) => {
      sink.write(piece);
      if (sink.size > putBytesMax) throw new GraphFault(413, 'invalidRequest', 'The file is too large for a simple upload.');
    });
    promote(shown.drive, 'item' in found ? found.item.name : found.missing.name, sink);
    const body = sink.end();
    const placed = orFault(() => {
      if ('missing' in found) return shown.drive.addFile(found.missing.parent, found.missing.name, body, behavior, appOf(req));
      const parent = shown.drive.item(found.item.parentKey);
      if (behavior !== 'replace' && parent !== undefined) return shown.drive.addFile(parent, found.item.name, body, behavior, appOf(req));
      return { item: shown.drive.replaceContent(found.item, body, appOf(req)), created: false };
    });
    return one(req, shown, placed.item, placed.created ? 201 : 200);
  };

  const addFolder: Route['handle'] = async (req) => {
    const shown = see(req);
    const parent = itemAt(shown.drive, req);
    const body = parseBody(newFolder, await req.json());
    const { item } = orFault(() => shown.drive.addFolder(parent, body.name, body[conflictName] ?? 'fail', appOf(req)));
    return one(req, shown, item, 201);
  };

  const openSession: Route['handle'] = async (req) => {
    const shown = see(req);
    const found = lookUp(shown.drive, req);
    const { item: wanted, deferCommit = false } = parseBody(sessionBody, await req.json());
    const dates = datesOf(wanted?.fileSystemInfo);
    const behavior = wanted?.[conflictName] ?? 'fail';
    if ('item' in found && found.item.content === null) throw new GraphFault(400, 'invalidRequest', 'The item is no file.');
    if ('item' in found) matchTag(req, shown, found.item);
    // Named by id, an item is what is meant; named by its path, the name is.
    const byPath = req.params['path'] !== undefined;
    const place = 'missing' in found ? found.missing : byPath ? { parent: shown.drive.item(found.item.parentKey) ?? shown.drive.root, name: found.item.name } : found;
    return { status: 200, json: { '@odata.context': contextUrl(req, 'microsoft.graph.uploadSession'), ...uploads.open(req, shown, place, { conflict: 'item' in place ? 'replace' : behavior, dates, deferCommit }) } };
  };

  const change: Route['handle'] = async (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    matchTag(req, shown, item);
    const body = parseBody(itemChange, await req.json());
    const { id, driveId } = body.parentReference ?? {};
    if (driveId !== undefined && driveId !== req.params['drive']) throw new GraphFault(400, 'invalidRequest', 'An item cannot be moved to another drive.');
    const parent = id === undefined ? undefined : byId(shown.drive, id);
    orFault(() => shown.drive.change(item, { name: body.name, parent, dates: body.fileSystemInfo === undefined ? undefined : datesOf(body.fileSystemInfo) }, appOf(req)));
    return one(req, shown, itemAt(shown.drive, { params: { item: shown.drive.ids.id(item.key) } }));
  };

  const remove: Route['handle'] = (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    matchTag(req, shown, item);
    orFault(() => { shown.drive.remove(item); });
    return { status: 204 };
  };

  const versions: Route['handle'] = (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    if (item.content === null) throw new GraphFault(400, 'notSupported', 'The item has no versions.');
    const names = parseSelect(req.query);
    const all = [{ number: item.version, content: item.content, modifiedAt: item.modifiedAt, modifiedBy: item.modifiedBy }, ...[...item.earlier].reverse()];
    const top = Math.max(1, Math.min(parseTop(req.query) ?? childrenDefault, childrenMax));
    const from = Number(decodeSkipToken(req.query)?.['from'] ?? 0);
    const value = all.slice(from, from + top).map((version, index) => {
      const view = { id: `${version.number}.0`, lastModifiedBy: actorView(shown, version.modifiedBy), lastModifiedDateTime: version.modifiedAt, size: version.content.size };
      return applySelect(null, from + index === 0 ? { ...view, publication: { level: 'published', versionId: `${version.number}.0` } } : view, names);
    });
    return pageReply(req, { context: 'Collection(driveItemVersion)', value, next: from + top < all.length ? { $skiptoken: encodeSkipToken({ from: from + top }) } : null });
  };
  const numberOf = (req: GraphRequest): number => {
    const match = /^(\d+)\.0$/.exec(req.params['version'] ?? '');
    if (match === null) throw new GraphFault(400, 'invalidRequest', 'The version is not valid.');
    return Number(match[1]);
  };
  const versionContent: Route['handle'] = (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    const number = numberOf(req);
    if (number === item.version) throw new GraphFault(400, 'invalidRequest', 'You cannot get the content of the current version.');
    if (!item.earlier.some((each) => each.number === number)) throw notFoundItem();
    return { status: 302, headers: { Location: links.url({ tenant: shown.tenant, library: shown.library, drive: shown.drive, item, clientId: req.app.clientId, version: number }) } };
  };
  const removeVersion: Route['handle'] = (req) => {
    const shown = see(req);
    const item = itemAt(shown.drive, req);
    const number = numberOf(req);
    if (number === item.version) throw new GraphFault(400, 'invalidRequest', 'You cannot delete the current version.');
    if (!shown.drive.removeVersion(item, number)) throw notFoundItem();
    return { status: 204 };
  };

  const routes: Route[] = [];
  for (const drive of drivePaths) {
    routes.push({ method: 'GET', path: `${drive}/root/delta`, roles: readDrives, service, queryOptions: ['token'], units: (query) => (query.has('token') || query.has('$skiptoken') || query.has('$deltatoken') ? 1 : 2), handle: delta });
    for (const item of itemPaths) {
      const path = `${drive}${item}`;
      routes.push(
        { method: 'GET', path, roles: readDrives, service, handle: read },
        { method: 'GET', path: `${path}/children`, roles: readDrives, service, units: 2, handle: children },
        { method: 'GET', path: `${path}/content`, roles: readDrives, service, handle: content },
        { method: 'GET', path: `${path}/versions`, roles: readDrives, service, units: 2, handle: versions },
        { method: 'GET', path: `${path}/versions/{version}/content`, roles: readDrives, service, handle: versionContent },
        { method: 'POST', path: `${path}/children`, roles: writeDrives, service, write: true, handle: addFolder },
        { method: 'PUT', path: `${path}/content`, roles: writeDrives, service, write: true, queryOptions: [conflictName], handle: put },
        { method: 'POST', path: `${path}/createUploadSession`, roles: writeDrives, service, handle: openSession },
        { method: 'PATCH', path, roles: writeDrives, service, write: true, handle: change },
        { method: 'DELETE', path, roles: writeDrives, service, write: true, handle: remove },
        { method: 'POST', path: `${path}/permanentDelete`, roles: writeDrives, service, write: true, handle: remove },
        { method: 'DELETE', path: `${path}/versions/{version}`, roles: writeDrives, service, write: true, handle: removeVersion },
      );
    }
  }
  return routes;
}

/** Throws 412 when the item is not what the caller holds. */
function matchTag(req: GraphRequest, shown: Shown, item: Item): void {
  const wanted = req.headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && wanted !== eTagOf(shown.drive, item)) throw new GraphFault(412, 'resourceModified', 'ETag does not match current item’s value.');
}
