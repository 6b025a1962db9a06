/** Bytes of an attachment or photo: a deterministic stream from a seed (no memory, whatever the length), bytes that are held, or only their size and hash. */
import { createHash } from 'node:crypto';

export interface Content {
  readonly size: number;
  /** Set when the bytes follow from a seed. */
  readonly seed: string | null;
  /** SHA-256 as hex; computed once. */
  sha256(): string;
  /** The bytes from `start`; throws when only size and hash were kept. */
  stream(start?: number): Iterable<Uint8Array>;
}

const blockBytes = 64 * 1024;
const hashes = new Map<string, string>();

/** The block that repeats, numbered, in a seeded stream. */
function seededBlock(seed: string): Buffer {
  const block = Buffer.alloc(blockBytes);
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0) | 1;
  for (let at = 0; at < blockBytes; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block.writeInt32LE(state, at);
  }
  return block;
}

/** `size` bytes that follow from `seed`, the same each time. `knownHash` spares computing it. */
export function seededContent(seed: string, size: number, knownHash?: string): Content {
  const key = `${seed}\u0000${String(size)}`;
  if (knownHash !== undefined) hashes.set(key, knownHash);
  const content: Content = {
    size,
    seed,
    sha256() {
      let hash = hashes.get(key);
      if (hash === undefined) {
        const digest = createHash('sha256');
        for (const piece of content.stream()) digest.update(piece);
        hash = digest.digest('hex');
        hashes.set(key, hash);
      }
      return hash;
    },
    *stream(start = 0) {
      const template = seededBlock(seed);
      for (let at = start; at < size; ) {
        const number = Math.floor(at / blockBytes);
        const block = Buffer.from(template);
        block.writeUInt32LE(number, 0);
        const from = at - number * blockBytes;
        const piece = block.subarray(from, Math.min(blockBytes, from + size - at));
        at += piece.length;
        yield piece;
      }
    },
  };
  return content;
}

/** Bytes held in memory. */
export function heldContent(bytes: Buffer): Content {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return {
    size: bytes.length,
    seed: null,
    sha256: () => hash,
    *stream(start = 0) {
      for (let at = start; at < bytes.length; at += blockBytes) yield bytes.subarray(at, Math.min(at + blockBytes, bytes.length));
    },
  };
}

/** What is left of large bytes that nobody reads again: size and hash. */
export function hashedContent(size: number, sha256: string): Content {
  return {
    size,
    seed: null,
    sha256: () => sha256,
    stream() {
      throw new Error('Only size and hash of these bytes were kept; POST /exchange/imports { keepBytesMax } before they are written keeps them');
    },
  };
}
