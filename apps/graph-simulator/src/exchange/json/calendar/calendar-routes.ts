import { entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import { contextOf, invalidProperty, notFound, param, roles, under, type Call, type OutlookRoute } from '../core/call.js';
import { list, loaded } from '../core/list.js';
import { readExtended } from '../core/mapi.js';
import { show, wantedOf } from '../core/view.js';
import { calendarInput, CALENDAR_SERVER_OWNED } from '../input/folder-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { calendarOf, calendars, calendarView, defaultCalendar, groupId, groupView } from './calendar-view.js';

const { read, write } = roles.calendars;
const rules = { shape: calendarInput, serverOwned: CALENDAR_SERVER_OWNED, unknown: unknownProperty('calendar') };

function reply(call: Call, folder: Folder, status = 200): GraphReply {
  const place = folder.wellKnownName === 'calendar' && call.req.params['calendar'] === undefined ? 'calendar' : 'calendars';
  return entityReply(call.req, contextOf(call, place), show(calendarView, folder, call, wantedOf(calendarView, call.req.query)), status);
}

const sameName = (name: string): GraphFault => new GraphFault(409, 'ErrorFolderExists', `A folder with the specified name already exists., Could not create folder '${name}'.`);

function checkGroup(call: Call): void {
  if (param(call, 'group') !== groupId(call)) throw notFound();
}

/** Calendars cannot nest; new ones lie beside each other below the default one. */
async function create(call: Call): Promise<GraphReply> {
  const input = readInput(rules, await call.req.json());
  const { name } = input;
  if (name === undefined || name === '') throw invalidProperty('The property name is required.', 'name');
  if (calendars(call).some((each) => each.displayName.toLowerCase() === name.toLowerCase())) throw sameName(name);
  const properties = Object.fromEntries([...readExtended(input)].flatMap(([id, value]) => (value === null ? [] : [[id, value]])));
  const folder = call.mailbox.addFolder({ displayName: name, containerClass: 'IPF.Appointment', parentKey: defaultCalendar(call).key, properties: { ...properties, color: input.color ?? 'auto' } });
  return reply(call, folder, 201);
}

async function patch(call: Call): Promise<GraphReply> {
  const folder = calendarOf(call);
  const { name, color } = readInput(rules, await call.req.json());
  if (name !== undefined && name !== folder.displayName) {
    if (folder.wellKnownName !== null) throw new GraphFault(400, 'ErrorInvalidRequest', 'The default calendar cannot be renamed.');
    if (calendars(call).some((each) => each !== folder && each.displayName.toLowerCase() === name.toLowerCase())) throw sameName(name);
  }
  if (color != null) folder.properties['color'] = color;
  call.mailbox.renameFolder(folder, name === undefined ? {} : { displayName: name });
  return reply(call, folder);
}

function remove(call: Call): GraphReply {
  const folder = calendarOf(call);
  if (folder.wellKnownName !== null) throw new GraphFault(400, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted.');
  call.mailbox.removeFolder(folder);
  return { status: 204 };
}

export function calendarRoutes(): OutlookRoute[] {
  const listing = (place: (call: Call) => string): OutlookRoute['handle'] => (call) => list(call, calendarView, { context: contextOf(call, place(call)), rows: loaded(calendars(call)) });
  const one: OutlookRoute[] = [
    { method: 'GET', path: '', roles: read, handle: (call) => reply(call, calendarOf(call)) },
    { method: 'PATCH', path: '', roles: write, write: true, handle: patch },
  ];
  return [
    { method: 'GET', path: '/calendars', roles: read, handle: listing(() => 'calendars') },
    { method: 'POST', path: '/calendars', roles: write, write: true, handle: create },
    ...under(['/calendar', '/calendars/{calendar}'], one),
    { method: 'DELETE', path: '/calendars/{calendar}', roles: write, write: true, handle: remove },
    { method: 'GET', path: '/calendarGroups', roles: read, handle: (call) => list(call, groupView, { context: contextOf(call, 'calendarGroups'), rows: loaded([null]) }) },
    { method: 'GET', path: '/calendarGroups/{group}', roles: read, handle: (call) => { checkGroup(call); return entityReply(call.req, contextOf(call, 'calendarGroups'), show(groupView, null, call, wantedOf(groupView, call.req.query))); } },
    { method: 'GET', path: '/calendarGroups/{group}/calendars', roles: read, handle: (call) => { checkGroup(call); return listing(() => `calendarGroups('${groupId(call)}')/calendars`)(call); } },
    { method: 'POST', path: '/calendarGroups/{group}/calendars', roles: write, write: true, handle: (call) => { checkGroup(call); return create(call); } },
  ];
}
