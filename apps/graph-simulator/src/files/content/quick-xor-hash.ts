/**
 * quickXorHash, as OneDrive and SharePoint state it (graph/files.md 5.2): byte i is XORed into a 160-bit state at bit 11·i mod 160,
 * little-endian, and the length into the last eight bytes. The places repeat every 160 bytes, so bytes of one column are XORed first.
 */
export const columnCount = 160;

export class QuickXorHash {
  readonly #columns = new Uint8Array(columnCount);
  readonly #words = new Uint32Array(this.#columns.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  update(piece: Uint8Array): this {
    let at = 0;
    // Up to the next whole row, then rows word by word, then what is left.
    const column = this.#length % columnCount;
    if (column !== 0) at = this.#bytes(piece, 0, Math.min(piece.length, columnCount - column), column);
    const rows = Math.floor((piece.length - at) / columnCount);
    if (rows > 0) {
      const begin = piece.byteOffset + at;
      const aligned = begin % 4 === 0 ? new Uint32Array(piece.buffer, begin, rows * 40) : new Uint32Array(new Uint8Array(piece.subarray(at, at + rows * columnCount)).buffer);
      const words = this.#words;
      for (let word = 0; word < 40; word += 1) {
        let sum = words[word] as number;
        for (let at = word; at < aligned.length; at += 40) sum ^= aligned[at] as number;
        words[word] = sum;
      }
      at += rows * columnCount;
    }
    this.#bytes(piece, at, piece.length, 0);
    this.#length += piece.length;
    return this;
  }

  copy(): QuickXorHash {
    const copy = new QuickXorHash();
    copy.#columns.set(this.#columns);
    copy.#length = this.#length;
    return copy;
  }

  /** Base64, 28 characters. */
  digest(): string {
    return hashOfColumns(this.#columns, this.#length);
  }

  #bytes(piece: Uint8Array, from: number, to: number, column: number): number {
    for (let i = from; i < to; i += 1, column += 1) this.#columns[column] = (this.#columns[column] as number) ^ (piece[i] as number);
    return to;
  }
}

/** The hash of content whose bytes, XORed by their place modulo 160, are these. */
export function hashOfColumns(columns: Uint8Array, length: number): string {
  const state = Buffer.alloc(20);
  for (let k = 0; k < columnCount; k += 1) {
    const value = columns[k] ?? 0;
    const bit = (11 * k) % 160;
    const byte = bit >> 3;
    const spread = value << (bit & 7);
    state[byte] = (state[byte] as number) ^ (spread & 0xff);
    state[(byte + 1) % 20] = (state[(byte + 1) % 20] as number) ^ (spread >> 8);
  }
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length));
  for (let i = 0; i < 8; i += 1) state[12 + i] = (state[12 + i] as number) ^ (size[i] as number);
  return state.toString('base64');
}
