import type { Attendee } from '../../store/item.js';
import { makeId, parseId } from '../../store/outlook-id.js';
import { attachmentsJson } from '../attachments/attachment-view.js';
import { bodyJson, bodyPreview } from '../body/item-body.js';
import { notFound, type Call } from '../core/call.js';
import { checkReadable, itemId, readItem } from '../core/item-ids.js';
import { readProperty } from '../core/mapi.js';
import { recipientJson } from '../core/people.js';
import { show, wantedOf, type Row, type View } from '../core/view.js';
import { recurrenceJson } from '../recurrence/pattern.js';
import { isoSeconds } from '../time/zoned-time.js';
import { changedDays, findDay, originalStart, recurrenceOf, timeIn, whole, type Shown } from './series.js';

const DAY_MS = 86_400_000;
const NEVER = '0001-01-01T00:00:00Z';

/** Days of a series have ids of their own, which hold the day. */
export function eventId(call: Call, { item, date }: Pick<Shown, 'item' | 'date'>): string {
  return date === null ? itemId(call, item) : makeId('other', call.mailbox.guid, item.key, Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

/** The event of an id: single, series, or one day of a series. Throws 400 for a malformed id, 404 when there is none (any more), 500 when it is damaged. */
export function readEventById(call: Call, id: string): Shown {
  const day = parseId('other', call.mailbox.guid, id);
  if (day === null) {
    const item = readItem(call, id);
    if (item.content.event === null) throw notFound();
    return whole(item);
  }
  const item = call.mailbox.item(day.key);
  if (item !== undefined) checkReadable(item);
  const found = item === undefined ? null : findDay(item, new Date(day.extra * DAY_MS).toISOString().slice(0, 10));
  if (found === null) throw notFound();
  return found;
}

/** A day's iCalUId carries the date in the place that the series leaves empty. */
function iCalUId({ event, date }: Shown): string {
  if (date === null) return event.globalObjectId;
  const [y = 0, m = 0, d = 0] = date.split('-').map(Number);
  const hex = Buffer.from([y >> 8, y & 255, m, d]).toString('hex').toUpperCase();
  return `${event.globalObjectId.slice(0, 32)}${hex}${event.globalObjectId.slice(40)}`;
}

export const isOrganizer = ({ event }: Pick<Shown, 'event'>, call: Call): boolean => event.organizer === null || event.organizer.address.toLowerCase() === call.mailbox.address.toLowerCase();

const attendeeJson = (each: Attendee): Row => ({ type: each.type, status: { response: each.response, time: each.respondedAt ?? NEVER }, ...recipientJson(each) });

function responseStatus(shown: Shown, call: Call): Row {
  if (isOrganizer(shown, call)) return { response: 'organizer', time: NEVER };
  const me = shown.event.attendees.find((each) => each.address.toLowerCase() === call.mailbox.address.toLowerCase());
  return { response: me?.response ?? 'notResponded', time: me?.respondedAt ?? NEVER };
}

const locationJson = (name: string): Row => (name === '' ? { displayName: '', locationType: 'default', uniqueIdType: 'unknown', address: {}, coordinates: {} } : { displayName: name, locationType: 'default', uniqueId: name, uniqueIdType: 'private' });

export const eventView: View<Shown> = {
  typeName: 'microsoft.graph.event',
  annotate: ({ item }) => ({ '@odata.etag': `W/"${item.changeKey}"` }),
  properties: {
    id: (shown, call) => eventId(call, shown),
    createdDateTime: ({ item }) => item.createdAt,
    lastModifiedDateTime: ({ item }) => item.modifiedAt,
    changeKey: ({ item }) => item.changeKey,
    categories: ({ content }) => content.categories,
    transactionId: ({ event }) => event.transactionId,
    originalStartTimeZone: ({ event }) => event.start.timeZone,
    originalEndTimeZone: ({ event }) => event.end.timeZone,
    iCalUId: (shown) => iCalUId(shown),
    reminderMinutesBeforeStart: ({ event }) => event.reminderMinutes ?? 15,
    isReminderOn: ({ event }) => event.reminderMinutes !== null,
    hasAttachments: ({ content }) => content.attachments.some((each) => !each.isInline),
    subject: ({ content }) => content.subject,
    bodyPreview: ({ content }) => bodyPreview(content.body),
    importance: ({ content }) => content.importance,
    sensitivity: ({ content }) => content.sensitivity,
    isAllDay: ({ event }) => event.isAllDay,
    isCancelled: ({ event }) => event.isCancelled,
    isOrganizer: (shown, call) => isOrganizer(shown, call),
    responseRequested: ({ event }) => event.responseRequested,
    seriesMasterId: (shown, call) => (shown.date === null ? null : itemId(call, shown.item)),
    showAs: ({ event }) => event.showAs,
    type: ({ type }) => type,
    webLink: (shown, call) => `https://outlook.office365.com/owa/?itemid=${encodeURIComponent(eventId(call, shown))}&exvsurl=1&path=/calendar/item`,
    onlineMeetingUrl: () => null,
    isOnlineMeeting: ({ event }) => event.onlineMeetingUrl !== null,
    onlineMeetingProvider: ({ event }) => (event.onlineMeetingUrl === null ? 'unknown' : 'teamsForBusiness'),
    allowNewTimeProposals: ({ event }) => event.allowNewTimeProposals,
    isDraft: () => false,
    hideAttendees: ({ event }) => event.hideAttendees,
    originalStart: (shown) => (shown.date === null ? undefined : isoSeconds(originalStart(shown))),
    responseStatus: (shown, call) => responseStatus(shown, call),
    body: ({ content }, call) => bodyJson(content.body, call),
    start: ({ event }, call) => timeIn(event, event.start, call.prefer.timeZone ?? 'UTC'),
    end: ({ event }, call) => timeIn(event, event.end, call.prefer.timeZone ?? 'UTC'),
    location: ({ event }) => locationJson(event.location),
    locations: ({ event }) => (event.location === '' ? [] : [locationJson(event.location)]),
    recurrence: ({ event, type }) => {
      const recurrence = type === 'seriesMaster' ? recurrenceOf(event) : null;
      return recurrence === null ? null : recurrenceJson(recurrence);
    },
    attendees: ({ event }) => event.attendees.map(attendeeJson),
    organizer: ({ event }, call) => recipientJson(event.organizer ?? { name: call.mailbox.displayName, address: call.mailbox.address }),
    onlineMeeting: ({ event }) => (event.onlineMeetingUrl === null ? null : { joinUrl: event.onlineMeetingUrl }),
    cancelledOccurrences: ({ item, event, type }, call) => (type === 'seriesMaster' ? event.cancelledDates.map((date) => `OID.${itemId(call, item)}.${date}`) : []),
  },
  onRequest: ['cancelledOccurrences'],
  navigations: {
    attachments: ({ item, content }, call, term) => ({ attachments: attachmentsJson(call, item, content.attachments, term.options) }),
    exceptionoccurrences: ({ item, type }, call, term) => {
      const wanted = wantedOf(eventView, term.options);
      return { exceptionOccurrences: type === 'seriesMaster' ? changedDays(item).map((day) => show(eventView, day, call, wanted)) : [] };
    },
  },
  extended: ({ item, content }, _call, id) => readProperty(item, content, id),
};
