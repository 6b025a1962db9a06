import fc from 'fast-check';
import { depthMax, faultOfJson } from './json-shape.js';

const fault = (text: string): string | null => faultOfJson(Buffer.from(text));

test('JSON as any program writes it has no fault', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 8 }), (text) => fault(text) === null));
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => fault(JSON.stringify(value, null, 2)) === null));
});

test('a key that comes twice in one object is found wherever it stands and however it is written', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), fc.boolean(), (key, one, other, within) => {
      const name = JSON.stringify(key);
      const text = `{${name}:${JSON.stringify(one)}, "another ${key.length}-${name.length}": [{"x":"}{,"}], ${name} :${JSON.stringify(other)}}`;
      return fault(within ? `[{"a":${text}}]` : text) === 'duplicate key';
    }),
  );
  expect(fault('{"a":1,"\\u0061":2}')).toBe('duplicate key');
  expect(fault('{"a":{"a":1},"b":[{"a":1},{"a":2}]}')).toBeNull();
});

test('nesting is taken to its bound and no deeper', () => {
  expect(fault('['.repeat(depthMax) + ']'.repeat(depthMax))).toBeNull();
  expect(fault('['.repeat(depthMax + 1))).toBe('nested too deep');
  expect(fault('{"a":'.repeat(depthMax + 1))).toBe('nested too deep');
  expect(fault(`"${'['.repeat(500)}"`)).toBeNull();
});

test('bytes that are no UTF-8 are not taken for text', () => {
  expect(faultOfJson(Buffer.from([0x22, 0xff, 0x22]))).toBe('not UTF-8');
  expect(faultOfJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe('not UTF-8');
});

test('any bytes at all are judged without an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => faultOfJson(Buffer.from(bytes)) !== undefined));
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', ' ') }), (text) => fault(text) !== undefined));
});
