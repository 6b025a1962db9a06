/** The body that recreates a task through the To Do API. https://learn.microsoft.com/graph/api/todotasklist-post-tasks */
import { recurrenceBody } from './event-body.js';
import { cleanBody, pick } from './clean.js';

export const taskFields = ['title', 'body', 'status', 'importance', 'dueDateTime', 'startDateTime', 'reminderDateTime', 'isReminderOn', 'completedDateTime', 'categories'] as const;

export function taskBody(source: Record<string, unknown>): Record<string, unknown> {
  const recurrence = recurrenceBody(source['recurrence']);
  return cleanBody({ ...pick(source, taskFields), ...(recurrence === null ? {} : { recurrence }) });
}

/** Two tasks with the same fingerprint are the same task to a person: To Do offers no property to stamp a copy with. */
export function taskFingerprint(task: Record<string, unknown>): string {
  return JSON.stringify(canonical(taskBody(task)));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]));
}
