/** Delta pages as the admin API asks for them: page sizes, tokens that are forgotten (410) and texts that are none (400). */
import { linkWith, parseTop } from '../../http/odata.js';
import { GraphFault, type GraphRequest } from '../../http/route.js';
import { DeltaExpired } from '../store/change-log.js';
import type { Folder } from '../store/folder.js';
import type { DeltaPage, Mailbox } from '../store/mailbox.js';

/** Page size of a delta call: `Prefer: odata.maxpagesize`, else `$top`, else 10. */
export function deltaPageSize(req: GraphRequest): { size: number; applied: Record<string, string> } {
  const match = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(String(req.headers['prefer'] ?? ''));
  if (match?.[1] !== undefined) return { size: Math.max(1, Math.min(1000, Number(match[1]))), applied: { 'Preference-Applied': `odata.maxpagesize=${match[1]}` } };
  return { size: parseTop(req.query, 1000) ?? 10, applied: {} };
}

/** `latest` is no short cut for Outlook: it answers everything (graph/exchange.md 3.3). */
function tokenOf(req: GraphRequest): string | null {
  const token = req.query.get('$skiptoken') ?? req.query.get('$deltatoken');
  return token === null || token === '' || token === 'latest' ? null : token;
}

function orFault<T>(req: GraphRequest, page: () => T | null): T {
  try {
    const found = page();
    if (found === null) throw new GraphFault(400, 'SyncStateInvalid', 'Badly formed token.');
    return found;
  } catch (error) {
    if (!(error instanceof DeltaExpired)) throw error;
    throw new GraphFault(410, 'SyncStateNotFound', `The sync state generation is not found; generation=${String(error.generation)};[highest=${String(error.highest)}].`, { headers: { Location: linkWith(req, { $skiptoken: null, $deltatoken: '' }) } });
  }
}

export const deltaPage = (req: GraphRequest, mailbox: Mailbox, folder: Folder, size: number): DeltaPage => orFault(req, () => mailbox.delta(folder, tokenOf(req), size));

export const folderDeltaPage = (req: GraphRequest, mailbox: Mailbox, size: number): NonNullable<ReturnType<Mailbox['folderDeltaPage']>> => orFault(req, () => mailbox.folderDeltaPage(tokenOf(req), size));
