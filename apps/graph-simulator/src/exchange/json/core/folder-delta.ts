import { linkWith, pageReply } from '../../../http/odata.js';
import { GraphFault, type GraphReply } from '../../../http/route.js';
import { DeltaExpired } from '../../store/change-log.js';
import type { Folder } from '../../store/folder.js';
import type { Mailbox } from '../../store/mailbox.js';
import { makeId } from '../../store/outlook-id.js';
import type { Call } from './call.js';
import { deltaPageSize, deltaToken, resync } from './item-delta.js';
import { show, wantedOf, type Row, type View } from './view.js';

/** A page of folders that came, changed or went; `keep` says which folders this API shows. */
export function folderDelta(call: Call, view: View<Folder>, typeName: string, keep: (folder: Folder) => boolean): GraphReply {
  const { mailbox, req } = call;
  const wanted = wantedOf(view, req.query);
  let page: ReturnType<Mailbox['folderDeltaPage']>;
  try {
    page = mailbox.folderDeltaPage(deltaToken(call), deltaPageSize(call));
  } catch (error) {
    if (error instanceof DeltaExpired) throw resync(call, error.generation, error.highest);
    throw error;
  }
  if (page === null) throw new GraphFault(400, 'SyncStateInvalid', 'Badly formed token.');
  const { first, keys, next, delta } = page;
  const value = keys.flatMap(({ key }): Row[] => {
    const folder = mailbox.folder(key);
    if (folder !== undefined) return keep(folder) ? [show(view, folder, call, wanted)] : [];
    return first ? [] : [{ '@odata.type': `#microsoft.graph.${typeName}`, id: makeId('folder', mailbox.guid, key), '@removed': { reason: 'deleted' } }];
  });
  return pageReply(req, {
    context: `Collection(${typeName})`, value,
    next: next === null ? null : { $skiptoken: next, $deltatoken: null },
    ...(delta === null ? {} : { deltaLink: linkWith(req, { $deltatoken: delta, $skiptoken: null }) }),
  });
}
