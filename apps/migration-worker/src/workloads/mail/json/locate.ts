/**
 * Finds an item of the admin listing in the classic API. Microsoft does not say that the two ids are equal: the item's search key
 * decides, and an id is only ever a guess that the search key has to confirm.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { SourceItem } from '../../workload.js';
import { saysMailboxMissing } from '../errors.js';
import type { Mailbox } from '../mailbox.js';
import { expandProperties, extendedValue, internetMessageIdProperty, odataString, searchKeyProperty, segment, subjectProperty, text } from '../mapi.js';
import type { OutlookFolder } from './outlook-folder.js';

/** Path of the item below the user, or null when it cannot be found for certain. Throws GraphRequestError. */
export async function locateItem(source: Mailbox, folder: OutlookFolder, adminFolderId: string, item: SourceItem, signal: AbortSignal): Promise<string | null> {
  if (folder.kind === 'task') return await locateTask(source, folder, adminFolderId, item, signal);
  const known = await properties(source, adminFolderId, item, signal);
  const searchKey = item.matchKey ?? known.searchKey;
  if (searchKey === null) return null;
  const collection = folder.kind === 'message' ? '/messages' : folder.kind === 'event' ? '/events' : '/contacts';
  const id =
    (await confirmedGuess(source, collection, item.key, searchKey, signal)) ??
    (folder.kind === 'message' && known.internetMessageId !== null ? await search(source, folder.items, searchKey, signal, `internetMessageId eq ${odataString(known.internetMessageId)}`) : null) ??
    (await search(source, folder.items, searchKey, signal));
  return id === null ? null : `${collection}/${segment(id)}`;
}

interface KnownProperties {
  readonly searchKey: string | null;
  readonly internetMessageId: string | null;
  readonly subject: string | null;
  readonly createdDateTime: string | null;
}

/** What the admin API still says of an item it will not export; nothing when it does not even read it. */
async function properties(source: Mailbox, adminFolderId: string, item: SourceItem, signal: AbortSignal): Promise<KnownProperties> {
  try {
    const query = { $expand: expandProperties(searchKeyProperty, internetMessageIdProperty, subjectProperty) };
    const raw = await source.port.get<Record<string, unknown>>(source.admin(`/folders/${segment(adminFolderId)}/items/${segment(item.key)}`), source.options(signal, { query }));
    return { searchKey: extendedValue(raw, searchKeyProperty), internetMessageId: extendedValue(raw, internetMessageIdProperty), subject: extendedValue(raw, subjectProperty), createdDateTime: text(raw['createdDateTime']) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { searchKey: null, internetMessageId: null, subject: null, createdDateTime: null };
  }
}

async function confirmedGuess(source: Mailbox, collection: string, id: string, searchKey: string, signal: AbortSignal): Promise<string | null> {
  try {
    const query = { $select: 'id', $expand: expandProperties(searchKeyProperty) };
    const raw = await source.port.get<Record<string, unknown>>(source.user(`${collection}/${segment(id)}`), source.options(signal, { query }));
    return extendedValue(raw, searchKeyProperty) === searchKey ? text(raw['id']) : null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/** Binary properties cannot be filtered, so the folder is read; only its ids and keys, a page at a time. */
async function search(source: Mailbox, path: string, searchKey: string, signal: AbortSignal, filter?: string): Promise<string | null> {
  const query = { $select: 'id', $top: '250', $expand: expandProperties(searchKeyProperty), ...(filter === undefined ? {} : { $filter: filter }) };
  for await (const page of source.port.pages<Record<string, unknown>>(source.user(path), source.options(signal, { query }))) {
    for (const raw of page.value) if (extendedValue(raw, searchKeyProperty) === searchKey) return text(raw['id']);
  }
  return null;
}

/** To Do shows no search key. The title names a task when only one has it, and otherwise the time of creation decides. */
async function locateTask(source: Mailbox, folder: OutlookFolder, adminFolderId: string, item: SourceItem, signal: AbortSignal): Promise<string | null> {
  const known = await properties(source, adminFolderId, item, signal);
  if (known.subject === null) return null;
  const fitting: Record<string, unknown>[] = [];
  for await (const page of source.port.pages<Record<string, unknown>>(source.user(folder.items), source.options(signal))) fitting.push(...page.value.filter((task) => task['title'] === known.subject));
  const sameTime = fitting.filter((task) => known.createdDateTime !== null && Date.parse(text(task['createdDateTime']) ?? '') === Date.parse(known.createdDateTime));
  const only = fitting.length === 1 ? fitting[0] : sameTime.length === 1 ? sameTime[0] : undefined;
  const id = text(only?.['id']);
  return id === null ? null : `${folder.items}/${segment(id)}`;
}

/** The API does not know the item or will not read it; other failures say nothing about the item. */
function isRefusal(error: unknown): boolean {
  return error instanceof GraphRequestError && (error.kind === 'not_found' || error.kind === 'bad_request' || error.kind === 'corrupt') && !saysMailboxMissing(error);
}
