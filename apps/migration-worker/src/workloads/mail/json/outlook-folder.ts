/**
 * Where a folder of the admin API is found in the classic API. Both number folders in their own way, so the way from the nearest
 * well-known folder down, by names, is what carries over.
 */
import { isRoot, scopeOf } from '../folder-selection.js';
import { parseFolder } from '../list-folders.js';
import { getOrNull, listOrNothing, type Mailbox } from '../mailbox.js';
import { isObject, odataString, segment, text } from '../mapi.js';

/** What of the classic API can hold the item. */
export type JsonKind = 'message' | 'event' | 'contact' | 'task';

/** A collection of the classic API and the kind of what it holds. */
export interface OutlookFolder {
  readonly kind: JsonKind;
  /** Path of the items below the user: `/mailFolders/{id}/messages`. */
  readonly items: string;
}

/** The kind a class of items is read and written as through JSON; null for classes that only Exchange's own stream carries. */
export function jsonKindOf(itemClass: string, folderType: string): JsonKind | null {
  const name = itemClass.toLowerCase();
  const folder = scopeOf(folderType);
  if (name.startsWith('ipm.note') || name.startsWith('ipm.schedule.') || name.startsWith('report.')) return folder === 'email' ? 'message' : null;
  if (name === 'ipm.appointment' || name.startsWith('ipm.appointment.')) return folder === 'calendar' ? 'event' : null;
  if (name === 'ipm.contact' || name.startsWith('ipm.contact.')) return folder === 'contacts' ? 'contact' : null;
  if (name === 'ipm.task' || name.startsWith('ipm.task.')) return folder === 'tasks' ? 'task' : null;
  return null;
}

interface Trail {
  readonly wellKnownName: string | null;
  readonly names: readonly string[];
}

/** Finds folders in the classic API, each once per unit. */
export class OutlookFolders {
  private readonly found = new Map<string, Promise<OutlookFolder | null>>();

  constructor(private readonly mailbox: Mailbox) {}

  /** Null when it is not there or its name is not unique: then nothing can be read or written through JSON in it. */
  async find(adminFolderId: string, kind: JsonKind, signal: AbortSignal): Promise<OutlookFolder | null> {
    const key = `${kind}:${adminFolderId}`;
    const known = this.found.get(key);
    if (known !== undefined) return await known;
    const search = this.search(adminFolderId, kind, signal);
    this.found.set(key, search);
    try {
      return await search;
    } catch (error) {
      this.found.delete(key);
      throw error;
    }
  }

  private async search(adminFolderId: string, kind: JsonKind, signal: AbortSignal): Promise<OutlookFolder | null> {
    const trail = await this.trailOf(adminFolderId, signal);
    const last = trail?.names.at(-1) ?? null;
    if (trail === null) return null;
    // The classic API finds calendars, contact folders and task lists by name alone: below another folder, a name could be somebody else's.
    if (kind !== 'message' && trail.names.length > 1) return null;
    const items = kind === 'message' ? await this.mailItems(trail, signal) : kind === 'event' ? await this.calendarItems(trail, last, signal) : kind === 'contact' ? await this.contactItems(trail, last, signal) : await this.taskItems(trail, last, signal);
    return items === null ? null : { kind, items };
  }

  /** From the folder up to the nearest well-known one. */
  private async trailOf(adminFolderId: string, signal: AbortSignal): Promise<Trail | null> {
    const names: string[] = [];
    const seen = new Set<string>();
    let id: string | null = adminFolderId;
    while (id !== null && !seen.has(id)) {
      seen.add(id);
      const raw: Record<string, unknown> | null = await getOrNull<Record<string, unknown>>(this.mailbox, this.mailbox.admin(`/folders/${segment(id)}`), this.mailbox.options(signal));
      if (raw === null) return id === adminFolderId ? null : { wellKnownName: null, names };
      const folder = parseFolder(raw);
      if (isRoot(folder)) break;
      if (folder.wellKnownName !== null) return { wellKnownName: folder.wellKnownName, names };
      names.unshift(folder.displayName);
      id = folder.parentFolderId;
    }
    return { wellKnownName: null, names };
  }

  private async mailItems(trail: Trail, signal: AbortSignal): Promise<string | null> {
    let id = segment(trail.wellKnownName ?? 'msgfolderroot');
    for (const name of trail.names) {
      const child = await this.onlyNamed(`/mailFolders/${id}/childFolders`, 'displayName', name, signal, { includeHiddenFolders: 'true' });
      if (child === null) return null;
      id = segment(child);
    }
    return `/mailFolders/${id}/messages`;
  }

  private async calendarItems(trail: Trail, name: string | null, signal: AbortSignal): Promise<string | null> {
    if (name === null) return trail.wellKnownName === 'calendar' ? '/calendar/events' : null;
    const id = await this.onlyNamed('/calendars', 'name', name, signal);
    return id === null ? null : `/calendars/${segment(id)}/events`;
  }

  private async contactItems(trail: Trail, name: string | null, signal: AbortSignal): Promise<string | null> {
    if (name === null) return trail.wellKnownName === 'contacts' ? '/contacts' : null;
    const id = await this.onlyNamed('/contactFolders', 'displayName', name, signal);
    return id === null ? null : `/contactFolders/${segment(id)}/contacts`;
  }

  private async taskItems(trail: Trail, name: string | null, signal: AbortSignal): Promise<string | null> {
    const lists = await listOrNothing(this.mailbox, '/todo/lists', {}, signal);
    const fitting = lists.filter((list) => (name === null ? text(list['wellknownListName'])?.toLowerCase() === 'defaultlist' && trail.wellKnownName === 'tasks' : list['displayName'] === name));
    const id = fitting.length === 1 ? text(fitting[0]?.['id']) : null;
    return id === null ? null : `/todo/lists/${segment(id)}/tasks`;
  }

  private async onlyNamed(path: string, field: string, name: string, signal: AbortSignal, more: Record<string, string> = {}): Promise<string | null> {
    const rows = await listOrNothing(this.mailbox, path, { ...more, $filter: `${field} eq ${odataString(name)}` }, signal);
    const fitting = rows.filter((row) => row[field] === name && isObject(row));
    return fitting.length === 1 ? text(fitting[0]?.['id']) : null;
  }
}
