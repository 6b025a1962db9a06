import { Readable, Transform } from 'node:stream';
import { GraphFault } from './route.js';

/** A request body read at most once, counted as it arrives. */
export class RequestBody {
  /** Bytes that have arrived so far. */
  bytes = 0;
  /** Told of every chunk; set once the request is admitted. */
  onBytes: (bytes: number) => void = () => undefined;
  #whole: Promise<Buffer> | null = null;
  #stream: Readable | null = null;

  constructor(private readonly source: Readable | Buffer, readonly contentLength: number) {}

  /** The whole body. Over `limit` bytes throws GraphFault 413 with an empty body, as soon as that is known. */
  read(limit: number): Promise<Buffer> {
    return (this.#whole ??= this.#collect(limit));
  }

  /** What `read` gave, or null when nobody has read it whole. */
  get whole(): Promise<Buffer> | null {
    return this.#whole;
  }

  /**
   * Hands over each piece as it arrives; over when the last has come. Rejects with what `take` throws, and looks at nothing that comes after.
   * For bodies of any size: a stream around them costs as much as hashing them.
   */
  each(take: (piece: Buffer) => void): Promise<void> {
    const source = this.source;
    return new Promise((resolve, reject) => {
      const onPiece = (piece: Buffer): void => {
        this.#count(piece.length);
        try {
          take(piece);
        } catch (error) {
          if (!Buffer.isBuffer(source)) source.off('data', onPiece).resume();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      if (Buffer.isBuffer(source)) {
        onPiece(source);
        resolve();
        return;
      }
      const gone = (): void => { reject(new Error('The client went away')); };
      if (source.destroyed) gone();
      source.once('end', resolve);
      source.once('error', reject);
      source.once('close', gone);
      source.on('data', onPiece);
    });
  }

  /** The body as it arrives. */
  get stream(): Readable {
    if (this.#stream !== null) return this.#stream;
    if (Buffer.isBuffer(this.source)) {
      this.#count(this.source.length);
      return (this.#stream = Readable.from([this.source]));
    }
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#count(chunk.length);
        done(null, chunk);
      },
    });
    const source = this.source;
    source.once('error', (error) => { counted.destroy(error); });
    source.once('close', () => { if (!source.readableEnded) counted.destroy(new Error('The client went away')); });
    return (this.#stream = source.pipe(counted));
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    this.onBytes(bytes);
  }

  #collect(limit: number): Promise<Buffer> {
    const source = this.source;
    if (Buffer.isBuffer(source)) {
      this.#count(source.length);
      return source.length > limit ? Promise.reject(tooLarge()) : Promise.resolve(source);
    }
    if (this.contentLength > limit) return Promise.reject(tooLarge());
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      let over = false;
      source.on('data', (chunk: Buffer) => {
        this.#count(chunk.length);
        size += chunk.length;
        if (over) return;
        if (size > limit) {
          over = true;
          chunks.length = 0;
          reject(tooLarge());
        } else {
          chunks.push(chunk);
        }
      });
      source.once('end', () => { resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)); });
      source.once('error', reject);
      source.once('close', () => { reject(new Error('The client went away')); });
    });
  }
}

function tooLarge(): GraphFault {
  return new GraphFault(413, 'RequestEntityTooLarge', 'The request body is too large.', { emptyBody: true });
}
