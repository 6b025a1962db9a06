import { findCopies } from './find-copies.js';
import { markProperty } from './mapi.js';
import { entry, item, mailboxOn, signal } from './testing/build.js';
import { graphError, ScriptedPort } from './testing/scripted-port.js';

const row = (id: string, properties: Record<string, string>) => ({ id, changeKey: `ck-${id}`, type: 'IPM.Note', singleValueExtendedProperties: Object.entries(properties).map(([property, value]) => ({ id: property, value })) });
const nowhere = new ScriptedPort(() => {
  throw graphError('not_found');
});

test('copies are known by search key or by mark, and every candidate is given', async () => {
  const port = new ScriptedPort(() => ({ value: [row('x', { 'Binary 0x300b': 'sk-a' }), row('y', { 'Binary 0x300B': 'sk-a' }), row('z', { [markProperty]: 'mark-b' }), row('o', { 'Binary 0x300B': 'other' })] }));
  const found = await findCopies(mailboxOn(nowhere, 'source'), mailboxOn(port, 'dest'), [entry('a'), entry('b'), entry('c')], 'f', 'g', signal);
  expect(Object.fromEntries(found)).toEqual({
    a: [
      { id: 'x', version: 'ck-x' },
      { id: 'y', version: 'ck-y' },
    ],
    b: [{ id: 'z', version: 'ck-z' }],
  });
  expect(port.calls).toHaveLength(1);
});

test('a half-built copy is removed and never taken for the item', async () => {
  const port = new ScriptedPort(({ method }) => (method === 'GET' ? { value: [row('half', { [markProperty]: 'mark-a.partial', 'Binary 0x300B': 'sk-a' }), row('else', { [markProperty]: 'mark-q.partial' })] } : undefined));
  const found = await findCopies(mailboxOn(nowhere, 'source'), mailboxOn(port, 'dest'), [entry('a')], 'f', 'g', signal);
  expect(found.size).toBe(0);
  expect(port.calls.filter(({ method }) => method === 'DELETE').map(({ path, query }) => [path.split('/').at(-1), query])).toEqual([['half', { disposalType: 'softDelete' }]]);
});

test('an item without a search key is known by its description, among items that have none either', async () => {
  const subject = { 'String 0x37': 'Hello' };
  const source = new ScriptedPort(() => row('a', subject));
  const port = new ScriptedPort(() => ({ value: [row('x', { ...subject, 'Binary 0x300B': 'somebody else’s' }), row('y', subject), row('z', { 'String 0x37': 'Other' })] }));
  const found = await findCopies(mailboxOn(source, 'source'), mailboxOn(port, 'dest'), [entry('a', { item: item('a', { matchKey: null }) })], 'f', 'g', signal);
  expect(found.get('a')?.map(({ id }) => id)).toEqual(['y']);
});

test('a destination folder that is gone holds no copies', async () => {
  const found = await findCopies(mailboxOn(nowhere, 'source'), mailboxOn(nowhere, 'dest'), [entry('a')], 'f', 'g', signal);
  expect(found.size).toBe(0);
});
