import { entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import { contextOf, invalidProperty, param, roles, type Call, type OutlookRoute } from '../core/call.js';
import { folderDelta } from '../core/folder-delta.js';
import { list, loaded } from '../core/list.js';
import { readExtended } from '../core/mapi.js';
import { show, wantedOf } from '../core/view.js';
import { folderInput, FOLDER_SERVER_OWNED } from '../input/folder-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { childMailFolders, folderId, isMailFolder, mailFolder, viewFor } from './folder-view.js';

const rules = { shape: folderInput, serverOwned: FOLDER_SERVER_OWNED, unknown: unknownProperty('mailFolder') };

const hiddenToo = (call: Call): boolean => [...call.req.query].some(([name, value]) => name.toLowerCase() === 'includehiddenfolders' && value.toLowerCase() === 'true');

function reply(call: Call, folder: Folder, status = 200): GraphReply {
  return entityReply(call.req, contextOf(call, 'mailFolders'), show(viewFor(call), folder, call, wantedOf(viewFor(call), call.req.query)), status);
}

const exists = (name: string): GraphFault => new GraphFault(409, 'ErrorFolderExists', `A folder with the specified name already exists., Could not create folder '${name}'.`);

/** v1.0 lists one level; beta lists the whole tree flat. */
function below(call: Call, parent: Folder, deep: boolean): Folder[] {
  return childMailFolders(call, parent, hiddenToo(call)).flatMap((folder) => [folder, ...(deep ? below(call, folder, true) : [])]);
}

function listFolders(call: Call, parent: Folder, context: string): GraphReply {
  const deep = call.req.version === 'beta' && parent === call.mailbox.root;
  return list(call, viewFor(call), { context: contextOf(call, context), rows: loaded(below(call, parent, deep)) });
}

async function create(call: Call, parent: Folder): Promise<GraphReply> {
  const input = readInput(rules, await call.req.json());
  if (input.displayName === undefined || input.displayName === '') throw invalidProperty('The property displayName is required.', 'displayName');
  if (parent.isSearchFolder) throw new GraphFault(400, 'ErrorCannotCreateFolderInSearchFolder', 'A search folder takes no folders.');
  if (call.mailbox.childNamed(parent.key, input.displayName) !== undefined) throw exists(input.displayName);
  const properties = Object.fromEntries([...readExtended(input)].flatMap(([id, value]) => (value === null ? [] : [[id, value]])));
  const folder = call.mailbox.addFolder({ displayName: input.displayName, containerClass: 'IPF.Note', parentKey: parent.key, isHidden: input.isHidden ?? false, properties });
  return reply(call, folder, 201);
}

function refuseDistinguished(folder: Folder, doing: string): void {
  if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorAccessDenied', `A distinguished folder cannot be ${doing}.`);
}

async function patch(call: Call): Promise<GraphReply> {
  const folder = mailFolder(call, param(call, 'folder'));
  const input = readInput(rules, await call.req.json());
  if (input.isHidden !== undefined && input.isHidden !== folder.isHidden) throw invalidProperty('isHidden can be set only when the folder is created.', 'isHidden');
  if (input.displayName !== undefined && input.displayName !== folder.displayName) {
    refuseDistinguished(folder, 'renamed');
    const other = call.mailbox.childNamed(folder.parentKey ?? 0, input.displayName);
    if (other !== undefined && other !== folder) throw exists(input.displayName);
    call.mailbox.renameFolder(folder, { displayName: input.displayName });
  }
  return reply(call, folder);
}

async function move(call: Call): Promise<GraphReply> {
  const folder = mailFolder(call, param(call, 'folder'));
  const target = mailFolder(call, await destinationOf(call));
  refuseDistinguished(folder, 'moved');
  for (let at: Folder | undefined = target; at !== undefined; at = at.parentKey === null ? undefined : call.mailbox.folder(at.parentKey)) {
    if (at === folder) throw new GraphFault(400, 'ErrorMoveCopyFailed', 'A folder cannot be moved below itself.');
  }
  if (call.mailbox.childNamed(target.key, folder.displayName) !== undefined) throw exists(folder.displayName);
  call.mailbox.renameFolder(folder, { parentKey: target.key });
  return reply(call, folder, 201);
}

/** `{"destinationId": "..."}`, in either spelling. */
export async function destinationOf(call: Call): Promise<string> {
  const body = (await call.req.json()) as Record<string, unknown> | undefined;
  const id = body?.['destinationId'] ?? body?.['DestinationId'];
  if (typeof id !== 'string' || id === '') throw new GraphFault(400, 'ErrorInvalidParameter', 'The parameter destinationId is required.');
  return id;
}

/** Deleting puts a folder below Deleted Items; one that is there already goes for good. */
function remove(call: Call): GraphReply {
  const { mailbox } = call;
  const folder = mailFolder(call, param(call, 'folder'));
  if (folder.wellKnownName !== null) throw new GraphFault(403, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.');
  const bin = mailbox.wellKnown('deleteditems');
  const deleted = ((): boolean => {
    for (let at: Folder | undefined = folder; at !== undefined; at = at.parentKey === null ? undefined : mailbox.folder(at.parentKey)) if (at === bin) return true;
    return false;
  })();
  if (deleted || bin === undefined) {
    mailbox.removeFolder(folder);
  } else {
    let displayName = folder.displayName;
    for (let n = 1; mailbox.childNamed(bin.key, displayName) !== undefined; n += 1) displayName = `${folder.displayName}${String(n)}`;
    mailbox.renameFolder(folder, { parentKey: bin.key, displayName });
  }
  return { status: 204 };
}

export function mailFolderRoutes(): OutlookRoute[] {
  const { read, write } = roles.mail;
  const hidden = { queryOptions: ['includeHiddenFolders'] };
  const root = (call: Call): Folder => call.mailbox.root;
  const named = (call: Call): Folder => mailFolder(call, param(call, 'folder'));
  return [
    { method: 'GET', path: '/mailFolders', roles: read, ...hidden, handle: (call) => listFolders(call, root(call), 'mailFolders') },
    { method: 'POST', path: '/mailFolders', roles: write, write: true, handle: (call) => create(call, root(call)) },
    { method: 'GET', path: '/mailFolders/delta', roles: read, handle: (call) => folderDelta(call, viewFor(call), 'mailFolder', (folder) => isMailFolder(folder) && !folder.isHidden && folder.parentKey !== null) },
    { method: 'GET', path: '/mailFolders/{folder}', roles: read, handle: (call) => reply(call, named(call)) },
    { method: 'PATCH', path: '/mailFolders/{folder}', roles: write, write: true, handle: patch },
    { method: 'DELETE', path: '/mailFolders/{folder}', roles: write, write: true, handle: remove },
    { method: 'POST', path: '/mailFolders/{folder}/move', roles: write, write: true, handle: move },
    { method: 'GET', path: '/mailFolders/{folder}/childFolders', roles: read, ...hidden, handle: (call) => listFolders(call, named(call), `mailFolders('${folderId(call, named(call))}')/childFolders`) },
    { method: 'POST', path: '/mailFolders/{folder}/childFolders', roles: write, write: true, handle: (call) => create(call, named(call)) },
  ];
}
