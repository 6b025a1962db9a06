import { Halt } from '../engine/halt.js';
import { ActiveUnits } from './active-units.js';

function enter(active: ActiveUnits, source: [string, string], destination: [string, string]): string[] {
  const lines: string[] = [];
  const end = ([microsoftTenantId, owner]: [string, string]) => ({ owner, microsoftTenantId });
  active.enter({ jobId: 'job', ends: { source: end(source), destination: end(destination) }, halt: new Halt(1_000), look: () => Promise.resolve(), note: (level, sentence) => lines.push(`${level} ${sentence}`) });
  return lines;
}

test('a pause is one line for the units it concerns, whichever process was told: a mailbox’s for its unit, a tenant’s for its tenant’s units, the application’s for all', () => {
  const active = new ActiveUnits();
  const ada = enter(active, ['t1', 'ADA'], ['t2', 'ada2']);
  const bob = enter(active, ['t1', 'bob'], ['t3', 'bob3']);
  active.throttled({ kind: 'outlook', tenantId: 't1', resource: 'ada', restMs: 5_000 }, 0);
  active.throttled({ kind: 'outlook', tenantId: 't1', resource: 'ada', restMs: 5_000 }, 4_000);
  expect([ada, bob]).toEqual([['WARN Microsoft throttles the source; waiting 5 s.'], []]);
  active.throttled({ kind: 'directory', tenantId: 't3', resource: null, restMs: 12_000 }, 0);
  expect([ada.length, bob]).toEqual([1, ['WARN Microsoft throttles the destination; waiting 12 s.']]);
  active.throttled({ kind: 'outlook', tenantId: 't1', resource: 'ada', restMs: 2_000 }, 5_001);
  expect(ada).toHaveLength(2);
  active.throttled({ kind: 'all', tenantId: '', resource: null, restMs: 1_000 }, 0);
  expect([ada.length, bob.length]).toEqual([4, 3]);
});
