/** Reads one side of one place into the store, from where it stands. */
import { CheckpointExpired, ContainerGone, UnitError, type Container, type DestContainer, type Side, type SideReader } from '../../workloads/workload.js';
import { ListingEndless, ListingWatch } from '../listing-watch.js';
import type { PrintContext, VerifyStore } from './verify-store.js';

/** How often a reading may begin again because the service forgot where it was. */
const restartsMax = 5;

export interface ScanSide {
  readonly sides: SideReader;
  readonly store: VerifyStore;
  readonly place: string;
  readonly side: Side;
  readonly container: Container;
  readonly dest: DestContainer;
  readonly depth: 'all' | 'items';
  readonly context: PrintContext;
  readonly signal: AbortSignal;
  /** Items read and stored. */
  onRead(items: number): void;
}

/** True when it was read to its end; false when the container is not there any more. */
export async function scanSide({ sides, store, place, side, container, dest, depth, context, signal, onRead }: ScanSide): Promise<boolean> {
  const stands = await store.progress(place, side);
  if (stands.complete) return true;
  let from = stands.checkpoint;
  for (let restart = 0; ; restart++) {
    try {
      let ended = false;
      const watch = new ListingWatch(from);
      for await (const page of sides.read(side, container, dest, depth, from, signal)) {
        if (ended) throw new Error('a reading went on after its last page');
        ended = page.complete;
        watch.page({ items: page.prints.map(({ id, version }) => ({ key: id, version })), removed: [], checkpoint: page.checkpoint, complete: page.complete });
        await store.add(place, side, page, context);
        onRead(page.prints.filter(({ part }) => part === 'item').length);
        signal.throwIfAborted();
      }
      if (!ended) throw new Error('a reading ended without its last page');
      return true;
    } catch (error) {
      if (error instanceof ContainerGone) {
        await store.forget(place, side);
        return false;
      }
      // Half a listing compared with a whole one would find what is not so.
      if (error instanceof ListingEndless) throw new UnitError('LISTING_ENDLESS', side, false, { code: null, requestId: null }, { cause: error });
      if (!(error instanceof CheckpointExpired) || restart >= restartsMax) throw error;
      await store.forget(place, side);
      from = null;
    }
  }
}
