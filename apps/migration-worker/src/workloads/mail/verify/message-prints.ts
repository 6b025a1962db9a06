/** Messages as Graph's JSON shows them. Pure. */
import { deliveryTimeProperty, extendedValue, isObject, submitTimeProperty, text } from '../mapi.js';
import { cleanText, isUsableAddress } from '../json/clean.js';
import { messageSelect } from '../json/message-body.js';
import type { AttachmentPrint } from './attachment-prints.js';
import { momentOf, put, sorted, wordsOf, type Fields } from './values.js';

const sensitivityProperty = 'Integer 0x0036';
export const messageQuery = [...messageSelect, 'id', 'conversationIndex'] as const;
/** Dates are read as properties: for a draft, JSON makes them up from the time the copy was made. */
export const messageProperties = [deliveryTimeProperty, submitTimeProperty, sensitivityProperty] as const;

export function messagePrint(raw: Record<string, unknown>, attachments: AttachmentPrint): { fields: Fields; lesser: Fields } {
  const fields: Fields = {};
  const lesser: Fields = {};
  const both = (name: string, value: unknown): void => {
    put(fields, name, value);
    put(lesser, name, value);
  };
  put(fields, 'subject', raw['subject']);
  put(lesser, 'subject', cleanText(text(raw['subject']) ?? ''));
  put(fields, 'body', raw['body']);
  put(lesser, 'body', wordsOf(raw['body']));
  both('categories', sorted(raw['categories']));
  both('importance', raw['importance']);
  put(fields, 'sensitivity', extendedValue(raw, sensitivityProperty));
  both('from', personOf(raw['from']));
  both('sender', personOf(raw['sender']));
  both('to', peopleOf(raw['toRecipients']));
  both('cc', peopleOf(raw['ccRecipients']));
  both('bcc', peopleOf(raw['bccRecipients']));
  put(fields, 'replyTo', peopleOf(raw['replyTo']));
  put(lesser, 'replyTo', peopleOf(Array.isArray(raw['replyTo']) ? raw['replyTo'].filter(isUsableAddress) : []));
  put(fields, 'sent', extendedValue(raw, submitTimeProperty));
  put(fields, 'received', extendedValue(raw, deliveryTimeProperty));
  // The JSON way writes what JSON showed.
  put(lesser, 'sent', raw['sentDateTime']);
  put(lesser, 'received', raw['receivedDateTime']);
  both('isRead', raw['isRead']);
  both('isDraft', raw['isDraft']);
  both('flag', flagOf(raw['flag']));
  both('focused', raw['inferenceClassification']);
  both('messageId', raw['internetMessageId']);
  put(fields, 'receipts', [raw['isReadReceiptRequested'] === true, raw['isDeliveryReceiptRequested'] === true]);
  put(fields, 'conversation', raw['conversationIndex']);
  attachments.addTo(fields, lesser);
  return { fields, lesser };
}

export function personOf(value: unknown): unknown {
  const email = isObject(value) && isObject(value['emailAddress']) ? value['emailAddress'] : null;
  return email === null ? null : { name: email['name'], address: email['address'] };
}

const peopleOf = (value: unknown): unknown[] => (Array.isArray(value) ? value.map(personOf) : []);

function flagOf(value: unknown): unknown {
  if (!isObject(value) || value['flagStatus'] === 'notFlagged') return null;
  return { status: value['flagStatus'], start: momentOf(value['startDateTime'], 10), due: momentOf(value['dueDateTime'], 10), completed: momentOf(value['completedDateTime'], 10) };
}
