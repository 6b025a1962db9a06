import { FaultList, type FaultSubject } from './faults.js';

const get: FaultSubject = { method: 'GET', target: 'graph.microsoft.com/v1.0/users/u1/messages?$top=5', tenantId: 't1', clientId: 'app', mailbox: ['u1', 'anna@contoso.com'] };
const struck = (faults: FaultList, subject: FaultSubject, times: number): boolean[] => Array.from({ length: times }, () => faults.strike(subject).length > 0);

test('nth strikes once, from nth on with times', () => {
  const faults = new FaultList();
  faults.add({ id: 'a', match: {}, nth: 2, action: { kind: 'resetBefore' } });
  expect(struck(faults, get, 4)).toEqual([false, true, false, false]);
  faults.add({ id: 'a', match: {}, nth: 2, times: 2, action: { kind: 'resetBefore' } });
  expect(struck(faults, get, 4)).toEqual([false, true, true, false]);
});

test.each([
  [{ mailbox: 'Anna@Contoso.com' }, true], [{ mailbox: 'u2' }, false], [{ tenantId: 'T1' }, true], [{ tenantId: 't2' }, false],
  [{ method: 'get' }, true], [{ method: 'POST' }, false], [{ path: '/messages\\?\\$top' }, true], [{ path: '^login' }, false], [{ clientId: 'other' }, false],
])('%j matches: %s', (match, expected) => {
  const faults = new FaultList();
  faults.add({ id: 'a', match, action: { kind: 'resetBefore' } });
  expect(struck(faults, get, 1)).toEqual([expected]);
});

test('the same seed strikes the same requests', () => {
  const runs = [1, 2].map(() => {
    const faults = new FaultList();
    faults.add({ id: 'a', match: {}, probability: 0.3, seed: 's', action: { kind: 'resetBefore' } });
    return struck(faults, get, 200);
  });
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]?.filter(Boolean).length).toBeGreaterThan(30);
  expect(runs[0]?.filter(Boolean).length).toBeLessThan(90);
});

test('delays add up with one other fault, the first of two others wins', () => {
  const faults = new FaultList();
  faults.add({ id: 'slow', match: {}, action: { kind: 'delayMs', ms: 1 } });
  faults.add({ id: 'first', match: {}, action: { kind: 'resetBefore' } });
  faults.add({ id: 'second', match: {}, action: { kind: 'emptyStatus', status: 503 } });
  expect(faults.strike(get).map((h) => h.id)).toEqual(['slow', 'first']);
  expect(faults.list().map((f) => [f.rule.id, f.seen, f.struck])).toEqual([['slow', 1, 1], ['first', 1, 1], ['second', 1, 0]]);
});
