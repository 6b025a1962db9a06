import { linkWith, pageReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import { DeltaExpired } from '../../store/change-log.js';
import type { Folder } from '../../store/folder.js';
import type { Item } from '../../store/item.js';
import type { DeltaPage } from '../../store/mailbox.js';
import type { Call } from './call.js';
import { itemId } from './item-ids.js';
import { refuseSearch } from './list.js';
import { show, wantedOf, type Row, type View } from './view.js';

/** 410 with the address to start again from (graph/exchange.md 3.3); `options` are those that the token had taken in. */
export function resync(call: Call, generation: number, highest: number, options: Readonly<Record<string, string>> = {}): GraphFault {
  const location = linkWith(call.req, { ...options, $skiptoken: null, $deltatoken: '' });
  return new GraphFault(410, 'SyncStateNotFound', `The sync state generation is not found; generation=${String(generation)};[highest=${String(highest)}].`, { headers: { Location: location } });
}

/** The token of a delta call; null begins a round. "Latest" shortcuts give full data. */
export function deltaToken(call: Call): string | null {
  const token = call.req.query.get('$skiptoken') ?? call.req.query.get('$deltatoken');
  return token === null || token === '' || token.toLowerCase() === 'latest' ? null : token;
}

/** Page size of a delta call: `Prefer: odata.maxpagesize`, else `$top`, else 10. Above 1000 counts as 1000. */
export function deltaPageSize(call: Call): number {
  const top = Number(call.req.query.get('$top') ?? '10');
  return Math.max(1, Math.min(1000, call.prefer.pageSize ?? (Number.isInteger(top) ? top : 10)));
}

/** Throws 507 for a mailbox over its quota: such a one is only listed. */
export function checkSynchronisable({ mailbox }: Call): void {
  if (mailbox.writtenBytes >= mailbox.quotaBytes) throw new GraphFault(507, 'ErrorQuotaExceeded', 'The mailbox is over its quota and cannot be synchronised.');
}

/** A page of items that came, changed or went in one folder. */
export function itemDelta(call: Call, view: View<Item>, folder: Folder, typeName: string, keep: (item: Item) => boolean = () => true): GraphReply {
  const { mailbox } = call;
  refuseSearch(call);
  const wanted = wantedOf(view, call.req.query);
  checkSynchronisable(call);
  let page: DeltaPage | null;
  try {
    page = mailbox.delta(folder, deltaToken(call), deltaPageSize(call));
  } catch (error) {
    if (error instanceof DeltaExpired) throw resync(call, error.generation, error.highest);
    throw error;
  }
  if (page === null) throw new GraphFault(400, 'SyncStateInvalid', 'Badly formed token.');
  const value = page.entries.flatMap((entry): Row[] => {
    // An immutable id that is in the folder again was never gone from it.
    if (entry.kind === 'removed' && call.prefer.immutableIds && mailbox.item(entry.key)?.folderKey === folder.key) return [];
    if (entry.kind === 'removed') return [{ '@odata.type': `#microsoft.graph.${typeName}`, id: itemId(call, entry), '@removed': { reason: entry.reason } }];
    return keep(entry.item) ? [show(view, entry.item, call, wanted)] : [];
  });
  return pageReply(call.req, {
    context: `Collection(${typeName})`, value,
    next: page.next === null ? null : { $skiptoken: page.next, $deltatoken: null },
    ...(page.delta === null ? {} : { deltaLink: linkWith(call.req, { $deltatoken: page.delta, $skiptoken: null }) }),
  });
}
