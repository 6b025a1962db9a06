import { entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import { folderOf } from '../../admin/mailbox-of.js';
import { heldContent } from '../../store/content.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import { makeId } from '../../store/outlook-id.js';
import { contextOf, invalidProperty, notFound, param, roles, under, type Call, type OutlookRoute } from '../core/call.js';
import { folderDelta } from '../core/folder-delta.js';
import { itemDelta } from '../core/item-delta.js';
import { readItem } from '../core/item-ids.js';
import { list, loaded } from '../core/list.js';
import { noteRefusal, refuseCreate } from '../core/planted-refusals.js';
import { show, wantedOf } from '../core/view.js';
import { discard } from '../core/discard.js';
import { contactFolderInput, CONTACT_FOLDER_SERVER_OWNED } from '../input/folder-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { contactFolderView, contactOf, contactView } from './contact-view.js';
import { contactFrom, patchedContact, readContact } from './contact-write.js';

const { read, write } = roles.contacts;
const folderRules = { shape: contactFolderInput, serverOwned: CONTACT_FOLDER_SERVER_OWNED, unknown: unknownProperty('contactFolder') };

const isContactFolder = ({ containerClass, isHidden }: Folder): boolean => !isHidden && /^IPF\.Contact/i.test(containerClass ?? '');
const isContact = (item: Item): boolean => item.content.contact !== null;

function defaultFolder(call: Call): Folder {
  const folder = call.mailbox.wellKnown('contacts');
  if (folder === undefined) throw notFound();
  return folder;
}

function contactFolder(call: Call): Folder {
  const id = call.req.params['folder'];
  const folder = id === undefined ? defaultFolder(call) : folderOf(call.mailbox, id);
  if (!isContactFolder(folder)) throw notFound();
  return folder;
}

function contact(call: Call): Item {
  const item = readItem(call, param(call, 'contact'));
  if (!isContact(item)) throw notFound();
  return item;
}

const reply = (call: Call, item: Item, status = 200): GraphReply => entityReply(call.req, contextOf(call, 'contacts'), show(contactView, item, call, wantedOf(contactView, call.req.query)), status);
const folderReply = (call: Call, folder: Folder, status = 200): GraphReply => entityReply(call.req, contextOf(call, 'contactFolders'), show(contactFolderView, folder, call, wantedOf(contactFolderView, call.req.query)), status);

function* contactsIn(call: Call, folder: Folder): Generator<Item> {
  for (const { item } of call.mailbox.items(folder)) if (isContact(item)) yield item;
}

function listContacts(call: Call): GraphReply {
  const folder = contactFolder(call);
  const place = call.req.params['folder'] === undefined ? 'contacts' : `contactFolders('${makeId('folder', call.mailbox.guid, folder.key)}')/contacts`;
  return list(call, contactView, { context: contextOf(call, place), rows: loaded(contactsIn(call, folder)) });
}

async function create(call: Call): Promise<GraphReply> {
  const folder = contactFolder(call);
  const content = contactFrom(readContact(await call.req.json()), { randomHex: (bytes) => call.mailbox.randomHex(bytes) });
  refuseCreate(call.world, call.mailbox, content);
  return reply(call, call.mailbox.addItem(folder, content), 201);
}

async function patch(call: Call): Promise<GraphReply> {
  const item = contact(call);
  return reply(call, call.mailbox.updateItem(item.key, patchedContact(item.content, contactOf(item), readContact(await call.req.json()))));
}

/** The default folder is not in its own list: a quirk of Graph that clients work around (graph/exchange.md 6). */
function listFolders(call: Call, parent: Folder, place: string): GraphReply {
  return list(call, contactFolderView, { context: contextOf(call, place), rows: loaded(call.mailbox.folders(parent.key).filter(isContactFolder)) });
}

async function createFolder(call: Call, parent: Folder): Promise<GraphReply> {
  const { displayName } = readInput(folderRules, await call.req.json());
  if (displayName === undefined || displayName === '') throw invalidProperty('The property displayName is required.', 'displayName');
  if (call.mailbox.childNamed(parent.key, displayName) !== undefined) throw new GraphFault(409, 'ErrorFolderExists', 'A folder with the specified name already exists.');
  return folderReply(call, call.mailbox.addFolder({ displayName, containerClass: 'IPF.Contact', parentKey: parent.key }), 201);
}

async function patchFolder(call: Call): Promise<GraphReply> {
  const folder = contactFolder(call);
  const { displayName } = readInput(folderRules, await call.req.json());
  if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorAccessDenied', 'A distinguished folder cannot be renamed.');
  if (displayName !== undefined && displayName !== '') call.mailbox.renameFolder(folder, { displayName });
  return folderReply(call, folder);
}

function deleteFolder(call: Call): GraphReply {
  const folder = contactFolder(call);
  if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.');
  call.mailbox.removeFolder(folder);
  return { status: 204 };
}

const noPhoto = (): GraphFault => new GraphFault(404, 'ImageNotFound', "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.");

function photoBytes(call: Call): GraphReply {
  const { photo } = contactOf(contact(call));
  if (photo === null) throw noPhoto();
  return { status: 200, contentType: 'image/jpeg', stream: (async function* () { yield* photo.stream(); await Promise.resolve(); })() };
}

function photoMetadata(call: Call): GraphReply {
  if (contactOf(contact(call)).photo === null) throw noPhoto();
  return entityReply(call.req, contextOf(call, 'contacts/photo'), { '@odata.mediaContentType': 'image/jpeg', id: '240X240', width: 240, height: 240 });
}

async function putPhoto(call: Call): Promise<GraphReply> {
  const item = contact(call);
  if (!/^image\//i.test(call.req.headers['content-type'] ?? '')) throw new GraphFault(415, 'UnsupportedMediaType', 'A photo is sent as image/jpeg.');
  const bytes = await call.req.body();
  if (bytes.length === 0) throw new GraphFault(400, 'ErrorInvalidRequest', 'The photo is empty.');
  call.mailbox.updateItem(item.key, { ...item.content, contact: { ...contactOf(item), photo: heldContent(bytes) } });
  return { status: 200 };
}

export function contactRoutes(): OutlookRoute[] {
  const item: OutlookRoute[] = [
    { method: 'GET', path: '/{contact}', roles: read, handle: (call) => { const found = contact(call); noteRefusal(call.world, found); return reply(call, found); } },
    { method: 'PATCH', path: '/{contact}', roles: write, write: true, handle: patch },
    { method: 'DELETE', path: '/{contact}', roles: write, write: true, handle: (call) => discard(call, contact(call)) },
    { method: 'GET', path: '/{contact}/photo', roles: read, handle: photoMetadata },
    { method: 'GET', path: '/{contact}/photo/$value', roles: read, handle: photoBytes },
    { method: 'PUT', path: '/{contact}/photo/$value', roles: write, write: true, handle: putPhoto },
    { method: 'PATCH', path: '/{contact}/photo/$value', roles: write, write: true, handle: putPhoto },
    { method: 'GET', path: '', roles: read, handle: listContacts },
    { method: 'POST', path: '', roles: write, write: true, handle: create },
    { method: 'GET', path: '/delta', roles: read, handle: (call) => itemDelta(call, contactView, contactFolder(call), 'contact', isContact) },
  ];
  const folders: OutlookRoute[] = [
    { method: 'GET', path: '', roles: read, handle: (call) => listFolders(call, defaultFolder(call), 'contactFolders') },
    { method: 'POST', path: '', roles: write, write: true, handle: (call) => createFolder(call, defaultFolder(call)) },
    { method: 'GET', path: '/delta', roles: read, handle: (call) => folderDelta(call, contactFolderView, 'contactFolder', isContactFolder) },
    { method: 'GET', path: '/{folder}', roles: read, handle: (call) => folderReply(call, contactFolder(call)) },
    { method: 'PATCH', path: '/{folder}', roles: write, write: true, handle: patchFolder },
    { method: 'DELETE', path: '/{folder}', roles: write, write: true, handle: deleteFolder },
    { method: 'GET', path: '/{folder}/childFolders', roles: read, handle: (call) => listFolders(call, contactFolder(call), `contactFolders('${param(call, 'folder')}')/childFolders`) },
    { method: 'POST', path: '/{folder}/childFolders', roles: write, write: true, handle: (call) => createFolder(call, contactFolder(call)) },
  ];
  return [...under(['/contactFolders'], folders), ...under(['/contacts', '/contactFolders/{folder}/contacts'], item)];
}
