/**
 * The body that recreates a message through JSON. What Exchange decides at creation (draft or not, dates, class) can only be set
 * in this one call: later writes to it are accepted and ignored.
 * https://learn.microsoft.com/graph/api/mailfolder-post-messages
 */
import { deliveryTimeProperty, extendedValue, markProperty, messageClassProperty, messageFlagsProperty, submitTimeProperty, text, type ExtendedProperty } from '../mapi.js';
import { cleanBody, isUsableAddress, pick } from './clean.js';

/** What the source is asked for. */
export const messageSelect = [
  'subject',
  'body',
  'sender',
  'from',
  'toRecipients',
  'ccRecipients',
  'bccRecipients',
  'replyTo',
  'internetMessageId',
  'importance',
  'isRead',
  'isDraft',
  'categories',
  'flag',
  'inferenceClassification',
  'isReadReceiptRequested',
  'isDeliveryReceiptRequested',
  'receivedDateTime',
  'sentDateTime',
  'hasAttachments',
] as const;

const copied = ['subject', 'body', 'sender', 'from', 'toRecipients', 'ccRecipients', 'bccRecipients', 'internetMessageId', 'importance', 'isRead', 'categories', 'flag', 'inferenceClassification'];

const flagRead = 0x1;
const flagUnsent = 0x8;

/**
 * What JSON itself does not show but a message is poorer without: sensitivity, what it answers, and whether it was answered or
 * forwarded itself. Whether every tenant takes them in a create is not documented, so a copy is also made without them.
 */
export const carriedProperties = ['Integer 0x0036', 'String 0x1042', 'String 0x1039', 'Integer 0x1080', 'Integer 0x1081', 'SystemTime 0x1082'] as const;

/** `kind` is the item's message class; `mark` is stamped on the copy; `plain` leaves the carried properties out. */
export function messageBody(source: Record<string, unknown>, kind: string, mark: string, plain = false): Record<string, unknown> {
  const isRead = source['isRead'] === true;
  const isDraft = source['isDraft'] === true;
  const replyTo = Array.isArray(source['replyTo']) ? source['replyTo'].filter(isUsableAddress) : [];
  const properties: ExtendedProperty[] = [{ id: messageFlagsProperty, value: String((isRead ? flagRead : 0) | (isDraft ? flagUnsent : 0)) }];
  const sent = text(source['sentDateTime']);
  const received = text(source['receivedDateTime']);
  if (sent !== null) properties.push({ id: submitTimeProperty, value: sent });
  if (received !== null) properties.push({ id: deliveryTimeProperty, value: received });
  // A meeting request without its meeting properties is a broken item: it becomes a plain message.
  if (/^ipm\.note\./i.test(kind)) properties.push({ id: messageClassProperty, value: kind });
  for (const id of plain ? [] : carriedProperties) {
    const value = extendedValue(source, id);
    if (value !== null && value !== '') properties.push({ id, value });
  }
  properties.push({ id: markProperty, value: mark });
  return cleanBody({
    ...pick(source, copied),
    isRead,
    ...(replyTo.length > 0 ? { replyTo } : {}),
    // Opening an unread copy must not send a receipt to somebody who wrote to the source mailbox long ago.
    isReadReceiptRequested: false,
    isDeliveryReceiptRequested: false,
    singleValueExtendedProperties: properties,
  });
}

/** `hasAttachments` is false when every attachment is inline, so the text is searched for references to them. */
export function mayHaveAttachments(source: Record<string, unknown>): boolean {
  if (source['hasAttachments'] === true) return true;
  const body = source['body'];
  const content = typeof body === 'object' && body !== null && 'content' in body ? body.content : null;
  return typeof content === 'string' && /\bcid:/i.test(content);
}
