import { eventually } from '@migrator/testing/eventually';
import { jobSchema, type Job } from '@migrator/contracts/api/jobs';
import { internalLogsAnswer } from '@migrator/contracts/internal';
import { newOrg, World, type Reply } from '../testing/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const pair = (people = ['ann', 'bob'], there = people) => ({ sourceTenantId: world.addTenant('source', people), destTenantId: world.addTenant('destination', there), type: 'EMAIL' });
const create = (body: unknown): Promise<Reply> => world.call('POST', '/v1/jobs', body);
const paths = (reply: Reply): string[] => ((reply.body as { errors?: { path: string }[] }).errors ?? []).map(({ path }) => path);

describe('201', () => {
  test('a job is QUEUED with its scope filled up, its counters at zero and its first pass', async () => {
    const reply = await create({ ...pair(), scope: { tasks: false }, name: 'Wave 1', scheduledAt: '2099-01-01T00:00:00Z' });
    expect(reply.status).toBe(201);
    const job = jobSchema.parse((reply.body as { job: unknown }).job);
    expect(job).toMatchObject({ status: 'QUEUED', scope: { email: true, calendar: true, contacts: true, tasks: false }, totalItems: 0, name: 'Wave 1', scheduledAt: '2099-01-01T00:00:00.000Z', outcome: null, draining: false, failure: null });
    expect(job.passes).toMatchObject([{ mode: 'full', status: 'QUEUED' }]);
    expect((await world.call('GET', `/v1/jobs/${job.id}`)).body).toEqual(reply.body);
  });

  test('in the default scope a mailbox without a destination is a SKIPPED unit with a WARN line', async () => {
    const reply = await create(pair(['ann', 'bob'], ['ann']));
    const { id } = (reply.body as { job: Job }).job;
    const { body } = await world.call('GET', `/v1/jobs/${id}/mailboxes?status=SKIPPED`);
    expect(body).toMatchObject({ mailboxes: [{ email: 'bob@src.example', destEmail: null, status: 'SKIPPED', totalItems: 0 }], hasMore: false, nextCursor: null });
    expect((await world.messages(id)).filter((message) => message.startsWith('bob@src.example is skipped'))).toHaveLength(1);
  });

  test('a job in which nothing has a destination ends at once, with skips', async () => {
    const { body } = await create(pair(['ann'], []));
    const { id } = (body as { job: Job }).job;
    expect(await eventually('the end', async () => ((await world.job(id)).status === 'DONE' ? await world.job(id) : null))).toMatchObject({ outcome: 'with_skips', totalItems: 0 });
  });

  test('a batch answers its ids in order; entries stand over the shared options', async () => {
    const reply = await world.call('POST', '/v1/jobs/batch', { ...pair(['ann', 'bob']), name: 'shared', batches: [{ name: 'first', options: { mailboxes: ['bob@src.example'] } }, {}] });
    expect(reply.status).toBe(201);
    const [first, second] = await Promise.all((reply.body as { jobIds: string[] }).jobIds.map((id) => world.job(id)));
    expect(first).toMatchObject({ name: 'first', options: { mailboxes: ['bob@src.example'] } });
    expect(second).toMatchObject({ name: 'shared', options: {} });
    expect(await world.unitIds(first?.id ?? '')).toHaveLength(1);
    expect(await world.unitIds(second?.id ?? '')).toHaveLength(2);
  });
});

describe('422', () => {
  test.each([
    ['an unknown field', { color: 'red' }, ['color']],
    ['an unknown scope key', { scope: { email: true, notes: true } }, ['scope.notes']],
    ['email set to false', { scope: { email: false } }, ['scope.email']],
    ['an unknown option', { options: { users: [] } }, ['options.users']],
    ['an unknown filter', { options: { filters: { folders: ['Inbox'] } } }, ['options.filters.folders']],
    ['an empty choice of folders', { options: { filters: { includeFolders: [] } } }, ['options.filters.includeFolders']],
    ['a size of nothing', { options: { filters: { maxItemBytes: 0 } } }, ['options.filters.maxItemBytes']],
    ['another word for what becomes of deletions', { options: { deletions: 'mirror' } }, ['options.deletions']],
    ['a prefix that names no folder', { options: { destFolderPrefix: '//' } }, ['options.destFolderPrefix']],
    ['a prefix with an empty name', { options: { destFolderPrefix: 'Migrated/ /x' } }, ['options.destFolderPrefix']],
    ['filters that exclude one another', { options: { filters: { since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' } } }, ['options.filters.until']],
    ['listed sources that are not there, each named', { options: { mailboxes: ['x@src.example', 'ann@src.example', 'y@src.example'] } }, ['options.mailboxes.0', 'options.mailboxes.2']],
    ['two sources for one destination', { options: { mailboxMappings: [{ source: 'ann@src.example', dest: 'bob@dst.example' }] } }, ['options']],
    ['a type of a later release', { type: 'TEAMS' }, ['type']],
    ['an older name of a type of a later release', { type: 'TEAMS_CHAT' }, ['type']],
    ['an unknown type', { type: 'FAX' }, ['type']],
  ])('%s is named', async (_what, more, expected) => {
    const reply = await create({ ...pair(), ...more });
    expect([reply.status, (reply.body as { code: string }).code, paths(reply)]).toEqual([422, 'VALIDATION_ERROR', expected]);
  });

  test('source and destination alike, or swapped, or not discovered', async () => {
    const body = pair();
    expect(paths(await create({ ...body, destTenantId: body.sourceTenantId }))).toEqual(['destTenantId']);
    expect(paths(await create({ ...body, sourceTenantId: body.destTenantId, destTenantId: body.sourceTenantId }))).toEqual(['sourceTenantId', 'destTenantId']);
    const entry = world.tenants.tenants.get(body.sourceTenantId);
    if (entry !== undefined) entry.tenant.discoveredAt = null;
    expect(paths(await create(body))).toEqual(['sourceTenantId']);
  });

  test('a batch with one bad entry creates nothing', async () => {
    const org = newOrg();
    const body = { sourceTenantId: world.addTenant('source', ['ann'], { org }), destTenantId: world.addTenant('destination', ['ann'], { org }), type: 'EMAIL', batches: [{}, { options: { mailboxes: ['gone@src.example'] } }] };
    const reply = await world.call('POST', '/v1/jobs/batch', body, { org });
    expect([reply.status, paths(reply)]).toEqual([422, ['batches.1.options.mailboxes.0']]);
    expect((await world.call('GET', '/v1/jobs', undefined, { org })).body).toEqual({ jobs: [], nextCursor: null, hasMore: false });
  });

  test('a cursor that this list did not issue, and a bad limit', async () => {
    const id = await world.createJob(['a', 'b', 'c']);
    const first = await world.call('GET', `/v1/jobs/${id}/units?limit=1`);
    const cursor = (first.body as { nextCursor: string }).nextCursor;
    for (const path of ['/v1/jobs?cursor=abc', `/v1/jobs?cursor=${cursor}`, `/v1/jobs/${id}/items?cursor=${cursor}`, `/v1/jobs/${id}/units?cursor=${cursor}x`, '/v1/jobs?limit=0', '/v1/jobs?limit=101', '/v1/jobs?status=HAPPY'])
      expect([path, (await world.call('GET', path)).status]).toEqual([path, 422]);
  });
});

describe('404', () => {
  test('another organisation’s job answers like one that does not exist', async () => {
    const id = await world.createJob(['ann']);
    const other = newOrg();
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '/pause'],
      ['PATCH', '/resume'],
      ['DELETE', ''],
      ['GET', '/logs/export'],
      ['GET', '/mailboxes'],
      ['GET', '/units'],
      ['GET', '/items'],
      ['GET', '/passes'],
      ['POST', '/passes', { mode: 'delta' }],
    ] as const) {
      const theirs = await world.call(method, `/v1/jobs/${id}${path}`, body, { org: other });
      const nobodys = await world.call(method, `/v1/jobs/job_${'0'.repeat(26)}${path}`, body, { org: other });
      expect([method, path, theirs.status, (theirs.body as { code: string }).code]).toEqual([method, path, 404, 'JOB_NOT_FOUND']);
      expect({ ...theirs.body, requestId: '' }).toEqual({ ...nobodys.body, requestId: '' });
    }
    expect((await world.job(id)).status).toBe('QUEUED');
  });

  test('an unknown tenant, or one of another organisation', async () => {
    const org = newOrg();
    const reply = await create({ ...pair(), destTenantId: world.addTenant('destination', [], { org }) });
    expect([reply.status, (reply.body as { code: string }).code]).toEqual([404, 'TENANT_NOT_FOUND']);
  });

  test('a deleted job is gone from every call, its streams end with CANCELLED and a tombstone stays', async () => {
    const id = await world.createJob(['ann']);
    expect((await world.call('DELETE', `/v1/jobs/${id}`)).body).toEqual({ deleted: true });
    expect((await world.call('GET', `/v1/jobs/${id}`)).status).toBe(404);
    expect((await world.call('DELETE', `/v1/jobs/${id}`)).status).toBe(404);
    expect((await world.internal('GET', `/internal/orgs/${world.org}/jobs/${id}/logs`)).status).toBe(404);
    await eventually('done CANCELLED', () => world.live.some((message) => message.kind === 'done' && message.jobId === id && message.status === 'CANCELLED'));
    await eventually('its rows to be removed', async () => (await world.messages(id)).length === 0 && (await world.unitIds(id)).length === 0);
    expect(await world.db.sql`select deleted_by from jobs.jobs where id = ${id} and deleted_at is not null`).toMatchObject([{ deleted_by: 'key:test' }]);
  });
});

describe('409', () => {
  test('pausing what does not run, resuming what is not paused, a pass over what has not ended; a pass that no worker can run is 422', async () => {
    const id = await world.createJob(['ann']);
    const code = async (method: string, path: string, body?: unknown): Promise<string> => ((await world.call(method, `/v1/jobs/${id}${path}`, body)).body as { code: string }).code;
    expect(await code('PATCH', '/pause')).toBe('JOB_NOT_RUNNING');
    expect(await code('PATCH', '/resume')).toBe('JOB_NOT_PAUSED');
    expect(await code('POST', '/passes', { mode: 'delta' })).toBe('CONFLICT');
    expect(await code('POST', '/passes', { mode: 'verify' })).toBe('CONFLICT');
  });

  test('a job of a disconnected tenant is paused, drains, and cannot be resumed; nothing begins with a tenant that was erased', async () => {
    const id = await world.createJob(['ann']);
    const { sourceTenantId } = await world.job(id);
    const [unit = ''] = await world.unitIds(id);
    const { claim } = await world.claim(unit);
    const detach = (erased = false) => world.internal('POST', `/internal/orgs/${world.org}/tenants/${sourceTenantId}/detach?erased=${String(erased)}`);
    expect((await detach()).body).toEqual({ paused: [id], draining: [id] });
    expect(await world.job(id)).toMatchObject({ status: 'PAUSED', draining: true });
    expect((await world.internal('POST', `/internal/units/${unit}/renew`, { claim, leaseSeconds: 60 })).body).toEqual({ desired: 'pause' });
    await world.finish(unit, claim, 'released');
    expect((await detach()).body).toEqual({ paused: [], draining: [] });
    // The disconnection was not gone through with: the job goes on.
    expect((await world.call('PATCH', `/v1/jobs/${id}/resume`)).body).toEqual({ status: 'QUEUED' });
    expect((await detach(true)).body).toEqual({ paused: [id], draining: [] });
    // Whoever asked tenant-service before, and was told that the tenant is there, is too late.
    expect((await world.call('PATCH', `/v1/jobs/${id}/resume`)).body).toMatchObject({ code: 'TENANT_DISCONNECTED', status: 409 });
    expect((await world.call('POST', '/v1/jobs', { ...pair(), sourceTenantId })).body).toMatchObject({ code: 'TENANT_NOT_FOUND', status: 404 });
    world.tenants.tenants.delete(sourceTenantId);
    expect((await world.call('PATCH', `/v1/jobs/${id}/resume`)).body).toMatchObject({ code: 'TENANT_DISCONNECTED', status: 409 });
  });
});

describe('401 and 403', () => {
  test('no identity, too little scope, and a person on a route of the platform', async () => {
    expect((await world.call('GET', '/v1/jobs', undefined, { identity: null })).status).toBe(401);
    expect((await world.call('POST', '/v1/jobs', pair(), { scopes: ['read'] })).status).toBe(403);
    expect((await world.call('POST', '/internal/units/unt_1/claim', {})).status).toBe(404);
  });
});

describe('200', () => {
  test('pages meet without gap or overlap, newest first, whatever is created meanwhile', async () => {
    const org = newOrg();
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) made.push(await world.createJob(['ann'], {}, org));
    const seen: string[] = [];
    let query = '?limit=3';
    for (;;) {
      const { jobs, nextCursor, hasMore } = (await world.call('GET', `/v1/jobs${query}`, undefined, { org })).body as { jobs: Job[]; nextCursor: string | null; hasMore: boolean };
      seen.push(...jobs.map(({ id }) => id));
      await world.createJob(['ann'], {}, org);
      expect(hasMore).toBe(nextCursor !== null);
      if (nextCursor === null) break;
      query = `?limit=3&cursor=${nextCursor}`;
    }
    expect(seen).toEqual([...made].reverse());
  });

  test('pause drains, resume goes on, and the log says so', async () => {
    const id = await world.createJob(['ann', 'bob']);
    const [first = '', second = ''] = await world.unitIds(id);
    const { claim } = await world.claim(first);
    expect((await world.call('PATCH', `/v1/jobs/${id}/pause`)).body).toEqual({ status: 'PAUSED' });
    expect(await world.job(id)).toMatchObject({ status: 'PAUSED', draining: true });
    expect((await world.internal('POST', `/internal/units/${second}/claim`, { workerId: 'w2', leaseSeconds: 9 })).body).toMatchObject({ granted: false });
    await world.finish(first, claim, 'released', { total: 5, done: 2, error: 0, skipped: 0, bytes: 20 });
    expect(await world.job(id)).toMatchObject({ status: 'PAUSED', draining: false, totalItems: 5, doneItems: 2 });
    const statusOf = async (query = ''): Promise<string[]> => ((await world.call('GET', `/v1/jobs/${id}/mailboxes${query}`)).body as { mailboxes: { status: string }[] }).mailboxes.map(({ status }) => status);
    expect((await statusOf()).sort()).toEqual(['PAUSED', 'PENDING']);
    expect(await statusOf('?status=PAUSED')).toEqual(['PAUSED']);
    expect((await world.call('PATCH', `/v1/jobs/${id}/resume`)).body).toEqual({ status: 'QUEUED' });
    await world.migrate(second);
    await world.migrate(first, 5);
    expect(await eventually('the end', async () => ((await world.job(id)).status === 'DONE' ? await world.job(id) : null))).toMatchObject({ outcome: 'clean', doneItems: 8, totalItems: 8, bytesTransferred: 800 });
    const text = (await world.messages(id)).join('\n');
    for (const words of ['Job created', 'Job started', 'Job paused', 'Job resumed', 'Job goes on', 'Job ended']) expect(text).toContain(words);
  });

  test('a paused job whose last unit finished while it drained ends when it is resumed', async () => {
    const id = await world.createJob(['ann']);
    const [unit = ''] = await world.unitIds(id);
    const { claim } = await world.claim(unit);
    await world.call('PATCH', `/v1/jobs/${id}/pause`);
    await world.finish(unit, claim, 'done', { total: 1, done: 1, error: 0, skipped: 0, bytes: 1 });
    expect(await world.job(id)).toMatchObject({ status: 'PAUSED', draining: false, completedAt: null });
    await world.call('PATCH', `/v1/jobs/${id}/resume`);
    await eventually('the end', async () => (await world.job(id)).status === 'DONE');
  });

  test('a retry pass takes up what failed, a delta pass everything that has a destination', async () => {
    const id = await world.createJob(['ann', 'bob']);
    const [first = '', second = ''] = await world.unitIds(id);
    await world.migrate(first);
    const { claim } = await world.claim(second);
    await world.finish(second, claim, 'failed', { total: 10, done: 4, error: 1, skipped: 0, bytes: 0 }, { code: 'DEST_FULL', graphCode: 'ErrorQuotaExceeded', requestId: 'r1', side: 'dest' });
    const ended = await eventually('the end', async () => ((await world.job(id)).status === 'DONE' ? await world.job(id) : null));
    expect(ended).toMatchObject({ outcome: 'with_errors', totalItems: 13, doneItems: 7, errorItems: 6 });
    expect((await world.call('GET', `/v1/jobs/${id}/units?status=ERROR`)).body).toMatchObject({ units: [{ id: second, failure: { code: 'DEST_FULL' }, errorItems: 6 }] });

    const pass = await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'retry' });
    expect([pass.status, pass.body]).toMatchObject([202, { pass: { mode: 'retry', status: 'QUEUED' } }]);
    expect((await world.internal('POST', `/internal/units/${first}/claim`, { workerId: 'w', leaseSeconds: 9 })).body).toMatchObject({ granted: false });
    const again = await world.claim(second);
    expect(again.work).toMatchObject({ mode: 'retry', counters: { total: 10, done: 4, error: 1 } });
    await world.finish(second, again.claim, 'done', { total: 10, done: 10, error: 0, skipped: 0, bytes: 0 });
    expect(await eventually('the end of the retry', async () => ((await world.job(id)).status === 'DONE' ? await world.job(id) : null))).toMatchObject({ outcome: 'clean', errorItems: 0, passes: [{ status: 'DONE' }, { mode: 'retry', status: 'DONE' }] });
    await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'delta' });
    await world.migrate(first);
    await world.migrate(second);
    await eventually('the end of the delta', async () => (await world.job(id)).status === 'DONE');
  });

  test('a retry pass takes up what was skipped for a reason that can be put right, and nothing for the sake of filters', async () => {
    const id = await world.createJob(['ann', 'bob', 'cat']);
    const [shared = '', filtered = '', whole = ''] = await world.unitIds(id);
    for (const [unitId, code] of [[shared, 'IDENTITY_UNRESOLVED'], [filtered, 'FILTERED_OUT']] as const) {
      const { claim } = await world.claim(unitId);
      await world.report('items', { jobId: id, unitId, claim }, { items: [{ itemKey: unitId, status: 'skipped', container: 'Documents', kind: 'sharing', sourceItemId: 's1', code, graphCode: null, requestId: null }] });
      await world.finish(unitId, claim, 'done', { total: 3, done: 2, error: 0, skipped: 1, bytes: 0 });
    }
    await world.migrate(whole);
    await eventually('the end', async () => (await world.job(id)).outcome === 'with_skips');
    await world.call('POST', `/v1/jobs/${id}/passes`, { mode: 'retry' });
    for (const unitId of [filtered, whole]) expect((await world.internal('POST', `/internal/units/${unitId}/claim`, { workerId: 'w', leaseSeconds: 9 })).body).toMatchObject({ granted: false });
    const { claim, work } = await world.claim(shared);
    expect(work).toMatchObject({ mode: 'retry', counters: { skipped: 1 } });
    await world.finish(shared, claim, 'done', { total: 3, done: 3, error: 0, skipped: 0, bytes: 0 });
    await eventually('the end of the retry', async () => (await world.job(id)).status === 'DONE');
  });

  test('the log export neutralises formulas, quotes cells and holds every line', async () => {
    const id = await world.createJob(['ann']);
    const [unitId = ''] = await world.unitIds(id);
    const { claim } = await world.claim(unitId);
    for (const message of ['=1+1', 'say "hi", please', '@cmd'.padEnd(20, '!')]) await world.report('log', { jobId: id, unitId, claim }, { level: 'INFO', message });
    await eventually('the lines', async () => (await world.messages(id)).length === 5);
    const reply = await world.call('GET', `/v1/jobs/${id}/logs/export`);
    expect(reply.headers.get('content-type')).toContain('text/csv');
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="job-logs.csv"');
    const rows = reply.text.split('\r\n');
    expect(rows[0]).toBe('id,level,message,ts');
    expect(rows.slice(3, 6).map((row) => row.slice(row.indexOf('INFO,') + 5, row.lastIndexOf(',')))).toEqual(["'=1+1", '"say ""hi"", please"', `'@cmd${'!'.repeat(16)}`]);
  });

  test('a page of the log begins after a seq or an id, and refuses an id of another log', async () => {
    const id = await world.createJob(['ann', 'bob'], {});
    const other = await world.createJob(['ann']);
    const page = async (job: string, query: string) => world.internal('GET', `/internal/orgs/${world.org}/jobs/${job}/logs${query}`);
    await world.claim((await world.unitIds(id))[0] ?? '');
    const all = internalLogsAnswer.parse((await page(id, '')).body);
    expect(all.lines.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(all).toMatchObject({ status: 'RUNNING', lastSeq: 2 });
    const first = all.lines[0]?.id ?? '';
    expect(internalLogsAnswer.parse((await page(id, `?afterId=${first}&limit=5`)).body).lines).toEqual(all.lines.slice(1));
    expect((await page(other, `?afterId=${first}`)).status).toBe(422);
  });
});
