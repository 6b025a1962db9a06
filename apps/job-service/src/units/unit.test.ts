import { describeFailure, retryDelayMs, shownStatus, soundCounters } from './unit.js';

test('a begun unit that waits in a paused job is shown as PAUSED, one that never began as PENDING', () => {
  expect(shownStatus('PENDING', true, 'PAUSED')).toBe('PAUSED');
  expect(shownStatus('PENDING', false, 'PAUSED')).toBe('PENDING');
  expect(shownStatus('RUNNING', true, 'PAUSED')).toBe('RUNNING');
  expect(shownStatus('PENDING', true, 'RUNNING')).toBe('PENDING');
  expect(shownStatus('DONE', true, 'PAUSED')).toBe('DONE');
});

test('attempts are spaced further and further, up to five minutes', () => {
  expect([1, 2, 3, 8, 9, 50].map(retryDelayMs)).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
});

test('the total is never less than what has an outcome', () => {
  expect(soundCounters({ total: 3, done: 3, error: 1, skipped: 1, bytes: 9 })).toEqual({ total: 5, done: 3, error: 1, skipped: 1, bytes: 9 });
});

test('a failure says what Graph said and where', () => {
  expect(describeFailure({ code: 'ACCESS_DENIED', graphCode: 'ErrorAccessDenied', requestId: 'r-1', side: 'dest' }).cause).toBe(
    'The application may not read or write this mailbox, drive or site, or an administrator has locked it. (at the destination, Graph said ErrorAccessDenied, request r-1)',
  );
});
