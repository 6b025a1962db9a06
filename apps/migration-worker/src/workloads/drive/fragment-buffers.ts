/**
 * Memory for fragments, used again and again: new memory of such a size is first handed out and emptied by the system, page by page, and
 * then waits for a collection. What is not in use is held weakly, so the next collection takes it.
 */
export class FragmentBuffers {
  readonly #free: WeakRef<ArrayBufferLike>[] = [];

  constructor(private readonly bytes: number) {}

  /** Memory for so many bytes, whatever is in it. */
  take(length: number): Buffer {
    // What is small is as quickly made.
    if (length < this.bytes / 4) return Buffer.allocUnsafeSlow(length);
    let memory: ArrayBufferLike | undefined;
    while (memory === undefined && this.#free.length > 0) memory = this.#free.pop()?.deref();
    return Buffer.from(memory ?? Buffer.allocUnsafeSlow(this.bytes).buffer, 0, length);
  }

  /** Only once nothing reads or writes it any more; what is never given back is collected like anything else. */
  give(buffer: Buffer): void {
    if (buffer.buffer.byteLength === this.bytes) this.#free.push(new WeakRef(buffer.buffer));
  }
}
