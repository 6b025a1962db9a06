import { createHash } from 'node:crypto';
import { folderOf } from '../../admin/mailbox-of.js';
import type { Folder } from '../../store/folder.js';
import { makeId } from '../../store/outlook-id.js';
import { notFound, type Call } from '../core/call.js';
import type { Row, View } from '../core/view.js';

export const isCalendar = ({ containerClass, isHidden }: Folder): boolean => !isHidden && /^IPF\.Appointment/i.test(containerClass ?? '');

export function defaultCalendar(call: Call): Folder {
  const folder = call.mailbox.wellKnown('calendar');
  if (folder === undefined) throw notFound();
  return folder;
}

/** The calendar the path names, or the default one. Throws 404 for a folder that is none. */
export function calendarOf(call: Call): Folder {
  const id = call.req.params['calendar'];
  const folder = id === undefined ? defaultCalendar(call) : folderOf(call.mailbox, id);
  if (!isCalendar(folder)) throw notFound();
  return folder;
}

/** The default calendar first, then in the order they were made. */
export function calendars(call: Call): Folder[] {
  const first = defaultCalendar(call);
  return [first, ...call.mailbox.folders().filter((folder) => folder !== first && isCalendar(folder))];
}

export const calendarId = (call: Call, folder: Folder): string => makeId('folder', call.mailbox.guid, folder.key);
const changeKey = (call: Call, folder: Folder): string => createHash('sha256').update(`${call.mailbox.guid} folder ${String(folder.key)} ${String(folder.changeNumber)}`).digest().subarray(0, 16).toString('base64');
const isDefault = (folder: Folder): boolean => folder.wellKnownName === 'calendar';

export const calendarView: View<Folder> = {
  typeName: 'microsoft.graph.calendar',
  properties: {
    id: (folder, call) => calendarId(call, folder),
    name: (folder) => folder.displayName,
    color: (folder) => folder.properties['color'] ?? 'auto',
    hexColor: () => '',
    isDefaultCalendar: isDefault,
    changeKey: (folder, call) => changeKey(call, folder),
    canShare: () => true,
    canViewPrivateItems: () => true,
    canEdit: (folder) => folder.properties['canEdit'] !== 'false',
    allowedOnlineMeetingProviders: () => ['teamsForBusiness'],
    defaultOnlineMeetingProvider: () => 'teamsForBusiness',
    isTallyingResponses: isDefault,
    isRemovable: (folder) => !isDefault(folder),
    owner: (folder, call) => ({ name: folder.properties['ownerName'] ?? call.mailbox.displayName, address: folder.properties['ownerAddress'] ?? call.mailbox.address }),
  },
  extended: (folder, _call, id) => folder.properties[id],
};

/** A mailbox has one group, "My Calendars", which holds every calendar of its own. */
export const groupId = (call: Call): string => makeId('other', call.mailbox.guid, 1);

export const groupView: View<null> = {
  typeName: 'microsoft.graph.calendarGroup',
  properties: {
    id: (_group, call) => groupId(call),
    name: () => 'My Calendars',
    classId: () => '0006f0b7-0000-0000-c000-000000000046',
    changeKey: (_group, call) => createHash('sha256').update(`${call.mailbox.guid} calendar group`).digest().subarray(0, 16).toString('base64'),
  },
  navigations: { calendars: (_group, call) => ({ calendars: calendars(call).map((folder): Row => Object.fromEntries(Object.entries(calendarView.properties).map(([name, read]) => [name, read(folder, call)]))) }) },
};
