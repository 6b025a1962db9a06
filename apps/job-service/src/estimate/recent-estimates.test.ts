import type { Estimate } from '@migrator/contracts/api/jobs';
import type { EstimatedJob, EstimateReader } from './estimate-reader.js';
import { recentEstimates } from './recent-estimates.js';

const job = (change: Partial<EstimatedJob> = {}): EstimatedJob => ({ orgId: 'org_a', id: 'job_1' as EstimatedJob['id'], status: 'RUNNING', passes: [], ...change });

/** A reader that counts how often it reads, says for whom in its answer, and can be told to fail. */
function countingReader() {
  let [reads, now, failing] = [0, 0, false];
  const read = (wanted: EstimatedJob): Promise<Estimate> => {
    reads += 1;
    return failing ? Promise.reject(new Error('no database')) : Promise.resolve({ lowSeconds: reads, highSeconds: reads, earliestEnd: `${wanted.orgId} ${wanted.id}`, latestEnd: null, basis: 'limits' });
  };
  const reader: EstimateReader = { ofJob: read, ofRealRun: read, ofUnits: () => Promise.resolve(() => null) };
  return { recent: recentEstimates(reader, () => now), reads: () => reads, passes: (ms: number) => (now += ms), fail: (fails: boolean) => (failing = fails) };
}

test('asked for again within a second a job’s rows are read once, also by those who ask together; after it they are read again', async () => {
  const { recent, reads, passes } = countingReader();
  const together = await Promise.all(Array.from({ length: 50 }, () => recent.ofJob(job())));
  expect([reads(), new Set(together.map((estimate) => estimate?.lowSeconds)).size]).toEqual([1, 1]);
  passes(999);
  await recent.ofJob(job());
  expect(reads()).toBe(1);
  passes(1);
  await recent.ofJob(job());
  expect(reads()).toBe(2);
});

test('another organisation, job, status or pass is never answered with what was remembered', async () => {
  const { recent, reads } = countingReader();
  await recent.ofJob(job());
  expect((await recent.ofJob(job({ orgId: 'org_b' })))?.earliestEnd).toBe('org_b job_1');
  expect((await recent.ofJob(job({ id: 'job_2' as EstimatedJob['id'] })))?.earliestEnd).toBe('org_a job_2');
  await recent.ofJob(job({ status: 'PAUSED' }));
  await recent.ofJob(job({ passes: [{} as EstimatedJob['passes'][number]] }));
  await recent.ofRealRun(job());
  expect(reads()).toBe(6);
});

test('a failure is not remembered', async () => {
  const { recent, fail } = countingReader();
  fail(true);
  await expect(recent.ofJob(job())).rejects.toThrow('no database');
  fail(false);
  expect(await recent.ofJob(job())).not.toBeNull();
});

test('however many jobs are asked for, a bounded number is remembered', async () => {
  const { recent, reads } = countingReader();
  for (let serial = 0; serial <= 1_000; serial += 1) await recent.ofJob(job({ id: `job_${serial}` as EstimatedJob['id'] }));
  await recent.ofJob(job({ id: 'job_1000' as EstimatedJob['id'] }));
  expect(reads()).toBe(1_001);
  await recent.ofJob(job({ id: 'job_0' as EstimatedJob['id'] }));
  expect(reads()).toBe(1_002);
});
