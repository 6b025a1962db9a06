/** Folders of every class through the import/export API (graph/exchange.md 4.3). */
import { matchesFilter, linkWith, parseCount, parseExpand, parseFilter, parseSelect, parseSkip, parseTop, applySelect, checkSelect, contextUrl, pageReply, type ExpandTerm } from '../../http/odata.js';
import { GraphFault, type GraphRequest, type Route } from '../../http/route.js';
import { normalisePropertyId } from '../store/extended-property.js';
import type { Folder } from '../store/folder.js';
import type { Mailbox } from '../store/mailbox.js';
import { makeId, parseId } from '../store/outlook-id.js';
import { deltaPageSize, folderDeltaPage } from './delta-pages.js';
import { budgetOf, folderOf, mailboxOf } from './mailbox-of.js';

const read = ['MailboxFolder.Read.All', 'MailboxFolder.ReadWrite.All'];
const write = ['MailboxFolder.ReadWrite.All'];
const properties = ['id', 'displayName', 'parentFolderId', 'parentMailboxUrl', 'childFolderCount', 'totalItemCount', 'type', 'wellKnownName'];

/** Extended properties of a folder, by normalised id. */
const folderProperties: Record<string, (mailbox: Mailbox, folder: Folder) => string | null> = {
  'Boolean 0x10f4': (_mailbox, folder) => String(folder.isHidden),
  'String 0x3001': (_mailbox, folder) => folder.displayName,
  'String 0x3613': (_mailbox, folder) => folder.containerClass,
  'Integer 0x3602': (_mailbox, folder) => String(folder.itemCount),
  // 0 root, 1 generic, 2 search.
  'Integer 0x3601': (_mailbox, folder) => (folder.parentKey === null ? '0' : folder.isSearchFolder ? '2' : '1'),
  'Boolean 0x360a': (mailbox, folder) => String(mailbox.childCount(folder.key) > 0),
};

export const folderId = (mailbox: Mailbox, folder: Folder): string => makeId('folder', mailbox.guid, folder.key);

/** Names of the extended properties that an `$expand` asks for, normalised, with the name to answer with. */
export function wantedProperties(expand: readonly ExpandTerm[]): string[] {
  const term = expand.find((each) => each.name.toLowerCase() === 'singlevalueextendedproperties');
  const filter = term?.options.get('$filter');
  if (filter === undefined || filter === null) return [];
  return [...filter.matchAll(/id\s+eq\s+'((?:[^']|'')+)'/gi)].flatMap(([, id = '']) => normalisePropertyId(id.replaceAll("''", "'")) ?? []);
}

/** `parentMailboxUrl` is beta's alone. `wellKnownName` has been in v1.0 since August 2026, later than its published metadata. */
function view(req: GraphRequest, mailbox: Mailbox, folder: Folder): Record<string, unknown> {
  const json: Record<string, unknown> = {
    id: folderId(mailbox, folder),
    displayName: folder.displayName,
    parentFolderId: makeId('folder', mailbox.guid, folder.parentKey ?? folder.key),
    ...(req.version === 'beta' ? { parentMailboxUrl: `https://graph.microsoft.com/${req.version}/admin/exchange/mailboxes/${mailbox.mailboxId}` } : {}),
    childFolderCount: mailbox.childCount(folder.key),
    totalItemCount: folder.itemCount,
    type: folder.containerClass,
    wellKnownName: folder.wellKnownName,
  };
  const shown = applySelect(null, json, parseSelect(req.query));
  const wanted = wantedProperties(parseExpand(req.query));
  const expanded = wanted.flatMap((id) => {
    const value = folderProperties[id]?.(mailbox, folder) ?? folder.properties[id] ?? null;
    return value === null ? [] : [{ id, value }];
  });
  return expanded.length === 0 ? shown : { ...shown, singleValueExtendedProperties: expanded };
}

const context = (mailbox: Mailbox, rest = ''): string => `admin/exchange/mailboxes('${mailbox.mailboxId}')/folders${rest}`;

function list(req: GraphRequest, mailbox: Mailbox, folders: readonly Folder[], where: string): ReturnType<Route['handle']> {
  checkSelect(parseSelect(req.query), properties, 'microsoft.graph.mailboxFolder');
  const filter = parseFilter(req.query);
  // Only what is shown is made, unless a filter has to look at all of it.
  const matching = filter === null ? folders : folders.filter((folder) => matchesFilter(filter, { ...view(req, mailbox, folder), type: folder.containerClass }));
  const skip = parseSkip(req.query);
  const top = parseTop(req.query, 1000) ?? 10;
  const more = skip + top < matching.length;
  return pageReply(req, { context: where, value: matching.slice(skip, skip + top).map((folder) => view(req, mailbox, folder)), next: more ? { $skip: String(skip + top) } : null, ...(parseCount(req.query) ? { count: matching.length } : {}) });
}

/** Extended properties of a body by their normalised ids; those that Exchange keeps itself are taken and have no effect. */
function readProperties(extended: readonly unknown[]): Record<string, string> {
  return Object.fromEntries(
    extended.map((each) => {
      const { id, value } = (each ?? {}) as { id?: unknown; value?: unknown };
      const known = typeof id === 'string' ? normalisePropertyId(id) : null;
      if (known === null || typeof value !== 'string') throw new GraphFault(400, 'ErrorInvalidProperty', 'An extended property has an id and a value.');
      return [known, value];
    }),
  );
}

async function create(req: GraphRequest, mailbox: Mailbox, parent: Folder): Promise<{ status: number; json: unknown }> {
  const { singleValueExtendedProperties: extended = [], ...body } = ((await req.json()) ?? {}) as { displayName?: unknown; type?: unknown; singleValueExtendedProperties?: unknown };
  const unknown = Object.keys(body).find((name) => name !== 'displayName' && name !== 'type' && !name.startsWith('@odata.'));
  if (unknown !== undefined) throw new GraphFault(400, 'RequestBodyRead', `The property '${unknown}' does not exist on type 'microsoft.graph.mailboxFolder'.`);
  if (!Array.isArray(extended)) throw new GraphFault(400, 'ErrorInvalidProperty', 'singleValueExtendedProperties is a list.');
  const given = readProperties(extended);
  const isHidden = given['Boolean 0x10f4']?.toLowerCase() === 'true';
  if (typeof body.displayName !== 'string' || body.displayName === '' || typeof body.type !== 'string' || body.type === '') throw new GraphFault(400, 'ErrorInvalidProperty', 'The properties displayName and type are required.');
  if (body.displayName.length > 255) throw new GraphFault(400, 'ErrorInvalidProperty', 'The folder name is too long.');
  if (mailbox.childNamed(parent.key, body.displayName) !== undefined) throw new GraphFault(409, 'ErrorFolderExists', 'A folder with the specified name already exists.');
  const folder = mailbox.addFolder({ displayName: body.displayName, containerClass: body.type, parentKey: parent.key, isHidden, properties: given });
  return { status: 201, json: { '@odata.context': contextUrl(req, context(mailbox), { entity: true }), ...view(req, mailbox, folder) } };
}

export function folderRoutes(): Route[] {
  const base = '/admin/exchange/mailboxes/{mbx}/folders';
  const common = { service: 'outlook', mailbox: budgetOf } as const;
  // The root's children, as Exchange lists them; search folders are among them.
  const top = (mailbox: Mailbox): Folder[] => mailbox.folders(mailbox.root.key);
  return [
    { ...common, method: 'GET', path: base, roles: read, handle: (req) => list(req, mailboxOf(req), top(mailboxOf(req)), context(mailboxOf(req))) },
    {
      ...common,
      method: 'GET',
      path: `${base}/delta`,
      roles: read,
      handle: (req) => {
        const mailbox = mailboxOf(req);
        const { size, applied } = deltaPageSize(req);
        const { keys, first, next, delta } = folderDeltaPage(req, mailbox, size);
        const value = keys.flatMap(({ key }): Record<string, unknown>[] => {
          const folder = mailbox.folder(key);
          if (folder !== undefined) return folder.parentKey === null ? [] : [view(req, mailbox, folder)];
          return first ? [] : [{ '@odata.type': '#microsoft.graph.mailboxFolder', id: makeId('folder', mailbox.guid, key), '@removed': { reason: 'deleted' } }];
        });
        const reply = pageReply(req, { context: 'Collection(mailboxFolder)', value, next: next === null ? null : { $skiptoken: next, $deltatoken: null }, ...(delta === null ? {} : { deltaLink: linkWith(req, { $deltatoken: delta, $skiptoken: null }) }) });
        return { ...reply, headers: applied };
      },
    },
    {
      ...common,
      method: 'GET',
      path: `${base}/{folder}`,
      roles: read,
      handle: (req) => {
        const mailbox = mailboxOf(req);
        return { status: 200, json: { '@odata.context': contextUrl(req, context(mailbox), { entity: true, select: parseSelect(req.query) }), ...view(req, mailbox, folderOf(mailbox, req.params['folder'] ?? '')) } };
      },
    },
    {
      ...common,
      method: 'GET',
      path: `${base}/{folder}/childFolders`,
      roles: read,
      handle: (req) => {
        const mailbox = mailboxOf(req);
        const folder = folderOf(mailbox, req.params['folder'] ?? '');
        return list(req, mailbox, mailbox.folders(folder.key), context(mailbox, `('${folderId(mailbox, folder)}')/childFolders`));
      },
    },
    { ...common, method: 'POST', path: base, roles: write, write: true, handle: (req) => create(req, mailboxOf(req), mailboxOf(req).root) },
    { ...common, method: 'POST', path: `${base}/{folder}/childFolders`, roles: write, write: true, handle: (req) => create(req, mailboxOf(req), folderOf(mailboxOf(req), req.params['folder'] ?? '')) },
    {
      ...common,
      method: 'PATCH',
      path: `${base}/{folder}`,
      roles: write,
      write: true,
      handle: async (req) => {
        const mailbox = mailboxOf(req);
        const folder = folderOf(mailbox, req.params['folder'] ?? '');
        const body = ((await req.json()) ?? {}) as { displayName?: unknown };
        if (typeof body.displayName !== 'string' || body.displayName === '') throw new GraphFault(400, 'ErrorInvalidProperty', 'Only displayName can be changed.');
        if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorAccessDenied', 'A distinguished folder cannot be renamed.');
        const taken = folder.parentKey === null ? undefined : mailbox.childNamed(folder.parentKey, body.displayName);
        if (taken !== undefined && taken !== folder) throw new GraphFault(409, 'ErrorFolderExists', 'A folder with the specified name already exists.');
        mailbox.renameFolder(folder, { displayName: body.displayName });
        return { status: 200, json: { '@odata.context': contextUrl(req, context(mailbox), { entity: true }), ...view(req, mailbox, folder) } };
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: `${base}/{folder}`,
      roles: write,
      write: true,
      handle: (req) => {
        const mailbox = mailboxOf(req);
        const folder = folderOf(mailbox, req.params['folder'] ?? '');
        if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.');
        mailbox.removeFolder(folder);
        return { status: 204 };
      },
    },
    {
      service: 'outlook',
      method: 'GET',
      path: '/users/{user}/settings/exchange',
      roles: ['User.Read.All', 'User.ReadWrite.All'],
      mailbox: (req) => req.tenant.findUser(req.params['user'] ?? '')?.id ?? null,
      handle: (req) => {
        const user = req.tenant.findUser(req.params['user'] ?? '');
        if (user === undefined) throw new GraphFault(404, 'Request_ResourceNotFound', `Resource '${req.params['user'] ?? ''}' does not exist or one of its queried reference-property objects are not present.`);
        const mailbox = req.tenant.exchange.mailbox(user.id);
        if (mailbox?.enabled !== true) throw new GraphFault(404, 'MailboxNotEnabledForRESTAPI', 'The mailbox is either inactive, soft-deleted, or is hosted on-premise.');
        return { status: 200, json: { '@odata.context': contextUrl(req, `users('${user.id}')/settings/exchange`, { entity: true }), id: user.id, primaryMailboxId: mailbox.mailboxId, ...(req.version === 'beta' ? { inPlaceArchiveMailboxId: mailbox.archive?.mailboxId ?? null } : {}) } };
      },
    },
  ];
}

/** The folder an import names, by its admin id alone. */
export function folderByAdminId(mailbox: Mailbox, id: string): Folder | undefined {
  const parsed = parseId('folder', mailbox.guid, id);
  return parsed === null ? undefined : mailbox.folder(parsed.key);
}
