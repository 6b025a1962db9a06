/** The bodies that recreate attachments: pure. https://learn.microsoft.com/graph/api/message-post-attachments */
import { cleanBody, pick } from './clean.js';

/** From here on Graph wants an upload session. */
export const smallAttachmentBytesMax = 3_000_000;

export function fileAttachmentBody(raw: Record<string, unknown>): Record<string, unknown> {
  const { contentBytes, ...rest } = pick(raw, ['name', 'contentType', 'contentId', 'contentLocation', 'isInline', 'contentBytes']);
  const named = { name: 'attachment', isInline: false, ...cleanBody(rest) };
  return { '@odata.type': '#microsoft.graph.fileAttachment', ...named, contentBytes: contentBytes ?? '' };
}

/** Fields of an embedded item that only the server may set; with them the attachment is refused. */
const serverOwned = new Set([
  'id',
  'createdDateTime',
  'lastModifiedDateTime',
  'changeKey',
  'conversationId',
  'conversationIndex',
  'webLink',
  'bodyPreview',
  'parentFolderId',
  'hasAttachments',
  'uniqueBody',
  'internetMessageHeaders',
  'isDraft',
  'isOrganizer',
  'iCalUId',
  'uid',
  'transactionId',
  'onlineMeeting',
  'onlineMeetingUrl',
  'attachments',
  'responseStatus',
  'originalStart',
  'originalStartTimeZone',
  'originalEndTimeZone',
  'seriesMasterId',
  'type',
  'isCancelled',
  'occurrenceId',
  'cancelledOccurrences',
  'exceptionOccurrences',
]);

/** An attached message, event or contact. What is attached to it in turn is not shown by Graph and lost on this path. */
export function embeddedItemBody(name: string, item: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(item).filter(([key, value]) => !serverOwned.has(key) && !key.startsWith('@odata.etag') && value !== null));
  return cleanBody({ '@odata.type': '#microsoft.graph.itemAttachment', name: name === '' ? 'item' : name, item: kept });
}

/** Says in the copy what is missing from it. */
export function placeholderBody(name: string, why: string): Record<string, unknown> {
  const what = name === '' ? 'An attachment' : `The attachment "${name}"`;
  const note = Buffer.from(`${what} was not copied: it is ${why}.\r\n`, 'utf8').toString('base64');
  return fileAttachmentBody({ name: `${name === '' ? 'attachment' : name} (not copied).txt`, contentType: 'text/plain', contentBytes: note });
}
