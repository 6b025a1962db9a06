import { stableGuid } from '../../../world/ids.js';
import type { Folder } from '../../store/folder.js';
import type { Item, TaskContent, ZonedTime } from '../../store/item.js';
import { makeId } from '../../store/outlook-id.js';
import { timeIn } from '../calendar/series.js';
import type { Call } from '../core/call.js';
import { itemId } from '../core/item-ids.js';
import type { Row, View } from '../core/view.js';
import { parseRecurrence, recurrenceJson } from '../recurrence/pattern.js';
import { isoTicks } from '../time/zoned-time.js';

type Step = TaskContent['steps'][number];
type Link = TaskContent['links'][number];

export function taskOf(item: Item): TaskContent {
  if (item.content.task === null) throw new Error('An item of a task list that is shown has a task');
  return item.content.task;
}

/** Steps and linked resources have GUIDs. */
export const partId = (call: Call, item: Item, part: Step | Link): string => stableGuid('task part', call.mailbox.guid, String(item.key), String(part.key));

const ticks = (iso: string): string => isoTicks(Date.parse(iso));
const zoned = (time: ZonedTime | null, call: Call): ZonedTime | undefined => (time === null ? undefined : timeIn({ isAllDay: false }, time, call.prefer.timeZone ?? 'UTC'));

export const stepView = (item: Item): View<Step> => ({
  typeName: 'microsoft.graph.checklistItem',
  properties: {
    displayName: (step) => step.displayName, createdDateTime: (step) => ticks(step.createdAt), checkedDateTime: (step) => (step.checkedAt === null ? undefined : ticks(step.checkedAt)),
    isChecked: (step) => step.isChecked, id: (step, call) => partId(call, item, step),
  },
});

export const linkView = (item: Item): View<Link> => ({
  typeName: 'microsoft.graph.linkedResource',
  properties: { webUrl: (link) => link.webUrl, applicationName: (link) => link.applicationName, displayName: (link) => link.displayName, externalId: (link) => link.externalId, id: (link, call) => partId(call, item, link) },
});

const all = <T>(view: View<T>, sources: readonly T[], call: Call): Row[] => sources.map((source) => Object.fromEntries(Object.entries(view.properties).map(([name, read]) => [name, read(source, call)])));

export const taskView: View<Item> = {
  typeName: 'microsoft.graph.todoTask',
  annotate: (item) => ({ '@odata.etag': `W/"${item.changeKey}"` }),
  properties: {
    importance: (item) => item.content.importance,
    isReminderOn: (item) => taskOf(item).reminder !== null,
    status: (item) => taskOf(item).status,
    title: (item) => item.content.subject,
    createdDateTime: (item) => ticks(item.createdAt),
    lastModifiedDateTime: (item) => ticks(item.modifiedAt),
    hasAttachments: (item) => item.content.attachments.length > 0,
    categories: (item) => item.content.categories,
    id: (item, call) => itemId(call, item),
    body: (item) => ({ content: item.content.body.content, contentType: item.content.body.contentType }),
    bodyLastModifiedDateTime: (item) => ticks(item.modifiedAt),
    dueDateTime: (item, call) => zoned(taskOf(item).due, call),
    startDateTime: (item, call) => zoned(taskOf(item).start, call),
    completedDateTime: (item, call) => zoned(taskOf(item).completed, call),
    reminderDateTime: (item, call) => zoned(taskOf(item).reminder, call),
    recurrence: (item) => {
      const { recurrence } = taskOf(item);
      return recurrence === null ? undefined : recurrenceJson(parseRecurrence(recurrence));
    },
  },
  navigations: {
    checklistitems: (item, call) => ({ checklistItems: all(stepView(item), taskOf(item).steps, call) }),
    linkedresources: (item, call) => ({ linkedResources: all(linkView(item), taskOf(item).links, call) }),
  },
};

export const isTaskList = ({ containerClass, isHidden }: Folder): boolean => !isHidden && /^IPF\.Task/i.test(containerClass ?? '');

export const taskListView: View<Folder> = {
  typeName: 'microsoft.graph.todoTaskList',
  annotate: (folder, call) => ({ '@odata.etag': `W/"${Buffer.from(`${call.mailbox.guid} ${String(folder.key)} ${String(folder.changeNumber)}`).toString('base64')}"` }),
  properties: {
    displayName: (folder) => folder.displayName, isOwner: () => true, isShared: (folder) => folder.properties['isShared'] === 'true',
    wellknownListName: (folder) => (folder.wellKnownName === 'tasks' ? 'defaultList' : 'none'), id: (folder, call) => makeId('folder', call.mailbox.guid, folder.key),
  },
};
