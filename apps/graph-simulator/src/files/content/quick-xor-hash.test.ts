import fc from 'fast-check';
import { QuickXorHash } from './quick-xor-hash.js';

const hash = (bytes: Uint8Array): string => new QuickXorHash().update(bytes).digest();

test.each([
  ['nothing', Buffer.alloc(0), 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
  ['4A', Buffer.from('4A', 'hex'), 'SgAAAAAAAAAAAAAAAQAAAAAAAAA='],
  ['0pZP', Buffer.from('0pZP', 'base64'), '0rDEEwAAAAAAAAAAAwAAAAAAAAA='],
  ['16 bytes', Buffer.from('2fuxhBJXtpWFe8dOfdGeHw==', 'base64'), 'O9tHLAghgSvYohKFyMMxnNCHaHg='],
  ['19 bytes', Buffer.from('g8VtAh+2Kf4k0kY5tzji2i2zmA==', 'base64'), 'wDNrgwHWAVukwB8kg4YRcnALHIg='],
  ['20 bytes', Buffer.from('T6LYJIfDh81JrAK309H2JMJTXis=', 'base64'), 'zBTHrspn3mEcohlJdIUAbjGNaNg='],
  ['hello world CR LF', Buffer.from('hello world\r\n'), 'aCgDG9jwBhDc4Q1ybQMZGqAAAAA='],
  ['a sentence', Buffer.from('The quick brown fox jumps over the lazy dog'), 'bMSlbysmxJL6S75XwfMcQZOpcr4='],
  ['00..FF', Buffer.from(Array.from({ length: 256 }, (_each, i) => i)), 'QkGEfSisZcA7k+FCh71r2dbCayY='],
  ['161 A', Buffer.alloc(161, 'A'), 'QQAAAAAAAAAAAAAAoQAAAAAAAAA='],
  ['327,680 x', Buffer.alloc(327_680, 'x'), 'AAAAAAAAAAAAAAAAAAAFAAAAAAA='],
])('the published vector of %s', (_name, bytes, expected) => {
  expect(hash(bytes)).toBe(expected);
});

test('pieces of any length, at any place in memory, give the hash of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.array(fc.integer({ min: 0, max: 400 })), (bytes, cuts) => {
      const parts = new QuickXorHash();
      let at = 0;
      for (const cut of cuts) {
        parts.update(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
      }
      parts.update(bytes.subarray(at));
      expect(parts.digest()).toBe(hash(bytes));
      expect(parts.length).toBe(bytes.length);
      // In the middle of a larger buffer, where words do not begin on a word.
      expect(hash(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(5)]).subarray(3, 3 + bytes.length))).toBe(hash(bytes));
    }),
  );
});
