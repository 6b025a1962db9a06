import { createHash } from 'node:crypto';
import { flagRead, flagUnsent, type Item } from '../../store/item.js';
import { makeId } from '../../store/outlook-id.js';
import { attachmentsJson } from '../attachments/attachment-view.js';
import { bodyJson, bodyPreview } from '../body/item-body.js';
import { itemId } from '../core/item-ids.js';
import { readProperty } from '../core/mapi.js';
import { flagJson, recipientJson, recipientsJson } from '../core/people.js';
import type { Row, View } from '../core/view.js';
import { transportHeaders } from './transport-headers.js';

const topicOf = ({ content }: Item): string => content.conversationTopic ?? content.subject.replace(/^((re|fw|fwd|aw|wg): ?)+/i, '');
const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What Exchange adds for meeting mail, by message class. */
function meetingRow(item: Item): Row {
  const kind = /^IPM\.Schedule\.Meeting\.((?:Request|Resp|Canceled).*)$/i.exec(item.content.messageClass)?.[1];
  if (kind === undefined) return {};
  const { event } = item.content;
  const common: Row = {
    isOutOfDate: false, isAllDay: event?.isAllDay ?? false, isDelegated: false, type: event?.recurrence == null ? 'singleInstance' : 'seriesMaster',
    startDateTime: event?.start ?? null, endDateTime: event?.end ?? null, location: { displayName: event?.location ?? '', locationType: 'default', uniqueIdType: 'unknown' }, recurrence: null,
  };
  if (/^Request/i.test(kind)) {
    return {
      '@odata.type': '#microsoft.graph.eventMessageRequest', meetingMessageType: 'meetingRequest', ...common, meetingRequestType: 'newMeetingRequest',
      responseRequested: event?.responseRequested ?? true, allowNewTimeProposals: event?.allowNewTimeProposals ?? true, previousLocation: null, previousStartDateTime: null, previousEndDateTime: null,
    };
  }
  if (/^Canceled/i.test(kind)) return { '@odata.type': '#microsoft.graph.eventMessage', meetingMessageType: 'meetingCancelled', ...common };
  const [meetingMessageType, responseType] = /Neg/i.test(kind) ? ['meetingDeclined', 'declined'] : /Tent/i.test(kind) ? ['meetingTenativelyAccepted', 'tentativelyAccepted'] : ['meetingAccepted', 'accepted'];
  return { '@odata.type': '#microsoft.graph.eventMessageResponse', meetingMessageType, ...common, responseType, proposedNewTime: null };
}

export const messageView: View<Item> = {
  typeName: 'microsoft.graph.message',
  annotate: (item) => ({ ...meetingRow(item), '@odata.etag': `W/"${item.changeKey}"` }),
  properties: {
    id: (item, call) => itemId(call, item),
    createdDateTime: (item) => item.createdAt,
    lastModifiedDateTime: (item) => item.modifiedAt,
    changeKey: (item) => item.changeKey,
    categories: (item) => item.content.categories,
    receivedDateTime: (item) => item.content.receivedAt ?? item.createdAt,
    sentDateTime: (item) => item.content.sentAt ?? item.createdAt,
    hasAttachments: (item) => item.content.attachments.some((each) => !each.isInline),
    internetMessageId: (item) => item.content.internetMessageId,
    subject: (item) => item.content.subject,
    bodyPreview: (item) => bodyPreview(item.content.body),
    importance: (item) => item.content.importance,
    parentFolderId: (item, call) => makeId('folder', call.mailbox.guid, item.folderKey),
    conversationId: (item, call) => `AAQk${hash(`${call.mailbox.guid} ${topicOf(item).toLowerCase()}`).toString('base64url')}=`,
    conversationIndex: (item) => item.content.conversationIndex ?? Buffer.concat([Buffer.from([1]), hash(topicOf(item).toLowerCase()).subarray(0, 21)]).toString('base64'),
    isDeliveryReceiptRequested: (item) => item.content.deliveryReceiptRequested,
    isReadReceiptRequested: (item) => item.content.readReceiptRequested,
    isRead: (item) => (item.content.flags & flagRead) !== 0,
    isDraft: (item) => (item.content.flags & flagUnsent) !== 0,
    webLink: (item, call) => `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(itemId(call, item))}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: (item) => item.content.inferenceClassification,
    internetMessageHeaders: (item) => transportHeaders(item.content),
    body: (item, call) => bodyJson(item.content.body, call),
    uniqueBody: (item, call) => bodyJson(item.content.body, call),
    sender: (item) => (item.content.sender === null ? undefined : recipientJson(item.content.sender)),
    from: (item) => (item.content.from === null ? undefined : recipientJson(item.content.from)),
    toRecipients: (item) => recipientsJson(item.content.to),
    ccRecipients: (item) => recipientsJson(item.content.cc),
    bccRecipients: (item) => recipientsJson(item.content.bcc),
    replyTo: (item) => recipientsJson(item.content.replyTo),
    flag: (item, call) => flagJson(item.content.followUp, call),
  },
  onRequest: ['internetMessageHeaders', 'uniqueBody'],
  navigations: { attachments: (item, call, term) => ({ attachments: attachmentsJson(call, item, item.content.attachments, term.options) }) },
  extended: (item, _call, id) => readProperty(item, item.content, id),
};
