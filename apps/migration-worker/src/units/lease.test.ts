import { createLogger } from '@migrator/service-kit/logger';
import { eventually } from '@migrator/testing/eventually';
import { Halt, Stopped } from '../engine/halt.js';
import { ClaimLost } from '../engine/unit-ledger.js';
import type { DesiredState } from './job-service.js';
import { keepLease, type Lease } from './lease.js';

const logger = createLogger('test', 'silent');
const open: { lease: Lease; halt: Halt }[] = [];
afterEach(() => {
  for (const { lease, halt } of open.splice(0)) {
    lease.end();
    halt.end();
  }
});

function keep(renewJob: () => Promise<DesiredState>, renewLedger = (): Promise<boolean> => Promise.resolve(true)): { lease: Lease; halt: Halt } {
  const halt = new Halt(60_000);
  const lease = keepLease({ leaseSeconds: 0.15, renewJob, renewLedger, halt, logger }, performance.now());
  open.push({ lease, halt });
  return { lease, halt };
}

test('a lease that nobody answers for runs out by our own clock, and everything is dropped', async () => {
  const { lease, halt } = keep(() => Promise.reject(new Error('job-service is away')));
  expect(lease.holds()).toBe(true);
  await eventually('the lease to run out', () => halt.hard.aborted);
  expect(halt.reason).toBeInstanceOf(ClaimLost);
  expect(lease.holds()).toBe(false);
});

test('a lease that is renewed holds on', async () => {
  let renewals = 0;
  const { lease, halt } = keep(() => {
    renewals++;
    return Promise.resolve('run');
  });
  await eventually('several renewals', () => renewals > 5);
  expect(lease.holds()).toBe(true);
  expect(halt.soft.aborted).toBe(false);
});

test('a pause ends in order: the batch in hand goes on', async () => {
  const { lease, halt } = keep(() => Promise.resolve('pause'));
  await lease.renewNow();
  expect(halt.reason).toBeInstanceOf(Stopped);
  expect(halt.hard.aborted).toBe(false);
});

test.each<[string, DesiredState, boolean]>([
  ['job-service', 'lost', true],
  ['the ledger', 'run', false],
])('a claim that %s gave to somebody else is dropped at once', async (_who, desired, held) => {
  const { lease, halt } = keep(
    () => Promise.resolve(desired),
    () => Promise.resolve(held),
  );
  await lease.renewNow();
  expect(halt.hard.reason).toBeInstanceOf(ClaimLost);
});
