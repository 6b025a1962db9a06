import fc from 'fast-check';
import { QuickXorHash } from './quick-xor-hash.js';

const hash = (bytes: Uint8Array): string => new QuickXorHash().update(bytes).digest();

/** As the page defines it, bit by bit. */
function byDefinition(bytes: Uint8Array): string {
  const modulus = 160;
  let state = 0n;
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) state ^= 1n << BigInt((11 * index + bit) % modulus);
  }
  state ^= BigInt(bytes.length) << 96n;
  return Buffer.from(Array.from({ length: 20 }, (_each, index) => Number((state >> BigInt(8 * index)) & 255n))).toString('base64');
}

test.each([
  ['nothing', Buffer.alloc(0), 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='],
  ['one byte', Buffer.from('4a', 'hex'), 'SgAAAAAAAAAAAAAAAQAAAAAAAAA='],
  ['three bytes', Buffer.from('0pZP', 'base64'), '0rDEEwAAAAAAAAAAAwAAAAAAAAA='],
  ['16 bytes', Buffer.from('2fuxhBJXtpWFe8dOfdGeHw==', 'base64'), 'O9tHLAghgSvYohKFyMMxnNCHaHg='],
  ['19 bytes', Buffer.from('g8VtAh+2Kf4k0kY5tzji2i2zmA==', 'base64'), 'wDNrgwHWAVukwB8kg4YRcnALHIg='],
  ['20 bytes', Buffer.from('T6LYJIfDh81JrAK309H2JMJTXis=', 'base64'), 'zBTHrspn3mEcohlJdIUAbjGNaNg='],
  ['hello world', Buffer.from('hello world'), 'aCgDG9jwBhDc4Q1yawMZAAAAAAA='],
  ['1,024 zeros', Buffer.alloc(1_024), 'AAAAAAAAAAAAAAAAAAQAAAAAAAA='],
  ['161 letters', Buffer.alloc(161, 'A'), 'QQAAAAAAAAAAAAAAoQAAAAAAAAA='],
  ['327,680 letters', Buffer.alloc(327_680, 'x'), 'AAAAAAAAAAAAAAAAAAAFAAAAAAA='],
])('the published vector of %s', (_name, bytes, expected) => {
  expect(hash(bytes)).toBe(expected);
});

test('bytes in any pieces, wherever they lie in memory, have the hash that the definition gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500 }), fc.array(fc.integer({ min: 0, max: 400 })), fc.integer({ min: 0, max: 7 }), (bytes, cuts, shift) => {
      const placed = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      const pieces = new QuickXorHash();
      let at = 0;
      for (const cut of cuts) {
        pieces.update(placed.subarray(at, at + cut));
        at = Math.min(placed.length, at + cut);
      }
      pieces.update(placed.subarray(at));
      expect(pieces.digest()).toBe(byDefinition(bytes));
      expect(pieces.length).toBe(bytes.length);
    }),
  );
});

test('more than one block of the fast way', () => {
  const bytes = Buffer.from(Array.from({ length: 200_003 }, (_each, index) => (index * 2_654_435_761) >>> 24));
  expect(hash(bytes)).toBe(byDefinition(bytes));
  expect(new QuickXorHash().update(bytes.subarray(0, 70_001)).update(bytes.subarray(70_001)).digest()).toBe(byDefinition(bytes));
});
