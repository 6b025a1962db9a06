import { createHash } from 'node:crypto';

/** A seeded source of numbers and identifiers: the same seed gives the same sequence. */
export interface IdSource {
  /** A lower-case GUID. */
  guid(): string;
  /** `bytes` random bytes. */
  bytes(bytes: number): Buffer;
  /** A number in [0, 1). */
  random(): number;
}

/** Formats the first 16 bytes as a version 4 GUID. */
export function guidFromBytes(raw: Buffer): string {
  const b = Buffer.from(raw.subarray(0, 16));
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const h = b.toString('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** The GUID that belongs to a name, always the same: the parts are hashed together. */
export function stableGuid(...parts: string[]): string {
  return guidFromBytes(createHash('sha256').update(parts.join('\u0000')).digest());
}

/** A stream of SHA-256 blocks over seed and counter: good enough for ids, never for secrets. */
export class SeededIds implements IdSource {
  #counter = 0;

  constructor(private readonly seed: string) {}

  guid(): string {
    return guidFromBytes(this.bytes(16));
  }

  bytes(bytes: number): Buffer {
    const parts: Buffer[] = [];
    for (let have = 0; have < bytes; have += 32) {
      parts.push(createHash('sha256').update(`${this.seed}\u0000${String(this.#counter)}`).digest());
      this.#counter += 1;
    }
    return Buffer.concat(parts).subarray(0, bytes);
  }

  random(): number {
    return this.bytes(6).readUIntBE(0, 6) / 2 ** 48;
  }
}
