import { CheckpointExpired, ContainerGone, type Page } from '../workload.js';
import { listItems, ListingManners, readCheckpoint, writeCheckpoint } from './list-items.js';
import { all, mailboxOn, signal } from './testing/build.js';
import { graphError, ScriptedPort, type Call } from './testing/scripted-port.js';

const searchKey = (value: string) => ({ singleValueExtendedProperties: [{ id: 'Binary 0x300b', value }] });
const row = (id: string) => ({ id, changeKey: `c-${id}`, type: 'IPM.Note', size: 7, createdDateTime: '2026-01-01T00:00:00Z', ...searchKey(`sk-${id}`) });

function listing(answer: (call: Call) => unknown) {
  const port = new ScriptedPort(answer);
  const list = (from: string | null = null): Promise<Page[]> => all(listItems(mailboxOn(port, 'source'), 'f', from, new ListingManners(), signal));
  return { port, list };
}

test('each page can be continued after, and the last one holds the token of the next pass', async () => {
  const { list } = listing(({ link }) => (link === null ? { value: [row('a')], nextLink: 'https://next' } : { value: [row('b'), { id: 'x', '@removed': { reason: 'deleted' } }], deltaLink: 'https://delta' }));
  const pages = await list();
  expect(pages.map(({ checkpoint, complete }) => [checkpoint, complete])).toEqual([
    ['delta:https://next', false],
    ['delta:https://delta', true],
  ]);
  expect(pages[0]?.items).toEqual([{ key: 'a', version: 'c-a', sizeBytes: 7, kind: 'IPM.Note', at: '2026-01-01T00:00:00Z', matchKey: 'sk-a', ref: null }]);
  expect(pages[1]?.removed).toEqual(['x']);
});

test('a listing goes on where its checkpoint says', async () => {
  const { port, list } = listing(() => ({ value: [], deltaLink: 'https://delta2' }));
  await list('delta:https://delta');
  expect(port.calls.map(({ link }) => link)).toEqual(['https://delta']);
});

test('a tenant that refuses $expand or $select is asked for less, and from then on at once', async () => {
  const port = new ScriptedPort(({ query }) => {
    if (Object.keys(query).length > 0) throw graphError('bad_request', 'BadRequest');
    return { value: [{ ...row('a'), singleValueExtendedProperties: undefined }], deltaLink: 'https://delta' };
  });
  const manners = new ListingManners();
  const first = await all(listItems(mailboxOn(port, 'source'), 'f', null, manners, signal));
  expect(port.calls.map(({ query }) => Object.keys(query))).toEqual([['$select', '$expand'], ['$select'], []]);
  expect(first[0]?.items[0]).toMatchObject({ key: 'a', matchKey: null });
  await all(listItems(mailboxOn(port, 'source'), 'g', null, manners, signal));
  expect(port.calls).toHaveLength(4);
});

test('a refusal in the middle of a listing is no reason to begin it anew', async () => {
  const { port, list } = listing(({ link }) => {
    if (link !== null) throw graphError('bad_request');
    return { value: [row('a')], nextLink: 'https://next' };
  });
  await expect(list()).rejects.toMatchObject({ code: 'INTERNAL', side: 'source' });
  expect(port.calls).toHaveLength(2);
});

test('an item without a search key is known by its description, the same on both sides', async () => {
  const properties = [{ id: 'String 0x37', value: 'Hello' }];
  const bare = { ...row('a'), singleValueExtendedProperties: undefined };
  const { list } = listing(({ path }) => (path.endsWith('/items/a') ? { ...bare, singleValueExtendedProperties: properties } : { value: [bare], deltaLink: 'd' }));
  const [page] = await list();
  expect(page?.items[0]?.matchKey).toMatch(/^described:[0-9a-f]{64}$/);
});

test('a source over its quota is listed plainly, and anew in the next pass', async () => {
  const { port, list } = listing(({ path, link }) => {
    if (path.endsWith('/delta')) throw graphError('quota', 'ErrorQuotaExceeded');
    return link === null ? { value: [row('a')], nextLink: 'https://skip' } : { value: [row('b')] };
  });
  const pages = await list();
  expect(pages.map(({ checkpoint, complete }) => [checkpoint, complete])).toEqual([
    ['list:https://skip', false],
    ['again', true],
  ]);
  port.calls.length = 0;
  await list('list:https://skip');
  expect(port.calls.map(({ path }) => path.endsWith('/delta'))).toEqual([false]);
  port.calls.length = 0;
  await list('again');
  expect(port.calls[0]?.path).toMatch(/\/items\/delta$/);
});

test.each([
  ['gone', null],
  ['bad_request', 'SyncStateNotFound'],
  ['bad_request', 'resyncRequired'],
  ['not_found', 'syncStateInvalid'],
] as const)('a forgotten token (%s %s) asks for a new listing', async (kind, code) => {
  const { list } = listing(() => {
    throw graphError(kind, code);
  });
  await expect(list('delta:https://old')).rejects.toBeInstanceOf(CheckpointExpired);
});

test('a folder deleted meanwhile is gone; a mailbox without licence ends the unit', async () => {
  await expect(
    listing(() => {
      throw graphError('not_found', 'ErrorFolderNotFound');
    }).list(),
  ).rejects.toBeInstanceOf(ContainerGone);
  await expect(
    listing(() => {
      throw graphError('not_found', 'MailboxNotEnabledForRESTAPI');
    }).list(),
  ).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
});

test('checkpoints survive being written down; an unknown one means listing again', () => {
  for (const checkpoint of [{ by: 'delta', link: 'https://a?b=c:d' }, { by: 'list', link: 'x' }, { by: 'again' }] as const) expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint);
  expect(() => readCheckpoint('')).toThrow(CheckpointExpired);
  expect(() => readCheckpoint('v2|x')).toThrow(CheckpointExpired);
});
