import { z } from 'zod';
import { parseWall } from '../time/zoned-time.js';
import { ianaZone } from '../time/windows-zones.js';

// Complex types of Graph's Outlook entities as requests carry them. Annotations (`@odata.type`) may stand beside any property.

const text = z.string().nullable().optional();
const flag = z.boolean().nullable().optional();
const dateTimeOffset = z.string().refine((v) => /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i.test(v) && !Number.isNaN(Date.parse(v)), 'is not a date and time');
const importance = z.enum(['low', 'normal', 'high']);
const sensitivity = z.enum(['normal', 'personal', 'private', 'confidential']);

export const emailAddressInput = z.object({ name: text, address: text });
export const recipientInput = z.object({ emailAddress: emailAddressInput });
const recipients = z.array(recipientInput).nullable().optional();
const categories = z.array(z.string()).nullable().optional();

export const itemBodyInput = z.object({ contentType: z.preprocess((v) => (typeof v === 'string' ? v.toLowerCase() : v), z.enum(['text', 'html'])).optional(), content: z.string().nullable().optional() });

/** A wall time and its zone. The zone may be left out, which means UTC. */
export const zonedInput = z.object({
  dateTime: z.string().refine((v) => parseWall(v.replace(/Z$/i, '')) !== null || !Number.isNaN(Date.parse(v)), 'is not a date and time'),
  timeZone: z.string().refine((v) => ianaZone(v) !== null || v.toLowerCase().startsWith('tzone://'), 'is not a time zone').nullable().optional(),
});

export const singleValueInput = z.object({ id: z.string(), value: z.string().nullable() });
export const multiValueInput = z.object({ id: z.string(), value: z.array(z.string()) });
const extended = { singleValueExtendedProperties: z.array(singleValueInput).optional(), multiValueExtendedProperties: z.array(multiValueInput).optional() };

const followupFlag = z.object({
  flagStatus: z.enum(['notFlagged', 'complete', 'flagged']).optional(),
  startDateTime: zonedInput.nullable().optional(), dueDateTime: zonedInput.nullable().optional(), completedDateTime: zonedInput.nullable().optional(),
});

export const physicalAddressInput = z.object({ street: text, city: text, state: text, countryOrRegion: text, postalCode: text });

const location = z.object({
  displayName: text, address: physicalAddressInput.nullable().optional(), locationEmailAddress: text, locationUri: text, uniqueId: text,
  locationType: z.string().optional(), uniqueIdType: z.string().nullable().optional(),
  coordinates: z.object({ latitude: z.number().optional(), longitude: z.number().optional(), accuracy: z.number().optional(), altitude: z.number().optional(), altitudeAccuracy: z.number().optional() }).nullable().optional(),
});

export const attendeeInput = z.object({
  emailAddress: emailAddressInput, type: z.enum(['required', 'optional', 'resource']).optional(),
  status: z.object({ response: z.string().optional(), time: z.string().nullable().optional() }).nullable().optional(),
});

/** Properties of a message that a client may send and the server takes over. */
export const messageInput = z.object({
  subject: text, body: itemBodyInput.nullable().optional(), sender: recipientInput.nullable().optional(), from: recipientInput.nullable().optional(),
  toRecipients: recipients, ccRecipients: recipients, bccRecipients: recipients, replyTo: recipients,
  internetMessageId: text, importance: importance.nullable().optional(), isRead: flag, categories, flag: followupFlag.nullable().optional(),
  inferenceClassification: z.enum(['focused', 'other']).nullable().optional(), isReadReceiptRequested: flag, isDeliveryReceiptRequested: flag,
  internetMessageHeaders: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  attachments: z.array(z.record(z.string(), z.unknown())).optional(), ...extended,
});

/** Properties of a message that the server owns: accepted in a request and ignored (graph/exchange.md 4.1). */
export const MESSAGE_SERVER_OWNED = ['id', 'createdDateTime', 'lastModifiedDateTime', 'changeKey', 'conversationId', 'conversationIndex', 'webLink', 'bodyPreview', 'parentFolderId',
  'hasAttachments', 'uniqueBody', 'isDraft', 'receivedDateTime', 'sentDateTime'] as const;

export const eventInput = z.object({
  subject: text, body: itemBodyInput.nullable().optional(), start: zonedInput.optional(), end: zonedInput.optional(), isAllDay: flag,
  location: location.nullable().optional(), locations: z.array(location).optional(), attendees: z.array(attendeeInput).nullable().optional(),
  organizer: recipientInput.nullable().optional(), recurrence: z.unknown().optional(), importance: importance.nullable().optional(), sensitivity: sensitivity.nullable().optional(),
  showAs: z.enum(['unknown', 'free', 'tentative', 'busy', 'oof', 'workingElsewhere']).nullable().optional(), categories,
  isReminderOn: flag, reminderMinutesBeforeStart: z.number().int().nullable().optional(), responseRequested: flag, allowNewTimeProposals: flag, hideAttendees: flag,
  isOnlineMeeting: flag, onlineMeetingProvider: z.enum(['unknown', 'skypeForBusiness', 'skypeForConsumer', 'teamsForBusiness']).nullable().optional(),
  transactionId: text, isDraft: flag, attachments: z.array(z.record(z.string(), z.unknown())).optional(), ...extended,
});

export const EVENT_SERVER_OWNED = ['id', 'createdDateTime', 'lastModifiedDateTime', 'changeKey', 'webLink', 'bodyPreview', 'hasAttachments', 'iCalUId', 'isCancelled', 'isOrganizer',
  'onlineMeeting', 'onlineMeetingUrl', 'originalStart', 'originalStartTimeZone', 'originalEndTimeZone', 'responseStatus', 'seriesMasterId', 'type'] as const;

const CONTACT_TEXTS = ['assistantName', 'businessHomePage', 'companyName', 'department', 'displayName', 'fileAs', 'generation', 'givenName', 'initials', 'jobTitle', 'manager', 'middleName',
  'mobilePhone', 'nickName', 'officeLocation', 'personalNotes', 'profession', 'spouseName', 'surname', 'title', 'yomiCompanyName', 'yomiGivenName', 'yomiSurname'] as const;
const CONTACT_LISTS = ['businessPhones', 'children', 'homePhones', 'imAddresses'] as const;

export const contactInput = z.object({
  ...(Object.fromEntries(CONTACT_TEXTS.map((name) => [name, text])) as Record<(typeof CONTACT_TEXTS)[number], typeof text>),
  ...(Object.fromEntries(CONTACT_LISTS.map((name) => [name, categories])) as Record<(typeof CONTACT_LISTS)[number], typeof categories>),
  birthday: dateTimeOffset.nullable().optional(), categories, emailAddresses: z.array(emailAddressInput).nullable().optional(),
  businessAddress: physicalAddressInput.nullable().optional(), homeAddress: physicalAddressInput.nullable().optional(), otherAddress: physicalAddressInput.nullable().optional(), ...extended,
});

export const CONTACT_SERVER_OWNED = ['id', 'createdDateTime', 'lastModifiedDateTime', 'changeKey', 'parentFolderId'] as const;

export const taskInput = z.object({
  title: text, body: itemBodyInput.nullable().optional(), status: z.enum(['notStarted', 'inProgress', 'completed', 'waitingOnOthers', 'deferred']).optional(), importance: importance.optional(),
  dueDateTime: zonedInput.nullable().optional(), startDateTime: zonedInput.nullable().optional(), reminderDateTime: zonedInput.nullable().optional(), completedDateTime: zonedInput.nullable().optional(),
  isReminderOn: z.boolean().optional(), recurrence: z.unknown().optional(), categories,
  linkedResources: z.array(z.object({ webUrl: text, applicationName: text, displayName: text, externalId: text })).optional(),
  checklistItems: z.array(z.object({ displayName: text, isChecked: flag, checkedDateTime: text, createdDateTime: text })).optional(),
});

export const TASK_SERVER_OWNED = ['id', 'createdDateTime', 'lastModifiedDateTime', 'bodyLastModifiedDateTime', 'hasAttachments'] as const;

export type MessageInput = z.infer<typeof messageInput>;
export type EventInput = z.infer<typeof eventInput>;
export type ContactInput = z.infer<typeof contactInput>;
export type TaskInput = z.infer<typeof taskInput>;
export type ItemBodyInput = z.infer<typeof itemBodyInput>;
export type ZonedInput = z.infer<typeof zonedInput>;
export { CONTACT_LISTS, CONTACT_TEXTS };
