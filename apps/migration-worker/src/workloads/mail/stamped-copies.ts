/**
 * Copies made through JSON are stamped with their item's mark. While one is being built it carries a provisional mark, so that a
 * half-built copy is never taken for a whole one: whoever meets it removes it.
 */
import { GraphRequestError } from '@migrator/graph-client';
import type { DestRef } from '../workload.js';
import { saysMailboxMissing, unitErrorOf } from './errors.js';
import type { Mailbox } from './mailbox.js';
import { expandProperties, extendedValue, markProperty, odataString, segment, subjectProperty, text } from './mapi.js';

const provisional = '.partial';

export function provisionalMark(mark: string): string {
  return `${mark}${provisional}`;
}

/** The stamp of a copy that was listed with the mark and the subject: a task has its title alone, and only while it is being built. */
export function stampOf(raw: unknown): string | null {
  const title = extendedValue(raw, subjectProperty) ?? '';
  return extendedValue(raw, markProperty) ?? (/^[0-9a-f]{32}\.partial$/.test(title) ? title : null);
}

/** The item's mark in a stamp, and whether the copy that carries it is whole. */
export function readStamp(stamp: string | null): { mark: string | null; whole: boolean } {
  return stamp?.endsWith(provisional) === true ? { mark: stamp.slice(0, -provisional.length), whole: false } : { mark: stamp, whole: true };
}

/** Copies in a folder that carry exactly this mark, with their ids in the admin API. Throws GraphRequestError. */
export async function findStamped(destination: Mailbox, folderId: string, mark: string, signal: AbortSignal): Promise<DestRef[]> {
  const query = { $filter: `singleValueExtendedProperties/any(ep: ep/id eq ${odataString(markProperty)} and ep/value eq ${odataString(mark)})`, $expand: expandProperties(markProperty), $top: '20' };
  const found: DestRef[] = [];
  const pages = destination.port.pages<Record<string, unknown>>(destination.admin(`/folders/${segment(folderId)}/items`), destination.options(signal, { query }));
  for await (const page of pages) {
    for (const raw of page.value) {
      const id = text(raw['id']);
      // Graph compares such values without case; the mark it shows, when it shows it, has to be the one asked for.
      const shown = extendedValue(raw, markProperty);
      if (id !== null && (shown === null || shown === mark)) found.push({ id, version: text(raw['changeKey']) ?? '' });
    }
  }
  return found;
}

/** Removes a copy of ours; it stays recoverable. One that is gone already is fine. */
export async function removeCopy(destination: Mailbox, folderId: string, itemId: string, signal: AbortSignal): Promise<void> {
  try {
    await destination.port.delete(destination.admin(`/folders/${segment(folderId)}/items/${segment(itemId)}`), destination.options(signal, { query: { disposalType: 'softDelete' }, repeatable: true }));
  } catch (error) {
    if (error instanceof GraphRequestError && error.kind === 'not_found' && !saysMailboxMissing(error)) return;
    throw unitErrorOf(error, 'dest');
  }
}

/** Removes whatever an interrupted attempt at this item has left half-built. */
export async function removePartial(destination: Mailbox, folderId: string, mark: string, signal: AbortSignal): Promise<void> {
  for (const partial of await findStamped(destination, folderId, provisionalMark(mark), signal)) await removeCopy(destination, folderId, partial.id, signal);
}
