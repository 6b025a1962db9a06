/**
 * The one place where a failed request of this workload becomes an outcome of an item or of the unit. Table-driven: `graph-client`
 * has decided what kind of failure it is; what that kind means depends only on what was being done.
 */
import { GraphRequestError, type GraphErrorKind } from '@migrator/graph-client';
import type { ItemFailure, SkipCause } from '@migrator/contracts/outcomes';
import { isAbort, noWords, unitErrorOf, type GraphWords } from '../graph-errors.js';
import { UnitError, type ItemResult } from '../workload.js';
import { ExportRefused, ExportUnreadable, ImportUnanswered } from './transfer-failures.js';

export { faultOf, noWords, orEndUnit, unitErrorOf, type GraphWords, type Side } from '../graph-errors.js';

/** What a request was for, as far as its failure is judged by it. */
export type Doing = 'read' | 'write' | 'update';

/** How a failure ends one item; `fallback` says that the JSON path may still carry it, and with which failure it ends if not. */
export type Verdict =
  | { readonly end: 'failed'; readonly failure: ItemFailure }
  | { readonly end: 'fallback'; readonly failure: ItemFailure }
  | { readonly end: 'skipped'; readonly cause: SkipCause }
  | { readonly end: 'in_doubt' }
  /** Not about this item: the unit cannot go on, or was told to stop. */
  | { readonly end: 'unit' };

const failed = (failure: ItemFailure): Verdict => ({ end: 'failed', failure });
const fallback = (failure: ItemFailure): Verdict => ({ end: 'fallback', failure });
const skipped = (cause: SkipCause): Verdict => ({ end: 'skipped', cause });
const unit: Verdict = { end: 'unit' };

const readVerdicts: Record<GraphErrorKind, Verdict> = {
  throttled: failed('SOURCE_READ_FAILED'),
  unavailable: failed('SOURCE_READ_FAILED'),
  // Reading changes nothing: a lost answer is only an unread one.
  in_doubt: failed('SOURCE_READ_FAILED'),
  unauthorised: unit,
  forbidden: unit,
  not_found: skipped('SOURCE_ITEM_GONE'),
  conflict: failed('SOURCE_READ_FAILED'),
  gone: skipped('SOURCE_ITEM_GONE'),
  precondition: failed('SOURCE_READ_FAILED'),
  too_large: fallback('SOURCE_READ_FAILED'),
  bad_request: fallback('SOURCE_READ_FAILED'),
  quota: fallback('SOURCE_READ_FAILED'),
  corrupt: fallback('SOURCE_ITEM_CORRUPT'),
  locked: failed('SOURCE_READ_FAILED'),
  cancelled: unit,
};

const writeVerdicts: Record<GraphErrorKind, Verdict> = {
  throttled: failed('DEST_WRITE_FAILED'),
  unavailable: failed('DEST_WRITE_FAILED'),
  in_doubt: { end: 'in_doubt' },
  unauthorised: unit,
  forbidden: unit,
  not_found: failed('DEST_WRITE_FAILED'),
  conflict: failed('DEST_WRITE_FAILED'),
  gone: failed('DEST_WRITE_FAILED'),
  precondition: failed('DEST_WRITE_FAILED'),
  too_large: failed('DEST_ITEM_TOO_LARGE'),
  bad_request: fallback('DEST_ITEM_REFUSED'),
  quota: unit,
  corrupt: fallback('DEST_ITEM_REFUSED'),
  locked: failed('DEST_WRITE_FAILED'),
  cancelled: unit,
};

/** Updates are sent with the id and version we wrote: whatever does not fit was changed, moved or deleted by a person since. */
const updateVerdicts: Record<GraphErrorKind, Verdict> = {
  ...writeVerdicts,
  not_found: skipped('DEST_ITEM_CHANGED'),
  conflict: skipped('DEST_ITEM_CHANGED'),
  precondition: skipped('DEST_ITEM_CHANGED'),
};

const verdicts: Record<Doing, Record<GraphErrorKind, Verdict>> = { read: readVerdicts, write: writeVerdicts, update: updateVerdicts };

/** Codes of the per-item errors inside a successful export. Codes vary in case, so they are kept in lower case. */
const exportedErrorKinds: Record<string, GraphErrorKind> = {
  erroritemnotfound: 'not_found',
  itemnotfound: 'not_found',
  notfound: 'not_found',
  errormessagesizeexceeded: 'too_large',
  errorserverbusy: 'unavailable',
  errorinternalservertransienterror: 'unavailable',
  errormailboxstoreunavailable: 'unavailable',
  errortimeoutexpired: 'unavailable',
  erroritemcorrupt: 'corrupt',
  errorcorruptdata: 'corrupt',
};

/** What a per-item error of an export means. An unknown code is taken as a refusal for good: the JSON path is tried. */
export function exportedErrorVerdict(code: string | null): Verdict {
  return readVerdicts[exportedErrorKinds[(code ?? '').toLowerCase()] ?? 'bad_request'];
}

/** Codes that say the mailbox is not there, whatever was asked of it. */
const mailboxMissingCodes = new Set(['mailboxnotenabledforrestapi', 'errorinvaliduser', 'resourcenotfound', 'request_resourcenotfound', 'errornonexistentmailbox', 'mailboxnotfound']);

export function saysMailboxMissing(error: GraphRequestError): boolean {
  return error.kind === 'not_found' && mailboxMissingCodes.has((error.graphCode ?? '').toLowerCase());
}

/** Exchange says "too large" with whatever status; its own code is what counts. */
function kindOf(error: GraphRequestError): GraphErrorKind {
  return /^ErrorMessageSizeExceeded$/i.test(error.graphCode ?? '') ? 'too_large' : error.kind;
}

/** How a failed request ends the item it was for. Anything that is no failed request is a fault of the program. */
export function verdictOf(error: unknown, doing: Doing): Verdict {
  if (error instanceof GraphRequestError) return saysMailboxMissing(error) ? unit : verdicts[doing][kindOf(error)];
  if (error instanceof ExportRefused) return exportedErrorVerdict(error.code);
  if (error instanceof ImportUnanswered) return { end: 'in_doubt' };
  if (error instanceof ExportUnreadable) return failed('SOURCE_READ_FAILED');
  if (error instanceof UnitError || isAbort(error)) return unit;
  return failed('INTERNAL');
}

export function wordsOf(error: unknown): GraphWords {
  if (error instanceof ExportRefused) return { graphCode: error.code, requestId: error.requestId };
  return error instanceof GraphRequestError ? { graphCode: error.graphCode, requestId: error.requestId } : noWords;
}

/** The verdict as the engine's result; `unit` verdicts are thrown instead. */
export function resultOf(key: string, verdict: Exclude<Verdict, { end: 'unit' }>, words: GraphWords): ItemResult {
  switch (verdict.end) {
    case 'failed':
    case 'fallback':
      return { key, outcome: 'failed', failure: verdict.failure, ...words };
    case 'skipped':
      return { key, outcome: 'skipped', cause: verdict.cause, ...words };
    case 'in_doubt':
      return { key, outcome: 'in_doubt', ...words };
  }
}

/** Not a failed request and not the engine's own: a fault of the program, which the log must show. */
export function isFault(error: unknown): boolean {
  return !(error instanceof GraphRequestError || error instanceof ExportRefused || error instanceof ExportUnreadable || error instanceof ImportUnanswered || error instanceof UnitError || isAbort(error));
}

/** The result for a failed request about one item; throws what ends the unit, and faults. */
export function failureResult(key: string, error: unknown, doing: Doing): ItemResult {
  if (isFault(error)) throw error;
  const verdict = verdictOf(error, doing);
  if (verdict.end === 'unit') throw unitErrorOf(error, doing === 'read' ? 'source' : 'dest');
  return resultOf(key, verdict, wordsOf(error));
}
