/** A kind of settings of one side for verification: small named things, read whole. */
import type { Fingerprint, FingerprintPage, Side, SourceItem } from '../../workload.js';
import type { Mailbox } from '../mailbox.js';
import { contentOf, type Row, type SettingKind } from '../settings/setting-kind.js';
import { put, type Fields } from './values.js';

/**
 * The source's settings, or those of the destination that are their copies. What the destination's owner has besides is not listed:
 * nobody could tell it from a setting nobody made.
 */
export async function* readSettings(kind: SettingKind, side: Side, source: Mailbox, destination: Mailbox, signal: AbortSignal): AsyncGenerator<FingerprintPage> {
  const items = await kind.list(source, signal);
  const prints: Fingerprint[] = [];
  if (side === 'source') for (const item of items) prints.push(printOf(kind, item, item.key, item.version, valueOf(kind, contentOf(item))));
  else {
    const current = await kind.current(destination, signal);
    const taken = new Set<string>();
    for (const item of items) {
      const copy = (await kind.find(current, item, signal)).find(({ id }) => !taken.has(id));
      if (copy === undefined) continue;
      taken.add(copy.id);
      prints.push(printOf(kind, item, copy.id, copy.version, valueOf(kind, current.find((row) => row['id'] === copy.id) ?? contentOf(item))));
    }
  }
  yield { prints, checkpoint: '', complete: true };
}

/** Those found by their name alone have a value to compare; others are found by being the same. */
const valueOf = ({ verifiedValue }: SettingKind, row: Row): unknown => verifiedValue?.(row) ?? null;

function printOf(kind: SettingKind, item: SourceItem, id: string, version: string, value: unknown): Fingerprint {
  const fields: Fields = {};
  put(fields, 'value', value);
  return { part: 'item', key: `${kind.kind} ${item.key}`, join: null, mark: null, likeness: null, id, version, kind: item.kind, sizeBytes: item.sizeBytes, at: null, content: 'here', fields, lesser: fields, ownersChoice: kind.verifiedValue !== undefined };
}
