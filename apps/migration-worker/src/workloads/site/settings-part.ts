/** What of every site stays behind: one entry that says so. */
import type { Candidate, Container, DestContainer, DestCopy, FingerprintPage, ForeseenResult, ItemResult, Page, RemovalResult, TransferItem } from '../workload.js';
import { lostPart, lostResult } from './lost-part.js';
import { destId, type SitePart } from './site-part.js';

const kind = 'site';

export class SettingsPart implements SitePart {
  readonly kinds = [kind];

  async *containers(): AsyncGenerator<Container> {
    yield await Promise.resolve({ key: kind, path: '/', kind, parentKey: null, itemCount: 1, stays: true, listsAll: true, ref: null });
  }

  async *destContainers(): AsyncGenerator<Container> {
    // Nothing is written here.
  }

  ensure(): Promise<DestContainer> {
    return Promise.resolve({ id: destId(kind), exists: true });
  }

  async *pages(): AsyncGenerator<Page> {
    yield await Promise.resolve({ items: [lostPart('settings', 'siteSettings', 'SITE_SETTINGS_NOT_CARRIED')], removed: [], checkpoint: kind, complete: true });
  }

  find(): Promise<Map<string, Candidate[]>> {
    return Promise.resolve(new Map());
  }

  async *transfer(batch: readonly TransferItem[]): AsyncGenerator<ItemResult> {
    yield* await this.foresee(batch);
  }

  foresee(batch: readonly TransferItem[]): Promise<ForeseenResult[]> {
    return Promise.resolve(batch.flatMap(({ item }) => lostResult(item) ?? []));
  }

  /** Not compared: Graph shows neither side's. */
  async *read(): AsyncGenerator<FingerprintPage> {
    yield await Promise.resolve({ prints: [], checkpoint: kind, complete: true });
  }

  async *copies(): AsyncGenerator<DestCopy> {
    // Nothing was written.
  }

  async *remove(): AsyncGenerator<RemovalResult> {
    // Nothing was written.
  }
}
