/** Tasks as To Do shows them, with their steps and links. To Do shows no search key: title and time of creation join a task to its item. */
import type { Mailbox } from '../mailbox.js';
import { isObject, objects, segment, text } from '../mapi.js';
import { recurrenceBody } from '../json/event-body.js';
import { cleanText } from '../json/clean.js';
import { momentOf, put, sorted, wordsOf, type Fields } from './values.js';

type Row = Record<string, unknown>;

/** Joins the two views of a task on one side. */
export const taskJoin = (title: string, createdDateTime: string | null): string => JSON.stringify(['task', title, (createdDateTime ?? '').slice(0, 19)]);

export interface TaskParts {
  readonly steps: readonly Row[];
  readonly links: readonly Row[];
}

/** By id of the task; `list` is the path of the tasks. */
export async function taskParts(mailbox: Mailbox, list: string, tasks: readonly Row[], signal: AbortSignal): Promise<Map<string, TaskParts>> {
  const ids = tasks.map((task) => text(task['id']) ?? '');
  if (ids.length === 0) return new Map();
  const requests = ids.flatMap((id, index) => [
    { id: `s${index}`, method: 'GET' as const, url: mailbox.user(`${list}/${segment(id)}/checklistItems`) },
    { id: `l${index}`, method: 'GET' as const, url: mailbox.user(`${list}/${segment(id)}/linkedResources`) },
  ]);
  const answers = await mailbox.port.batch(requests, mailbox.options(signal));
  const rowsOf = (id: string): Row[] => {
    const body = answers.get(id)?.body;
    return isObject(body) ? objects(body['value']) : [];
  };
  return new Map(ids.map((id, index): [string, TaskParts] => [id, { steps: rowsOf(`s${index}`), links: rowsOf(`l${index}`) }]));
}

export function taskPrint(raw: Row, parts: TaskParts | undefined): { fields: Fields; lesser: Fields } {
  const fields: Fields = {};
  const lesser: Fields = {};
  const both = (name: string, value: unknown): void => {
    put(fields, name, value);
    put(lesser, name, value);
  };
  put(fields, 'subject', raw['title']);
  put(lesser, 'subject', cleanText(text(raw['title']) ?? ''));
  put(fields, 'body', raw['body']);
  put(lesser, 'body', wordsOf(raw['body']));
  both('status', raw['status']);
  both('importance', raw['importance']);
  both('categories', sorted(raw['categories']));
  both('due', momentOf(raw['dueDateTime'], 10));
  both('start', momentOf(raw['startDateTime'], 10));
  both('completed', momentOf(raw['completedDateTime'], 10));
  both('reminder', raw['isReminderOn'] === true ? momentOf(raw['reminderDateTime']) : null);
  put(fields, 'recurrence', raw['recurrence']);
  put(lesser, 'recurrence', recurrenceBody(raw['recurrence']));
  // Graph lists them in no promised order.
  both('steps', sorted((parts?.steps ?? []).map((step) => ({ name: step['displayName'], checked: step['isChecked'] === true }))));
  put(fields, 'links', sorted((parts?.links ?? []).map((link) => ({ url: link['webUrl'], application: link['applicationName'], name: link['displayName'], externalId: link['externalId'] }))));
  put(fields, 'hasAttachments', raw['hasAttachments']);
  return { fields, lesser };
}
