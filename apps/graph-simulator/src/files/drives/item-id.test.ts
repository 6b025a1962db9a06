import fc from 'fast-check';
import { stableGuid } from '../../world/ids.js';
import { ItemIds } from './item-id.js';

const list = 'bbbbbbbb-cccc-dddd-eeee-ffffffffffff';

test('an id leads back to its item, and to no item of another drive', () => {
  const [ids, others] = [new ItemIds(list), new ItemIds(stableGuid('another'))];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 - 1 }), (key) => {
      const id = ids.id(key);
      expect(id).toMatch(/^01[A-Z2-7]{32}$/);
      expect(ids.keyOf(id)).toBe(key);
      expect(ids.keyOfGuid(ids.guid(key))).toBe(key);
      expect(others.keyOf(id)).toBeNull();
    }),
  );
});

test('the root’s id ends as every root’s does; a text that is no id has no item', () => {
  expect(new ItemIds(list).id(0)).toMatch(/^01[A-Z2-7]{6}[FNV5]6Y2GOVW7725BZO354PWSELRRZ$/);
  for (const text of ['', '01', 'root', '01CI2FM6DHIURQDK4J57GQCI2FM6E2XTPP', '01!'.padEnd(34, 'A')]) expect(new ItemIds(list).keyOf(text)).toBeNull();
});
