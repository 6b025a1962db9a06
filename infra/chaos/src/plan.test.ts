import { makePlan } from './plan.js';

test('a seed gives the same plan each time, and another seed another one', () => {
  expect(makePlan(7, 'long')).toEqual(makePlan(7, 'long'));
  expect(makePlan(8, 'long')).not.toEqual(makePlan(7, 'long'));
});

test('what a plan carries follows from its seed too; one workload alone is carried through the same storm when it is asked for', () => {
  expect(new Set(Array.from({ length: 60 }, (_, seed) => makePlan(seed, 'long').carries.join()))).toEqual(new Set(['EMAIL', 'ONEDRIVE', 'SHAREPOINT', 'EMAIL,ONEDRIVE,SHAREPOINT']));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => makePlan(seed, 'short').carries.join()))).toEqual(new Set(['EMAIL,ONEDRIVE', 'EMAIL,SHAREPOINT', 'ONEDRIVE,SHAREPOINT']));
  const [mail, drives] = [makePlan(7, 'long', 'EMAIL'), makePlan(7, 'long', 'ONEDRIVE')];
  expect(drives.acts.map(({ pass, strikes }) => [pass, strikes.map(({ how }) => how)])).toEqual(mail.acts.map(({ pass, strikes }) => [pass, strikes.map(({ how }) => how)]));
  expect(drives.acts.flatMap(({ faults }) => faults).every(({ id }) => id.includes('drives'))).toBe(true);
});

test('every kind of strike and fault is drawn, at moments within the work', () => {
  const acts = Array.from({ length: 200 }, (_, seed) => makePlan(seed, 'long')).flatMap(({ acts: each }) => each);
  const strikes = acts.flatMap((act) => act.strikes);
  expect([...new Set(strikes.map(({ how }) => how))].sort()).toEqual(['cut', 'drain', 'expire', 'flush', 'freeze', 'kill']);
  const killed = new Set(strikes.flatMap((strike) => (strike.how === 'kill' ? strike.parts : [])));
  expect([...killed].sort()).toEqual(['api-gateway', 'job-service', 'migration-worker-1', 'migration-worker-2', 'migration-worker-3', 'nats', 'postgres', 'redis', 'tenant-service']);
  expect(new Set(acts.flatMap(({ faults }) => faults.map(({ action }) => action.kind)))).toEqual(new Set(['resetAfterWrite', 'statusAfterWrite', 'truncateBody', 'resetBefore', 'status', 'emptyStatus', 'htmlError', 'delayMs', 'lateAnswer', 'slowBody']));
  expect(new Set(acts.map(({ pass }) => pass))).toEqual(new Set(['full', 'delta', 'retry', 'verify']));
  for (const { strikes: each } of acts) expect(each.map(({ at }) => at)).toEqual(each.map(({ at }) => at).sort((one, other) => one - other));
});

test('people delete from a site what nothing else changes, each thing once', () => {
  for (const size of ['short', 'long'] as const) {
    const plans = Array.from({ length: 100 }, (_, seed) => makePlan(seed, size));
    for (const { acts, site } of plans) {
      const gone = acts.flatMap(({ before, during }) => [before, during?.changes ?? null].flatMap((changes) => changes?.site.edits ?? [])).filter(({ kind }) => kind === 'deleteItem' || kind === 'deletePage');
      expect(new Set(gone.map((step) => JSON.stringify(step))).size).toBe(gone.length);
      const [, visits] = site.structure.lists;
      for (const { item, page } of gone) expect(item === undefined ? Number(/\d+/.exec(String(page))) < site.structure.pages.pages : Number(item) <= (visits?.items ?? 0)).toBe(true);
    }
    expect(plans.some(({ acts }) => acts.some(({ before }) => before?.site.edits.some(({ kind }) => kind === 'deletePage')))).toBe(true);
  }
});
