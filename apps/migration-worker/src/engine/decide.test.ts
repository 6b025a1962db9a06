import { decide, type Decision } from './decide.js';
import { countedAs, doneCodes, failureNumbers, itemStates, skipNumbers } from './outcome-codes.js';
import type { LedgerRow } from './unit-ledger.js';

const row = (state: LedgerRow['state'], counted: LedgerRow['counted'], version = 'v1'): LedgerRow => ({ state, code: 0, versionHash: version, dest: null, counted, own: true, matchHash: '0' });
const write = (doubt = false): Decision => ({ do: 'write', doubt });
const { done, skipped, error, nothing } = countedAs;

test.each<[string, LedgerRow | null, boolean, Decision]>([
  ['a new item is written', null, false, write()],
  ['a new item that the filters leave out is left out', null, true, { do: 'leave out' }],
  ['a copy of the same version is counted once', row(itemStates.done, nothing), false, { do: 'count', as: done }],
  ['a copy that is counted costs nothing', row(itemStates.done, done), false, { do: 'nothing' }],
  ['a copy that this unit counted as an error is done after all', row(itemStates.done, error), false, { do: 'count', as: done }],
  ['a copy of an older version is written again', row(itemStates.done, done, 'v0'), false, write()],
  ['a copy that the filters would leave out today stays and counts', row(itemStates.done, done, 'v0'), true, { do: 'nothing' }],
  ['a claimed item is looked up before it is written', row(itemStates.claimed, nothing), false, write(true)],
  ['a claimed item that the filters leave out keeps its doubt', row(itemStates.claimed, nothing), true, { do: 'count', as: skipped }],
  ['a failed item is tried again', row(itemStates.failed, error), false, write()],
  ['a failed item that the filters leave out is left out', row(itemStates.failed, error), true, { do: 'leave out' }],
  ['a skipped item is tried again', row(itemStates.skipped, skipped), false, write()],
  ['an item left out before costs nothing', row(itemStates.skipped, skipped), true, { do: 'nothing' }],
])('%s', (_name, given, filtered, expected) => {
  expect(decide({ row: given, versionHash: 'v1', filtered, triedInThisRun: false })).toEqual(expected);
});

test('an item that failed in this run is not tried again because a page repeats itself', () => {
  expect(decide({ row: row(itemStates.failed, error), versionHash: 'v1', filtered: false, triedInThisRun: true })).toEqual({ do: 'nothing' });
});

test('no two outcomes share a number in the ledger', () => {
  const numbers = [...Object.values(doneCodes), ...Object.values(skipNumbers), ...Object.values(failureNumbers)];
  expect(new Set(numbers).size).toBe(numbers.length);
});
