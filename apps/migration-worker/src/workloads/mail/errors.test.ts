import type { GraphErrorKind } from '@migrator/graph-client';
import type { UnitError } from '../workload.js';
import { exportedErrorVerdict, faultOf, unitErrorOf, verdictOf, type Doing } from './errors.js';
import { graphError } from './testing/scripted-port.js';
import { ExportRefused, ExportUnreadable, ImportUnanswered } from './transfer-failures.js';

const words = (kind: GraphErrorKind, doing: Doing): string => {
  const verdict = verdictOf(graphError(kind), doing);
  return verdict.end === 'failed' || verdict.end === 'fallback' ? `${verdict.end} ${verdict.failure}` : verdict.end === 'skipped' ? `skipped ${verdict.cause}` : verdict.end;
};

test.each<[GraphErrorKind, string, string, string]>([
  ['throttled', 'failed SOURCE_READ_FAILED', 'failed DEST_WRITE_FAILED', 'failed DEST_WRITE_FAILED'],
  ['unavailable', 'failed SOURCE_READ_FAILED', 'failed DEST_WRITE_FAILED', 'failed DEST_WRITE_FAILED'],
  ['in_doubt', 'failed SOURCE_READ_FAILED', 'in_doubt', 'in_doubt'],
  ['unauthorised', 'unit', 'unit', 'unit'],
  ['forbidden', 'unit', 'unit', 'unit'],
  ['not_found', 'skipped SOURCE_ITEM_GONE', 'failed DEST_WRITE_FAILED', 'skipped DEST_ITEM_CHANGED'],
  ['conflict', 'failed SOURCE_READ_FAILED', 'failed DEST_WRITE_FAILED', 'skipped DEST_ITEM_CHANGED'],
  ['precondition', 'failed SOURCE_READ_FAILED', 'failed DEST_WRITE_FAILED', 'skipped DEST_ITEM_CHANGED'],
  ['too_large', 'fallback SOURCE_READ_FAILED', 'failed DEST_ITEM_TOO_LARGE', 'failed DEST_ITEM_TOO_LARGE'],
  ['bad_request', 'fallback SOURCE_READ_FAILED', 'fallback DEST_ITEM_REFUSED', 'fallback DEST_ITEM_REFUSED'],
  ['corrupt', 'fallback SOURCE_ITEM_CORRUPT', 'fallback DEST_ITEM_REFUSED', 'fallback DEST_ITEM_REFUSED'],
  ['quota', 'fallback SOURCE_READ_FAILED', 'unit', 'unit'],
  ['cancelled', 'unit', 'unit', 'unit'],
])('%s ends an item: read %s, write %s, update %s', (kind, read, write, update) => {
  expect([words(kind, 'read'), words(kind, 'write'), words(kind, 'update')]).toEqual([read, write, update]);
});

test.each([
  ['ErrorItemNotFound', 'skipped'],
  ['itemNotFound', 'skipped'],
  ['ErrorItemCorrupt', 'fallback'],
  ['ErrorCorruptData', 'fallback'],
  ['ErrorServerBusy', 'failed'],
  ['SomethingNew', 'fallback'],
  [null, 'fallback'],
])('an item that the export leaves out with %s is %s', (code, end) => {
  expect(exportedErrorVerdict(code).end).toBe(end);
});

test.each<[GraphErrorKind, string, string, boolean]>([
  ['unauthorised', 'ACCESS_LOST', 'ACCESS_LOST', false],
  ['forbidden', 'ACCESS_DENIED', 'ACCESS_DENIED', false],
  ['not_found', 'SOURCE_MISSING', 'DEST_MISSING', false],
  ['quota', 'INTERNAL', 'DEST_FULL', false],
  ['throttled', 'SERVICE_UNREACHABLE', 'SERVICE_UNREACHABLE', true],
  ['unavailable', 'SERVICE_UNREACHABLE', 'SERVICE_UNREACHABLE', true],
])('%s ends the unit as %s at the source, %s at the destination', (kind, source, dest, transient) => {
  const [atSource, atDest] = [unitErrorOf(graphError(kind, 'SomeCode'), 'source'), unitErrorOf(graphError(kind, 'SomeCode'), 'dest')] as [UnitError, UnitError];
  expect([atSource.code, atSource.side, atDest.code, atDest.side, atDest.transient]).toEqual([source, 'source', dest, 'dest', transient]);
  expect(atDest.graph).toEqual({ code: 'SomeCode', requestId: 'req-1' });
});

test('an item above the size limit is too large, whatever status says so', () => {
  expect(verdictOf(graphError('bad_request', 'ErrorMessageSizeExceeded'), 'write')).toEqual({ end: 'failed', failure: 'DEST_ITEM_TOO_LARGE' });
});

test('a mailbox that has lost its licence ends the unit, not item after item', () => {
  expect(verdictOf(graphError('not_found', 'MailboxNotEnabledForRESTAPI'), 'read').end).toBe('unit');
  expect((unitErrorOf(graphError('not_found', 'MailboxNotEnabledForRESTAPI'), 'dest') as UnitError).code).toBe('DEST_MISSING');
});

test('what is left of a cut transfer is judged by what is known of it', () => {
  expect(verdictOf(new ExportRefused(null, null), 'read').end).toBe('fallback');
  expect(verdictOf(new ExportUnreadable('cut'), 'read')).toEqual({ end: 'failed', failure: 'SOURCE_READ_FAILED' });
  expect(verdictOf(new ImportUnanswered('cut'), 'write').end).toBe('in_doubt');
  expect(verdictOf(new TypeError('bug'), 'write')).toEqual({ end: 'failed', failure: 'INTERNAL' });
});

test('a fault in the log never quotes what was parsed', () => {
  let fault: unknown;
  try {
    JSON.parse('{"subject": secret');
  } catch (error) {
    fault = error;
  }
  expect(JSON.stringify(faultOf(fault))).not.toContain('secret');
  expect(faultOf(fault).name).toBe('SyntaxError');
});
