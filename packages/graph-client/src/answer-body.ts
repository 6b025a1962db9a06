/**
 * The body of an answer as it arrives. It is read once: whole, piece by piece, or not at all. Not a stream of
 * Node's: making one, and hearing its events, takes longer than everything else that a small answer needs.
 */

/** What of a body waits to be read before its sender is held up. */
const waitingBytesMax = 64 * 1024;
/** What of a body that nobody wants is still received, so that its connection can be used again. */
const unwantedBytesMax = 128 * 1024;

/** What brings the body. */
export interface Incoming {
  pause(): void;
  resume(): void;
  /** Ends the connection: `failed` hears of it. */
  abort(reason: Error): void;
}

export class AnswerBody implements AsyncIterable<Uint8Array> {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #paused = false;
  #ended = false;
  #failure: Error | null = null;
  /** Who takes the pieces as they come. */
  #take: ((piece: Buffer) => void) | null = null;
  /** Called when something has come. */
  #wake: (() => void) | null = null;

  constructor(private readonly incoming: Incoming) {}

  /** A piece has come. */
  received(piece: Buffer): void {
    if (this.#take !== null) {
      this.#handOver(piece);
      return;
    }
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > waitingBytesMax && !this.#paused) {
      this.#paused = true;
      this.incoming.pause();
    }
    this.#wake?.();
  }

  /** All of it has come. */
  ended(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** No more of it will come. */
  failed(error: Error): void {
    this.#failure ??= error;
    this.#ended = true;
    this.#wake?.();
  }

  /** The bytes of a body that is held whole and soon over: rejects when it has more than `bytesMax`, when a piece comes after `deadline` (by performance.now()), and when it is cut. */
  async whole(bytesMax: number, deadline: number): Promise<Buffer> {
    const [only] = this.#waiting;
    // As nearly all are.
    if (only !== undefined && this.#waiting.length === 1 && this.#ended && this.#failure === null && only.length <= bytesMax) return only;
    const pieces: Buffer[] = [];
    await this.#all(bytesMax, deadline, (piece) => pieces.push(piece));
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  /** Receives what is left and throws it away; a long one is cut. Never rejects. */
  async dump(): Promise<void> {
    try {
      await this.#all(unwantedBytesMax, Number.POSITIVE_INFINITY, () => undefined);
    } catch {
      // Nobody wants it.
    }
  }

  /** Whoever stops before the end ends the connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const piece = this.#waiting.shift();
        if (piece !== undefined) {
          this.#waitingBytes -= piece.length;
          yield piece;
        } else if (!(await this.#more())) return;
      }
    } finally {
      if (!this.#ended) this.incoming.abort(new Error('The answer was not read to its end.'));
    }
  }

  async #all(bytesMax: number, deadline: number, take: (piece: Buffer) => void): Promise<void> {
    let bytes = 0;
    this.#take = (piece) => {
      bytes += piece.length;
      if (bytes > bytesMax) throw new Error(`The answer has more than ${bytesMax} bytes.`);
      if (performance.now() > deadline) throw new Error('The answer does not come to its end.');
      take(piece);
    };
    for (const piece of this.#waiting.splice(0)) this.#handOver(piece);
    while (await this.#more());
  }

  #handOver(piece: Buffer): void {
    if (this.#failure !== null) return;
    try {
      this.#take?.(piece);
    } catch (error) {
      this.#failure = error as Error;
      if (!this.#ended) this.incoming.abort(this.#failure);
      this.#wake?.();
    }
  }

  /** Waits for what comes next; false at the end. Rejects when the body was cut. */
  async #more(): Promise<boolean> {
    if (!this.#ended && this.#failure === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#paused) {
          this.#paused = false;
          this.incoming.resume();
        }
      });
      this.#wake = null;
    }
    if (this.#failure !== null && this.#waiting.length === 0) throw this.#failure;
    return this.#waiting.length > 0 || !this.#ended;
  }
}
