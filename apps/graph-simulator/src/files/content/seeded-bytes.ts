/** Bytes that are made from files' seeds, and told from others as they arrive. */
import { columnCount, hashOfColumns } from './quick-xor-hash.js';

const blockBytes = columnCount * 1_024;
/** What is hashed byte by byte of a file that ends in the middle of a block is less than this. */
const stepBytes = columnCount * 8;
/** Of a block, what is made anew each time it is read: its mark is in there. The rest is the base's own memory. Both leave in whole TLS records. */
const headBytes = 16 * 1_024;
/** Of a block, what tells it from all others. */
const markBytes = 16;
const baseCount = 16;

interface Base {
  readonly bytes: Buffer;
  /** Columns of the first n steps, n from 0. */
  readonly columns: readonly Uint8Array[];
}

/** Numbers that look random and follow from their arguments. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

const bases: (Base | undefined)[] = [];
/** Blocks that all seeded files are made from; sixteen, so that a million files cost no memory. */
function baseOf(number: number): Base {
  const known = bases[number];
  if (known !== undefined) return known;
  const bytes = Buffer.alloc(blockBytes);
  for (let at = 0; at < blockBytes; at += 4) bytes.writeUInt32LE(mix(number + 1, at), at);
  const columns: Uint8Array[] = [new Uint8Array(columnCount)];
  for (let at = 0; at < blockBytes; at += stepBytes) columns.push(xorColumns(Uint8Array.from(columns.at(-1) ?? []), bytes.subarray(at, at + stepBytes)));
  const base = { bytes, columns };
  bases[number] = base;
  return base;
}

function xorColumns(columns: Uint8Array, bytes: Uint8Array): Uint8Array {
  for (let i = 0, column = 0; i < bytes.length; i += 1, column = column + 1 === columnCount ? 0 : column + 1) columns[column] = (columns[column] as number) ^ (bytes[i] as number);
  return columns;
}

/**
 * What a seed makes, without an end. Each block carries its own number and the file's, so that no two blocks of all files are alike; the
 * hash of any beginning is computed without making the bytes.
 */
export class SeededBytes {
  readonly #base: Base;

  constructor(
    /** 32 bits each; together they name the content. */
    readonly seed: readonly [number, number],
  ) {
    this.#base = baseOf(seed[0] % baseCount);
  }

  /** Those whose first bytes these are; null when no seed makes them, or too few have come to tell. */
  static beginningWith(piece: Buffer): SeededBytes | null {
    if (piece.length < markBytes) return null;
    for (let number = 0; number < baseCount; number += 1) {
      const { bytes } = baseOf(number);
      const [low, high, first, second] = [0, 4, 8, 12].map((at) => (piece.readUInt32LE(at) ^ bytes.readUInt32LE(at)) >>> 0) as [number, number, number, number];
      if (low === 0 && high === 0 && first % baseCount === number) return new SeededBytes([first, second]);
    }
    return null;
  }

  /** Whether this is, byte by byte, what stands from `at` on. */
  holds(at: number, piece: Buffer): boolean {
    const { bytes } = this.#base;
    for (let done = 0; done < piece.length; ) {
      const block = Math.floor((at + done) / blockBytes);
      const from = at + done - block * blockBytes;
      const to = Math.min(from < markBytes ? markBytes : blockBytes, from + piece.length - done);
      const end = done + to - from;
      const same = from < markBytes ? this.#marked(block, markBytes).compare(piece, done, end, from, to) === 0 : bytes.compare(piece, done, end, from, to) === 0;
      if (!same) return false;
      done = end;
    }
    return true;
  }

  /** Bytes from `from` up to, not including, `to`. */
  *pieces(from: number, to: number): Generator<Buffer> {
    for (let block = Math.floor(from / blockBytes); block * blockBytes < to; block += 1) {
      const begin = block * blockBytes;
      const [first, last] = [Math.max(0, from - begin), Math.min(blockBytes, to - begin)];
      if (first < headBytes) yield this.#marked(block, headBytes).subarray(first, last);
      if (last > headBytes) yield this.#base.bytes.subarray(Math.max(first, headBytes), last);
    }
  }

  /** Of the first `size` bytes, without making them. */
  quickXorHash(size: number): string {
    const blocks = Math.floor(size / blockBytes);
    const rest = size % blockBytes;
    const columns = Buffer.alloc(columnCount);
    if (blocks % 2 === 1) xorColumns(columns, this.#base.columns.at(-1) ?? columns);
    const numbers = xorBelow(blocks);
    const odd = blocks % 2 === 1;
    for (const [index, mark] of [Number(numbers & 0xffffffffn), Number(numbers >> 32n), odd ? this.seed[0] : 0, odd ? this.seed[1] : 0].entries()) columns.writeUInt32LE((columns.readUInt32LE(4 * index) ^ mark) >>> 0, 4 * index);
    if (rest > 0) {
      const steps = Math.floor(rest / stepBytes);
      const partial = Buffer.alloc(columnCount);
      xorColumns(partial, this.#base.columns[steps] ?? partial);
      xorColumns(partial, this.#base.bytes.subarray(steps * stepBytes, rest));
      const head = Buffer.alloc(markBytes);
      this.#mark(head, blocks);
      // Marks beyond the end of a file shorter than they are do not exist.
      for (let i = 0; i < Math.min(markBytes, rest); i += 1) partial[i] = (partial[i] as number) ^ (head[i] as number);
      xorColumns(columns, partial);
    }
    return hashOfColumns(columns, size);
  }

  /** The first bytes of a block, with the block's number and the file's XORed into them. */
  #marked(number: number, length: number): Buffer {
    const head = Buffer.from(this.#base.bytes.subarray(0, length));
    this.#mark(head, number);
    return head;
  }

  #mark(head: Buffer, number: number): void {
    const marks = [number >>> 0, Math.floor(number / 2 ** 32), this.seed[0], this.seed[1]];
    for (const [index, mark] of marks.entries()) head.writeUInt32LE((head.readUInt32LE(4 * index) ^ mark) >>> 0, 4 * index);
  }
}

/** 0 ^ 1 ^ ... ^ (n - 1). */
function xorBelow(n: number): bigint {
  const last = BigInt(n) - 1n;
  switch (n % 4) {
    case 0:
      return 0n;
    case 1:
      return last;
    case 2:
      return 1n;
    default:
      return last + 1n;
  }
}
