/** The requests of one budget that wait, of all flows, and the scopes they count against. */
import { whenAborted } from '../abort.js';
import { FairQueue } from './fair-queue.js';
import type { Meter } from './meter.js';
import type { Amounts, Scope, Waiter } from './scope.js';

/** Whose request it is, as the queue needs to know it. */
export interface QueueFlow {
  readonly key: string;
  readonly weight: number;
  readonly workload: string;
  /** Scopes of this flow's own: what its job's business hours leave it. */
  extra(): readonly Scope[];
}

/** Permission for one request; must be released exactly once, when its answer has been read. */
export interface Permit {
  release(): void;
}

interface Waiting {
  readonly amounts: Amounts;
  readonly flow: QueueFlow;
  readonly extra: readonly Scope[];
  /** Its largest part of any window: what its flow is charged. */
  readonly share: number;
  readonly since: number;
  grant(permit: Permit): void;
}

export class BudgetQueue implements Waiter {
  readonly #queue = new FairQueue<Waiting>();
  readonly #claimed = new Set<Meter>();
  #timer: NodeJS.Timeout | undefined;
  #pumping = false;
  #again = false;
  /** Its scopes may be gone: who wants its budget takes a new one. */
  forgotten = false;

  constructor(
    readonly scopes: readonly Scope[],
    private readonly now: () => number,
    private readonly onWait: (flow: QueueFlow, waitedMs: number) => void,
  ) {}

  get isIdle(): boolean {
    return this.#queue.size === 0 && this.scopes.every((scope) => scope.isIdle);
  }

  acquire(amounts: Amounts, flow: QueueFlow, signal: AbortSignal | undefined): Promise<Permit> {
    const extra = flow.extra();
    for (const scope of this.scopes) scope.use(flow);
    for (const scope of extra) scope.use(flow);
    // The usual case costs no queue.
    if (this.#queue.size === 0) {
      this.#claimed.clear();
      if (this.#waitMs(amounts, extra) === 0) return Promise.resolve(this.#go(amounts, flow, extra));
    }
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        amounts,
        flow,
        extra,
        share: this.#shareOf(amounts),
        since: this.now(),
        grant: (permit) => {
          forget();
          this.#count(entry, -1);
          resolve(permit);
        },
      };
      const abort = (): void => {
        this.#queue.remove(flow.key, entry);
        this.#count(entry, -1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        this.pump();
      };
      const forget = signal === undefined ? () => undefined : whenAborted(signal, abort);
      this.#queue.push(flow.key, flow.weight, entry);
      this.#count(entry, 1);
      this.pump();
    });
  }

  /** Lets go whoever may, in the order of their flows; whoever waits for a window keeps those behind from it. */
  pump(): void {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    clearTimeout(this.#timer);
    let soonest = Number.POSITIVE_INFINITY;
    do {
      this.#again = false;
      this.#claimed.clear();
      soonest = Number.POSITIVE_INFINITY;
      const mayGo = ({ amounts, extra }: Waiting): boolean => {
        const wait = this.#waitMs(amounts, extra);
        if (wait > 0) soonest = Math.min(soonest, wait);
        return wait === 0;
      };
      for (let entry = this.#queue.take(mayGo); entry !== undefined; entry = this.#queue.take(mayGo)) {
        const { amounts, flow, extra, since } = entry;
        const waited = this.now() - since;
        if (waited > 0) {
          this.onWait(flow, waited);
          this.scopes[0]?.waited(flow.workload, waited);
        }
        entry.grant(this.#go(amounts, flow, extra));
        this.#claimed.clear();
      }
    } while (this.#again);
    this.#pumping = false;
    if (this.#queue.size > 0 && Number.isFinite(soonest)) {
      this.#timer = setTimeout(() => {
        this.pump();
      }, soonest);
    }
  }

  #waitMs(amounts: Amounts, extra: readonly Scope[]): number {
    for (const scope of extra) {
      const wait = scope.waitMs(amounts, this, this.#claimed);
      if (wait > 0) return wait;
    }
    for (const scope of this.scopes) {
      const wait = scope.waitMs(amounts, this, this.#claimed);
      if (wait > 0) return wait;
    }
    return 0;
  }

  #go(amounts: Amounts, flow: QueueFlow, extra: readonly Scope[]): Permit {
    for (const scope of this.scopes) scope.take(amounts, flow);
    for (const scope of extra) scope.take(amounts, flow);
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        for (const scope of this.scopes) scope.release(amounts);
        for (const scope of extra) scope.release(amounts);
      },
    };
  }

  #count({ extra }: Waiting, change: number): void {
    for (const scope of this.scopes) scope.waiting(change);
    for (const scope of extra) scope.waiting(change);
  }

  #shareOf(amounts: Amounts): number {
    let share = 0;
    for (const { meters } of this.scopes) for (const { limit } of meters) share = Math.max(share, amounts[limit.measure as keyof Amounts] / limit.max);
    return Math.max(share, 1e-9);
  }
}
