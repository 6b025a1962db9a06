/** Events as Graph's JSON shows them, series with their exceptions. */
import type { Mailbox } from '../mailbox.js';
import { isObject, objects, segment, text } from '../mapi.js';
import { cleanText } from '../json/clean.js';
import { bodyWithPeople, cancelledDays, eventSelect, recurrenceBody, zoneOf } from '../json/event-body.js';
import type { AttachmentPrint } from './attachment-prints.js';
import { personOf } from './message-prints.js';
import { momentOf, put, sorted, wordsOf, type Fields } from './values.js';

type Row = Record<string, unknown>;

export const eventQuery = [...eventSelect, 'id', 'responseRequested', 'hideAttendees', 'allowNewTimeProposals'] as const;

/** What belongs to a series and is left out of lists. */
export interface SeriesParts {
  readonly cancelled: readonly string[];
  readonly exceptions: readonly Row[];
}

/** By id of the series. */
export async function seriesParts(mailbox: Mailbox, events: readonly Row[], signal: AbortSignal): Promise<Map<string, SeriesParts>> {
  const masters = events.filter((event) => event['type'] === 'seriesMaster').map((event) => text(event['id']) ?? '');
  if (masters.length === 0) return new Map();
  const utc = { Prefer: 'outlook.timezone="UTC"' };
  const requests = masters.flatMap((id, index) => [
    { id: `c${index}`, method: 'GET' as const, url: mailbox.user(`/events/${segment(id)}?$select=cancelledOccurrences`) },
    { id: `e${index}`, method: 'GET' as const, url: mailbox.user(`/events/${segment(id)}?$select=id&$expand=exceptionOccurrences`), headers: utc },
  ]);
  const answers = await mailbox.port.batch(requests, mailbox.options(signal));
  const bodyOf = (id: string): Row => {
    const answer = answers.get(id);
    return answer?.status === 200 && isObject(answer.body) ? answer.body : {};
  };
  return new Map(masters.map((id, index): [string, SeriesParts] => [id, { cancelled: cancelledDays(bodyOf(`c${index}`)['cancelledOccurrences']).sort(), exceptions: objects(bodyOf(`e${index}`)['exceptionOccurrences']) }]));
}

/** `owners` are the addresses of both mailboxes: an event without an organiser shows its mailbox as one, and a copy still names the source's. Read in UTC. */
export function eventPrint(raw: Row, series: SeriesParts | undefined, attachments: AttachmentPrint, owners: readonly string[]): { fields: Fields; lesser: Fields } {
  const fields: Fields = {};
  const lesser: Fields = {};
  for (const [name, value] of Object.entries(plain(raw))) {
    put(fields, name, value);
    put(lesser, name, value);
  }
  put(fields, 'body', raw['body']);
  put(lesser, 'subject', cleanText(text(raw['subject']) ?? ''));
  put(lesser, 'body', wordsOf(bodyWithPeople(raw)));
  put(fields, 'timeZones', [raw['originalStartTimeZone'], raw['originalEndTimeZone']]);
  put(lesser, 'timeZones', zoneOf(raw));
  put(fields, 'recurrence', raw['recurrence']);
  put(lesser, 'recurrence', recurrenceBody(raw['recurrence']));
  put(fields, 'attendees', attendeesOf(raw));
  const organizer = isObject(raw['organizer']) && isObject(raw['organizer']['emailAddress']) ? (text(raw['organizer']['emailAddress']['address']) ?? '').toLowerCase() : '';
  put(fields, 'organizer', owners.includes(organizer) ? 'the owner' : organizer);
  put(fields, 'isCancelled', raw['isCancelled']);
  put(fields, 'onlineMeeting', isObject(raw['onlineMeeting']) ? raw['onlineMeeting']['joinUrl'] : raw['onlineMeetingUrl']);
  put(fields, 'responseOptions', [raw['responseRequested'], raw['hideAttendees'], raw['allowNewTimeProposals']]);
  if (series !== undefined) {
    put(fields, 'cancelledDays', series.cancelled);
    put(lesser, 'cancelledDays', series.cancelled);
    put(fields, 'exceptions', sorted(series.exceptions.map((each) => ({ ...plain(each), day: each['originalStart'], body: each['body'], attendees: attendeesOf(each) }))));
    put(lesser, 'exceptions', sorted(series.exceptions.map((each) => ({ ...plain(each), day: each['originalStart'], body: wordsOf(bodyWithPeople(each)) }))));
  }
  attachments.addTo(fields, lesser);
  return { fields, lesser };
}

/** What either way keeps as it is. */
function plain(raw: Row): Row {
  const location = isObject(raw['location']) ? raw['location']['displayName'] : null;
  return {
    subject: raw['subject'],
    categories: sorted(raw['categories']),
    importance: raw['importance'],
    sensitivity: raw['sensitivity'],
    start: momentOf(raw['start']),
    end: momentOf(raw['end']),
    isAllDay: raw['isAllDay'],
    location,
    showAs: raw['showAs'],
    reminder: raw['isReminderOn'] === true ? String(raw['reminderMinutesBeforeStart']) : 'off',
  };
}

const attendeesOf = (raw: Row): unknown[] => sorted(objects(raw['attendees']).map((each) => ({ who: personOf(each), type: each['type'], response: isObject(each['status']) ? each['status']['response'] : null })));
