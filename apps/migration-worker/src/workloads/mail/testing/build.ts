/** Builders for this workload's tests. */
import type { GraphPort } from '@migrator/graph-client';
import type { ItemResult, SourceItem, TransferItem } from '../../workload.js';
import { Mailbox } from '../mailbox.js';

export const signal: AbortSignal = new AbortController().signal;

export function mailboxOn(port: GraphPort, side: 'source' | 'dest'): Mailbox {
  return new Mailbox(side, port, `${side}-user`, `MBX:${side}@tenant`);
}

export function item(key: string, more: Partial<SourceItem> = {}): SourceItem {
  return { key, version: `v-${key}`, sizeBytes: 1000, kind: 'IPM.Note', at: null, matchKey: `sk-${key}`, ref: null, ...more };
}

export function entry(key: string, more: Partial<TransferItem> = {}): TransferItem {
  return { item: item(key), existing: null, needed: null, mark: `mark-${key}`, ...more };
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of source) list.push(one);
  return list;
}

/** Results as short words, by item. */
export function byKey(results: readonly ItemResult[]): Record<string, string> {
  const short = (result: ItemResult): string => (result.outcome === 'skipped' ? `skipped ${result.cause}` : result.outcome === 'failed' ? `failed ${result.failure}` : result.outcome);
  return Object.fromEntries(results.map((result) => [result.key, short(result)]));
}
