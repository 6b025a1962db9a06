/** What an item is. JSON views of Graph, the export stream and the comparison are all read from this. */
import type { Content } from './content.js';

export interface Address {
  name: string;
  address: string;
}
export type RecipientKind = 'to' | 'cc' | 'bcc';

export type Attachment =
  | { kind: 'file'; key: number; name: string; contentType: string; isInline: boolean; contentId: string | null; modifiedAt: string; content: Content }
  | { kind: 'item'; key: number; name: string; isInline: boolean; modifiedAt: string; item: ItemContent }
  | { kind: 'reference'; key: number; name: string; isInline: boolean; modifiedAt: string; sourceUrl: string };

export interface FollowUp {
  status: 'notFlagged' | 'flagged' | 'complete';
  startAt: string | null;
  dueAt: string | null;
  completedAt: string | null;
}

/** Wall-clock time in a Windows time zone, as Exchange keeps event times. */
export interface ZonedTime {
  dateTime: string;
  timeZone: string;
}

/** Graph's patternedRecurrence, without unused fields. */
export interface Recurrence {
  pattern: { type: 'daily' | 'weekly' | 'absoluteMonthly' | 'relativeMonthly' | 'absoluteYearly' | 'relativeYearly'; interval: number; daysOfWeek?: string[]; firstDayOfWeek?: string; dayOfMonth?: number; month?: number; index?: 'first' | 'second' | 'third' | 'fourth' | 'last' };
  range: { type: 'endDate' | 'noEnd' | 'numbered'; startDate: string; endDate?: string; numberOfOccurrences?: number; recurrenceTimeZone: string };
}

export interface Attendee extends Address {
  type: 'required' | 'optional' | 'resource';
  response: 'none' | 'organizer' | 'tentativelyAccepted' | 'accepted' | 'declined' | 'notResponded';
  respondedAt: string | null;
}

export interface EventContent {
  start: ZonedTime;
  end: ZonedTime;
  isAllDay: boolean;
  location: string;
  showAs: 'free' | 'tentative' | 'busy' | 'oof' | 'workingElsewhere' | 'unknown';
  reminderMinutes: number | null;
  organizer: Address | null;
  attendees: Attendee[];
  responseRequested: boolean;
  allowNewTimeProposals: boolean;
  hideAttendees: boolean;
  isCancelled: boolean;
  onlineMeetingUrl: string | null;
  /** PidLidGlobalObjectId as hex; iCalUId is read from it. */
  globalObjectId: string;
  transactionId: string | null;
  recurrence: Recurrence | null;
  /** Original dates (yyyy-mm-dd) of deleted occurrences. */
  cancelledDates: string[];
  /** Occurrences that differ from the series. */
  exceptions: { originalDate: string; key: number; changes: Partial<Pick<ItemContent, 'subject' | 'body' | 'categories' | 'importance' | 'sensitivity'>> & Partial<Pick<EventContent, 'start' | 'end' | 'location' | 'showAs' | 'isAllDay' | 'reminderMinutes' | 'attendees'>> & { attachments?: Attachment[] } }[];
}

export interface PostalAddress {
  street?: string;
  city?: string;
  state?: string;
  countryOrRegion?: string;
  postalCode?: string;
}
export interface ContactContent {
  fields: Partial<Record<'givenName' | 'middleName' | 'surname' | 'displayName' | 'fileAs' | 'title' | 'generation' | 'initials' | 'nickName' | 'companyName' | 'department' | 'jobTitle' | 'profession' | 'manager' | 'assistantName' | 'officeLocation' | 'businessHomePage' | 'mobilePhone' | 'spouseName' | 'yomiGivenName' | 'yomiSurname' | 'yomiCompanyName' | 'birthday', string>>;
  emails: Address[];
  businessPhones: string[];
  homePhones: string[];
  imAddresses: string[];
  children: string[];
  addresses: Partial<Record<'homeAddress' | 'businessAddress' | 'otherAddress', PostalAddress>>;
  photo: Content | null;
}

export interface TaskContent {
  status: 'notStarted' | 'inProgress' | 'completed' | 'waitingOnOthers' | 'deferred';
  start: ZonedTime | null;
  due: ZonedTime | null;
  completed: ZonedTime | null;
  reminder: ZonedTime | null;
  recurrence: Recurrence | null;
  steps: { key: number; displayName: string; isChecked: boolean; createdAt: string; checkedAt: string | null }[];
  links: { key: number; applicationName: string; displayName: string; externalId: string; webUrl: string }[];
}

/** Everything that an export carries and an import restores. */
export interface ItemContent {
  /** IPM.Note, IPM.Appointment, IPM.Contact, IPM.DistList, IPM.Task, IPM.StickyNote, IPM.Schedule.Meeting.Request ... */
  messageClass: string;
  subject: string;
  body: { contentType: 'html' | 'text'; content: string };
  from: Address | null;
  sender: Address | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  replyTo: Address[];
  /** PidTagClientSubmitTime / PidTagMessageDeliveryTime, ISO 8601 UTC. */
  sentAt: string | null;
  receivedAt: string | null;
  /** PidTagMessageFlags: 1 read, 2 unmodified, 4 submit, 8 unsent, 16 has attachments. */
  flags: number;
  importance: 'low' | 'normal' | 'high';
  sensitivity: 'normal' | 'personal' | 'private' | 'confidential';
  categories: string[];
  followUp: FollowUp;
  inferenceClassification: 'focused' | 'other';
  internetMessageId: string | null;
  inReplyTo: string | null;
  references: string | null;
  /** Base64. */
  conversationIndex: string | null;
  conversationTopic: string | null;
  readReceiptRequested: boolean;
  deliveryReceiptRequested: boolean;
  /** PidTagSearchKey as upper-case hex; survives export and import, and copies made by people. */
  searchKey: string | null;
  attachments: Attachment[];
  /** Further MAPI properties by normalised id (see extended-property.ts), as strings. */
  properties: Record<string, string>;
  event: EventContent | null;
  contact: ContactContent | null;
  task: TaskContent | null;
}

/** Refusals that tests plant: they stand as long as the item does. */
export interface PlantedRefusal {
  /** 'export': exportItems refuses, JSON works. 'read': both refuse for good. 'import': the destination refuses it by both paths (travels in the stream). */
  at: 'export' | 'read' | 'import';
  code: 'ErrorItemCorrupt' | 'ErrorCorruptData' | 'ErrorMessageSizeExceeded';
}

/** An item in a mailbox, materialised for this read; change it through the mailbox only. */
export interface Item {
  /** Unique in the mailbox, for ever; the ids of all id spaces are made from it. */
  readonly key: number;
  readonly folderKey: number;
  /** Counts the moves: regular ids change with it. */
  readonly moves: number;
  readonly changeKey: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly content: ItemContent;
  readonly refusal: PlantedRefusal | null;
}

export const flagRead = 1;
export const flagUnsent = 8;

/** A message with everything empty, to be spread over. */
export function blankContent(messageClass: string): ItemContent {
  return {
    messageClass, subject: '', body: { contentType: 'text', content: '' }, from: null, sender: null, to: [], cc: [], bcc: [], replyTo: [], sentAt: null, receivedAt: null, flags: flagRead, importance: 'normal', sensitivity: 'normal', categories: [],
    followUp: { status: 'notFlagged', startAt: null, dueAt: null, completedAt: null }, inferenceClassification: 'focused', internetMessageId: null, inReplyTo: null, references: null, conversationIndex: null, conversationTopic: null,
    readReceiptRequested: false, deliveryReceiptRequested: false, searchKey: null, attachments: [], properties: {}, event: null, contact: null, task: null,
  };
}

/** Size as the listing states it, in bytes. */
export function sizeOf(content: ItemContent): number {
  const text = Buffer.byteLength(content.subject) + Buffer.byteLength(content.body.content);
  const attachments = content.attachments.reduce((sum, each) => sum + 400 + (each.kind === 'file' ? each.content.size : each.kind === 'item' ? sizeOf(each.item) : each.sourceUrl.length), 0);
  return 1_500 + text * 2 + attachments + (content.contact?.photo?.size ?? 0);
}
