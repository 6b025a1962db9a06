import { matchesFilter, parseFilter, parseOrderby, entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import { attachmentsFrom } from '../attachments/attachment-write.js';
import { attachmentRoutes, type AttachmentHolder } from '../attachments/attachment-routes.js';
import { contentWith } from '../attachments/attachment-place.js';
import { contextOf, notFound, param, roles, under, type Call, type OutlookRoute } from '../core/call.js';
import { discard } from '../core/discard.js';
import { itemDelta } from '../core/item-delta.js';
import { findItem, readItem } from '../core/item-ids.js';
import { filterPaths, list, readerOf } from '../core/list.js';
import { noteRefusal, refuseCreate } from '../core/planted-refusals.js';
import { streamed } from '../core/stream-json.js';
import { show, wantedOf } from '../core/view.js';
import { folderId, isMailFolder, mailFolder } from '../mail-folders/folder-view.js';
import { destinationOf } from '../mail-folders/folder-routes.js';
import { asObject } from '../input/read-input.js';
import { messageFromMime, mimeOf } from './message-mime.js';
import { messageView } from './message-view.js';
import { messageFrom, patchedMessage, readMessage } from './message-write.js';

const { read, write } = roles.mail;

const reply = (call: Call, item: Item, status = 200): GraphReply => streamed(entityReply(call.req, contextOf(call, 'messages'), show(messageView, item, call, wantedOf(messageView, call.req.query)), status));

/** Rows of a folder's listing; content is made only for those that are looked at. */
function* rowsOf(call: Call, folder: Folder, at = 0): Generator<() => Item> {
  const { mailbox } = call;
  for (const { key } of folder.keys(at)) {
    yield () => {
      const item = mailbox.item(key);
      if (item === undefined) throw notFound();
      return item;
    };
  }
}

function* rowsBehind(call: Call, folder: Folder, count: number): Generator<() => Item> {
  const { at, left: first } = folder.skip(count);
  let left = first;
  for (const load of rowsOf(call, folder, at)) {
    if (left > 0) left -= 1;
    else yield load;
  }
}

function* everywhere(call: Call): Generator<() => Item> {
  for (const folder of call.mailbox.folders()) if (isMailFolder(folder) && !folder.isSearchFolder) yield* rowsOf(call, folder);
}

function listMessages(call: Call): GraphReply {
  const id = call.req.params['folder'];
  if (id === undefined) return streamed(list(call, messageView, { context: contextOf(call, 'messages'), rows: everywhere(call), strictOrder: true }));
  const folder = mailFolder(call, id);
  return streamed(list(call, messageView, { context: contextOf(call, `mailFolders('${folderId(call, folder)}')/messages`), rows: rowsOf(call, folder), behind: (count) => rowsBehind(call, folder, count), strictOrder: true }));
}

function get(call: Call): GraphReply {
  const item = readItem(call, param(call, 'message'));
  noteRefusal(call.world, item);
  return reply(call, item);
}

/** MIME is taken at mailbox level only; below a folder Exchange tries to read it as JSON and fails. */
async function create(call: Call): Promise<GraphReply> {
  const { mailbox } = call;
  const id = call.req.params['folder'];
  const mime = /^text\/plain\b/i.test(call.req.headers['content-type'] ?? '');
  if (mime && id !== undefined) throw new GraphFault(400, 'UnableToDeserializePostBody', 'were unable to deserialize ');
  const folder = id === undefined ? mailbox.wellKnown('drafts') : mailFolder(call, id);
  if (folder === undefined) throw notFound();
  const parts = { now: mailbox.now(), domain: mailbox.address.split('@')[1] ?? 'localhost', randomHex: (bytes: number) => mailbox.randomHex(bytes), nextPartKey: () => mailbox.nextPartKey() };
  if (mime) {
    const content = messageFromMime(await call.req.body(), parts);
    refuseCreate(call.world, mailbox, content);
    return reply(call, mailbox.addItem(folder, content), 201);
  }
  const raw = await call.req.json();
  const meeting = asObject(raw)['@odata.type'];
  if (typeof meeting === 'string' && /eventMessage/i.test(meeting)) throw new GraphFault(400, 'ErrorInvalidRequest', 'Meeting messages cannot be created.');
  const input = readMessage(raw);
  const bare = messageFrom(input, parts);
  const attachments = attachmentsFrom(call, input.attachments);
  const content = attachments.length === 0 ? bare : contentWith(bare, attachments);
  refuseCreate(call.world, mailbox, content);
  return reply(call, mailbox.addItem(folder, content), 201);
}

async function patch(call: Call): Promise<GraphReply> {
  const item = readItem(call, param(call, 'message'));
  const ifMatch = call.req.headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== `W/"${item.changeKey}"`) throw new GraphFault(412, 'ErrorIrresolvableConflict', 'The change key passed in the request does not match the current change key for the item.');
  const content = patchedMessage(call, item.content, readMessage(await call.req.json()));
  return reply(call, call.mailbox.updateItem(item.key, content));
}

async function move(call: Call): Promise<GraphReply> {
  const item = findItem(call, param(call, 'message'));
  return reply(call, call.mailbox.moveItem(item.key, mailFolder(call, await destinationOf(call))), 201);
}

/** The copy has an id and change key of its own; everything else, the search key too, is the same. */
async function copy(call: Call): Promise<GraphReply> {
  const item = readItem(call, param(call, 'message'));
  return reply(call, call.mailbox.addItem(mailFolder(call, await destinationOf(call)), item.content), 201);
}

/** `$filter` takes `receivedDateTime ge|gt` alone, `$orderby` `receivedDateTime desc` alone. */
function delta(call: Call): GraphReply {
  const { query } = call.req;
  const folder = mailFolder(call, param(call, 'folder'));
  const filter = parseFilter(query);
  if (filter !== null && !(filter.kind === 'compare' && (filter.op === 'ge' || filter.op === 'gt') && filterPaths(filter).join() === 'receivedDateTime')) throw new GraphFault(400, 'ErrorInvalidUrlQueryFilter', 'Delta takes only a filter on receivedDateTime with ge or gt.');
  const [order, ...more] = parseOrderby(query);
  if (order !== undefined && (more.length > 0 || order.path.join('/') !== 'receivedDateTime' || !order.descending)) throw new GraphFault(400, 'ErrorInvalidUrlQuery', 'Delta takes only the order receivedDateTime desc.');
  const changes = (query.get('changeType') ?? 'created,updated,deleted').toLowerCase().split(',').map((each) => each.trim());
  const unknown = changes.find((each) => !['created', 'updated', 'deleted'].includes(each));
  if (unknown !== undefined) throw new GraphFault(400, 'ErrorInvalidUrlQuery', `'${unknown}' is not a changeType.`);
  const readRow = readerOf(messageView, call, filter, []);
  const keep = (item: Item): boolean => {
    const kind = item.createdAt === item.modifiedAt ? 'created' : 'updated';
    return changes.includes(kind) && (filter === null || matchesFilter(filter, readRow(item)));
  };
  const page = itemDelta(call, messageView, folder, 'message', keep);
  if (changes.includes('deleted')) return streamed(page);
  const json = page.json as Record<string, unknown>;
  return streamed({ ...page, json: { ...json, value: (json['value'] as Record<string, unknown>[]).filter((row) => !('@removed' in row)) } });
}

const holder: AttachmentHolder = {
  collection: 'Messages', parameter: 'message', roles: roles.mail,
  place: (call) => {
    const { key } = readItem(call, param(call, 'message'));
    return {
      find: () => {
        const item = call.mailbox.item(key);
        return item === undefined ? null : { item, attachments: item.content.attachments, withAttachments: (attachments) => contentWith(item.content, attachments) };
      },
    };
  },
};

export function messageRoutes(): OutlookRoute[] {
  const operations: OutlookRoute[] = [
    { method: 'GET', path: '', roles: read, queryOptions: ['includeHiddenMessages'], handle: listMessages },
    { method: 'POST', path: '', roles: write, write: true, handle: create },
    { method: 'GET', path: '/{message}', roles: read, handle: get },
    { method: 'PATCH', path: '/{message}', roles: write, write: true, handle: patch },
    { method: 'DELETE', path: '/{message}', roles: write, write: true, handle: (call) => discard(call, findItem(call, param(call, 'message'))) },
    { method: 'GET', path: '/{message}/$value', roles: read, handle: (call) => ({ status: 200, contentType: 'text/plain', stream: mimeOf(readItem(call, param(call, 'message')).content) }) },
    { method: 'POST', path: '/{message}/move', roles: write, write: true, handle: move },
    { method: 'POST', path: '/{message}/copy', roles: write, write: true, handle: copy },
    { method: 'POST', path: '/{message}/permanentDelete', roles: write, write: true, handle: (call) => { call.mailbox.removeItem(findItem(call, param(call, 'message')).key); return { status: 204 }; } },
    ...under(['/{message}'], attachmentRoutes(holder)),
  ];
  return [
    ...under(['/messages', '/mailFolders/{folder}/messages'], operations),
    { method: 'GET', path: '/mailFolders/{folder}/messages/delta', roles: read, queryOptions: ['changeType'], handle: delta },
  ];
}
