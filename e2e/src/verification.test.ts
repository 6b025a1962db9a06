import { listItemsAnswer, passAnswer, type Job, type Pass } from '@migrator/contracts/api/jobs';
import { jobReportAnswer, type JobReport } from '@migrator/contracts/api/report';
import { connectBoth, createJob, jobReaches, startPlatform, type Platform } from './platform.js';

jest.setTimeout(600_000);
let platform: Platform | undefined;
const started = (): Platform => platform!;
beforeAll(async () => {
  platform = await startPlatform({ workers: 2 });
});
afterAll(() => platform?.stop());

/** Runs a verify pass to its end. */
async function verify(jobId: string): Promise<{ job: Job; pass: Pass; report: JobReport }> {
  const { api } = started();
  const { pass: begun } = await api.call('POST', `/v1/jobs/${jobId}/passes`, passAnswer, { mode: 'verify' });
  const job = await jobReaches(started(), jobId, ['DONE', 'ERROR'], 300_000);
  const pass = job.passes.find(({ id }) => id === begun.id)!;
  expect(pass.status).toBe('DONE');
  return { job, pass, report: await api.call('GET', `/v1/jobs/${jobId}/report`, jobReportAnswer) };
}

/** Ten of the organisation's: they hold everything that a source refuses to give, or a destination to take, and the largest attachments. */
const mailboxes = ['adele.vance', 'alex.wilber', 'soren.kjaer', 'zoe.muller', 'francois.lefevre', 'ines.pena', 'zofia.zolkiewska', 'sinead.obrien', 'anna.kuznetsova', 'taras.shevchuk'].map((alias) => `${alias}@contoso.com`);
const numbers = ({ totalItems, doneItems, errorItems, skippedItems, bytesTransferred, outcome, status }: Job): unknown => ({ totalItems, doneItems, errorItems, skippedItems, bytesTransferred, outcome, status });
const itemWrites = async (): Promise<number> => (await started().control.call<{ writes: number }>('GET', '/counters')).writes;

/** Class, code and place of each difference; what the job itself reported, and what Microsoft does not show, left out. */
const unexpected = ({ differences }: JobReport): string[] => differences.filter(({ code }) => code !== 'VERIFY_NOT_COPIED' && code !== 'VERIFY_CONTENT_NOT_SHOWN').map(({ source, container, class: kind, code, fields }) => `${source} ${container}: ${kind} ${code} ${fields.join('+')}`.trim()).sort();

test('a whole migration verifies without a false finding, and every kind of planted damage is found as what it is, in its unit', async () => {
  const { api, control, fetch: send, stack } = started();
  // Copies that JSON makes are read back: the simulator keeps their bytes.
  await control.call('POST', '/exchange/imports', { keepBytesMax: 16 * 1024 * 1024 });
  const { id: jobId } = await createJob(started(), await connectBoth(started()), { options: { mailboxes } });
  const copied = await jobReaches(started(), jobId, ['DONE', 'ERROR'], 300_000);
  expect(copied.status).toBe('DONE');

  const writesBefore = await itemWrites();
  const clean = await verify(jobId);
  expect(unexpected(clean.report)).toEqual([]);
  expect(await itemWrites()).toBe(writesBefore);
  expect(numbers(clean.job)).toEqual(numbers(copied));
  // What is missing is exactly what the job said it could not copy.
  const { items } = await api.call('GET', `/v1/jobs/${jobId}/items?limit=500`, listItemsAnswer);
  const missing = clean.report.differences.filter(({ class: kind }) => kind === 'missing');
  expect(missing.map(({ sourceItemId, because }) => `${sourceItemId ?? ''} ${because?.code ?? ''}`).sort()).toEqual(items.map(({ sourceItemId, code }) => `${sourceItemId} ${code}`).sort());
  expect(clean.pass.verification).toMatchObject({ matched: copied.doneItems, sourceItems: copied.totalItems, missing: items.length, extra: 0, differs: 0, unitsFailed: 0 });
  for (const unit of clean.report.units.filter(({ status }) => status === 'VERIFIED')) {
    expect(unit.containers.reduce((sum, each) => sum + each.sourceItems, 0)).toBe(unit.sourceItems);
    expect(unit.destItems).toBe(unit.matched + unit.ownItems);
  }

  const verified = clean.report.units.filter(({ status, sourceItems }) => status === 'VERIFIED' && sourceItems > 20);
  const expected: string[] = [];
  const plant = async (at: number, kind: string, found: string): Promise<void> => {
    const unit = verified[at % verified.length]!;
    const done = await control.call<{ folder: string }>('POST', '/exchange/damage', { tenant: 'fabrikam.com', mailbox: unit.dest, kind, ...(at < verified.length ? {} : { folder: 'sentitems' }) });
    expected.push(`${unit.source} ${done.folder}: ${found}`);
  };
  const kinds: [string, string][] = [
    ['removeItem', 'missing VERIFY_COPY_GONE'],
    ['doubleItem', 'extra VERIFY_DOUBLED'],
    ['changeByte', 'differs VERIFY_COPY_CHANGED attachmentContent'],
    ['changeText', 'differs VERIFY_COPY_CHANGED body'],
    ['shiftDate', 'differs VERIFY_COPY_CHANGED received'],
    ['dropFlag', 'differs VERIFY_COPY_CHANGED isRead'],
    ['renameFolder', 'differs VERIFY_CONTAINER_RENAMED name'],
  ];
  for (const [at, [kind, found]] of kinds.entries()) await plant(at, kind, found);
  const damaged = await verify(jobId);
  expect(unexpected(damaged.report)).toEqual(expected.sort());
  expect(damaged.pass.verification).toMatchObject({ outcome: 'differences', missing: items.length + 1, extra: 1, differs: 4 });
  expect(numbers(damaged.job)).toEqual(numbers(copied));
  for (const { cause, remedy } of damaged.report.differences) expect(cause !== '' && remedy !== '').toBe(true);

  // The same as CSV; and the report of the first pass is still to be had.
  const csv = await send(new URL(`/v1/jobs/${jobId}/report?format=csv`, stack.gatewayUrl), { headers: { authorization: `Bearer ${stack.apiKey}` } });
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const rows = (await csv.text()).split('\r\n');
  expect(rows.filter((row) => row.startsWith('difference,'))).toHaveLength(damaged.report.differences.length);
  const first = await api.call('GET', `/v1/jobs/${jobId}/report?pass=${clean.pass.id}`, jobReportAnswer);
  expect(unexpected(first)).toEqual([]);
});
