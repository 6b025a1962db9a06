/** The one place where a failed request about one thing of a drive becomes its outcome. Table-driven, as in every workload. */
import { GraphRequestError, type GraphErrorKind } from '@migrator/graph-client';
import type { ItemFailure, SkipCause } from '@migrator/contracts/outcomes';
import { noWords, unitErrorOf, type GraphWords } from '../graph-errors.js';
import type { DestRef, ItemResult } from '../workload.js';

/** What a request was for, as far as its failure is judged by it. */
export type Doing = 'read' | 'write' | 'update';

type Verdict = { readonly end: 'failed'; readonly failure: ItemFailure } | { readonly end: 'skipped'; readonly cause: SkipCause } | { readonly end: 'in_doubt' } | { readonly end: 'unit' };

const failed = (failure: ItemFailure): Verdict => ({ end: 'failed', failure });
const skipped = (cause: SkipCause): Verdict => ({ end: 'skipped', cause });
const unit: Verdict = { end: 'unit' };

const readVerdicts: Record<GraphErrorKind, Verdict> = {
  throttled: failed('SOURCE_READ_FAILED'),
  unavailable: failed('SOURCE_READ_FAILED'),
  in_doubt: failed('SOURCE_READ_FAILED'),
  unauthorised: unit,
  // Of one file, not of the drive, which could be listed.
  forbidden: failed('SOURCE_READ_FAILED'),
  not_found: skipped('SOURCE_ITEM_GONE'),
  conflict: failed('SOURCE_READ_FAILED'),
  gone: skipped('SOURCE_ITEM_GONE'),
  precondition: failed('SOURCE_READ_FAILED'),
  too_large: failed('SOURCE_READ_FAILED'),
  bad_request: failed('SOURCE_READ_FAILED'),
  quota: failed('SOURCE_READ_FAILED'),
  corrupt: failed('SOURCE_ITEM_CORRUPT'),
  locked: failed('SOURCE_ITEM_LOCKED'),
  cancelled: unit,
};

const writeVerdicts: Record<GraphErrorKind, Verdict> = {
  throttled: failed('DEST_WRITE_FAILED'),
  unavailable: failed('DEST_WRITE_FAILED'),
  in_doubt: { end: 'in_doubt' },
  unauthorised: unit,
  forbidden: unit,
  // The folder it goes into; the drive itself was opened.
  not_found: failed('NEEDED_COPY_GONE'),
  conflict: failed('DEST_ITEM_REFUSED'),
  gone: failed('DEST_WRITE_FAILED'),
  precondition: failed('DEST_WRITE_FAILED'),
  too_large: failed('DEST_ITEM_TOO_LARGE'),
  bad_request: failed('DEST_ITEM_REFUSED'),
  quota: unit,
  corrupt: failed('DEST_ITEM_REFUSED'),
  locked: failed('DEST_ITEM_LOCKED'),
  cancelled: unit,
};

/** A copy that is not there any more, or not as it was a moment ago, was moved, deleted or changed by a person. */
const updateVerdicts: Record<GraphErrorKind, Verdict> = { ...writeVerdicts, not_found: skipped('DEST_ITEM_CHANGED'), precondition: skipped('DEST_ITEM_CHANGED') };

const verdicts: Record<Doing, Record<GraphErrorKind, Verdict>> = { read: readVerdicts, write: writeVerdicts, update: updateVerdicts };

/** Codes that say more than the status; in lower case. */
const byCode: Record<'read' | 'write', Readonly<Record<string, Verdict>>> = {
  read: { malwaredetected: skipped('SOURCE_ITEM_INFECTED'), virussuspicious: skipped('SOURCE_ITEM_INFECTED') },
  write: { pathistoolong: failed('DEST_PATH_TOO_LONG'), maxfilesizeexceeded: failed('DEST_ITEM_TOO_LARGE'), maxstreamsizeexceeded: failed('DEST_ITEM_TOO_LARGE'), malwaredetected: failed('DEST_ITEM_REFUSED') },
};

/** Ends the work on one item with its outcome. */
export class ItemEnded extends Error {
  override readonly name = 'ItemEnded';
  constructor(
    readonly verdict: Exclude<Verdict, { end: 'unit' }>,
    readonly words: GraphWords = noWords,
  ) {
    super(verdict.end);
  }
}

export const endFailed = (failure: ItemFailure, error?: unknown): ItemEnded => new ItemEnded({ end: 'failed', failure }, graphWords(error));
export const endSkipped = (cause: SkipCause): ItemEnded => new ItemEnded({ end: 'skipped', cause });
export const endInDoubt = (error?: unknown): ItemEnded => new ItemEnded({ end: 'in_doubt' }, graphWords(error));

/** Runs `work`; a failed request in it ends the item, or the unit. */
export async function during<T>(doing: Doing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw endOf(error, doing);
  }
}

/** What a failed request means for the item it was for: ItemEnded, or what ends the unit. Anything else stays as it is. */
export function endOf(error: unknown, doing: Doing): unknown {
  if (!(error instanceof GraphRequestError)) return error;
  const verdict = byCode[doing === 'read' ? 'read' : 'write'][(error.graphCode ?? '').toLowerCase()] ?? verdicts[doing][error.kind];
  return verdict.end === 'unit' ? unitErrorOf(error, doing === 'read' ? 'source' : 'dest') : new ItemEnded(verdict, graphWords(error));
}

/** `dest`: the copy of what of it was carried, when there is one. */
export function resultOf(key: string, { verdict, words }: ItemEnded, dest: DestRef | null = null): ItemResult {
  const partly = dest === null ? {} : { dest };
  switch (verdict.end) {
    case 'failed':
      return { key, outcome: 'failed', failure: verdict.failure, ...partly, ...words };
    case 'skipped':
      return { key, outcome: 'skipped', cause: verdict.cause, ...partly, ...words };
    case 'in_doubt':
      return { key, outcome: 'in_doubt', ...words };
  }
}

export const graphWords = (error: unknown): GraphWords => (error instanceof GraphRequestError ? { graphCode: error.graphCode, requestId: error.requestId } : noWords);
