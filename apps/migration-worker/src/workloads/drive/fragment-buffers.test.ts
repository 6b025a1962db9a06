import { FragmentBuffers } from './fragment-buffers.js';

test('a fragment’s memory is handed out to one at a time, and again once it was given back, whole or in part; small ones are let go', () => {
  const buffers = new FragmentBuffers(1_000);
  const [first, second] = [buffers.take(1_000), buffers.take(700)];
  expect(second.buffer).not.toBe(first.buffer);
  expect([first.length, second.length]).toEqual([1_000, 700]);
  buffers.give(second);
  const again = buffers.take(1_000);
  expect(again.buffer).toBe(second.buffer);
  expect(again.length).toBe(1_000);
  const small = buffers.take(10);
  buffers.give(small);
  expect(buffers.take(300).buffer).not.toBe(small.buffer);
});
