import { GraphFault } from '../../../http/route.js';
import { blankContent, flagRead, flagUnsent, type ItemContent } from '../../store/item.js';
import { bodyFrom } from '../body/item-body.js';
import { invalidProperty, type Call } from '../core/call.js';
import { messageFlagsId, readExtended, writeExtended } from '../core/mapi.js';
import { addressesFrom, addressFrom, checkReplyTo, instantFrom } from '../core/people.js';
import { messageInput, MESSAGE_SERVER_OWNED, type MessageInput } from '../input/outlook-schemas.js';
import { readInput, unknownProperty } from '../input/read-input.js';
import { customHeadersId } from './transport-headers.js';

const rules = { shape: messageInput, serverOwned: MESSAGE_SERVER_OWNED, unknown: unknownProperty('message') };

export const readMessage = (raw: unknown): MessageInput => readInput(rules, raw);

/** Bits of PidTagMessageFlags that a client may set: HASATTACH follows from the attachments. */
const settable = ~16;

function headerText(headers: readonly { name: string; value: string }[]): string {
  for (const { name } of headers) if (!/^x-/i.test(name)) throw invalidProperty(`The internet message header name '${name}' should start with 'x-' or 'X-'.`, 'internetMessageHeaders');
  if (headers.length > 5 || headers.some(({ value }) => value.length > 995)) throw invalidProperty('Too many or too long internet message headers.', 'internetMessageHeaders');
  return headers.map(({ name, value }) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}`).join('\r\n');
}

/** Sets what the request names; everything else stays. Flags and extended properties are the caller's. */
function assign(content: ItemContent, input: MessageInput): void {
  if (input.subject !== undefined) content.subject = input.subject ?? '';
  if (input.body !== undefined) content.body = bodyFrom(input.body);
  if (input.from !== undefined) content.from = addressFrom(input.from);
  if (input.sender !== undefined) content.sender = addressFrom(input.sender);
  if (input.toRecipients !== undefined) content.to = addressesFrom(input.toRecipients);
  if (input.ccRecipients !== undefined) content.cc = addressesFrom(input.ccRecipients);
  if (input.bccRecipients !== undefined) content.bcc = addressesFrom(input.bccRecipients);
  if (input.replyTo !== undefined) {
    content.replyTo = addressesFrom(input.replyTo);
    checkReplyTo(content.replyTo);
  }
  if (input.internetMessageId != null) content.internetMessageId = input.internetMessageId;
  if (input.importance != null) content.importance = input.importance;
  if (input.categories !== undefined) content.categories = input.categories ?? [];
  if (input.inferenceClassification != null) content.inferenceClassification = input.inferenceClassification;
  if (input.isReadReceiptRequested != null) content.readReceiptRequested = input.isReadReceiptRequested;
  if (input.isDeliveryReceiptRequested != null) content.deliveryReceiptRequested = input.isDeliveryReceiptRequested;
  if (input.flag !== undefined) content.followUp = followUpFrom(input.flag);
  if (input.internetMessageHeaders !== undefined) content.properties = { ...content.properties, [customHeadersId]: headerText(input.internetMessageHeaders) };
}

function followUpFrom(flag: MessageInput['flag']): ItemContent['followUp'] {
  const startAt = instantFrom(flag?.startDateTime);
  const dueAt = instantFrom(flag?.dueDateTime);
  if (startAt !== null && dueAt === null) throw invalidProperty('A flag with a start date needs a due date.', 'flag');
  return { status: flag?.flagStatus ?? 'notFlagged', startAt, dueAt, completedAt: instantFrom(flag?.completedDateTime) };
}

/**
 * A new message from JSON (graph/exchange.md 4.1). Without PidTagMessageFlags it is a read draft of now; dates come from
 * PidTagClientSubmitTime and PidTagMessageDeliveryTime alone.
 */
export function messageFrom(input: MessageInput, parts: { now: string; domain: string; randomHex: (bytes: number) => string }): ItemContent {
  const content: ItemContent = { ...blankContent('IPM.Note'), flags: flagRead | flagUnsent, searchKey: parts.randomHex(16) };
  assign(content, input);
  const extended = readExtended(input);
  writeExtended(content, extended);
  content.flags &= settable;
  if (input.isRead != null) content.flags = input.isRead ? content.flags | flagRead : content.flags & ~flagRead;
  content.sentAt ??= parts.now;
  content.receivedAt ??= parts.now;
  content.internetMessageId ??= `<${parts.randomHex(16)}@${parts.domain}>`;
  content.sender ??= content.from;
  content.from ??= content.sender;
  return content;
}

const DRAFT_ONLY = ['toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo', 'from', 'sender', 'internetMessageId'] as const;
const ADVANCED = ['subject', 'body', 'toRecipients', 'ccRecipients', 'bccRecipients'] as const;
/** From this day on, content of messages that are no drafts needs a permission of its own (graph/exchange.md 1). */
const advancedFromMs = Date.UTC(2026, 11, 31);

/** Throws when the message is no draft and the request changes what only drafts, or a stronger role, may change. */
function checkSent(call: Call, content: ItemContent, input: MessageInput): void {
  if ((content.flags & flagUnsent) !== 0) return;
  const strong = call.req.app.roles.has('Mail-Advanced.ReadWrite') || call.req.app.roles.has('Mail-Advanced.ReadWrite.All');
  if (call.world.clock.now() >= advancedFromMs && !strong && ADVANCED.some((name) => input[name] !== undefined)) throw new GraphFault(403, 'ErrorAccessDenied', 'Changing the content of a message that is not a draft requires Mail-Advanced.ReadWrite.');
  const fixed = DRAFT_ONLY.find((name) => input[name] !== undefined && !(strong && (ADVANCED as readonly string[]).includes(name)));
  if (fixed !== undefined) throw new GraphFault(400, 'ErrorInvalidPropertySet', `The property '${fixed}' can be changed only while the message is a draft.`, { target: fixed });
}

/** The message after a PATCH. Whether it is a draft was decided when it was made: writes to that bit are accepted and ignored. */
export function patchedMessage(call: Call, before: ItemContent, input: MessageInput): ItemContent {
  checkSent(call, before, input);
  const content: ItemContent = { ...before };
  assign(content, input);
  const extended = readExtended(input);
  writeExtended(content, extended);
  if (extended.has(messageFlagsId)) content.flags = (content.flags & settable & ~flagUnsent) | (before.flags & flagUnsent) | (before.flags & 16);
  // The dates are as fixed as the flag.
  content.sentAt = before.sentAt;
  content.receivedAt = before.receivedAt;
  if (input.isRead != null) content.flags = input.isRead ? content.flags | flagRead : content.flags & ~flagRead;
  return content;
}
