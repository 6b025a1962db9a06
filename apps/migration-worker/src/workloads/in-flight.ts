/** Writes under way at once, bounded in number and in bytes held; results come out as they finish. */

interface Ended<T> {
  readonly bytes: number;
  readonly outcome: PromiseSettledResult<T>;
}

export class InFlight<T> {
  private readonly ended: Ended<T>[] = [];
  private running = 0;
  private bytes = 0;
  private wake: (() => void) | null = null;

  constructor(
    private readonly countMax: number,
    private readonly bytesMax: number,
  ) {}

  /** Writes whose results have not been taken. */
  get size(): number {
    return this.running + this.ended.length;
  }

  /** Whether another write of that size may start now; one may always start when none is under way. */
  hasRoomFor(bytes: number): boolean {
    return this.size === 0 || (this.size < this.countMax && this.bytes + bytes <= this.bytesMax);
  }

  start(bytes: number, work: Promise<T>): void {
    this.running += 1;
    this.bytes += bytes;
    work.then(
      (value) => { this.end({ bytes, outcome: { status: 'fulfilled', value } }); },
      (reason: unknown) => { this.end({ bytes, outcome: { status: 'rejected', reason } }); },
    );
  }

  /** The next result; throws what its work threw. Call only while `size` is above zero. */
  async next(): Promise<T> {
    let one = this.ended.shift();
    for (; one === undefined; one = this.ended.shift()) await this.oneEnds();
    this.bytes -= one.bytes;
    if (one.outcome.status === 'rejected') throw one.outcome.reason;
    return one.outcome.value;
  }

  /** Waits until nothing is under way any more, whatever came of it. */
  async drain(): Promise<void> {
    while (this.running > 0) await this.oneEnds();
    this.ended.length = 0;
    this.bytes = 0;
  }

  private oneEnds(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private end(one: Ended<T>): void {
    this.running -= 1;
    this.ended.push(one);
    this.wake?.();
  }
}
