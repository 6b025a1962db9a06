import { entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import { parseId } from '../../store/outlook-id.js';
import { contextOf, invalidProperty, malformedId, notFound, param, roles, type Call, type OutlookRoute } from '../core/call.js';
import { folderDelta } from '../core/folder-delta.js';
import { itemDelta } from '../core/item-delta.js';
import { readItem } from '../core/item-ids.js';
import { list, loaded } from '../core/list.js';
import { noteRefusal, refuseCreate } from '../core/planted-refusals.js';
import { show, wantedOf } from '../core/view.js';
import { taskListInput, TASK_LIST_SERVER_OWNED } from '../input/folder-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { taskPartRoutes } from './task-part-routes.js';
import { isTaskList, taskListView, taskOf, taskView } from './task-view.js';
import { patchedTask, readTask, taskFrom } from './task-write.js';

const { read, write } = roles.tasks;
const listRules = { shape: taskListInput, serverOwned: TASK_LIST_SERVER_OWNED, unknown: unknownProperty('todoTaskList') };
const isTask = (item: Item): boolean => item.content.task !== null;

function listOf(call: Call): Folder {
  const parsed = parseId('folder', call.mailbox.guid, param(call, 'list'));
  if (parsed === null) throw malformedId();
  const folder = call.mailbox.folder(parsed.key);
  if (folder === undefined || !isTaskList(folder)) throw notFound();
  return folder;
}

function taskItem(call: Call): Item {
  const folder = listOf(call);
  const item = readItem(call, param(call, 'task'));
  if (!isTask(item) || item.folderKey !== folder.key) throw notFound();
  return item;
}

const tasksContext = (call: Call): string => contextOf(call, `todo/lists('${param(call, 'list')}')/tasks`);
const listReply = (call: Call, folder: Folder, status = 200): GraphReply => entityReply(call.req, contextOf(call, 'todo/lists'), show(taskListView, folder, call, wantedOf(taskListView, call.req.query)), status);
const taskReply = (call: Call, item: Item, status = 200): GraphReply => entityReply(call.req, tasksContext(call), show(taskView, item, call, wantedOf(taskView, call.req.query)), status);

/** The default list first. */
function lists(call: Call): Folder[] {
  return call.mailbox.folders().filter(isTaskList).sort((a, b) => Number(b.wellKnownName === 'tasks') - Number(a.wellKnownName === 'tasks'));
}

async function createList(call: Call): Promise<GraphReply> {
  const { displayName } = readInput(listRules, await call.req.json());
  const parent = call.mailbox.wellKnown('tasks');
  if (displayName === undefined || displayName === '') throw invalidProperty('The property displayName is required.', 'displayName');
  if (parent === undefined) throw notFound();
  return listReply(call, call.mailbox.addFolder({ displayName, containerClass: 'IPF.Task', parentKey: parent.key }), 201);
}

function ownList(call: Call): Folder {
  const folder = listOf(call);
  if (folder.wellKnownName !== null) throw new GraphFault(400, 'ErrorInvalidRequest', 'A built-in list cannot be changed or deleted.');
  return folder;
}

async function patchList(call: Call): Promise<GraphReply> {
  const folder = ownList(call);
  const { displayName } = readInput(listRules, await call.req.json());
  if (displayName !== undefined && displayName !== '') call.mailbox.renameFolder(folder, { displayName });
  return listReply(call, folder);
}

async function createTask(call: Call): Promise<GraphReply> {
  const folder = listOf(call);
  const content = taskFrom(readTask(await call.req.json()), call.mailbox);
  refuseCreate(call.world, call.mailbox, content);
  return taskReply(call, call.mailbox.addItem(folder, content), 201);
}

async function patchTask(call: Call): Promise<GraphReply> {
  const item = taskItem(call);
  return taskReply(call, call.mailbox.updateItem(item.key, patchedTask(item.content, taskOf(item), readTask(await call.req.json()), call.mailbox.now())));
}

function* tasksIn(call: Call): Generator<Item> {
  for (const { item } of call.mailbox.items(listOf(call))) if (isTask(item)) yield item;
}

export function todoRoutes(): OutlookRoute[] {
  const one = '/todo/lists/{list}';
  const task = `${one}/tasks/{task}`;
  return [
    { method: 'GET', path: '/todo/lists', roles: read, handle: (call) => list(call, taskListView, { context: contextOf(call, 'todo/lists'), rows: loaded(lists(call)), pageSize: 100 }) },
    { method: 'POST', path: '/todo/lists', roles: write, write: true, handle: createList },
    { method: 'GET', path: '/todo/lists/delta', roles: read, handle: (call) => folderDelta(call, taskListView, 'todoTaskList', isTaskList) },
    { method: 'GET', path: one, roles: read, handle: (call) => listReply(call, listOf(call)) },
    { method: 'PATCH', path: one, roles: write, write: true, handle: patchList },
    { method: 'DELETE', path: one, roles: write, write: true, handle: (call) => { call.mailbox.removeFolder(ownList(call)); return { status: 204 }; } },
    { method: 'GET', path: `${one}/tasks`, roles: read, handle: (call) => list(call, taskView, { context: tasksContext(call), rows: loaded(tasksIn(call)) }) },
    { method: 'POST', path: `${one}/tasks`, roles: write, write: true, handle: createTask },
    { method: 'GET', path: `${one}/tasks/delta`, roles: read, handle: (call) => itemDelta(call, taskView, listOf(call), 'todoTask', isTask) },
    { method: 'GET', path: task, roles: read, handle: (call) => { const item = taskItem(call); noteRefusal(call.world, item); return taskReply(call, item); } },
    { method: 'PATCH', path: task, roles: write, write: true, handle: patchTask },
    { method: 'DELETE', path: task, roles: write, write: true, handle: (call) => { call.mailbox.removeItem(taskItem(call).key); return { status: 204 }; } },
    ...taskPartRoutes(taskItem),
  ];
}
