/**
 * Looks at the destination for items whose write is in doubt. An import keeps the item's search key, a copy made through JSON
 * carries our mark; an item without a search key is known by what else the stream keeps.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestRef, TransferItem } from '../workload.js';
import { saysMailboxMissing, unitErrorOf } from './errors.js';
import type { Mailbox } from './mailbox.js';
import { creationTimeProperty, deliveryTimeProperty, expandProperties, extendedValue, internetMessageIdProperty, isObject, markProperty, searchKeyProperty, segment, subjectProperty, submitTimeProperty, text } from './mapi.js';
import { provisionalMark, removeCopy } from './stamped-copies.js';

const pageItems = '250';
const describing = [subjectProperty, deliveryTimeProperty, submitTimeProperty, internetMessageIdProperty, creationTimeProperty];

/**
 * Every destination item that could be the copy, by the item's key. The folder is listed once, because binary properties cannot be
 * filtered. Half-built copies of these items are removed on the way. Throws UnitError.
 */
export async function findCopies(source: Mailbox, destination: Mailbox, inDoubt: readonly TransferItem[], sourceFolderId: string, folderId: string, signal: AbortSignal): Promise<Map<string, DestRef[]>> {
  const wanted = new Wanted();
  for (const entry of inDoubt) await wanted.add(entry, source, sourceFolderId, signal);
  const found = new Map<string, DestRef[]>();
  const partial: string[] = [];
  const query = { $select: 'id,changeKey,type', $top: pageItems, $expand: expandProperties(searchKeyProperty, markProperty, ...(wanted.hasKeyless ? describing : [])) };
  try {
    for await (const page of destination.port.pages<Record<string, unknown>>(destination.admin(`/folders/${segment(folderId)}/items`), destination.options(signal, { query }))) {
      for (const raw of page.value) {
        const id = text(raw['id']);
        if (id === null) continue;
        if (wanted.isPartial(raw)) partial.push(id);
        else for (const key of wanted.matching(raw)) found.set(key, [...(found.get(key) ?? []), { id, version: text(raw['changeKey']) ?? '' }]);
      }
    }
  } catch (error) {
    // A folder that is gone holds no copies.
    if (!(error instanceof GraphRequestError) || error.kind !== 'not_found' || saysMailboxMissing(error)) throw unitErrorOf(error, 'dest');
  }
  for (const id of partial) await removeCopy(destination, folderId, id, signal);
  return found;
}

/** What to recognise the copies by. */
class Wanted {
  private readonly bySearchKey = new Map<string, string[]>();
  private readonly byMark = new Map<string, string[]>();
  private readonly byDescription = new Map<string, string[]>();
  private readonly provisional = new Set<string>();

  get hasKeyless(): boolean {
    return this.byDescription.size > 0;
  }

  async add({ item, mark }: TransferItem, source: Mailbox, sourceFolderId: string, signal: AbortSignal): Promise<void> {
    push(this.byMark, mark, item.key);
    this.provisional.add(provisionalMark(mark));
    if (item.matchKey !== null) {
      push(this.bySearchKey, item.matchKey, item.key);
      return;
    }
    // The listing may have been refused the search key; asked for singly, an item still shows it.
    const raw = await describe(source, sourceFolderId, item.key, signal);
    const searchKey = raw === null ? null : extendedValue(raw, searchKeyProperty);
    if (searchKey !== null) push(this.bySearchKey, searchKey, item.key);
    else if (raw !== null) push(this.byDescription, descriptionOf(raw), item.key);
  }

  isPartial(raw: Record<string, unknown>): boolean {
    return this.provisional.has(extendedValue(raw, markProperty) ?? '');
  }

  matching(raw: Record<string, unknown>): Set<string> {
    const searchKey = extendedValue(raw, searchKeyProperty);
    const keys = [...(this.byMark.get(extendedValue(raw, markProperty) ?? '') ?? []), ...(searchKey === null ? (this.hasKeyless ? (this.byDescription.get(descriptionOf(raw)) ?? []) : []) : (this.bySearchKey.get(searchKey) ?? []))];
    return new Set(keys);
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

async function describe(source: Mailbox, folderId: string, itemId: string, signal: AbortSignal): Promise<Record<string, unknown> | null> {
  try {
    const query = { $expand: expandProperties(searchKeyProperty, ...describing) };
    const raw = await source.port.get<unknown>(source.admin(`/folders/${segment(folderId)}/items/${segment(itemId)}`), source.options(signal, { query }));
    return isObject(raw) ? raw : null;
  } catch (error) {
    const aboutTheItem = error instanceof GraphRequestError && (error.kind === 'not_found' || error.kind === 'corrupt' || error.kind === 'bad_request') && !saysMailboxMissing(error);
    if (!aboutTheItem) throw unitErrorOf(error, 'source');
    return null;
  }
}

/** Exchange keeps these on import, so equal items have equal descriptions; used only between items that have no search key. */
function descriptionOf(raw: Record<string, unknown>): string {
  return JSON.stringify([text(raw['type']), ...describing.map((id) => extendedValue(raw, id))]);
}
