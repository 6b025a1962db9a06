/** The bytes of a file: made from a seed each time they are read, held, or known by size and hashes alone. */
import { createHash } from 'node:crypto';
import { columnCount, hashOfColumns, QuickXorHash } from './quick-xor-hash.js';

export interface FileContent {
  readonly size: number;
  /** As Graph states it; base64. */
  readonly quickXorHash: string;
  /** Of every byte in its place, which the hash above is not. Hex; may take as long as reading everything. */
  sha256(): Promise<string>;
  /** False when only size and hashes of it are left. */
  readonly kept: boolean;
  /** Bytes from `from` up to, not including, `to`. Throws when they were not kept. */
  read(from: number, to: number): AsyncIterable<Buffer>;
}

const blockBytes = columnCount * 1_024;
const stepBytes = columnCount * 128;
/** Of a block, what is made anew each time it is read: its mark is in there. The rest is the base's own memory. */
const headBytes = stepBytes;
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
 * Content of any size that costs nothing until it is read. Each block carries its own number and the file's, so that no two blocks of
 * all files are alike; the hash is computed without making the bytes.
 */
export class SeededContent implements FileContent {
  readonly kept = true;
  readonly #base: Base;
  #hash: string | undefined;

  constructor(
    readonly size: number,
    /** 32 bits each; together they name the content. */
    private readonly seed: readonly [number, number],
  ) {
    this.#base = baseOf(seed[0] % baseCount);
  }

  get quickXorHash(): string {
    this.#hash ??= this.#compute();
    return this.#hash;
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.read(0, this.size)) hash.update(piece);
    return hash.digest('hex');
  }

  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    const end = Math.min(to, this.size);
    for (let block = Math.floor(from / blockBytes); block * blockBytes < end; block += 1) {
      const begin = block * blockBytes;
      const [first, last] = [Math.max(0, from - begin), Math.min(blockBytes, end - begin)];
      if (first < headBytes) yield this.#head(block).subarray(first, last);
      if (last > headBytes) yield this.#base.bytes.subarray(Math.max(first, headBytes), last);
      // Lets others have the processor between the blocks of a large file.
      await Promise.resolve();
    }
  }

  #head(number: number): Buffer {
    const head = Buffer.from(this.#base.bytes.subarray(0, headBytes));
    this.#mark(head, number);
    return head;
  }

  /** XORs the block's number and the file's into its first sixteen bytes. */
  #mark(head: Buffer, number: number): void {
    const marks = [number >>> 0, Math.floor(number / 2 ** 32), this.seed[0], this.seed[1]];
    for (const [index, mark] of marks.entries()) head.writeUInt32LE((head.readUInt32LE(4 * index) ^ mark) >>> 0, 4 * index);
  }

  #compute(): string {
    const blocks = Math.floor(this.size / blockBytes);
    const rest = this.size % blockBytes;
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
      const head = Buffer.alloc(16);
      this.#mark(head, blocks);
      // Marks beyond the end of a file shorter than they are do not exist.
      for (let i = 0; i < Math.min(16, rest); i += 1) partial[i] = (partial[i] as number) ^ (head[i] as number);
      xorColumns(columns, partial);
    }
    return hashOfColumns(columns, this.size);
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

/** Content that is there in full. */
export class HeldContent implements FileContent {
  readonly kept = true;
  readonly quickXorHash: string;

  constructor(private readonly bytes: Buffer) {
    this.quickXorHash = new QuickXorHash().update(bytes).digest();
  }

  get size(): number {
    return this.bytes.length;
  }

  sha256(): Promise<string> {
    return Promise.resolve(createHash('sha256').update(this.bytes).digest('hex'));
  }

  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    await Promise.resolve();
    if (from < to) yield this.bytes.subarray(from, to);
  }
}

/** Content that was written and not kept. */
class WeighedContent implements FileContent {
  readonly kept = false;

  constructor(
    readonly size: number,
    readonly quickXorHash: string,
    private readonly sha: string,
  ) {}

  sha256(): Promise<string> {
    return Promise.resolve(this.sha);
  }

  read(): AsyncIterable<Buffer> {
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('Of this content only size and hashes were kept.')) }) };
  }
}

/** Takes content as it arrives, in order. Keeps it in full up to `keepBytesMax`, and only its size and hashes above. */
export class ContentSink {
  #quick = new QuickXorHash();
  #sha = createHash('sha256');
  #kept: Buffer[] | null = [];

  constructor(private readonly keepBytesMax: number) {}

  get size(): number {
    return this.#quick.length;
  }

  write(piece: Buffer): void {
    this.#quick.update(piece);
    this.#sha.update(piece);
    if (this.#kept === null) return;
    if (this.size > this.keepBytesMax) this.#kept = null;
    else this.#kept.push(Buffer.from(piece));
  }

  /** How it stands now; calling the result takes it back there. */
  mark(): () => void {
    const [quick, sha, kept] = [this.#quick.copy(), this.#sha.copy(), this.#kept === null ? null : [...this.#kept]];
    return () => {
      this.#quick = quick;
      this.#sha = sha;
      this.#kept = kept;
    };
  }

  /** Call once. */
  end(): FileContent {
    return this.#kept === null ? new WeighedContent(this.size, this.#quick.digest(), this.#sha.digest('hex')) : new HeldContent(Buffer.concat(this.#kept));
  }
}
