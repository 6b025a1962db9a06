/** The sharing of what a page lists, as items of their own: each is listed with what it belongs to, and needs its copy. */
import { GraphRequestError } from '@migrator/graph-client';
import { unitErrorOf } from '../graph-errors.js';
import { InFlight } from '../in-flight.js';
import type { SourceItem } from '../workload.js';
import type { Listed } from './list-items.js';
import { sharingMark, type SharingItem } from './share-copies.js';
import { sharingVersion, type Shares } from './shares.js';

const readsAtOnce = 8;

export const sharingKey = (itemId: string): string => `${itemId}${sharingMark}`;

/** One for each thing whose sharing is its own, or was until a moment ago. Throws UnitError. */
export async function sharingItems(listed: readonly (Listed & { readonly as: SourceItem })[], shares: Shares, signal: AbortSignal): Promise<SourceItem[]> {
  const found: SourceItem[] = [];
  const reads = new InFlight<SourceItem | null>(readsAtOnce, Infinity);
  const take = (one: SourceItem | null): void => {
    if (one !== null) found.push(one);
  };
  try {
    for (const one of listed) {
      const { shared, sharingChanged, infected, kind } = one.item;
      if ((!shared && !sharingChanged) || infected || kind === 'shortcut') continue;
      while (!reads.hasRoomFor(0)) take(await reads.next());
      reads.start(0, sharingItem(one, shares, signal));
    }
    while (reads.size > 0) take(await reads.next());
    return found;
  } finally {
    await reads.drain();
  }
}

async function sharingItem({ item, as }: Listed & { readonly as: SourceItem }, shares: Shares, signal: AbortSignal): Promise<SourceItem | null> {
  const { at, path, carries } = as;
  const made = (version: string): SourceItem => ({ key: sharingKey(item.id), version, sizeBytes: 0, filterBytes: item.size, kind: 'sharing', at, matchKey: null, needs: item.id, ...(path === undefined ? {} : { path }), ...(carries === undefined ? {} : { carries }), ref: { sharingOf: item } satisfies SharingItem });
  try {
    return made(sharingVersion(await shares.of(item, signal)));
  } catch (error) {
    if (!(error instanceof GraphRequestError)) throw error;
    if (error.kind === 'not_found') return null;
    // Of one item: its turn to be carried tells why.
    if (error.kind === 'forbidden' || error.kind === 'bad_request' || error.kind === 'locked') return made(`unread ${item.eTag}`);
    throw unitErrorOf(error, 'source');
  }
}
