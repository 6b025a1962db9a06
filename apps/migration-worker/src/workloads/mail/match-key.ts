/**
 * By what an item is known again at the destination. Nearly every item has a search key, which every copy keeps. For one that has
 * none, what else the stream keeps has to do.
 */
import { createHash } from 'node:crypto';
import { GraphRequestError } from '@migrator/graph-client';
import { saysMailboxMissing, unitErrorOf } from './errors.js';
import type { Mailbox } from './mailbox.js';
import { deliveryTimeProperty, displayNameProperty, expandProperties, extendedValue, internetMessageIdProperty, isObject, searchKeyProperty, segment, senderNameProperty, startTimeProperty, subjectProperty, submitTimeProperty, text } from './mapi.js';

/** Besides the search key: what describes an item well enough, and survives the copy. */
export const describingProperties = [subjectProperty, deliveryTimeProperty, submitTimeProperty, internetMessageIdProperty, senderNameProperty, displayNameProperty, startTimeProperty] as const;

const described = 'described:';

/** Whether a match key is made from a description: a search key is base64 and has no colon. */
export function isDescribed(matchKey: string): boolean {
  return matchKey.startsWith(described);
}

/** The match key of an item read with the search key and the describing properties expanded. */
export function matchKeyOf(raw: Record<string, unknown>): string {
  const parts = [text(raw['type']), ...describingProperties.map((id) => extendedValue(raw, id))];
  return extendedValue(raw, searchKeyProperty) ?? described + createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Reads the match key of one item of the source; null when Exchange does not read that item. Throws UnitError. */
export async function readMatchKey(source: Mailbox, folderId: string, itemId: string, signal: AbortSignal): Promise<string | null> {
  try {
    const query = { $expand: expandProperties(searchKeyProperty, ...describingProperties) };
    const raw = await source.port.get<unknown>(source.admin(`/folders/${segment(folderId)}/items/${segment(itemId)}`), source.options(signal, { query }));
    return isObject(raw) ? matchKeyOf(raw) : null;
  } catch (error) {
    const aboutTheItem = error instanceof GraphRequestError && (error.kind === 'not_found' || error.kind === 'corrupt' || error.kind === 'bad_request') && !saysMailboxMissing(error);
    if (!aboutTheItem) throw unitErrorOf(error, 'source');
    return null;
  }
}
