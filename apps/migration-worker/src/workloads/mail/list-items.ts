/**
 * Lists a folder item by item without content, of any class, and what changed since. One delta mechanism serves mail, calendar,
 * contacts, tasks and notes. https://learn.microsoft.com/graph/api/mailboxitem-delta
 */
import { GraphRequestError, type GraphPage } from '@migrator/graph-client';
import { CheckpointExpired, ContainerGone, type Page, type SourceItem } from '../workload.js';
import { saysMailboxMissing, unitErrorOf } from './errors.js';
import { exportItemsMax } from './export-items.js';
import type { Mailbox } from './mailbox.js';
import { readMatchKey } from './match-key.js';
import { deliveryTimeProperty, expandProperties, extendedValue, isObject, searchKeyProperty, segment, text } from './mapi.js';

/** Small enough that one page of metadata is a few hundred kilobytes at most; of full exports, so that no page ends with a small one. */
export const pageItems = 12 * exportItemsMax;
const itemFields = 'id,changeKey,type,size,createdDateTime,lastModifiedDateTime';

/**
 * Where a listing stands: following a delta link, or reading a plain list. `again` is the end of a plain list: there is no token
 * to continue from, so the next pass lists anew.
 */
export type Checkpoint = { readonly by: 'delta'; readonly link: string } | { readonly by: 'list'; readonly link: string } | { readonly by: 'again' };

export function writeCheckpoint(checkpoint: Checkpoint): string {
  return checkpoint.by === 'again' ? 'again' : `${checkpoint.by}:${checkpoint.link}`;
}

/** Throws CheckpointExpired for a text this version does not understand: listing again is always safe. */
export function readCheckpoint(value: string): Checkpoint {
  if (value === 'again') return { by: 'again' };
  const colon = value.indexOf(':');
  const by = value.slice(0, colon);
  if ((by === 'delta' || by === 'list') && value.length > colon + 1) return { by, link: value.slice(colon + 1) };
  throw new CheckpointExpired('the checkpoint is not understood');
}

/** How much of the query the tenant's delta accepts; a beta client saw `$select` refused. Tried from the best downwards. */
const queries: readonly Record<string, string>[] = [{ $select: itemFields, $expand: expandProperties(searchKeyProperty, deliveryTimeProperty) }, { $select: itemFields }, {}];

/** What the listing of one unit has learnt about the source; shared by its folders. */
export class ListingManners {
  private level = 0;
  get query(): Record<string, string> {
    return queries[this.level] ?? {};
  }
  /** False when the tenant does not list search keys: then they are read for single items, where one is in doubt. */
  get showsSearchKeys(): boolean {
    return this.level === 0;
  }
  /** Asks for less from now on; false when nothing is left to leave out. */
  askLess(): boolean {
    if (this.level >= queries.length - 1) return false;
    this.level += 1;
    return true;
  }
}

export function parseItem(raw: Record<string, unknown>): SourceItem {
  return {
    key: text(raw['id']) ?? '',
    version: text(raw['changeKey']) ?? '',
    sizeBytes: typeof raw['size'] === 'number' ? raw['size'] : 0,
    kind: text(raw['type']) ?? 'IPM.Note',
    at: extendedValue(raw, deliveryTimeProperty) ?? text(raw['createdDateTime']),
    matchKey: extendedValue(raw, searchKeyProperty),
    ref: null,
  };
}

type Answer = GraphPage<Record<string, unknown>>;

const syncStateCodes = new Set(['syncstatenotfound', 'resyncrequired', 'syncstateinvalid']);

/** Graph has forgotten the token. It says so with 410 mostly, and with 400 sometimes. */
function tokenForgotten(error: GraphRequestError): boolean {
  return error.kind === 'gone' || syncStateCodes.has((error.graphCode ?? '').toLowerCase());
}

/**
 * Pages of a folder from a checkpoint, or from its beginning. Throws CheckpointExpired when the source has forgotten the
 * checkpoint, ContainerGone when the folder is no longer there, UnitError otherwise.
 */
export async function* listItems(source: Mailbox, folderId: string, from: string | null, manners: ListingManners, signal: AbortSignal): AsyncGenerator<Page> {
  const start = from === null ? null : readCheckpoint(from);
  try {
    if (start?.by === 'list') {
      yield* plainPages(source, folderId, start.link, manners, signal);
      return;
    }
    if (yield* deltaPages(source, folderId, start?.by === 'delta' ? start.link : null, manners, signal)) return;
    // A mailbox over its quota cannot keep a sync state, but it can still be read.
    yield* plainPages(source, folderId, null, manners, signal);
  } catch (error) {
    if (!(error instanceof GraphRequestError)) throw error;
    if (tokenForgotten(error)) throw new CheckpointExpired('the source has forgotten the checkpoint', { cause: error });
    if (error.kind === 'not_found' && !saysMailboxMissing(error)) throw new ContainerGone('the folder is no longer there', { cause: error });
    throw unitErrorOf(error, 'source');
  }
}

/** False when the source refused a delta for want of quota and nothing was listed. */
async function* deltaPages(source: Mailbox, folderId: string, link: string | null, manners: ListingManners, signal: AbortSignal): AsyncGenerator<Page, boolean> {
  const path = `/folders/${segment(folderId)}/items/delta`;
  try {
    for await (const answer of politePages(source, path, link, manners, signal)) {
      const next = answer.nextLink ?? answer.deltaLink;
      const checkpoint: Checkpoint = next === null ? { by: 'again' } : { by: 'delta', link: next };
      yield await toPage(source, folderId, answer, checkpoint, answer.nextLink === null, manners, signal);
    }
    return true;
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'quota') return false;
    throw error;
  }
}

async function* plainPages(source: Mailbox, folderId: string, link: string | null, manners: ListingManners, signal: AbortSignal): AsyncGenerator<Page> {
  const path = `/folders/${segment(folderId)}/items`;
  for await (const answer of politePages(source, path, link, manners, signal, { $top: String(pageItems), $orderby: 'createdDateTime' })) {
    const checkpoint: Checkpoint = answer.nextLink === null ? { by: 'again' } : { by: 'list', link: answer.nextLink };
    yield await toPage(source, folderId, answer, checkpoint, answer.nextLink === null, manners, signal);
  }
}

/** Pages of a collection; while nothing has come back, a refused query is asked again with less in it. */
async function* politePages(source: Mailbox, path: string, link: string | null, manners: ListingManners, signal: AbortSignal, more: Record<string, string> = {}): AsyncGenerator<Answer> {
  let answered = false;
  try {
    const options = source.options(signal, link === null ? { query: { ...manners.query, ...more } } : {});
    for await (const answer of source.port.pages<Record<string, unknown>>(source.admin(path), { ...options, pageSizeMax: pageItems, ...(link === null ? {} : { from: link }) })) {
      answered = true;
      yield answer;
    }
    return;
  } catch (error) {
    const refused = error instanceof GraphRequestError && error.kind === 'bad_request' && !tokenForgotten(error);
    if (!refused || answered || link !== null || !manners.askLess()) throw error;
  }
  yield* politePages(source, path, link, manners, signal, more);
}

async function toPage(source: Mailbox, folderId: string, answer: Answer, checkpoint: Checkpoint, complete: boolean, manners: ListingManners, signal: AbortSignal): Promise<Page> {
  const items: SourceItem[] = [];
  const removed: string[] = [];
  for (const raw of answer.value) {
    const item = parseItem(raw);
    if (item.key === '') continue;
    if (isObject(raw['@removed'])) removed.push(item.key);
    else items.push(item.matchKey === null && manners.showsSearchKeys ? { ...item, matchKey: await readMatchKey(source, folderId, item.key, signal) } : item);
  }
  return { items, removed, checkpoint: writeCheckpoint(checkpoint), complete };
}
