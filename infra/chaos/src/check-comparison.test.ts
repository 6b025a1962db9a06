import type { Comparison } from '@migrator/demo/control-client';
import { judge } from './check-comparison.js';

const whole: Comparison = {
  items: { expected: 10, matched: 9, missing: 0, extra: 0, doubled: 0, differs: 0, refused: 1, kept: 0, keptMoved: 0 },
  folders: { expected: 2, missing: 0, extra: 0, differs: 0 },
  settings: { expected: 1, matched: 1, missing: 0, differs: 0 },
  outboundMail: 0,
  bytes: 1,
  examples: {},
  equal: true,
};

test('a whole copy is found whole', () => {
  expect(judge(whole, 'equal', 'apply')).toEqual([]);
});

test.each<[string, Partial<Comparison>]>([
  ['an item doubled', { items: { ...whole.items, doubled: 1 } }],
  ['an invitation that left', { outboundMail: 1 }],
])('%s is never right, however the pass ended and whatever changed since', (_what, changes) => {
  expect(judge({ ...whole, ...changes }, 'behind', 'keep')).toHaveLength(1);
});

test.each<[string, Partial<Comparison>]>([
  ['an item that no source has', { items: { ...whole.items, extra: 1 } }],
  ['a folder that no source has', { folders: { ...whole.folders, extra: 1 } }],
])('%s is wrong as soon as a pass has seen every change', (_what, changes) => {
  expect(judge({ ...whole, ...changes }, 'open', 'keep')).toHaveLength(1);
  expect(judge({ ...whole, ...changes }, 'behind', 'keep')).toEqual([]);
});

test.each<[string, Partial<Comparison>]>([
  ['an item lost', { items: { ...whole.items, matched: 8, missing: 1 } }],
  ['an item that differs', { items: { ...whole.items, matched: 8, differs: 1 } }],
  ['a folder lost', { folders: { ...whole.folders, missing: 1 } }],
  ['a setting that differs', { settings: { ...whole.settings, differs: 1 } }],
  ['a copy left behind by a move', { items: { ...whole.items, kept: 1, keptMoved: 1 } }],
])('%s is wrong when nothing was reported as failed', (_what, changes) => {
  expect(judge({ ...whole, ...changes }, 'equal', 'keep').length).toBeGreaterThan(0);
});

test('a copy of a deleted item is wrong only when the job was to remove it', () => {
  const kept: Comparison = { ...whole, items: { ...whole.items, kept: 1 } };
  expect(judge(kept, 'equal', 'keep')).toEqual([]);
  expect(judge(kept, 'equal', 'apply')).toHaveLength(1);
});
