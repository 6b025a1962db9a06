/** Verify passes as job-service keeps them: stored in order, summed up, reported, and without a trace in the job's own numbers. */
import type { Job } from '@migrator/contracts/api/jobs';
import { jobReportAnswer } from '@migrator/contracts/api/report';
import type { Difference, VerificationEvent, VerifiedCounts } from '@migrator/contracts/events';
import { eventually } from '@migrator/testing/eventually';
import { World, type Reply } from '../testing/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const counts = (given: Partial<VerifiedCounts>): VerifiedCounts => ({ sourceItems: 0, sourceBytes: 0, destItems: 0, destBytes: 0, ownItems: 0, leftOut: 0, matched: 0, missing: 0, extra: 0, differs: 0, notComparable: 0, ...given });
const difference = (key: string, given: Partial<Difference> = {}): Difference => ({ key, code: 'VERIFY_COPY_GONE', because: null, container: 'Inbox', kind: 'IPM.Note', fields: [], sourceItemId: `source ${key}`, destItemId: null, foundIn: null, ...given });

interface Verifying {
  jobId: string;
  passId: string;
  /** Tells something about a unit, as its worker does. */
  tell(unit: { unitId: string; claim: number }, event: VerificationEvent): Promise<void>;
}

/** A job over these people that is done, and a verify pass of it. */
async function verifying(people: readonly string[]): Promise<Verifying> {
  const jobId = await world.createJob(people);
  for (const unit of await world.unitIds(jobId)) await world.migrate(unit);
  await ended(jobId);
  const { status, body } = await world.call('POST', `/v1/jobs/${jobId}/passes`, { mode: 'verify' });
  expect(status).toBe(202);
  const passId = (body as { pass: { id: string } }).pass.id;
  return {
    jobId,
    passId,
    tell: async ({ unitId, claim }, event) => {
      await world.report('verification', { jobId, unitId, claim }, { passId: passId as `pas_${string}`, event });
    },
  };
}

const ended = (jobId: string): Promise<Job> => eventually('the end', async () => (['DONE', 'ERROR'].includes((await world.job(jobId)).status) ? world.job(jobId) : null));
const finish = (unitId: string, claim: number, result: 'done' | 'failed' | 'released' = 'done'): Promise<Reply> => world.finish(unitId, claim, result, { total: 3, done: 3, error: 0, skipped: 0, bytes: 300 }, result === 'failed' ? { code: 'ACCESS_LOST', graphCode: null, requestId: null, side: 'dest' } : null);
const report = (jobId: string, query = ''): Promise<Reply> => world.call('GET', `/v1/jobs/${jobId}/report${query}`);

test('what workers find is summed up in the pass and listed in the report; the job’s own numbers stay', async () => {
  const { jobId, passId, tell } = await verifying(['ann', 'bob']);
  const before = await world.job(jobId);
  for (const unitId of await world.unitIds(jobId)) {
    const { claim, work } = await world.claim(unitId);
    expect(work).toMatchObject({ mode: 'verify', passId, counters: { total: 3, done: 3, error: 0, skipped: 0, bytes: 300 } });
    const unit = { unitId, claim };
    await tell(unit, { kind: 'progress', read: 40 });
    await tell(unit, { kind: 'begin' });
    await tell(unit, { kind: 'differences', differences: [difference('a'), difference('b', { code: 'VERIFY_COPY_CHANGED', fields: ['isRead', 'body'], destItemId: 'dest b' }), difference('c', { code: 'VERIFY_NOT_COPIED', because: 'SOURCE_ITEM_CORRUPT' })] });
    await tell(unit, { kind: 'container', key: 'k1', path: 'Inbox', destPath: 'Inbox', containerKind: 'IPF.Note', counts: counts({ sourceItems: 10, sourceBytes: 1_000, destItems: 9, destBytes: 950, ownItems: 1, matched: 7, missing: 2, differs: 1 }) });
    await tell(unit, { kind: 'container', key: 'k2', path: '=Sums', destPath: null, containerKind: 'IPF.Note', counts: counts({ leftOut: 4 }) });
    expect((await finish(unitId, claim)).status).toBe(200);
  }
  const job = await ended(jobId);
  const { passes, completedAt: _at, ...same } = job;
  const { passes: _passes, completedAt: _before, ...asBefore } = before;
  expect(same).toEqual({ ...asBefore, status: 'DONE', outcome: 'clean' });
  expect(passes.at(-1)).toMatchObject({ id: passId, mode: 'verify', status: 'DONE', verification: { outcome: 'differences', units: 2, unitsVerified: 2, unitsFailed: 0, itemsRead: 80, sourceItems: 20, matched: 14, missing: 4, extra: 0, differs: 2 } });
  expect(passes[0]?.verification).toBeNull();
  expect((await world.messages(jobId)).at(-1)).toContain('Verification ended (differences)');
  expect((await world.call('GET', `/v1/jobs/${jobId}/passes`)).body).toEqual({ passes });

  const reply = await report(jobId);
  expect(reply.status).toBe(200);
  const { units, differences, pass } = jobReportAnswer.parse(reply.body);
  expect(pass).toEqual(passes.at(-1));
  expect(units.map(({ source, status, missing, leftOut, containers }) => [source, status, missing, leftOut, containers.map(({ path }) => path)])).toEqual(['ann', 'bob'].map((name) => [`${name}@src.example`, 'VERIFIED', 2, 4, ['=Sums', 'Inbox']]));
  expect(differences).toHaveLength(6);
  expect(differences.find(({ code }) => code === 'VERIFY_COPY_CHANGED')).toMatchObject({ class: 'differs', fields: ['isRead', 'body'], destItemId: 'dest b', because: null });
  expect(differences.find(({ code }) => code === 'VERIFY_NOT_COPIED')?.because).toMatchObject({ code: 'SOURCE_ITEM_CORRUPT', cause: expect.stringContaining('corrupt') as string });

  const csv = await report(jobId, '?format=csv');
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const rows = csv.text.split('\r\n');
  expect(rows[0]).toMatch(/^record,unitId,source,dest,container,/);
  expect(rows.filter((row) => row.startsWith('unit,'))).toHaveLength(2);
  expect(rows.filter((row) => row.startsWith('container,'))).toHaveLength(4);
  expect(rows.filter((row) => row.startsWith('difference,'))).toHaveLength(6);
  // A folder's name may look like a formula to a spreadsheet.
  expect(csv.text).toContain(",'=Sums,");
  expect(csv.text).not.toContain(',=Sums');
});

test('a second attempt takes back what the first one said, and an old claim says nothing any more', async () => {
  const { jobId, tell } = await verifying(['ann']);
  const [unitId = ''] = await world.unitIds(jobId);
  const first = { unitId, claim: (await world.claim(unitId)).claim };
  await tell(first, { kind: 'begin' });
  await tell(first, { kind: 'differences', differences: [difference('a'), difference('b')] });
  await tell(first, { kind: 'container', key: 'k', path: 'Inbox', destPath: 'Inbox', containerKind: 'x', counts: counts({ sourceItems: 5, missing: 2, matched: 3 }) });
  await eventually('the first count', async () => (await world.job(jobId)).passes.at(-1)?.verification?.missing === 2);
  await finish(unitId, first.claim, 'released');
  const second = { unitId, claim: (await world.claim(unitId)).claim };
  await tell(first, { kind: 'differences', differences: [difference('late')] });
  await tell(second, { kind: 'begin' });
  await tell(second, { kind: 'container', key: 'k', path: 'Inbox', destPath: 'Inbox', containerKind: 'x', counts: counts({ sourceItems: 5, matched: 5 }) });
  await finish(unitId, second.claim);
  expect((await ended(jobId)).passes.at(-1)?.verification).toMatchObject({ outcome: 'clean', sourceItems: 5, matched: 5, missing: 0 });
  expect((await report(jobId)).body).toMatchObject({ differences: [] });
});

test('a container that is missing as a whole is a difference although no item is', async () => {
  const { jobId, tell } = await verifying(['ann']);
  const [unitId = ''] = await world.unitIds(jobId);
  const unit = { unitId, claim: (await world.claim(unitId)).claim };
  await tell(unit, { kind: 'begin' });
  await tell(unit, { kind: 'differences', differences: [difference('f', { code: 'VERIFY_CONTAINER_MISSING', sourceItemId: null })] });
  await finish(unitId, unit.claim);
  expect((await ended(jobId)).passes.at(-1)?.verification).toMatchObject({ outcome: 'differences', missing: 0 });
});

test('a unit that cannot be verified leaves the job as it was, is named in the report, and can be verified later', async () => {
  const { jobId } = await verifying(['ann', 'bob']);
  const [ann = '', bob = ''] = await world.unitIds(jobId);
  await finish(ann, (await world.claim(ann)).claim, 'failed');
  await finish(bob, (await world.claim(bob)).claim);
  const job = await ended(jobId);
  expect(job).toMatchObject({ status: 'DONE', outcome: 'clean', doneItems: 6, errorItems: 0, failure: null });
  expect(job.passes.at(-1)?.verification).toMatchObject({ outcome: 'incomplete', unitsVerified: 1, unitsFailed: 1 });
  const { units } = jobReportAnswer.parse((await report(jobId)).body);
  expect(units.map(({ status, failure }) => [status, failure?.code ?? null])).toEqual([['NOT_VERIFIED', 'ACCESS_LOST'], ['VERIFIED', null]]);
  expect((await world.call('POST', `/v1/jobs/${jobId}/passes`, { mode: 'verify' })).status).toBe(202);
  await finish(ann, (await world.claim(ann)).claim);
});

test('a report before any verify pass says what to do; one of another pass or job is not there', async () => {
  const jobId = await world.createJob(['ann']);
  const early = await report(jobId);
  expect(early.status).toBe(409);
  expect(early.text).toContain('passes');
  expect((await report(jobId, '?format=html')).status).toBe(422);
  const { passes } = await world.job(jobId);
  expect((await report(jobId, `?pass=${passes[0]?.id ?? ''}`)).status).toBe(404);
  expect((await report(`job_${'0'.repeat(26)}`)).status).toBe(404);
});

test('a dry run cannot be verified', async () => {
  const jobId = await world.createJob(['ann'], { dryRun: true });
  for (const unit of await world.unitIds(jobId)) await world.migrate(unit);
  await ended(jobId);
  const reply = await world.call('POST', `/v1/jobs/${jobId}/passes`, { mode: 'verify' });
  expect(reply.status).toBe(409);
  expect(reply.text).toContain('dry run');
});
