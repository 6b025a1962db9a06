import { systemClock } from '@migrator/service-kit/clock';
import { createLogger } from '@migrator/service-kit/logger';
import type { ItemReport } from '@migrator/contracts/events';
import type { UnitLedger } from '../engine/unit-ledger.js';
import { UnitReporter } from './unit-reporter.js';

const report: ItemReport = { itemKey: 'key', status: 'failed', container: 'Inbox', kind: 'IPM.Note', sourceItemId: 'id', code: 'DEST_ITEM_REFUSED', graphCode: null, requestId: null };
const work = { orgId: 'org_1', jobId: 'job_1', unitId: 'unt_1', source: { address: 'a@example.com' } } as const;

/** A ledger with one report that waits, read by a worker whose lease has run out when the answer comes, or not. */
async function close(leaseRunsOut: boolean): Promise<{ published: string[]; dropped: number[] }> {
  const published: string[] = [];
  const dropped: number[] = [];
  let holds = true;
  const ledger = {
    reports: () => {
      holds = !leaseRunsOut;
      return Promise.resolve(dropped.length > 0 ? [] : [{ no: 7, report }]);
    },
    dropReports: (upTo: number) => {
      dropped.push(upTo);
      return Promise.resolve();
    },
  } as Partial<UnitLedger> as UnitLedger;
  const reporter = new UnitReporter({
    publish: (type) => {
      published.push(type);
      return Promise.resolve();
    },
    work,
    claim: 1,
    holds: () => holds,
    clock: systemClock,
    logger: createLogger('test', 'silent'),
  });
  reporter.attach(ledger);
  await reporter.close([]);
  return { published, dropped };
}

test('reports that wait in the ledger are published with their line, and leave it', async () => {
  expect(await close(false)).toEqual({ published: ['items', 'log'], dropped: [7] });
});

test('a worker that stood still while it read them tells nothing of them: another one has, and knows better', async () => {
  expect(await close(true)).toEqual({ published: [], dropped: [] });
});
