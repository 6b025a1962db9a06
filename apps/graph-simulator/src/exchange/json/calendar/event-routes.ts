import { entityReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import type { Mailbox, OutboundMail } from '../../store/mailbox.js';
import { attachmentRoutes, type AttachmentHolder } from '../attachments/attachment-routes.js';
import { attachmentsFrom } from '../attachments/attachment-write.js';
import { contentWith, type AttachmentOwner } from '../attachments/attachment-place.js';
import { contextOf, param, roles, under, type Call, type OutlookRoute } from '../core/call.js';
import { discard } from '../core/discard.js';
import { list, loaded } from '../core/list.js';
import { noteRefusal, refuseCreate } from '../core/planted-refusals.js';
import { streamed } from '../core/stream-json.js';
import { show, wantedOf } from '../core/view.js';
import type { EventInput } from '../input/outlook-schemas.js';
import { calendarDelta } from './calendar-delta.js';
import { calendarId, calendarOf } from './calendar-view.js';
import { eventView, isOrganizer, readEventById } from './event-view.js';
import { eventFrom, patchedDay, patchedEvent, readEvent } from './event-write.js';
import { daysBetween, eventOf, instantIn, inWindow, whole, type Shown } from './series.js';

const { read, write } = roles.calendars;

const reply = (call: Call, shown: Shown, status = 200): GraphReply => streamed(entityReply(call.req, contextOf(call, 'events'), show(eventView, shown, call, wantedOf(eventView, call.req.query)), status));
const named = (call: Call): Shown => readEventById(call, param(call, 'event'));

function* eventsIn(call: Call, folder: Folder): Generator<Item> {
  for (const { item } of call.mailbox.items(folder)) if (item.content.event !== null) yield item;
}

/** `startDateTime` and `endDateTime`, without an offset in UTC. Throws 400 when one is missing or malformed. */
function windowOf(call: Call): { start: number; end: number } {
  const at = (name: string): number => {
    const text = [...call.req.query].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    if (text === undefined || text === '') throw new GraphFault(400, 'ErrorInvalidParameter', `This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.`);
    // A plus sign that was not encoded arrives as a blank.
    const given = text.replace(' ', '+').replace(/(\.\d{3})\d+/, '$1');
    const ms = Date.parse(/(Z|[+-]\d\d:\d\d)$/i.test(given) ? given : given.includes('T') ? `${given}Z` : `${given}T00:00:00Z`);
    if (Number.isNaN(ms)) throw new GraphFault(400, 'ErrorInvalidParameter', `The parameter ${name} is not a date and time.`);
    return ms;
  };
  const window = { start: at('startDateTime'), end: at('endDateTime') };
  if (window.end < window.start) throw new GraphFault(400, 'ErrorInvalidParameter', 'EndDateTime lies before StartDateTime.');
  return window;
}

const place = (call: Call, folder: Folder, rest: string): string => contextOf(call, call.req.params['calendar'] === undefined ? rest : `calendars('${calendarId(call, folder)}')/${rest}`);

/** Single events and series; the days of a series are not listed. */
function listEvents(call: Call): GraphReply {
  const folder = calendarOf(call);
  return streamed(list(call, eventView, { context: place(call, folder, 'events'), rows: loaded([...eventsIn(call, folder)].map(whole)) }));
}

function calendarView(call: Call): GraphReply {
  const folder = calendarOf(call);
  const { start, end } = windowOf(call);
  const shown = [...eventsIn(call, folder)].flatMap((item) => inWindow(item, start, end)).sort((a, b) => instantIn(a.event, a.event.start) - instantIn(b.event, b.event.start));
  return streamed(list(call, eventView, { context: place(call, folder, 'calendarView'), rows: loaded(shown) }));
}

function instances(call: Call): GraphReply {
  const { item } = named(call);
  const { start, end } = windowOf(call);
  return streamed(list(call, eventView, { context: contextOf(call, `events('${param(call, 'event')}')/instances`), rows: loaded(daysBetween(item, start, end)) }));
}

/** Notes mail that Exchange would send: Graph has no way to hold it back (graph/exchange.md 5.3). */
function mailOut(mailbox: Mailbox, kind: OutboundMail['kind'], to: readonly { address: string }[]): void {
  if (to.length > 0) mailbox.outboundMail.push({ at: mailbox.now(), kind, to: to.map(({ address }) => address) });
}

const transactions = new WeakMap<Mailbox, Map<string, number>>();

function checkTransaction(mailbox: Mailbox, transactionId: string): void {
  const key = transactions.get(mailbox)?.get(transactionId);
  if (key !== undefined && mailbox.item(key) !== undefined) {
    throw new GraphFault(409, 'ErrorDuplicateTransactionId', "Your request can't be completed. The TransactionId specified in the request has already been used to create a different event.");
  }
}

function noteTransaction(mailbox: Mailbox, transactionId: string, key: number): void {
  const known = transactions.get(mailbox) ?? new Map<string, number>();
  transactions.set(mailbox, known.set(transactionId, key));
}

async function create(call: Call): Promise<GraphReply> {
  const { mailbox } = call;
  const folder = calendarOf(call);
  if (folder.properties['canEdit'] === 'false') throw new GraphFault(403, 'ErrorAccessDenied', 'The calendar cannot be changed.');
  const input = readEvent(await call.req.json());
  if (input.transactionId != null) checkTransaction(mailbox, input.transactionId);
  const bare = eventFrom(input, { now: mailbox.now(), owner: { name: mailbox.displayName, address: mailbox.address }, zone: mailbox.settings.timeZone, randomHex: (bytes) => mailbox.randomHex(bytes) });
  const attachments = attachmentsFrom(call, input.attachments);
  const content = attachments.length === 0 ? bare : contentWith(bare, attachments);
  refuseCreate(call.world, mailbox, content);
  const item = mailbox.addItem(folder, content);
  if (input.transactionId != null) noteTransaction(mailbox, input.transactionId, item.key);
  mailOut(mailbox, 'invitation', eventOf(item).attendees);
  return reply(call, whole(item), 201);
}

/** What attendees are told of; marks, categories and reminders are the organizer's own. */
const announced = ['subject', 'body', 'start', 'end', 'isAllDay', 'location', 'locations', 'attendees', 'recurrence', 'isOnlineMeeting'] as const satisfies (keyof EventInput)[];

function tellAttendees(call: Call, before: Shown, after: Shown, input: EventInput): void {
  if (!isOrganizer(after, call) || !announced.some((name) => input[name] !== undefined)) return;
  const had = new Set(before.event.attendees.map(({ address }) => address.toLowerCase()));
  const has = new Set(after.event.attendees.map(({ address }) => address.toLowerCase()));
  mailOut(call.mailbox, 'invitation', after.event.attendees.filter(({ address }) => !had.has(address.toLowerCase())));
  mailOut(call.mailbox, 'update', after.event.attendees.filter(({ address }) => had.has(address.toLowerCase())));
  mailOut(call.mailbox, 'cancellation', before.event.attendees.filter(({ address }) => !has.has(address.toLowerCase())));
}

async function patch(call: Call): Promise<GraphReply> {
  const { mailbox } = call;
  const before = named(call);
  const input = readEvent(await call.req.json());
  const current = eventOf(before.item);
  const content = before.date === null ? patchedEvent(before.content, current, input) : patchedDay(before, current, input, mailbox.nextPartKey());
  mailbox.updateItem(before.item.key, content);
  const after = named(call);
  tellAttendees(call, before, after, input);
  return reply(call, after);
}

/** Deleting a day of a series leaves a gap; deleting a meeting as its organizer tells everybody. */
function remove(call: Call): GraphReply {
  const { mailbox } = call;
  const shown = named(call);
  if (isOrganizer(shown, call)) mailOut(mailbox, 'cancellation', shown.event.attendees);
  if (shown.date === null) return discard(call, shown.item);
  const event = eventOf(shown.item);
  mailbox.updateItem(shown.item.key, { ...shown.item.content, event: { ...event, cancelledDates: [...event.cancelledDates, shown.date].sort(), exceptions: event.exceptions.filter((each) => each.originalDate !== shown.date) } });
  return { status: 204 };
}

/** Attachments of a day of a series are its own from the first change on; before that they are the series'. */
function ownerOf(call: Call): AttachmentOwner {
  const shown = named(call);
  const { item, content, date } = shown;
  if (date === null) return { item, attachments: content.attachments, withAttachments: (attachments) => contentWith(content, attachments) };
  return {
    item, attachments: content.attachments,
    withAttachments: (attachments) => {
      const event = eventOf(item);
      const before = event.exceptions.find((each) => each.originalDate === date);
      const exception = { originalDate: date, key: before?.key ?? call.mailbox.nextPartKey(), changes: { ...before?.changes, attachments } };
      return { ...item.content, event: { ...event, exceptions: [...event.exceptions.filter((each) => each !== before), exception] } };
    },
  };
}

function gone(error: unknown): null {
  if (error instanceof GraphFault && error.status === 404) return null;
  throw error;
}

const holder: AttachmentHolder = {
  collection: 'Events', parameter: 'event', roles: roles.calendars,
  place: (call) => {
    named(call);
    return { find: () => { try { return ownerOf(call); } catch (error) { return gone(error); } } };
  },
};

export function eventRoutes(): OutlookRoute[] {
  const window = { queryOptions: ['startDateTime', 'endDateTime'] };
  const operations: OutlookRoute[] = [
    { method: 'GET', path: '/events', roles: read, handle: listEvents },
    { method: 'POST', path: '/events', roles: write, write: true, handle: create },
    { method: 'GET', path: '/events/{event}', roles: read, handle: (call) => { const shown = named(call); noteRefusal(call.world, shown.item); return reply(call, shown); } },
    { method: 'PATCH', path: '/events/{event}', roles: write, write: true, handle: patch },
    { method: 'DELETE', path: '/events/{event}', roles: write, write: true, handle: remove },
    { method: 'GET', path: '/events/{event}/instances', roles: read, ...window, handle: instances },
    { method: 'GET', path: '/calendarView', roles: read, ...window, handle: calendarView },
    { method: 'GET', path: '/calendarView/delta', roles: read, ...window, handle: (call) => calendarDelta(call, calendarOf(call), () => windowOf(call)) },
    ...under(['/events/{event}'], attachmentRoutes(holder)),
  ];
  return under(['', '/calendar', '/calendars/{calendar}', '/calendarGroups/{group}/calendars/{calendar}'], operations);
}
