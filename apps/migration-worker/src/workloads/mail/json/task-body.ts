/** The body that recreates a task through the To Do API. https://learn.microsoft.com/graph/api/todotasklist-post-tasks */
import { recurrenceBody } from './event-body.js';
import { isObject, text } from '../mapi.js';
import { cleanBody, cleanText, pick } from './clean.js';

export const taskFields = ['title', 'body', 'status', 'importance', 'dueDateTime', 'startDateTime', 'reminderDateTime', 'isReminderOn', 'completedDateTime', 'categories'] as const;

export function taskBody(source: Record<string, unknown>): Record<string, unknown> {
  const recurrence = recurrenceBody(source['recurrence']);
  return cleanBody({ ...pick(source, taskFields), ...(recurrence === null ? {} : { recurrence }) });
}

/**
 * Two tasks with the same fingerprint are the same task to a person. Only what
 * Exchange gives back as it was sent takes part: no zones, no mark-up, no times of its own.
 */
export function taskFingerprint(task: Record<string, unknown>): string {
  const body = isObject(task['body']) ? (text(task['body']['content']) ?? '') : '';
  const categories = Array.isArray(task['categories']) ? task['categories'].map(String).sort() : [];
  const due = isObject(task['dueDateTime']) ? (text(task['dueDateTime']['dateTime']) ?? '').slice(0, 10) : '';
  const words = body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim();
  return JSON.stringify([cleanText(text(task['title']) ?? ''), task['status'] ?? 'notStarted', task['importance'] ?? 'normal', due, categories, cleanText(words)]);
}
