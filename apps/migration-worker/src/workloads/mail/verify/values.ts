/** The fields that verification compares, and how values become comparable. Pure. */
import { isObject, text } from '../mapi.js';
import { contactSelect } from '../json/contact-body.js';
import { cleanText } from '../json/clean.js';
import { contentHash } from '../settings/setting-kind.js';

/** Stored by number: new names go to the end. */
export const verifiedFields: readonly string[] = [
  ...['class', 'subject', 'categories', 'importance', 'sensitivity', 'body', 'attachments', 'attachmentContent'],
  ...['from', 'sender', 'to', 'cc', 'bcc', 'replyTo', 'sent', 'received', 'isRead', 'isDraft', 'flag', 'focused', 'messageId', 'receipts', 'conversation'],
  ...['start', 'end', 'timeZones', 'isAllDay', 'location', 'showAs', 'reminder', 'recurrence', 'cancelledDays', 'exceptions', 'attendees', 'organizer', 'isCancelled', 'onlineMeeting', 'responseOptions'],
  ...['status', 'due', 'completed', 'steps', 'links', 'hasAttachments'],
  ...['photo', 'value'],
  ...contactSelect.filter((name) => name !== 'categories'),
];

export type Fields = Record<string, string>;

/** Adds a value; what says nothing (null, an empty text, list or object) counts as not there. */
export function put(fields: Fields, name: string, value: unknown): void {
  if (isEmpty(value)) return;
  fields[name] = typeof value === 'string' ? value : contentHash(value);
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isEmpty);
}

/** The words of a text or of HTML: what is left when a service writes the mark-up its own way. */
export function wordsOf(body: unknown): string {
  const content = isObject(body) ? (text(body['content']) ?? '') : '';
  const plain = content
    .replace(/<(head|style|script)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/gi, ' ')
    .replace(/&amp;/gi, '&')
    .replace(/&lt;/gi, '<')
    .replace(/&gt;/gi, '>')
    .replace(/&quot;/gi, '"');
  return cleanText(plain).replace(/\s+/g, ' ').trim();
}

/** A day and minute of Graph's `dateTimeTimeZone`. */
export function momentOf(value: unknown, length = 16): string | null {
  return isObject(value) ? (text(value['dateTime'])?.slice(0, length) ?? null) : null;
}

export const sorted = (value: unknown): unknown[] => (Array.isArray(value) ? value.map((each) => (typeof each === 'string' ? each : contentHash(each))).sort() : []);
