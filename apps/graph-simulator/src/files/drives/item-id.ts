/**
 * Ids of items as Graph writes them (graph/files.md 2.1): `01`, then base32 of four bytes of the drive and the sixteen little-endian
 * bytes of the item's GUID. The GUID holds the item's number, masked by the drive, so that any id leads back to its item without a table.
 */
import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The root of every drive carries this GUID. */
const rootGuid = 'ea8cc6be-ffdb-43d7-976f-bc7da445c639';

function base32(bytes: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(value >>> (bits - 5)) & 31] ?? '';
    value &= (1 << bits) - 1;
  }
  return text;
}

function fromBase32(text: string): Buffer | null {
  let bits = 0;
  let value = 0;
  const bytes: number[] = [];
  for (const char of text) {
    const digit = alphabet.indexOf(char);
    if (digit < 0) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >>> bits) & 255);
      value &= (1 << bits) - 1;
    }
  }
  return Buffer.from(bytes);
}

const guidText = (raw: Buffer): string => {
  const hex = raw.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
/** The GUID's sixteen bytes with the first three groups turned round, as .NET stores them; its own inverse. */
function turned(raw: Buffer): Buffer {
  return Buffer.concat([Buffer.from(raw.subarray(0, 4)).reverse(), Buffer.from(raw.subarray(4, 6)).reverse(), Buffer.from(raw.subarray(6, 8)).reverse(), raw.subarray(8)]);
}

/** The ids of one drive. Item numbers are whole, from 0 (the root) below 2^52. */
export class ItemIds {
  readonly #prefix: Buffer;
  readonly #mask: Buffer;
  readonly #root = Buffer.from(rootGuid.replaceAll('-', ''), 'hex');

  /** `listId`: the GUID of the library. */
  constructor(private readonly listId: string) {
    const hash = createHash('sha256').update(`drive items ${listId}`).digest();
    this.#prefix = hash.subarray(0, 4);
    this.#mask = hash.subarray(4, 12);
  }

  /** `listItemUniqueId`, lower case. */
  guid(key: number): string {
    return guidText(this.#raw(key));
  }

  id(key: number): string {
    return `01${base32(Buffer.concat([this.#prefix, turned(this.#raw(key))]))}`;
  }

  /** The number behind an id of this drive; null for any other text. */
  keyOf(id: string): number | null {
    const bytes = id.startsWith('01') && id.length === 34 ? fromBase32(id.slice(2)) : null;
    if (bytes?.length !== 20 || !bytes.subarray(0, 4).equals(this.#prefix)) return null;
    return this.#keyOfRaw(turned(bytes.subarray(4)));
  }

  keyOfGuid(guid: string): number | null {
    const raw = Buffer.from(guid.replaceAll('-', ''), 'hex');
    return raw.length === 16 ? this.#keyOfRaw(raw) : null;
  }

  #raw(key: number): Buffer {
    if (key === 0) return this.#root;
    const raw = Buffer.alloc(16);
    raw.writeBigUInt64BE(BigInt(key));
    for (let i = 0; i < 8; i += 1) raw[i] = (raw[i] as number) ^ (this.#mask[i] as number);
    createHash('sha256').update(`${this.listId} ${String(key)}`).digest().copy(raw, 8, 0, 8);
    return raw;
  }

  #keyOfRaw(raw: Buffer): number | null {
    if (raw.equals(this.#root)) return 0;
    const number = Buffer.from(raw.subarray(0, 8));
    for (let i = 0; i < 8; i += 1) number[i] = (number[i] as number) ^ (this.#mask[i] as number);
    const key = number.readBigUInt64BE();
    if (key === 0n || key >= 2n ** 52n) return null;
    return this.#raw(Number(key)).equals(raw) ? Number(key) : null;
  }
}
