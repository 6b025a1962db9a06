/** Pages of a delta that Graph goes on with by links, and what its failures mean. */
import { GraphRequestError, type GraphPort, type RequestOptions } from '@migrator/graph-client';
import { unitErrorOf, type Side } from './graph-errors.js';
import { CheckpointExpired, ContainerGone } from './workload.js';

const forgottenCodes = new Set(['resyncrequired', 'resyncchangesapplydifferences', 'resyncchangesuploaddifferences', 'syncstatenotfound', 'syncstateinvalid']);

export interface DeltaPage<T> {
  readonly value: readonly T[];
  readonly checkpoint: string;
  readonly complete: boolean;
}

/** From the link in `options`, or from the beginning. Throws CheckpointExpired, ContainerGone, UnitError. */
export async function* deltaPages<T>(side: Side, port: GraphPort, path: string, options: RequestOptions): AsyncGenerator<DeltaPage<T>> {
  try {
    for await (const { value, nextLink, deltaLink } of port.pages<T>(path, options)) {
      const checkpoint = nextLink ?? deltaLink;
      if (checkpoint === null) throw new CheckpointExpired('the listing ended without a word on how to go on');
      yield { value, checkpoint, complete: nextLink === null };
    }
  } catch (error) {
    throw listingError(error, side);
  }
}

/** What the failure of a listing means for the container. */
export function listingError(error: unknown, side: Side): unknown {
  if (!(error instanceof GraphRequestError)) return error;
  if (error.kind === 'gone' || forgottenCodes.has((error.graphCode ?? '').toLowerCase())) return new CheckpointExpired('the checkpoint is forgotten', { cause: error });
  if (error.kind === 'not_found') return new ContainerGone('it is no longer there', { cause: error });
  return unitErrorOf(error, side);
}
