/** Pages of a listing that Graph goes on with by links, and what its failures mean. */
import { GraphRequestError } from '@migrator/graph-client';
import type { Raw } from '../drive/drive-item.js';
import { unitErrorOf } from '../graph-errors.js';
import { CheckpointExpired, ContainerGone } from '../workload.js';
import type { Site } from './site.js';

const forgottenCodes = new Set(['resyncrequired', 'resyncchangesapplydifferences', 'resyncchangesuploaddifferences', 'syncstatenotfound', 'syncstateinvalid']);

export interface ListedPage {
  readonly value: readonly Raw[];
  readonly checkpoint: string;
  readonly complete: boolean;
}

/** Delta of something in a site, from a link or from its beginning. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* listDelta(site: Site, path: string, query: Record<string, string>, from: string | null, signal: AbortSignal): AsyncGenerator<ListedPage> {
  try {
    for await (const { value, nextLink, deltaLink } of site.port.pages<Raw>(path, site.options(signal, from === null ? { query } : { from, units: 1 }))) {
      const checkpoint = nextLink ?? deltaLink;
      if (checkpoint === null) throw new CheckpointExpired('the listing ended without a word on how to go on');
      yield { value, checkpoint, complete: nextLink === null };
    }
  } catch (error) {
    throw listingError(error, site);
  }
}

export function listingError(error: unknown, site: Site): unknown {
  if (!(error instanceof GraphRequestError)) return error;
  if (error.kind === 'gone' || forgottenCodes.has((error.graphCode ?? '').toLowerCase())) return new CheckpointExpired('the checkpoint is forgotten', { cause: error });
  if (error.kind === 'not_found') return new ContainerGone('it is no longer there', { cause: error });
  return unitErrorOf(error, site.side);
}
