import { itemMark } from './item-keys.js';
import { MarkSet } from './mark-set.js';

test('a hundred thousand marks are all there, each is new once, and no other one is there', () => {
  const set = new MarkSet();
  const marks = Array.from({ length: 100_000 }, (_, index) => itemMark('container', String(index)));
  expect([...marks, ...marks.slice(0, 1_000), '0'.repeat(32)].filter((mark) => set.add(mark))).toEqual([...marks, '0'.repeat(32)]);
  expect(marks.filter((mark) => !set.has(mark))).toEqual([]);
  expect(set.has('0'.repeat(32))).toBe(true);
  expect(Array.from({ length: 100_000 }, (_, index) => itemMark('elsewhere', String(index))).filter((mark) => set.has(mark))).toEqual([]);
});
