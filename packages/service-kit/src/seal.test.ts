import { Secret } from './config.js';
import { createSeal } from './seal.js';

const key = new Secret('a key that is long enough for this test');
const seal = createSeal(key, 'notes');

test('what is sealed opens under the key, for the purpose and in the context it was sealed for, and is not to be read before', () => {
  const sealed = seal.seal('https://files.example/upload?tempauth=abc', 'item 1');
  expect(sealed.toString('latin1')).not.toContain('tempauth');
  expect(seal.open(sealed, 'item 1')).toBe('https://files.example/upload?tempauth=abc');
  expect(seal.open(sealed, 'item 2')).toBeNull();
  expect(createSeal(key, 'links').open(sealed, 'item 1')).toBeNull();
  expect(createSeal(new Secret('another key that is as long as the first'), 'notes').open(sealed, 'item 1')).toBeNull();
  expect(seal.open(Buffer.concat([sealed.subarray(0, -1), Buffer.from([(sealed.at(-1) ?? 0) ^ 1])]), 'item 1')).toBeNull();
  expect(seal.open(Buffer.alloc(5), 'item 1')).toBeNull();
});
