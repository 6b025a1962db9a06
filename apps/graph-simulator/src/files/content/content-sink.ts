/** Takes content as it arrives, in order. */
import { createHash } from 'node:crypto';
import { HeldContent, SeededContent, WeighedContent, type FileContent } from './file-content.js';
import { QuickXorHash } from './quick-xor-hash.js';
import { SeededBytes } from './seeded-bytes.js';

/**
 * What a seed makes is known by its first bytes and held against the seed's own, which costs a fraction of hashing it; it ends as that seed.
 * Anything else is kept in full up to `keepBytesMax`, and only its size and hashes above.
 */
export class ContentSink {
  #size = 0;
  /** What makes everything that has come so far; null when nothing has, or it is anything else. */
  #seeded: SeededBytes | null = null;
  #weighed: Weighed | null = null;

  constructor(private readonly keepBytesMax: number) {}

  get size(): number {
    return this.#size;
  }

  write(piece: Buffer): void {
    if (piece.length === 0) return;
    if (this.#size === 0) this.#seeded = SeededBytes.beginningWith(piece);
    if (this.#seeded?.holds(this.#size, piece) === true) {
      this.#size += piece.length;
      return;
    }
    this.#weighed ??= this.#weigh();
    this.#seeded = null;
    this.#size += piece.length;
    this.#weighed.write(piece);
  }

  /** How it stands now; calling the result takes it back there. */
  mark(): () => void {
    const [size, seeded, weighed] = [this.#size, this.#seeded, this.#weighed?.copy() ?? null];
    return () => {
      this.#size = size;
      this.#seeded = seeded;
      this.#weighed = weighed;
    };
  }

  /** Call once. */
  end(): FileContent {
    if (this.#seeded !== null) return new SeededContent(this.#size, this.#seeded.seed);
    return (this.#weighed ?? this.#weigh()).end();
  }

  /** Everything that has come so far, made again and hashed: once for content that begins as a seed's and goes on otherwise. */
  #weigh(): Weighed {
    const weighed = new Weighed(this.keepBytesMax);
    for (const piece of this.#seeded?.pieces(0, this.#size) ?? []) weighed.write(piece);
    return weighed;
  }
}

class Weighed {
  #quick = new QuickXorHash();
  #sha = createHash('sha256');
  #kept: Buffer[] | null = [];

  constructor(private readonly keepBytesMax: number) {}

  write(piece: Buffer): void {
    this.#quick.update(piece);
    this.#sha.update(piece);
    if (this.#kept === null) return;
    if (this.#quick.length > this.keepBytesMax) this.#kept = null;
    else this.#kept.push(Buffer.from(piece));
  }

  copy(): Weighed {
    const copy = new Weighed(this.keepBytesMax);
    copy.#quick = this.#quick.copy();
    copy.#sha = this.#sha.copy();
    copy.#kept = this.#kept === null ? null : [...this.#kept];
    return copy;
  }

  end(): FileContent {
    return this.#kept === null ? new WeighedContent(this.#quick.length, this.#quick.digest(), this.#sha.digest('hex')) : new HeldContent(Buffer.concat(this.#kept));
  }
}
