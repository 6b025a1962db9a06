/** Reads a calendar event with what belongs to its series, and replays the series' exceptions on the copy. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Mailbox } from '../mailbox.js';
import { isObject, objects, segment, text } from '../mapi.js';
import { cancelledDays, eventSelect, occurrenceBody, zoneOf } from './event-body.js';

export interface SourceEvent {
  readonly event: Record<string, unknown>;
  readonly cancelled: readonly string[];
  readonly exceptions: readonly Record<string, unknown>[];
  readonly zone: string;
}

const dayMs = 24 * 3600_000;

/** Throws GraphRequestError. https://learn.microsoft.com/graph/api/event-get */
export async function readEvent(source: Mailbox, path: string, signal: AbortSignal): Promise<SourceEvent> {
  const get = (query: Record<string, string>, zone?: string): Promise<Record<string, unknown>> =>
    source.port.get<Record<string, unknown>>(source.user(path), source.options(signal, { query, ...(zone === undefined ? {} : { headers: { Prefer: `outlook.timezone="${zone}"` } }) }));
  const zone = zoneOf(await get({ $select: 'originalStartTimeZone' }));
  const event = await get({ $select: eventSelect.join(',') }, zone);
  if (text(event['type']) !== 'seriesMaster') return { event, cancelled: [], exceptions: [], zone };
  // Both are left out of an event unless asked for on a single master.
  const cancelled = await get({ $select: 'cancelledOccurrences' });
  const exceptions = await get({ $select: 'id', $expand: 'exceptionOccurrences' }, zone);
  return { event, cancelled: cancelledDays(cancelled['cancelledOccurrences']), exceptions: objects(exceptions['exceptionOccurrences']), zone };
}

/**
 * Brings a new series to the state of the source's: removes cancelled days, changes the exceptions. The copy has no attendees, so
 * neither sends mail. False when an exception has no place in the copy: the copy is then not what the series was. Throws
 * GraphRequestError.
 */
export async function replaySeries(destination: Mailbox, masterPath: string, source: SourceEvent, signal: AbortSignal): Promise<boolean> {
  for (const day of source.cancelled) {
    const instance = (await instances(destination, masterPath, Date.parse(day), Date.parse(day) + dayMs, source.zone, signal)).find((found) => localDay(found) === day);
    if (instance === undefined) continue;
    await ignoringGone(() => destination.port.delete(destination.user(`/events/${segment(text(instance['id']) ?? '')}`), destination.options(signal, { repeatable: true })));
  }
  for (const exception of source.exceptions) {
    const original = Date.parse(text(exception['originalStart']) ?? '');
    if (Number.isNaN(original)) return false;
    const near = await instances(destination, masterPath, original - dayMs, original + dayMs, 'UTC', signal);
    const instance = near.find((found) => startOf(found) === original);
    if (instance === undefined) return false;
    await destination.port.patch(destination.user(`/events/${segment(text(instance['id']) ?? '')}`), occurrenceBody(exception), destination.options(signal, { repeatable: true }));
  }
  return true;
}

async function instances(destination: Mailbox, masterPath: string, from: number, to: number, zone: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  // A day of the series' own zone lies within a day of the same day in UTC.
  const query = { startDateTime: new Date(from - dayMs).toISOString(), endDateTime: new Date(to + dayMs).toISOString(), $select: 'id,start,end,originalStart' };
  const found: Record<string, unknown>[] = [];
  const options = destination.options(signal, { query, headers: { Prefer: `outlook.timezone="${zone}"` } });
  for await (const page of destination.port.pages<Record<string, unknown>>(destination.user(`${masterPath}/instances`), options)) found.push(...page.value);
  return found;
}

function localDay(instance: Record<string, unknown>): string {
  return isObject(instance['start']) ? (text(instance['start']['dateTime']) ?? '').slice(0, 10) : '';
}

/** Start in milliseconds of an instance read in UTC. */
function startOf(instance: Record<string, unknown>): number {
  const start = isObject(instance['start']) ? (text(instance['start']['dateTime']) ?? '') : '';
  return Date.parse(/Z$/i.test(start) ? start : `${start}Z`);
}

async function ignoringGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GraphRequestError) || error.kind !== 'not_found') throw error;
  }
}

