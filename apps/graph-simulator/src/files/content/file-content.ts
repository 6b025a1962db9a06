/** The bytes of a file: made from a seed each time they are read, held, or known by size and hashes alone. */
import { createHash } from 'node:crypto';
import { QuickXorHash } from './quick-xor-hash.js';
import { SeededBytes } from './seeded-bytes.js';

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

/** Content of any size that costs nothing until it is read. */
export class SeededContent implements FileContent {
  readonly kept = true;
  readonly #bytes: SeededBytes;
  #hash: string | undefined;

  constructor(
    readonly size: number,
    readonly seed: SeededBytes['seed'],
  ) {
    this.#bytes = new SeededBytes(seed);
  }

  get quickXorHash(): string {
    this.#hash ??= this.#bytes.quickXorHash(this.size);
    return this.#hash;
  }

  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.read(0, this.size)) hash.update(piece);
    return hash.digest('hex');
  }

  async *read(from: number, to: number): AsyncGenerator<Buffer> {
    for (const piece of this.#bytes.pieces(from, Math.min(to, this.size))) {
      yield piece;
      // Lets others have the processor between the pieces of a large file.
      await Promise.resolve();
    }
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
export class WeighedContent implements FileContent {
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

/** Whether every byte of two contents is the same, in its place. May read all of both. */
export async function sameBytes(a: FileContent, b: FileContent): Promise<boolean> {
  if (a.size !== b.size || a.quickXorHash !== b.quickXorHash) return false;
  if (a instanceof SeededContent && b instanceof SeededContent && a.seed.every((word, at) => word === b.seed[at])) return true;
  return (await a.sha256()) === (await b.sha256());
}
