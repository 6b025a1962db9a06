import { Secret } from '@migrator/service-kit/config';
import { createNoteSeal } from './note-seal.js';

const seal = createNoteSeal(new Secret('a key that is long enough for this test'));

test('a note opens under the key and for the item it was sealed for, and is not to be read before', () => {
  const sealed = seal.seal('https://files.example/upload?tempauth=abc', 'item 1');
  expect(sealed.toString('latin1')).not.toContain('tempauth');
  expect(seal.open(sealed, 'item 1')).toBe('https://files.example/upload?tempauth=abc');
  expect(seal.open(sealed, 'item 2')).toBeNull();
  expect(createNoteSeal(new Secret('another key that is as long as the first')).open(sealed, 'item 1')).toBeNull();
  expect(seal.open(Buffer.concat([sealed.subarray(0, -1), Buffer.from([(sealed.at(-1) ?? 0) ^ 1])]), 'item 1')).toBeNull();
});
