/** Maps the mail folders that rules point at, by well-known name and by the names from there down. */
import { getOrNull, listOrNothing, type Mailbox } from '../mailbox.js';
import { odataString, segment, text } from '../mapi.js';

/**
 * Folders a rule can point at and that are called differently in every language. On v1.0 a mail folder does not tell its well-known
 * name, so these are addressed by name once to learn their ids.
 */
const wellKnown = ['inbox', 'archive', 'drafts', 'sentitems', 'deleteditems', 'junkemail', 'conversationhistory', 'clutter', 'outbox', 'msgfolderroot'] as const;

export class RuleFolders {
  private readonly known = new Map<string, string>();
  private wellKnownIds: Promise<Map<string, string>> | null = null;

  constructor(
    private readonly source: Mailbox,
    private readonly destination: Mailbox,
  ) {}

  /** Source folder id -> destination folder id, for those that have a counterpart. Throws UnitError. */
  async mapAll(ids: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    for (const id of ids) {
      if (this.known.has(id)) continue;
      const counterpart = await this.map(id, signal);
      if (counterpart !== null) this.known.set(id, counterpart);
    }
    return this.known;
  }

  /** Those of the folders that are at the source and can be found again by their names; each stands for itself. Throws UnitError. */
  async atSource(ids: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    const there = new Map<string, string>();
    for (const id of ids) if ((await this.placeOf(id, signal)) !== null) there.set(id, id);
    return there;
  }

  private async map(sourceId: string, signal: AbortSignal): Promise<string | null> {
    const place = await this.placeOf(sourceId, signal);
    return place === null ? null : await this.walk(place.start, place.names, signal);
  }

  /** A folder of the source by the well-known one above it and the names from there down; null when it is not there. */
  private async placeOf(sourceId: string, signal: AbortSignal): Promise<{ start: string; names: string[] } | null> {
    this.wellKnownIds ??= this.readWellKnown(signal);
    const wellKnownIds = await this.wellKnownIds;
    const names: string[] = [];
    let id: string | null = sourceId;
    while (id !== null && !wellKnownIds.has(id)) {
      const folder: Record<string, unknown> | null = await getOrNull<Record<string, unknown>>(this.source, this.source.user(`/mailFolders/${segment(id)}`), this.source.options(signal, { query: { $select: 'id,displayName,parentFolderId' } }));
      if (folder === null || names.length > 300) return null;
      names.unshift(text(folder['displayName']) ?? '');
      id = text(folder['parentFolderId']);
    }
    const start = id === null ? null : (wellKnownIds.get(id) ?? null);
    return start === null ? null : { start, names };
  }

  private async walk(start: string, names: readonly string[], signal: AbortSignal): Promise<string | null> {
    const first = await getOrNull<Record<string, unknown>>(this.destination, this.destination.user(`/mailFolders/${start}`), this.destination.options(signal, { query: { $select: 'id' } }));
    let id = text(first?.['id']);
    for (const name of names) {
      if (id === null) return null;
      const children = await listOrNothing(this.destination, `/mailFolders/${segment(id)}/childFolders`, { $filter: `displayName eq ${odataString(name)}` }, signal);
      id = text(children.find((folder) => text(folder['displayName'])?.toLowerCase() === name.toLowerCase())?.['id']);
    }
    return id;
  }

  private async readWellKnown(signal: AbortSignal): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    for (const name of wellKnown) {
      const folder = await getOrNull<Record<string, unknown>>(this.source, this.source.user(`/mailFolders/${name}`), this.source.options(signal, { query: { $select: 'id' } }));
      const id = text(folder?.['id']);
      if (id !== null) ids.set(id, name);
    }
    return ids;
  }
}
