import { createHash } from 'node:crypto';
import { canonicalFields } from '../compare/canonical.js';
import { Rng } from '../generator/random.js';
import { messageSource } from '../generator/messages.js';
import { contactSource, eventSource, noteSource, taskSource } from '../generator/others.js';
import { parseProfile } from '../generator/profile.js';
import { hashedContent, heldContent, seededContent, type Content } from '../store/content.js';
import { blankContent, type Attachment, type ItemContent } from '../store/item.js';
import { encodeItem, ForeignStream, ItemDecoder, toBase64, type DecodedItem } from './fast-transfer.js';

const owner = { name: 'Adele "Ad" Vance \\ 花', address: 'adele@contoso.com' };
const spec = { seed: 'stream', domain: 'contoso.com', owner, count: 200 };
const sources = [messageSource({ ...spec, profile: parseProfile({ attachmentEvery: 2 }), kind: 'received' }), eventSource(spec), contactSource(spec), taskSource(spec), noteSource(spec)];

/** Contents of every class, with attachments of every kind, nested, empty, and just around the sizes where pieces end. */
function anyContent(rng: Rng, depth = 0): ItemContent {
  const content = rng.pick(sources).item(rng.below(200));
  const sizes = [0, 1, 2, 3, 65_535, 65_536, 65_537, 1 + rng.below(200_000)];
  const extra = Array.from({ length: rng.below(4) }, (_each, n): Attachment => {
    const common = { key: n, name: `${String(n)} "quoted" \u2028 文件`, isInline: rng.chance(2), modifiedAt: '2026-01-01T00:00:00Z' };
    if (depth < 2 && rng.chance(4)) return { kind: 'item', ...common, item: anyContent(rng, depth + 1) };
    const size = rng.pick(sizes);
    return { kind: 'file', ...common, contentType: 'application/octet-stream', contentId: null, content: rng.chance(2) ? seededContent(rng.hex(4), size) : heldContent(Buffer.alloc(size, rng.below(256))) };
  });
  return { ...content, attachments: [...content.attachments, ...extra], properties: { ...content.properties, 'String {00020386-0000-0000-c000-000000000046} Name x-odd': rng.hex(5) } };
}

function decode(bytes: Buffer, rng: Rng): DecodedItem {
  const decoder = new ItemDecoder();
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + rng.below(rng.chance(3) ? 7 : 90_000);
    decoder.write(bytes.subarray(at, at + size));
    at += size;
  }
  return decoder.end();
}
const encoded = (content: ItemContent, inflation = 1): Buffer => Buffer.concat([...encodeItem(content, null, inflation)]);
const read = (content: Content): string => createHash('sha256').update(Buffer.concat([...content.stream()])).digest('hex');

test('whatever an item holds comes back whole, in whatever pieces the stream arrives', () => {
  for (let round = 0; round < 150; round += 1) {
    const rng = new Rng(`round ${String(round)}`);
    const content = anyContent(rng);
    const back = decode(encoded(content, 1 + rng.below(3)), rng).content;
    expect(canonicalFields(back)).toEqual(canonicalFields(content));
    for (const [n, each] of content.attachments.entries()) {
      const copy = back.attachments[n];
      if (each.kind === 'file' && copy?.kind === 'file' && (each.content.seed !== null || each.content.size <= 65_536)) expect(read(copy.content)).toBe(read(each.content));
    }
  }
});

test('a stream that was changed anywhere, cut, prolonged or made up is refused', () => {
  const rng = new Rng('damage');
  const bytes = encoded(anyContent(rng));
  expect(() => decode(bytes, rng)).not.toThrow();
  for (let round = 0; round < 200; round += 1) {
    const bad = Buffer.from(bytes);
    const at = rng.below(bad.length);
    bad[at] = (bad[at] ?? 0) ^ (1 + rng.below(255));
    expect(() => decode(bad, rng)).toThrow(ForeignStream);
  }
  for (const cut of [0, 1, 8, 11, 12, 13, bytes.length - 33, bytes.length - 32, bytes.length - 1]) expect(() => decode(bytes.subarray(0, cut), rng)).toThrow(ForeignStream);
  expect(() => decode(Buffer.concat([bytes, Buffer.from('x')]), rng)).toThrow(ForeignStream);
  expect(() => decode(Buffer.alloc(5_000, 7), rng)).toThrow(ForeignStream);
});

test('an attachment of 150 MB passes both ways in flat memory, and its hash is that of its bytes', () => {
  const bytes = 150 * 1024 * 1024;
  const content = { ...blankContent('IPM.Note'), attachments: [{ kind: 'file', key: 1, name: 'big', contentType: 'a/b', isInline: false, contentId: null, modifiedAt: '', content: seededContent('big', bytes) }] } satisfies ItemContent;
  const decoder = new ItemDecoder();
  const before = process.memoryUsage();
  let highest = 0;
  let characters = 0;
  for (const piece of toBase64(encodeItem(content, null, 1))) {
    characters += piece.length;
    decoder.write(Buffer.from(piece, 'base64'));
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    highest = Math.max(highest, arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed);
  }
  expect(characters).toBeGreaterThan(bytes * 1.3);
  expect(highest).toBeLessThan(100 * 1024 * 1024);
  const [copy] = decoder.end().content.attachments;
  expect(copy?.kind === 'file' && copy.content.size === bytes && copy.content.seed === 'big').toBe(true);
});

test('large bytes without a seed are kept as size and hash, or in full when asked for', () => {
  const content = heldContent(Buffer.alloc(100_000, 3));
  const item: ItemContent = { ...blankContent('IPM.Note'), attachments: [{ kind: 'file', key: 1, name: 'x', contentType: 'a/b', isInline: false, contentId: null, modifiedAt: '', content }] };
  const through = (decoder: ItemDecoder): Content | null => {
    for (const piece of encodeItem(item, null, 1)) decoder.write(piece);
    const [copy] = decoder.end().content.attachments;
    return copy?.kind === 'file' ? copy.content : null;
  };
  const hashed = through(new ItemDecoder());
  expect(hashed).toMatchObject({ size: 100_000 });
  expect(hashed?.sha256()).toBe(hashedContent(100_000, content.sha256()).sha256());
  expect(() => [...(hashed?.stream() ?? [])]).toThrow(/size and hash/);
  const kept = through(new ItemDecoder(200_000));
  expect(kept === null ? '' : read(kept)).toBe(content.sha256());
});

test('the refusal by the destination travels with the item, and inflation makes the stream larger', () => {
  const content = anyContent(new Rng('inflation'));
  const decoder = new ItemDecoder();
  for (const piece of encodeItem(content, { at: 'import', code: 'ErrorMessageSizeExceeded' }, 1)) decoder.write(piece);
  expect(decoder.end().refusal).toEqual({ at: 'import', code: 'ErrorMessageSizeExceeded' });
  expect(encoded(content, 10).length).toBeGreaterThan(encoded(content, 1).length * 8);
});
