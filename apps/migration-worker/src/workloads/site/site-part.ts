/** What a site's session does with the containers of one kind: its libraries, its lists, its pages. */
import type { Candidate, Container, DestContainer, DestCopy, DestRef, FingerprintPage, ForeseenResult, ItemResult, Page, RemovalResult, Side, TransferItem } from '../workload.js';

export interface SitePart {
  /** Kinds of its containers. */
  readonly kinds: readonly string[];
  containers(signal: AbortSignal): AsyncIterable<Container>;
  /** Containers of the destination that it could have written to; `key` is the id of `DestContainer`. */
  destContainers(signal: AbortSignal): AsyncIterable<Container>;
  ensure(container: Container, signal: AbortSignal, known: string | null): Promise<DestContainer>;
  pages(container: Container, from: string | null, signal: AbortSignal): AsyncIterable<Page>;
  find(inDoubt: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): Promise<Map<string, Candidate[]>>;
  transfer(batch: readonly TransferItem[], dest: DestContainer, container: Container, signal: AbortSignal): AsyncIterable<ItemResult>;
  foresee(batch: readonly TransferItem[], container: Container, signal: AbortSignal): Promise<ForeseenResult[]>;
  read(side: Side, container: Container, dest: DestContainer, from: string | null, signal: AbortSignal): AsyncIterable<FingerprintPage>;
  /** As `Following.copies`. */
  copies(dest: DestContainer, signal: AbortSignal): AsyncIterable<DestCopy>;
  remove(copies: readonly DestRef[], dest: DestContainer, signal: AbortSignal): AsyncIterable<RemovalResult>;
}

/** Ids of counterparts begin with the kind, so that the ledger's word is enough to know what they are. */
export const destId = (kind: string, ...parts: string[]): string => [kind, ...parts].join('/');
export const destParts = (id: string): [kind: string, first: string, second: string] => {
  const [kind = '', first = '', second = ''] = id.split('/');
  return [kind, first, second];
};

/** Calls `load` once, and again only after it failed. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    }));
}
