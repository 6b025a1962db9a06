import { blankContent, flagRead, type ItemContent, type TaskContent, type ZonedTime } from '../../store/item.js';
import type { Mailbox } from '../../store/mailbox.js';
import { bodyFrom } from '../body/item-body.js';
import { invalidProperty } from '../core/call.js';
import { taskInput, TASK_SERVER_OWNED, type TaskInput, type ZonedInput } from '../input/outlook-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { parseRecurrence, RecurrenceError, usedFields } from '../recurrence/pattern.js';
import { formatWall, parseWall } from '../time/zoned-time.js';

const rules = { shape: taskInput, serverOwned: TASK_SERVER_OWNED, unknown: unknownProperty('todoTask') };

export const readTask = (raw: unknown): TaskInput => readInput(rules, raw);

function timeFrom(input: ZonedInput | null): ZonedTime | null {
  if (input === null) return null;
  const wall = parseWall(input.dateTime.replace(/Z$/i, ''));
  return wall === null ? { dateTime: formatWall(Date.parse(input.dateTime)), timeZone: 'UTC' } : { dateTime: formatWall(wall), timeZone: input.timeZone ?? 'UTC' };
}

function recurrenceFrom(raw: unknown, due: ZonedTime | null): TaskContent['recurrence'] {
  if (raw === null) return null;
  try {
    return usedFields(parseRecurrence(raw), due?.timeZone ?? 'UTC');
  } catch (error) {
    if (error instanceof RecurrenceError) throw invalidProperty(error.message, 'recurrence');
    throw error;
  }
}

function assign(content: ItemContent, task: TaskContent, input: TaskInput, now: string): void {
  if (input.title !== undefined) content.subject = input.title ?? '';
  if (input.body !== undefined) content.body = bodyFrom(input.body);
  if (input.importance !== undefined) content.importance = input.importance;
  if (input.categories !== undefined) content.categories = input.categories ?? [];
  if (input.dueDateTime !== undefined) task.due = timeFrom(input.dueDateTime);
  if (input.startDateTime !== undefined) task.start = timeFrom(input.startDateTime);
  if (input.reminderDateTime !== undefined) task.reminder = timeFrom(input.reminderDateTime);
  if (input.isReminderOn === false) task.reminder = null;
  if (input.recurrence !== undefined) task.recurrence = recurrenceFrom(input.recurrence, task.due);
  if (input.status !== undefined) task.status = input.status;
  if (input.completedDateTime !== undefined) task.completed = timeFrom(input.completedDateTime);
  if (task.status !== 'completed') task.completed = null;
  else task.completed ??= { dateTime: formatWall(Date.parse(now)), timeZone: 'UTC' };
}

/** A new task from JSON, with steps and linked resources when they come along. */
export function taskFrom(input: TaskInput, mailbox: Mailbox): ItemContent {
  if (input.title == null || input.title === '') throw invalidProperty('The property title is required.', 'title');
  const now = mailbox.now();
  const task: TaskContent = { status: 'notStarted', start: null, due: null, completed: null, reminder: null, recurrence: null, steps: [], links: [] };
  const content: ItemContent = { ...blankContent('IPM.Task'), flags: flagRead, searchKey: mailbox.randomHex(16), task };
  assign(content, task, input, now);
  task.steps = (input.checklistItems ?? []).map((step) => ({ key: mailbox.nextPartKey(), displayName: step.displayName ?? '', isChecked: step.isChecked ?? false, createdAt: now, checkedAt: step.isChecked === true ? now : null }));
  task.links = (input.linkedResources ?? []).map((link) => ({ key: mailbox.nextPartKey(), applicationName: link.applicationName ?? '', displayName: link.displayName ?? '', externalId: link.externalId ?? '', webUrl: link.webUrl ?? '' }));
  return content;
}

/** The task after a PATCH; steps and linked resources have calls of their own. */
export function patchedTask(before: ItemContent, current: TaskContent, input: TaskInput, now: string): ItemContent {
  const task = { ...current };
  const content: ItemContent = { ...before, task };
  assign(content, task, input, now);
  return content;
}
