/** What a copy is doing right now, so that a failure in the middle of it is laid at the right door. */
export class Phase {
  doing: 'read' | 'write' = 'read';

  /** Runs a request to the source. The phase stays `read` when it fails. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    this.doing = 'read';
    const value = await work();
    this.doing = 'write';
    return value;
  }

  /** The same pieces; the phase is `read` while the source is waited for. */
  async *reading(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.doing = 'read';
    for await (const piece of pieces) {
      this.doing = 'write';
      yield piece;
      this.doing = 'read';
    }
    this.doing = 'write';
  }
}
