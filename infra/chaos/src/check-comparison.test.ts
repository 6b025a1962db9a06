import type { Comparison } from '@migrator/demo/control-client';
import { judge } from './check-comparison.js';

const whole: Comparison = {
  items: { expected: 10, matched: 9, missing: 0, extra: 0, doubled: 0, differs: 0, refused: 1 },
  folders: { expected: 2, missing: 0, extra: 0, differs: 0 },
  settings: { expected: 1, matched: 1, missing: 0, differs: 0 },
  outboundMail: 0,
  bytes: 1,
  examples: {},
  equal: true,
};

test('a whole copy is found whole', () => {
  expect(judge(whole, true)).toEqual([]);
});

test.each<[string, Partial<Comparison>]>([
  ['an item doubled', { items: { ...whole.items, doubled: 1 } }],
  ['an item that no source has', { items: { ...whole.items, extra: 1 } }],
  ['a folder that no source has', { folders: { ...whole.folders, extra: 1 } }],
  ['an invitation that left', { outboundMail: 1 }],
])('%s is never right, however the pass ended', (_what, changes) => {
  expect(judge({ ...whole, ...changes }, false)).toHaveLength(1);
});

test.each<[string, Partial<Comparison>]>([
  ['an item lost', { items: { ...whole.items, matched: 8, missing: 1 } }],
  ['an item that differs', { items: { ...whole.items, matched: 8, differs: 1 } }],
  ['a folder lost', { folders: { ...whole.folders, missing: 1 } }],
  ['a setting that differs', { settings: { ...whole.settings, differs: 1 } }],
])('%s is wrong when nothing was reported as failed', (_what, changes) => {
  expect(judge({ ...whole, ...changes }, true).length).toBeGreaterThan(0);
});
