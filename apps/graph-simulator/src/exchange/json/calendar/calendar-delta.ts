import { linkWith, pageReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import type { Call } from '../core/call.js';
import { checkSynchronisable, deltaPageSize, deltaToken, resync } from '../core/item-delta.js';
import { itemId } from '../core/item-ids.js';
import { show, type Row } from '../core/view.js';
import { calendarId } from './calendar-view.js';
import { eventId, eventView } from './event-view.js';
import { inWindow, whole, type Shown } from './series.js';

/** Where a round stands, and of which folder. The window travels in the token: later calls are made with the link as it is. */
interface State { folder: string; generation: number; from: number; to: number; at: number; start: number; end: number }

const encode = (state: State): string => Buffer.from(JSON.stringify(state)).toString('base64url');

/** Null when the token is none of this folder's. */
function decode(token: string, folder: string): State | null {
  try {
    const state = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Partial<State>;
    return [state.generation, state.from, state.to, state.at, state.start, state.end].every((n) => typeof n === 'number') && state.folder === folder ? (state as State) : null;
  } catch {
    return null;
  }
}

/** Days of a series come short in a delta: what else they have is their master's. */
function rowOf(shown: Shown, call: Call): Row {
  const select = shown.type === 'occurrence' ? ['id', 'seriesMasterId', 'type', 'start', 'end'] : null;
  return show(eventView, shown, call, { select, expand: [] });
}

const gone = (id: string): Row => ({ '@odata.type': '#microsoft.graph.event', id, '@removed': { reason: 'deleted' } });

/** What the window shows of an item, its series master in front. */
function present(item: Item, call: Call, state: State): Row[] {
  if (item.content.event === null) return [];
  const shown = inWindow(item, state.start, state.end);
  const rows = shown.map((each) => rowOf(each, call));
  return item.content.event.recurrence === null || shown.length === 0 ? rows : [rowOf(whole(item), call), ...rows];
}

/** A change of one item since the last round. */
function changed(key: number, call: Call, folder: Folder, state: State): Row[] {
  const item = call.mailbox.item(key);
  if (item?.folderKey !== folder.key) return [gone(itemId(call, { key, moves: item === undefined ? 0 : Math.max(0, item.moves - 1) }))];
  const rows = present(item, call, state);
  const removedDays = item.content.event?.cancelledDates.map((date) => gone(eventId(call, { item, date }))) ?? [];
  return rows.length > 0 ? [...rows, ...removedDays] : [gone(itemId(call, item))];
}

/** `calendarView/delta`: takes the window and nothing else (graph/exchange.md 5.1). */
export function calendarDelta(call: Call, folder: Folder, window: () => { start: number; end: number }): GraphReply {
  for (const name of ['$select', '$filter', '$expand', '$orderby', '$search']) if (call.req.query.has(name)) throw new GraphFault(400, 'ErrorInvalidUrlQuery', `The query parameter ${name} is not supported with change tracking over the calendar view.`);
  checkSynchronisable(call);
  const scope = calendarId(call, folder);
  const token = deltaToken(call);
  const state = token === null ? { folder: scope, generation: folder.log.generation, from: -1, to: folder.log.position, at: 0, ...window() } : decode(token, scope);
  if (state === null) throw new GraphFault(400, 'SyncStateInvalid', 'Badly formed token.');
  if (state.generation !== folder.log.generation) throw resync(call, state.generation, folder.log.generation, { startDateTime: new Date(state.start).toISOString(), endDateTime: new Date(state.end).toISOString() });
  const to = state.to < 0 ? folder.log.position : state.to;
  const rows = state.from < 0
    ? [...call.mailbox.items(folder)].flatMap(({ item }) => present(item, call, state))
    : folder.log.between(state.from, to).flatMap(({ key }) => changed(key, call, folder, state));
  const size = deltaPageSize(call);
  const value = rows.slice(state.at, state.at + size);
  const more = state.at + size < rows.length;
  const link = (name: '$skiptoken' | '$deltatoken', next: State): Record<string, string | null> => ({ startDateTime: null, endDateTime: null, $skiptoken: null, $deltatoken: null, [name]: encode(next) });
  return pageReply(call.req, {
    context: 'Collection(event)', value,
    next: more ? link('$skiptoken', { ...state, to, at: state.at + size }) : null,
    ...(more ? {} : { deltaLink: linkWith(call.req, link('$deltatoken', { ...state, from: to, to: -1, at: 0 })) }),
  });
}
