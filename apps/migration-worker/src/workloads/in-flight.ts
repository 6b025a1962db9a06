/** Writes under way at once, bounded in number and in bytes held; results come out as they finish. */

interface Settled<T> {
  readonly slot: number;
  readonly outcome: PromiseSettledResult<T>;
}

export class InFlight<T> {
  private readonly running = new Map<number, { readonly bytes: number; readonly done: Promise<Settled<T>> }>();
  private nextSlot = 0;
  private bytes = 0;

  constructor(
    private readonly countMax: number,
    private readonly bytesMax: number,
  ) {}

  get size(): number {
    return this.running.size;
  }

  /** Whether another write of that size may start now; one may always start when none is under way. */
  hasRoomFor(bytes: number): boolean {
    return this.running.size === 0 || (this.running.size < this.countMax && this.bytes + bytes <= this.bytesMax);
  }

  start(bytes: number, work: Promise<T>): void {
    const slot = this.nextSlot++;
    this.bytes += bytes;
    const done = work.then(
      (value): Settled<T> => ({ slot, outcome: { status: 'fulfilled', value } }),
      (reason: unknown): Settled<T> => ({ slot, outcome: { status: 'rejected', reason } }),
    );
    this.running.set(slot, { bytes, done });
  }

  /** The next result; throws what its work threw. Call only while `size` is above zero. */
  async next(): Promise<T> {
    const { slot, outcome } = await Promise.race([...this.running.values()].map(({ done }) => done));
    this.bytes -= this.running.get(slot)?.bytes ?? 0;
    this.running.delete(slot);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Waits until nothing is under way any more, whatever came of it. */
  async drain(): Promise<void> {
    await Promise.all([...this.running.values()].map(({ done }) => done));
    this.running.clear();
    this.bytes = 0;
  }
}
