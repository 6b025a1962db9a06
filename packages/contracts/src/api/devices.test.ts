import { commandResultSchema } from './devices.js';

test.each([
  ['text', 'done', true],
  ['facts with any script and emoji', { name: '日本 😀', path: 'C:\\u0000 is a folder', 'a\\ud800': 1 }, true],
  ['NUL in a value', { deep: [{ a: 'x\u0000' }] }, false],
  ['a lone surrogate in a value', { joined: '\ud800' }, false],
  ['a lone surrogate in a name', { '\udfff': 1 }, false],
  ['a lone surrogate behind a backslash', { a: '\\\ud800' }, false],
  ['more than 64 KiB', 'x'.repeat(70_000), false],
])('a result of %s is %p: %p', (_name, value, taken) => {
  expect(commandResultSchema.safeParse(value).success).toBe(taken);
});
