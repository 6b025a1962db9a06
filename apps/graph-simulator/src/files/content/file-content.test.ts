import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ContentSink } from './content-sink.js';
import { SeededContent, WeighedContent } from './file-content.js';
import { QuickXorHash } from './quick-xor-hash.js';

async function bytesOf(content: { size: number; read(from: number, to: number): AsyncIterable<Buffer> }, from = 0, to = content.size): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of content.read(from, to)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function sunk(bytes: Buffer, keepBytesMax: number, pieceBytes = 70_001): Promise<ReturnType<ContentSink['end']>> {
  const sink = new ContentSink(keepBytesMax);
  for (let at = 0; at < bytes.length; at += pieceBytes) sink.write(bytes.subarray(at, at + pieceBytes));
  await Promise.resolve();
  return sink.end();
}

const sizes = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 700_000 }), fc.constantFrom(163_840, 163_839, 163_841, 327_680, 491_520));
const words = fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

test('the hash that is computed without the bytes is the hash of the bytes', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, words, async (size, seed) => {
      const content = new SeededContent(size, seed);
      const bytes = await bytesOf(content);
      expect(bytes.length).toBe(size);
      expect(content.quickXorHash).toBe(new QuickXorHash().update(bytes).digest());
      expect(await content.sha256()).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
    { numRuns: 60 },
  );
});

test('a range is what the whole has there, and no two files or blocks are alike', async () => {
  await fc.assert(
    fc.asyncProperty(words, fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 0, max: 400_000 }), async (seed, from, length) => {
      const content = new SeededContent(500_000, seed);
      expect((await bytesOf(content, from, from + length)).equals((await bytesOf(content)).subarray(from, from + length))).toBe(true);
    }),
    { numRuns: 20 },
  );
  const [first, second] = [new SeededContent(400_000, [1, 2]), new SeededContent(400_000, [1, 3])];
  expect(first.quickXorHash).not.toBe(second.quickXorHash);
  const bytes = await bytesOf(first);
  expect(bytes.subarray(0, 163_840).equals(bytes.subarray(163_840, 327_680))).toBe(false);
});

test('a file of 250 GB has its hash at once', () => {
  expect(new SeededContent(250 * 1024 ** 3, [7, 9]).quickXorHash).toHaveLength(28);
});

test('what is written is kept up to a size, and weighed above it', async () => {
  const bytes = Buffer.alloc(1_000, 'x');
  expect((await bytesOf(await sunk(bytes, 1_000, 300))).equals(bytes)).toBe(true);
  await expect(bytesOf(await sunk(bytes, 999, 300))).rejects.toThrow('only size and hashes');
});

test('what a seed made is known as it arrives, and what differs from it in one byte is not', async () => {
  await fc.assert(
    fc.asyncProperty(sizes.filter((size) => size >= 16), words, fc.integer({ min: 16, max: 200_000 }), fc.nat(), async (size, seed, pieceBytes, at) => {
      const content = new SeededContent(size, seed);
      const bytes = await bytesOf(content);
      const known = await sunk(bytes, 0, pieceBytes);
      expect(known).toBeInstanceOf(SeededContent);
      expect([known.size, known.quickXorHash]).toEqual([size, content.quickXorHash]);
      expect((await bytesOf(known)).equals(bytes)).toBe(true);
      // Also where blocks bear their numbers, and at the very end.
      for (const place of [at % size, size - 1, Math.floor((at % size) / 163_840) * 163_840 + 3]) {
        const other = Buffer.from(bytes);
        if (place < size) other[place] = (other[place] as number) ^ 1;
        const taken = await sunk(other, 0, pieceBytes);
        // Another file's beginning may be all that there is; its bytes are those that came.
        const hashes = [taken.quickXorHash, await taken.sha256()];
        expect(hashes).toEqual([new QuickXorHash().update(other).digest(), createHash('sha256').update(other).digest('hex')]);
        if (place >= 16) expect(taken).toBeInstanceOf(WeighedContent);
      }
    }),
    { numRuns: 25 },
  );
});

test('a sink that is taken back holds what it held', async () => {
  const sink = new ContentSink(1_000);
  sink.write(Buffer.from('abc'));
  const back = sink.mark();
  sink.write(Buffer.alloc(2_000, 'y'));
  back();
  sink.write(Buffer.from('def'));
  const content = sink.end();
  expect((await bytesOf(content)).toString()).toBe('abcdef');
  expect(content.quickXorHash).toBe((await sunk(Buffer.from('abcdef'), 10)).quickXorHash);
  const seeded = new SeededContent(400_000, [5, 6]);
  const bytes = await bytesOf(seeded);
  const half = new ContentSink(0);
  half.write(bytes.subarray(0, 200_000));
  const again = half.mark();
  half.write(Buffer.from('something else'));
  again();
  half.write(bytes.subarray(200_000));
  expect(half.end()).toEqual(seeded);
});
