import { jobLinksAnswer } from '@migrator/contracts/api/links';
import type { UnitCounters } from '@migrator/contracts/events';
import { linksPurpose } from '@migrator/contracts/links';
import { eventually } from '@migrator/testing/eventually';
import { ensureStreams } from '@migrator/messaging/nats';
import { readWork, type WorkReport } from '@migrator/messaging/work';
import { systemIds } from '@migrator/service-kit/ids';
import { createLivePublisher } from '../live/live-publisher.js';
import { repairLive } from '../live/repair-live.js';
import { newOrg, World } from '../testing/world.js';
import { openPosition, PositionMoved } from './position-repository.js';
import { workStreamState } from './projector.js';
import { storeReports } from './store-reports.js';

const counters = (done: number, total = done): UnitCounters => ({ total, done, error: 0, skipped: 0, bytes: done });

describe('with two instances', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ services: 2 });
  });
  afterAll(() => world.stop());

  const claimed = async (): Promise<{ jobId: string; unitId: string; claim: number }> => {
    const jobId = await world.createJob(['ann']);
    const [unitId = ''] = await world.unitIds(jobId);
    return { jobId, unitId, claim: (await world.claim(unitId)).claim };
  };
  const say = (unit: { jobId: string; unitId: string; claim: number }, message: string) => world.report('log', unit, { level: 'INFO', message });

  test('every line is stored once, in order, without gaps, also when the leader stops in the middle; live copies miss none', async () => {
    const unit = await claimed();
    const expected = Array.from({ length: 400 }, (_, index) => `line ${index}`);
    for (const [index, message] of expected.entries()) {
      await say(unit, message);
      if (index === 150) void world.services[0]?.stop();
    }
    await eventually('all lines', async () => (await world.messages(unit.jobId)).length >= 402);
    expect((await world.messages(unit.jobId)).slice(2)).toEqual(expected);
    const rows = await world.db.sql<{ seq: number }[]>`select seq from jobs.log_lines where job_id = ${unit.jobId} order by seq`;
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    await eventually('live copies', () => {
      const seqs = new Set(world.live.flatMap((message) => (message.kind === 'log' && message.jobId === unit.jobId ? message.lines.map(({ seq }) => seq) : [])));
      // Lines of the creation are not published: nobody can be listening.
      return rows.every(({ seq }) => seq === 1 || seqs.has(seq));
    });
    world.services.shift();
    await world.addService();
  });

  test('a job does not end before the lines of its workers are stored, and its end line is the last, also when somebody who lost the unit says something after it', async () => {
    const unit = await claimed();
    for (let count = 0; count < 100; count += 1) void say(unit, `late ${count}`);
    await say(unit, 'ann@src.example → 3 items migrated');
    await world.finish(unit.unitId, unit.claim, 'done', counters(3));
    const job = await eventually('the end', async () => ((await world.job(unit.jobId)).status === 'DONE' ? await world.job(unit.jobId) : null));
    const messages = await world.messages(unit.jobId);
    expect(messages.filter((message) => message.startsWith('late'))).toHaveLength(100);
    expect(messages.at(-1)).toContain('Job ended');
    const done = await eventually('done', () => world.live.find((message) => message.kind === 'done' && message.jobId === unit.jobId));
    expect(done).toMatchObject({ status: 'DONE', lastSeq: messages.length, completedAt: job.completedAt });
    const other = await claimed();
    await say({ ...unit, claim: unit.claim - 1 }, 'what a worker that had fallen silent says now');
    await say(other, 'after');
    await eventually('the line after it', async () => (await world.messages(other.jobId)).includes('after'));
    expect(await world.messages(unit.jobId)).toEqual(messages);
    await eventually('the note that all was published', async () => (await world.db.sql`select 1 from jobs.jobs where id = ${unit.jobId} and live_seq = log_seq and not live_done_pending`).length === 1);
  });

  test('progress of a claim that is over, or of an older one, changes nothing', async () => {
    const unit = await claimed();
    await world.report('progress', unit, { counters: counters(2, 9) });
    await eventually('the progress', async () => (await world.job(unit.jobId)).doneItems === 2);
    await world.report('progress', { ...unit, claim: unit.claim - 1 }, { counters: counters(7, 9) });
    await world.finish(unit.unitId, unit.claim, 'done', counters(5));
    await world.report('progress', unit, { counters: counters(8, 9) });
    const other = await claimed();
    await say(other, 'after');
    await eventually('the line after them', async () => (await world.messages(other.jobId)).includes('after'));
    expect(await world.job(unit.jobId)).toMatchObject({ doneItems: 5, totalItems: 5 });
  });

  test('an item is listed once with the last word on it, and leaves when it is resolved', async () => {
    const unit = await claimed();
    const item = (itemKey: string, status: 'failed' | 'skipped' | 'resolved', code: 'SOURCE_ITEM_CORRUPT' | 'DEST_ITEM_REFUSED' | 'FILTERED_OUT' | null) => ({ itemKey, status, container: 'Inbox', kind: 'IPM.Note', sourceItemId: `id-${itemKey}`, code, graphCode: 'ErrorX', requestId: 'r' });
    await world.report('items', unit, { items: [item('a', 'failed', 'SOURCE_ITEM_CORRUPT'), item('b', 'failed', 'SOURCE_ITEM_CORRUPT'), item('c', 'skipped', 'FILTERED_OUT')] });
    await world.report('items', unit, { items: [item('a', 'failed', 'DEST_ITEM_REFUSED'), item('b', 'resolved', null)] });
    await say(unit, 'reported');
    await eventually('the reports', async () => (await world.messages(unit.jobId)).includes('reported'));
    const { items } = (await world.call('GET', `/v1/jobs/${unit.jobId}/items`)).body as { items: { sourceItemId: string; code: string; remedy: string }[] };
    expect(items.map(({ sourceItemId, code }) => [sourceItemId, code]).sort()).toEqual([
      ['id-a', 'DEST_ITEM_REFUSED'],
      ['id-c', 'FILTERED_OUT'],
    ]);
    expect(items.every(({ remedy }) => remedy.length > 0)).toBe(true);
    const page = await world.call('GET', `/v1/jobs/${unit.jobId}/items?status=failed&limit=1`);
    expect(page.body).toMatchObject({ items: [{ status: 'failed', source: 'ann@src.example' }], hasMore: false });
  });

  test('new addresses of links are kept sealed, listed as JSON and as CSV for whoever may change things, and the last word on an item’s links counts', async () => {
    const unit = await claimed();
    const said = (itemKey: string, path: string | null, to = `https://dst.example/${itemKey}`) => ({
      ...{ itemKey, status: 'resolved' as const, container: '/', kind: 'sharing', sourceItemId: '', code: null, graphCode: null, requestId: null },
      sealedLinks: path === null ? null : world.seal(linksPurpose).seal(JSON.stringify({ path, links: [{ type: 'view', scope: 'anonymous', from: null, to }] }), itemKey).toString('base64'),
    });
    await world.report('items', unit, { items: [said('a', 'Plans/=a.txt'), said('b', 'b.txt'), said('c', 'c.txt')] });
    const { sealedLinks: _none, ...silent } = said('a', null);
    await world.report('items', unit, { items: [silent, said('b', null), said('c', 'c.txt', 'https://dst.example/later')] });
    await world.report('items', { ...unit, claim: unit.claim - 1 }, { items: [said('c', 'c.txt', 'https://dst.example/old')] });
    await say(unit, 'linked');
    await eventually('the reports', async () => (await world.messages(unit.jobId)).includes('linked'));
    const path = `/v1/jobs/${unit.jobId}/links`;
    const { body } = await world.call('GET', path);
    expect(jobLinksAnswer.parse(body)).toMatchObject({ unreadable: 0, links: [{ path: 'Plans/=a.txt', to: 'https://dst.example/a', source: 'ann@src.example' }, { path: 'c.txt', to: 'https://dst.example/later', from: null, scope: 'anonymous' }] });
    const csv = await world.call('GET', `${path}?format=csv`);
    expect(csv.text.split('\r\n')).toHaveLength(4);
    expect(csv.text).toContain(',c.txt,view,anonymous,,https://dst.example/later,');
    expect((await world.call('GET', path, undefined, { org: newOrg() })).status).toBe(404);
    const rows = await world.db.sql<{ text: string }[]>`select encode(sealed, 'escape') as text from jobs.links where job_id = ${unit.jobId}`;
    expect(rows).toHaveLength(2);
    expect(rows.some(({ text }) => text.includes('https'))).toBe(false);
    await world.db.sql`update jobs.links set sealed = '\\x00' where job_id = ${unit.jobId} and item_key = 'a'`;
    expect((await world.call('GET', path)).body).toMatchObject({ unreadable: 1, links: [{ path: 'c.txt' }] });
  });

  test('one report that cannot be stored as it is holds nobody up', async () => {
    const unit = await claimed();
    await say(unit, 'nul \u0000 and half \ud800');
    await world.nats.js.publish(world.nats.subject(`work.log.${unit.jobId}`), '{"broken":');
    await say({ ...unit, jobId: systemIds().next('job') }, 'nobody’s');
    await say(unit, 'next');
    await eventually('the line after them', async () => (await world.messages(unit.jobId)).includes('next'));
    expect((await world.messages(unit.jobId)).slice(2)).toEqual(['nul  and half \ufffd', 'next']);
  });

  test('a stream that was lost and made again is noticed: new reports are stored, and jobs end', async () => {
    const unit = await claimed();
    await say(unit, 'before');
    await eventually('the line', async () => (await world.messages(unit.jobId)).includes('before'));
    await world.db.sql`update jobs.jobs set end_after_sequence = 1000000 where id = ${unit.jobId}`;
    await world.nats.jsm.streams.delete(world.nats.stream('work'));
    await ensureStreams(world.nats);
    await say(unit, 'after');
    await eventually('the line in the new stream', async () => (await world.messages(unit.jobId)).includes('after'), 15_000);
    await world.finish(unit.unitId, unit.claim, 'done', counters(1));
    await eventually('the end', async () => (await world.job(unit.jobId)).status === 'DONE');
  });
});

describe('storing a batch', () => {
  let world: World;
  let unit: { jobId: string; unitId: string; claim: number };
  beforeAll(async () => {
    world = await World.start();
    const jobId = await world.createJob(['ann']);
    const [unitId = ''] = await world.unitIds(jobId);
    unit = { jobId, unitId, claim: (await world.claim(unitId)).claim };
    await world.services.pop()?.stop();
  });
  afterAll(() => world.stop());

  test('redelivered to two projectors it is stored once; a crash before the live copies costs none of them', async () => {
    const { sql } = world.db;
    for (const message of ['one', 'two', 'three']) await world.report('log', unit, { level: 'INFO', message });
    const { lost: _lost, ...position } = await openPosition(sql, await workStreamState(world.nats));
    const reader = await readWork(world.nats, position.sequence);
    const reports: WorkReport[] = [];
    for await (const report of reader.reports) {
      reports.push(report);
      if (reports.length === 3) break;
    }
    const ids = systemIds();
    const results = await Promise.allSettled([storeReports(sql, ids, position, reports), storeReports(sql, ids, position, reports)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(PositionMoved) as unknown });
    await expect(storeReports(sql, ids, position, reports)).rejects.toThrow(PositionMoved);
    expect((await world.messages(unit.jobId)).slice(2)).toEqual(['one', 'two', 'three']);

    world.live.length = 0;
    await repairLive(sql, createLivePublisher(world.nats), -1_000);
    await eventually('the live copies', () => ['one', 'two', 'three'].every((message) => world.live.some((live) => live.kind === 'log' && live.lines.some((line) => line.message === message))));
  });
});
