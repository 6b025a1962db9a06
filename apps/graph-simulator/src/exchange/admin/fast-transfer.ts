/**
 * The opaque stream of an exported item: a versioned private encoding of everything the item has, as a stream in both directions, so
 * that a 150 MB attachment passes in pieces. It ends with a keyed hash: what was damaged, cut or made up elsewhere is refused.
 *
 * Layout: magic, length of the head (4 bytes), head (JSON: the content with each attachment's bytes replaced by their number and size),
 * padding, the bytes in order, HMAC-SHA-256 over all of it.
 */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { hashedContent, heldContent, seededContent, type Content } from '../store/content.js';
import type { ItemContent, PlantedRefusal } from '../store/item.js';

const magic = Buffer.from('FXSIM02\0', 'latin1');
/** The same in every tenant, as Exchange's own format is: a stream of one tenant is taken by another. */
const key = 'fast transfer stream of the simulator';
const macBytes = 32;
const headBytesMax = 64 * 1024 * 1024;
/** Bytes of an imported attachment that are kept as such unless told otherwise; of larger ones size and hash stay. */
export const defaultKeepBytesMax = 64 * 1024;

interface Head {
  content: unknown;
  blobs: { size: number; seed: string | null }[];
  /** A refusal by the destination travels with the item. */
  refusal: PlantedRefusal | null;
  padding: number;
}

/** The stream's bytes. `inflation` pads it: real streams are larger than the listed size. */
export function* encodeItem(content: ItemContent, refusal: PlantedRefusal | null, inflation: number): Generator<Buffer> {
  const blobs: Content[] = [];
  const json = JSON.stringify(content, (_name, value: unknown) => {
    if (!isContent(value)) return value;
    blobs.push(value);
    return { $blob: blobs.length - 1 };
  });
  const bytes = blobs.reduce((sum, each) => sum + each.size, 0);
  const padding = Math.floor((json.length + bytes) * Math.max(0, inflation - 1)) + 512;
  const { content: _first, ...rest } = { content: null, blobs: blobs.map(({ size, seed }) => ({ size, seed })), refusal, padding } satisfies Head;
  const head = Buffer.from(`{"content":${json},${JSON.stringify(rest).slice(1)}`);
  const mac = createHmac('sha256', key);
  const sign = (piece: Buffer): Buffer => {
    mac.update(piece);
    return piece;
  };
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  const pad = (bytes: number): Buffer => Buffer.alloc(Math.min(bytes, 65_536), 0xa5);
  yield sign(Buffer.concat([magic, length, head, pad(padding)]));
  for (let left = padding - 65_536; left > 0; left -= 65_536) yield sign(pad(left));
  for (const blob of blobs) for (const piece of blob.stream()) yield sign(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  yield mac.digest();
}

const isContent = (value: unknown): value is Content => typeof value === 'object' && value !== null && 'sha256' in value && 'stream' in value && typeof value.stream === 'function';

/** The stream is not one of ours, damaged, or cut short. */
export class ForeignStream extends Error {}

export interface DecodedItem {
  content: ItemContent;
  refusal: PlantedRefusal | null;
  /** Reads the content once more from its text; null when it has bytes besides. */
  again: (() => ItemContent) | null;
}

/** Takes the stream piece by piece; memory stays flat whatever the attachments' size. */
export class ItemDecoder {
  readonly #mac: Hmac = createHmac('sha256', key);
  #pending: Buffer = Buffer.alloc(0);
  #stage: 'length' | 'head' | 'padding' | 'blobs' | 'mac' = 'length';
  #need = magic.length + 4;
  #head: Head | null = null;
  #headText = '';
  #padding = 0;
  #blob = 0;
  #blobLeft = 0;
  #blobHash: Hash | null = null;
  #blobKept: Buffer[] = [];
  readonly #blobs: { hash: string; bytes: Buffer | null }[] = [];

  /** Attachments up to `keepBytesMax` bytes keep their bytes, larger ones size and hash; seeded ones need neither. */
  constructor(private readonly keepBytesMax = defaultKeepBytesMax) {}

  write(piece: Buffer): void {
    let rest: Buffer = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]);
    this.#pending = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#stage === 'padding' || this.#stage === 'blobs') {
        rest = this.#stage === 'padding' ? this.#pad(rest) : this.#fill(rest);
        continue;
      }
      if (rest.length < this.#need || this.#stage === 'mac') {
        if (this.#stage === 'mac' && rest.length > macBytes) throw new ForeignStream('there is more after the end');
        this.#pending = rest;
        return;
      }
      const part = rest.subarray(0, this.#need);
      rest = rest.subarray(this.#need);
      this.#mac.update(part);
      if (this.#stage === 'length') {
        if (!part.subarray(0, magic.length).equals(magic)) throw new ForeignStream('unknown format');
        this.#need = part.readUInt32BE(magic.length);
        if (this.#need === 0 || this.#need > headBytesMax) throw new ForeignStream('unreadable head');
        this.#stage = 'head';
      } else {
        this.#readHead(part);
      }
    }
  }

  /** The item; throws ForeignStream when the stream is cut or damaged. */
  end(): DecodedItem {
    if (this.#stage !== 'mac' || this.#head === null || this.#pending.length !== macBytes || !this.#mac.digest().equals(this.#pending)) throw new ForeignStream('cut or damaged');
    // The keyed hash vouches for the seeds: whoever made the stream took the bytes from them.
    const contents = this.#head.blobs.map(({ size, seed }, n): Content => {
      const { hash = '', bytes = null } = this.#blobs[n] ?? {};
      if (seed !== null) return seededContent(seed, size, hash);
      return bytes === null ? hashedContent(size, hash) : heldContent(bytes);
    });
    const revive = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(revive);
      if (typeof value !== 'object' || value === null) return value;
      if ('$blob' in value) return contents[value.$blob as number];
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revive(each)]));
    };
    const { content, refusal } = this.#head;
    return contents.length === 0 ? { content: content as ItemContent, refusal, again: rereading(this.#headText) } : { content: revive(content) as ItemContent, refusal, again: null };
  }

  #keeps({ size, seed }: Head['blobs'][number]): boolean {
    return seed === null && size <= this.keepBytesMax;
  }
  #readHead(part: Buffer): void {
    try {
      this.#headText = part.toString('utf8');
      this.#head = JSON.parse(this.#headText) as Head;
    } catch {
      throw new ForeignStream('unreadable head');
    }
    this.#padding = this.#head.padding;
    this.#stage = 'padding';
    if (this.#padding === 0) this.#nextBlob();
  }
  #pad(rest: Buffer): Buffer {
    const part = rest.subarray(0, this.#padding);
    this.#mac.update(part);
    this.#padding -= part.length;
    if (this.#padding === 0) this.#nextBlob();
    return rest.subarray(part.length);
  }
  #nextBlob(): void {
    this.#stage = 'blobs';
    for (;;) {
      const blob = this.#head?.blobs[this.#blob];
      if (blob === undefined) {
        this.#stage = 'mac';
        return;
      }
      this.#blobLeft = blob.size;
      this.#blobHash = createHash('sha256');
      this.#blobKept = [];
      if (blob.size > 0) return;
      this.#finishBlob(blob);
    }
  }
  #finishBlob(blob: Head['blobs'][number]): void {
    this.#blobs.push({ hash: this.#blobHash?.digest('hex') ?? '', bytes: this.#keeps(blob) ? Buffer.concat(this.#blobKept) : null });
    this.#blobKept = [];
    this.#blob += 1;
  }
  #fill(rest: Buffer): Buffer {
    const part = rest.subarray(0, this.#blobLeft);
    this.#mac.update(part);
    this.#blobHash?.update(part);
    const blob = this.#head?.blobs[this.#blob];
    if (blob !== undefined && this.#keeps(blob)) this.#blobKept.push(Buffer.from(part));
    this.#blobLeft -= part.length;
    if (this.#blobLeft === 0 && blob !== undefined) {
      this.#finishBlob(blob);
      this.#nextBlob();
    }
    return rest.subarray(part.length);
  }
}

/** Holds nothing but the text. */
const rereading = (head: string) => (): ItemContent => (JSON.parse(head) as Head).content as ItemContent;

/** Base64 of a stream of bytes, in pieces. */
export function* toBase64(pieces: Iterable<Buffer>): Generator<string> {
  let carry = Buffer.alloc(0);
  for (const piece of pieces) {
    const all = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    const whole = all.length - (all.length % 3);
    if (whole > 0) yield all.toString('base64', 0, whole);
    carry = Buffer.from(all.subarray(whole));
  }
  if (carry.length > 0) yield carry.toString('base64');
}
