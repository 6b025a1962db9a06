import { createLogger } from '@migrator/service-kit/logger';
import type { ItemResult, TransferItem } from '../workload.js';
import type { UnitError } from '../workload.js';
import { resultOf } from './errors.js';
import { StreamLengths } from './import-item.js';
import { ImportSessions } from './import-session.js';
import { ItemTransfer, type JsonReason } from './transfer-items.js';
import { Turn } from './turn.js';
import { all, byKey, entry, item, mailboxOn, signal } from './testing/build.js';
import { graphError, ScriptedPort, type Call } from './testing/scripted-port.js';

interface Import {
  FolderId: string;
  Mode: string;
  Data: string;
  ItemId?: string;
  ChangeKey?: string;
}

/** A source that exports `data-<id>` and a destination that takes everything, unless a test says otherwise. */
class World {
  readonly imports: Import[] = [];
  readonly exports: string[][] = [];
  readonly byJson: { key: string; reason: JsonReason }[] = [];
  sessions = 0;
  exportEntry: (id: string) => unknown = (id) => ({ itemId: id, changeKey: 'ck', data: `data-${id}` });
  exportAnswer: (ids: string[]) => unknown = (ids) => ({ value: ids.map((id) => this.exportEntry(id)).filter((one) => one !== null) });
  takeImport: (body: Import, call: Call) => unknown = (body) => ({ itemId: `dest-${body.Data}`, changeKey: 'dk' });
  destItem: (call: Call) => unknown = () => ({ changeKey: 'dk' });
  expiresInMs = 60 * 60_000;
  now = Date.parse('2026-11-01T00:00:00Z');

  readonly source = new ScriptedPort((call) => {
    const ids = (call.body as { itemIds: string[] }).itemIds;
    this.exports.push(ids);
    return this.exportAnswer(ids);
  });
  readonly destination = new ScriptedPort((call) => {
    if (call.path.endsWith('/createImportSession')) {
      this.sessions += 1;
      return { importUrl: `https://outlook.office365.com/import?n=${this.sessions}`, expirationDateTime: new Date(this.now + this.expiresInMs).toISOString() };
    }
    if (!call.path.startsWith('https://')) return this.destItem(call);
    const body = call.body as Import;
    const answer = this.takeImport(body, call);
    this.imports.push(body);
    return answer;
  });
  readonly streaming = new Turn();
  readonly lengths = new StreamLengths();
  readonly importSessions = new ImportSessions(mailboxOn(this.destination, 'dest'), { now: () => new Date(this.now) });

  async transfer(batch: TransferItem[]): Promise<ItemResult[]> {
    const transfer = new ItemTransfer({
      source: mailboxOn(this.source, 'source'),
      destination: mailboxOn(this.destination, 'dest'),
      sessions: this.importSessions,
      streaming: this.streaming,
      lengths: this.lengths,
      log: createLogger('test', 'silent'),
      copyByJson: ({ item: { key } }, _folder, reason) => {
        this.byJson.push({ key, reason });
        return Promise.resolve(resultOf(key, reason.verdict, reason.words));
      },
    });
    return await all(transfer.transfer(batch, 'folder', signal));
  }
}

const large = (key: string): TransferItem => entry(key, { item: item(key, { sizeBytes: 5_000_000 }) });

test('small items share one export, large ones travel alone, and each arrives once as it was exported', async () => {
  const world = new World();
  const results = await world.transfer([entry('a'), large('big'), entry('b')]);
  expect(byKey(results)).toEqual({ a: 'copied', b: 'copied', big: 'copied' });
  expect(world.exports).toEqual([['a', 'b'], ['big']]);
  expect(world.imports.map(({ Data }) => Data).sort()).toEqual(['data-a', 'data-b', 'data-big']);
  expect(world.imports.every((one) => one.FolderId === 'folder' && one.Mode === 'create' && !('ItemId' in one))).toBe(true);
  expect(world.sessions).toBe(1);
  const sent = results.find(({ key }) => key === 'big');
  expect(sent).toMatchObject({ dest: { id: 'dest-data-big', version: 'dk' }, bytes: '{"FolderId":"folder","Mode":"create","Data":"data-big"}'.length });
});

test('a streamed item is announced to its mailbox’s budget with about its length: as base64 first, then as the streams before it were', async () => {
  const world = new World();
  world.exportEntry = (id) => ({ itemId: id, data: 'x'.repeat(2_500_000) });
  await world.transfer([large('one'), large('two')]);
  const expected = world.destination.calls.filter(({ path }) => path.startsWith('https://')).map(({ bytesExpected }) => bytesExpected);
  expect(expected[0]).toBe(Math.ceil((5_000_000 * 4) / 3));
  expect(expected[1]).toBeGreaterThanOrEqual(2_500_000);
  expect(expected[1]).toBeLessThan(2_501_000);
});

test('an item the export leaves out without a word is asked for once more, alone', async () => {
  const world = new World();
  world.exportAnswer = (ids) => ({ value: ids.filter((id) => ids.length === 1 || id !== 'b').map((id) => world.exportEntry(id)) });
  expect(byKey(await world.transfer([entry('a'), entry('b'), entry('c')]))).toEqual({ a: 'copied', b: 'copied', c: 'copied' });
  expect(world.exports).toEqual([['a', 'b', 'c'], ['b']]);
});

test('an item left out twice goes through JSON', async () => {
  const world = new World();
  world.exportEntry = (id) => (id === 'b' ? null : { itemId: id, data: 'x' });
  await world.transfer([entry('a'), entry('b')]);
  expect(world.byJson.map(({ key }) => key)).toEqual(['b']);
});

test('a stream too long to hold is exported again and streamed', async () => {
  const world = new World();
  const long = 'x'.repeat(2_200_000);
  world.exportEntry = (id) => ({ itemId: id, data: id === 'long' ? long : 'short' });
  expect(byKey(await world.transfer([entry('long'), entry('a')]))).toEqual({ long: 'copied', a: 'copied' });
  expect(world.exports).toEqual([['long', 'a'], ['long']]);
  expect(world.imports.map(({ Data }) => Data.length).sort()).toEqual([2_200_000, 5]);
});

test.each([true, false])('an item that Exchange calls corrupt goes through JSON, one that has gone is skipped (alone: %s)', async (alone) => {
  const world = new World();
  const codes: Record<string, string> = { bad: 'ErrorItemCorrupt', gone: 'ErrorItemNotFound' };
  world.exportEntry = (id) => (codes[id] === undefined ? { itemId: id, data: 'x' } : { itemId: id, error: { code: codes[id], message: 'no' } });
  const make = alone ? large : entry;
  const results = await world.transfer([make('bad'), make('gone'), make('fine')]);
  expect(byKey(results)).toEqual({ bad: 'failed SOURCE_ITEM_CORRUPT', gone: 'skipped SOURCE_ITEM_GONE', fine: 'copied' });
  expect(world.byJson.map(({ key }) => key)).toEqual(['bad']);
  expect(world.imports).toHaveLength(1);
});

test('more than may be held is read in rounds, and nothing of the source is open while the destination is written to', async () => {
  const world = new World();
  world.exportEntry = (id) => ({ itemId: id, data: 'x'.repeat(1_500_000) });
  let reading = 0;
  const before = world.exportAnswer;
  world.exportAnswer = (ids) => {
    reading += 1;
    return before(ids);
  };
  world.takeImport = (_body, call) => ({ itemId: call.path, changeKey: String(reading) });
  const results = await world.transfer(['a', 'b', 'c', 'd', 'e'].map((key) => entry(key)));
  expect(Object.values(byKey(results))).toEqual(Array(5).fill('copied'));
  expect(world.exports).toEqual([
    ['a', 'b', 'c', 'd', 'e'],
    ['d', 'e'],
  ]);
});

test('one id that spoils the whole request does not spoil the others', async () => {
  const world = new World();
  world.exportAnswer = (ids) => {
    if (ids.includes('odd')) throw graphError('bad_request', 'ErrorInvalidIdMalformed');
    return { value: ids.map((id) => world.exportEntry(id)) };
  };
  expect(byKey(await world.transfer([entry('a'), entry('odd'), entry('b')]))).toEqual({ a: 'copied', b: 'copied', odd: 'failed SOURCE_READ_FAILED' });
});

test('an answer cut in the middle writes nothing of the cut item', async () => {
  const world = new World();
  let cuts = 0;
  world.exportAnswer = (ids) => {
    const whole = Buffer.from(JSON.stringify({ value: ids.map((id) => world.exportEntry(id)) }));
    return ids.includes('b') && cuts++ < 1 ? whole.subarray(0, whole.length - 6) : whole;
  };
  expect(byKey(await world.transfer([large('b')]))).toEqual({ b: 'in_doubt' });
  expect(world.imports).toEqual([]);
});

test('small items after a cut are asked for again, alone', async () => {
  const world = new World();
  world.exportAnswer = (ids) => {
    const whole = Buffer.from(JSON.stringify({ value: ids.map((id) => world.exportEntry(id)) }));
    return ids.length > 1 ? whole.subarray(0, 60) : whole;
  };
  expect(byKey(await world.transfer([entry('a'), entry('b'), entry('c')]))).toEqual({ a: 'copied', b: 'copied', c: 'copied' });
  expect(world.imports).toHaveLength(3);
});

test('an import whose answer is lost is in doubt, not failed and not repeated', async () => {
  const world = new World();
  world.takeImport = () => {
    throw graphError('in_doubt');
  };
  expect(byKey(await world.transfer([entry('a'), large('b')]))).toEqual({ a: 'in_doubt', b: 'in_doubt' });
});

test('an import that answers without an id is in doubt', async () => {
  const world = new World();
  world.takeImport = () => ({});
  expect(byKey(await world.transfer([entry('a')]))).toEqual({ a: 'in_doubt' });
});

test.each(['unauthorised', 'forbidden', 'conflict'] as const)('a refused session (%s) is replaced once and the item sent again', async (kind) => {
  const world = new World();
  world.takeImport = (_body, call) => {
    if (call.path.endsWith('n=1')) throw graphError(kind);
    return { itemId: 'd', changeKey: 'dk' };
  };
  expect(byKey(await world.transfer([entry('a'), large('b')]))).toEqual({ a: 'copied', b: 'copied' });
  expect(world.sessions).toBe(2);
});

test('a session refused twice ends the unit', async () => {
  const world = new World();
  world.takeImport = () => {
    throw graphError('unauthorised');
  };
  await expect(world.transfer([entry('a')])).rejects.toMatchObject({ code: 'ACCESS_LOST', side: 'dest' });
  expect(world.sessions).toBe(2);
});

test('a session is renewed before its last five minutes', async () => {
  const world = new World();
  await world.transfer([entry('a')]);
  world.now += world.expiresInMs - 6 * 60_000;
  await world.transfer([entry('b')]);
  expect(world.sessions).toBe(1);
  world.now += 2 * 60_000;
  await world.transfer([entry('c')]);
  expect(world.sessions).toBe(2);
});

test('an update names the copy it changes', async () => {
  const world = new World();
  const results = await world.transfer([entry('a', { existing: { id: 'copy', version: 'v1' } })]);
  expect(byKey(results)).toEqual({ a: 'updated' });
  expect(world.imports[0]).toMatchObject({ Mode: 'update', ItemId: 'copy', ChangeKey: 'v1' });
});

test.each([
  ['precondition', { changeKey: 'v1' }, 'skipped DEST_ITEM_CHANGED', 0],
  ['conflict', { changeKey: 'v1' }, 'skipped DEST_ITEM_CHANGED', 0],
  ['bad_request', { changeKey: 'changed by a person' }, 'skipped DEST_ITEM_CHANGED', 0],
  ['bad_request', { changeKey: 'v1' }, 'failed DEST_ITEM_REFUSED', 1],
] as const)('an update refused with %s while the copy is at %j: %s', async (kind, now, expected, jsonCopies) => {
  const world = new World();
  world.destItem = () => now;
  world.takeImport = () => {
    throw graphError(kind);
  };
  expect(byKey(await world.transfer([entry('a', { existing: { id: 'copy', version: 'v1' } })]))).toEqual({ a: expected });
  expect(world.byJson).toHaveLength(jsonCopies);
});

test('a copy that a person has deleted is not made again by an update', async () => {
  const world = new World();
  world.destItem = () => {
    throw graphError('not_found', 'ErrorItemNotFound');
  };
  world.takeImport = () => {
    throw graphError('bad_request');
  };
  expect(byKey(await world.transfer([entry('a', { existing: { id: 'copy', version: 'v1' } })]))).toEqual({ a: 'skipped DEST_ITEM_CHANGED' });
});

test('a full destination ends the unit after the results that are known', async () => {
  const world = new World();
  world.takeImport = (body) => {
    if (body.Data === 'data-b') throw graphError('quota', 'ErrorQuotaExceeded');
    return { itemId: 'd', changeKey: 'dk' };
  };
  await expect(world.transfer([entry('a'), entry('b'), entry('c')])).rejects.toMatchObject({ code: 'DEST_FULL' } satisfies Partial<UnitError>);
});

test('a throttled export fails its items and leaves the destination alone', async () => {
  const world = new World();
  world.exportAnswer = () => {
    throw graphError('throttled', 'ApplicationThrottled');
  };
  const results = await world.transfer([entry('a'), entry('b')]);
  expect(byKey(results)).toEqual({ a: 'failed SOURCE_READ_FAILED', b: 'failed SOURCE_READ_FAILED' });
  expect(results[0]).toMatchObject({ graphCode: 'ApplicationThrottled', requestId: 'req-1' });
});
