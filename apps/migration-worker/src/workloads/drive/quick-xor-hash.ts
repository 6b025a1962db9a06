/**
 * quickXorHash, the hash that OneDrive and SharePoint state of a file: the bits of byte i are XORed into a state of 160 bits from bit
 * 11·i mod 160 on, and the length into its last 64. The places repeat every 160 bytes, so bytes of equal place are XORed first.
 * https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
 */

/** Bytes after which places repeat. */
const period = 160;
const words = period / 4;
/** Words read of one column group before the next: what the processor's nearest cache holds. */
const blockWords = words * 256;

export class QuickXorHash {
  readonly #places = new Uint8Array(period);
  readonly #sums = new Int32Array(this.#places.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  update(piece: Uint8Array): this {
    const place = this.#length % period;
    const head = place === 0 ? 0 : Math.min(piece.length, period - place);
    this.#bytes(piece.subarray(0, head), place);
    const rows = Math.floor((piece.length - head) / period);
    if (rows > 0) this.#rows(alignedWords(piece.subarray(head, head + rows * period)));
    this.#bytes(piece.subarray(head + rows * period), (place + head) % period);
    this.#length += piece.length;
    return this;
  }

  /** As Graph writes it: Base64, 28 characters. */
  digest(): string {
    const state = Buffer.alloc(20);
    for (const [at, value] of this.#places.entries()) {
      const bit = (11 * at) % 160;
      const spread = value << (bit % 8);
      xorInto(state, bit >> 3, spread & 0xff);
      xorInto(state, ((bit >> 3) + 1) % 20, spread >> 8);
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#length));
    for (const [at, value] of length.entries()) xorInto(state, 12 + at, value);
    return state.toString('base64');
  }

  #bytes(piece: Uint8Array, place: number): void {
    for (let at = 0; at < piece.length; at++) xorInto(this.#places, place + at, piece[at] ?? 0);
  }

  /** Eight columns of words at a time, in registers; a block fits the cache and is read five times. */
  #rows(data: Int32Array): void {
    const sums = this.#sums;
    for (let block = 0; block < data.length; block += blockWords) {
      const end = Math.min(data.length, block + blockWords);
      for (let column = 0; column < words; column += 8) {
        let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let at = block + column; at < end; at += words) {
          a ^= data[at] as number;
          b ^= data[at + 1] as number;
          c ^= data[at + 2] as number;
          d ^= data[at + 3] as number;
          e ^= data[at + 4] as number;
          f ^= data[at + 5] as number;
          g ^= data[at + 6] as number;
          h ^= data[at + 7] as number;
        }
        for (const [offset, sum] of [a, b, c, d, e, f, g, h].entries()) sums[column + offset] = (sums[column + offset] as number) ^ sum;
      }
    }
  }
}

function xorInto(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (bytes[at] as number) ^ value;
}

/** Whole rows as words; copied when they do not begin on one. */
function alignedWords(rows: Uint8Array): Int32Array {
  const at = rows.byteOffset % 4 === 0 ? rows : new Uint8Array(rows);
  return new Int32Array(at.buffer, at.byteOffset, at.length / 4);
}
