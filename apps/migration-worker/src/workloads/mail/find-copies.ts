/**
 * Looks at the destination for items whose write is in doubt. An import keeps the item's search key, a copy made through JSON
 * carries our mark; an item without a search key is known by what else the stream keeps.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestCopy, DestRef, TransferItem } from '../workload.js';
import { saysMailboxMissing, unitErrorOf } from './errors.js';
import type { Mailbox } from './mailbox.js';
import { expandProperties, extendedValue, markProperty, searchKeyProperty, segment, subjectProperty, text } from './mapi.js';
import { describingProperties, isDescribed, matchKeyOf, readMatchKey } from './match-key.js';
import { provisionalMark, readStamp, removeCopy, stampOf } from './stamped-copies.js';

const pageItems = '250';

/**
 * Every destination item that could be the copy, by the item's key. The folder is listed once, because binary properties cannot be
 * filtered. Half-built copies of these items are removed on the way. Throws UnitError.
 */
export async function findCopies(source: Mailbox, destination: Mailbox, inDoubt: readonly TransferItem[], sourceFolderId: string, folderId: string, signal: AbortSignal): Promise<Map<string, DestRef[]>> {
  const wanted = new Wanted();
  for (const entry of inDoubt) await wanted.add(entry, source, sourceFolderId, signal);
  const found = new Map<string, DestRef[]>();
  const partial: string[] = [];
  const query = { $select: 'id,changeKey,type', $top: pageItems, $expand: expandProperties(searchKeyProperty, markProperty, ...(wanted.hasDescribed ? describingProperties : [subjectProperty])) };
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

/** Everything a folder of the destination holds, with what copies are known by. Throws UnitError. */
export async function* listCopies(destination: Mailbox, folderId: string, signal: AbortSignal): AsyncGenerator<DestCopy> {
  const query = { $select: 'id,changeKey,type', $top: pageItems, $expand: expandProperties(searchKeyProperty, markProperty, ...describingProperties) };
  try {
    for await (const page of destination.port.pages<Record<string, unknown>>(destination.admin(`/folders/${segment(folderId)}/items`), destination.options(signal, { query }))) {
      for (const raw of page.value) {
        const id = text(raw['id']);
        if (id !== null) yield { dest: { id, version: text(raw['changeKey']) ?? '' }, matchKey: matchKeyOf(raw), ...readStamp(stampOf(raw)) };
      }
    }
  } catch (error) {
    // A folder that is gone holds no copies.
    if (!(error instanceof GraphRequestError) || error.kind !== 'not_found' || saysMailboxMissing(error)) throw unitErrorOf(error, 'dest');
  }
}

/** What to recognise the copies by. */
class Wanted {
  private readonly byMatchKey = new Map<string, string[]>();
  private readonly byMark = new Map<string, string[]>();
  private readonly provisional = new Set<string>();
  hasDescribed = false;

  async add({ item, mark }: TransferItem, source: Mailbox, sourceFolderId: string, signal: AbortSignal): Promise<void> {
    push(this.byMark, mark, item.key);
    this.provisional.add(provisionalMark(mark));
    // The listing may have been refused the search key; asked for singly, an item still shows it.
    const matchKey = item.matchKey ?? (await readMatchKey(source, sourceFolderId, item.key, signal));
    if (matchKey === null) return;
    push(this.byMatchKey, matchKey, item.key);
    this.hasDescribed ||= isDescribed(matchKey);
  }

  isPartial(raw: Record<string, unknown>): boolean {
    return this.provisional.has(stampOf(raw) ?? '');
  }

  matching(raw: Record<string, unknown>): Set<string> {
    return new Set([...(this.byMark.get(extendedValue(raw, markProperty) ?? '') ?? []), ...(this.byMatchKey.get(matchKeyOf(raw)) ?? [])]);
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}
